"""Messages that could not be used, whole, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.quarantine import Reason, Trouble

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetAside:
    """One message and one trouble with it."""

    received_at: datetime
    protocol: str
    topic: str
    device_id: str | None
    payload: bytes
    trouble: Trouble


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantined:
    """A row of the quarantine."""

    quarantine_id: int
    received_at: datetime
    protocol: str
    topic: str
    device_id: str | None
    payload: bytes
    reason: Reason
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Which messages are meant; None: any."""

    protocol: str | None = None
    reason: str | None = None
    device_id: str | None = None


def put_aside(conn: Connection, messages: Iterable[SetAside]) -> int:
    """Keep messages with their reasons; the number of rows that were not there before."""
    new = 0
    for one in messages:
        new += _SQL.run(
            conn,
            "put_aside",
            received_at=one.received_at,
            protocol=one.protocol,
            topic=_storable(one.topic),
            device_id=one.device_id,
            payload=one.payload,
            reason=one.trouble.reason.value,
            detail=_storable(one.trouble.detail),
        )
    return new


def counts(conn: Connection) -> dict[Reason, int]:
    """Unresolved messages by reason."""
    return {Reason(row.reason): row.messages for row in _SQL.rows(conn, "counts")}


def recent(conn: Connection, most: int = 100) -> list[Quarantined]:
    """The newest unresolved messages, newest first."""
    return [
        Quarantined(**{**row._mapping, "reason": Reason(row.reason), "payload": bytes(row.payload)})
        for row in _SQL.rows(conn, "recent", most=most)
    ]


def chosen(conn: Connection, which: Chosen, *, after: int, most: int) -> list[Quarantined]:
    """Unresolved messages behind the number ``after``, oldest first."""
    rows = _SQL.rows(
        conn,
        "chosen",
        protocol=which.protocol,
        reason=which.reason,
        device_id=which.device_id,
        after_id=after,
        most=most,
    )
    return [
        Quarantined(**{**row._mapping, "reason": Reason(row.reason), "payload": bytes(row.payload)})
        for row in rows
    ]


def resolve(
    conn: Connection, messages: Sequence[Quarantined], *, at: datetime, resolution: str
) -> None:
    """Note that these are not waiting any more, and why."""
    ids = [one.quarantine_id for one in messages]
    _SQL.run(conn, "resolve", ids=ids, at=at, resolution=resolution)


def _storable(text: str) -> str:
    """``text`` without what PostgreSQL's text cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
