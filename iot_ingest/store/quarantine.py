"""Messages that could not be used, whole, with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from grid.store.named_sql import Statements
from grid.store.postgis import transaction
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.store import trail

_SQL = Statements.beside(__file__)

_NEWEST = 2**63 - 1
# An index takes no entry of more than 2,704 bytes; MQTT allows topics of 65,535.
_MOST_TOPIC_BYTES = 1_000


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
    """Which messages are meant; None: any. ``newest`` leaves out those that came later."""

    protocol: str | None = None
    reason: str | None = None
    device_id: str | None = None
    quarantine_id: int | None = None
    newest: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A message as people see it: ``payload`` is its beginning, ``size`` all of it in bytes."""

    quarantine_id: int
    received_at: datetime
    protocol: str
    topic: str
    device_id: str | None
    reason: Reason
    detail: str
    size: int
    payload: bytes
    resolved_at: datetime | None = None
    resolution: str | None = None
    resolved_by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """Unresolved messages of one reason in one protocol."""

    reason: Reason
    protocol: str
    messages: int
    latest_at: datetime


def put_aside(conn: Connection, messages: Sequence[SetAside]) -> int:
    """Keep messages with their reasons; the number of rows that were not there before."""
    if not messages:
        return 0
    return _SQL.run(
        conn,
        "put_aside",
        received_ats=[one.received_at for one in messages],
        protocols=[one.protocol for one in messages],
        topics=[_short(_storable(one.topic)) for one in messages],
        device_ids=[one.device_id for one in messages],
        payloads=[one.payload for one in messages],
        reasons=[one.trouble.reason.value for one in messages],
        details=[_storable(one.trouble.detail) for one in messages],
    )


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
        quarantine_id=which.quarantine_id,
        newest=which.newest,
        after_id=after,
        most=most,
    )
    return [
        Quarantined(**{**row._mapping, "reason": Reason(row.reason), "payload": bytes(row.payload)})
        for row in rows
    ]


def page(conn: Connection, which: Chosen, *, before: int | None, most: int) -> list[Shown]:
    """Unresolved messages with a number below ``before`` (None: from the newest), newest first."""
    rows = _SQL.rows(
        conn,
        "page",
        protocol=which.protocol,
        reason=which.reason,
        device_id=which.device_id,
        before_id=_NEWEST if before is None else before,
        most=most,
    )
    return [_shown(row) for row in rows]


def message(conn: Connection, quarantine_id: int, *, most: int) -> Shown | None:
    """One message, resolved or not, with at most ``most`` bytes of it; None: there is none."""
    row = _SQL.maybe(conn, "message", quarantine_id=quarantine_id, most=most)
    return None if row is None else _shown(row)


def waiting(conn: Connection, which: Chosen) -> tuple[int, int]:
    """How many unresolved messages of a kind there are, and the number of the newest (0: none)."""
    row = _SQL.one(
        conn, "waiting", protocol=which.protocol, reason=which.reason, device_id=which.device_id
    )
    return row.messages, row.newest


def kinds(conn: Connection) -> list[Kind]:
    """Unresolved messages by reason and protocol, the most frequent first."""
    return [
        Kind(**{**row._mapping, "reason": Reason(row.reason)}) for row in _SQL.rows(conn, "kinds")
    ]


def resolve(
    conn: Connection, messages: Sequence[Quarantined], *, at: datetime, resolution: str
) -> None:
    """Note that these are not waiting any more, why, and whose doing it is (the actor's)."""
    ids = [one.quarantine_id for one in messages]
    _SQL.run(conn, "resolve", ids=ids, at=at, resolution=resolution)


def newest(conn: Connection) -> int:
    """The number of the newest message, resolved or not; 0: there is none."""
    return int(_SQL.value(conn, "newest"))


def bound(conn: Connection, *, after: int, most: int) -> int:
    """Keep the first and the newest ``most`` / 2 messages of a device that wait for one reason, of
    those that something came of behind the number ``after``; how many others were dropped.

    They are counted as rejected. What names no device counts as one, with ten times as much.
    """
    return int(_SQL.value(conn, "bound", after_id=after, most=most))


def set_aside_as_seen(engine: Engine, which: Chosen, *, why: str, by: str) -> int:
    """Take messages off the list because somebody has looked at them; how many.

    They are kept, with ``why``, who and when; so is the ledger's entry. Only administrators may.
    """
    with transaction(engine, by) as conn:
        count = int(_SQL.value(conn, "set_aside", **_asked(which), why=why))
        if count:
            told = {**_asked(which), "why": why, "messages": count}
            trail.quarantine(conn, "set_aside", which.reason or "any", told)
    return count


def _asked(which: Chosen) -> dict[str, Any]:
    return {**asdict(which), "newest": _NEWEST if which.newest is None else which.newest}


def _shown(row: Row[Any]) -> Shown:
    return Shown(**{**row._mapping, "reason": Reason(row.reason), "payload": bytes(row.payload)})


def _short(topic: str) -> str:
    """A topic that fits into an index: of a long one the beginning, and what tells it apart."""
    data = topic.encode()
    if len(data) <= _MOST_TOPIC_BYTES:
        return topic
    digest = hashlib.sha256(data).hexdigest()[:16]
    return f"{data[:_MOST_TOPIC_BYTES].decode(errors='ignore')}...{digest}"


def _storable(text: str) -> str:
    """``text`` without what PostgreSQL's text cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
