"""Rows of events.reports, and residents' personal data in schema contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.report import ReportProgress, ReportStep
from events.model.workflow import State
from events.store import messages, outbox
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.words import Language

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredReport:
    """A report that is known already."""

    report_id: int
    number: str
    token_sha256: bytes
    event_id: int
    request_sha256: bytes | None
    language: Language
    created_at: datetime
    cell_code: str | None
    area_name_zh: str
    area_name_en: str


def add(
    conn: Connection,
    *,
    number: str,
    token_sha256: bytes,
    event_id: int,
    area_id: int,
    idempotency_key: str | None,
    request_sha256: bytes,
    language: Language,
    created_at: datetime,
    contact_commitment: bytes | None,
) -> int:
    """Keep a report; its id."""
    report_id: int = _SQL.value(
        conn,
        "add",
        number=number,
        token_sha256=token_sha256,
        event_id=event_id,
        area_id=area_id,
        idempotency_key=idempotency_key,
        request_sha256=request_sha256,
        language=language,
        created_at=created_at,
        contact_commitment=contact_commitment,
    )
    return report_id


def add_contact(
    conn: Connection, report_id: int, *, salt: bytes, contact: str, created_at: datetime
) -> None:
    """Keep how to reach the resident."""
    _SQL.run(
        conn, "add_contact", report_id=report_id, salt=salt, contact=contact, created_at=created_at
    )


def by_event(conn: Connection, event_id: int) -> StoredReport | None:
    """The report of an event, or None."""
    row = _SQL.maybe(conn, "by_event", event_id=event_id)
    return None if row is None else StoredReport(**row._mapping)


def progress(conn: Connection, token_sha256: bytes) -> ReportProgress | None:
    """What the holder of a token may see; None for an unknown token."""
    row = _SQL.maybe(conn, "by_token", token_sha256=token_sha256)
    if row is None:
        return None
    steps = [ReportStep(at=row.created_at, kind="report", zh="已收到您的上报。",
                        en="Your report was received.")]  # fmt: skip
    steps += [
        ReportStep(at=at, kind=kind, zh=zh, en=en)
        for at, kind, zh, en in outbox.for_report(conn, row.report_id)
        if kind != "message"  # told with the conversation
    ]
    return ReportProgress(
        number=row.number,
        state=State(row.state) if row.state else State.REPORTED,
        created_at=row.created_at,
        category_name_zh=row.category_name_zh,
        category_name_en=row.category_name_en,
        cell_code=row.cell_code,
        area_name_zh=row.area_name_zh,
        area_name_en=row.area_name_en,
        ticket_number=row.ticket_number,
        steps=tuple(steps),
        messages=messages.of_report(conn, row.report_id),
        may_rate=row.state == State.CLOSED.value and not row.rated,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldReport:
    """The report of a token; ``ticket_id`` None: it has no ticket yet."""

    report_id: int
    number: str
    area_id: int
    ticket_id: int | None


def held(conn: Connection, token_sha256: bytes) -> HeldReport | None:
    """The report of a token, or None."""
    row = _SQL.maybe(conn, "held", token_sha256=token_sha256)
    return None if row is None else HeldReport(**row._mapping)


def among(conn: Connection, event_ids: Sequence[int]) -> frozenset[int]:
    """Those of some events that are residents' reports."""
    rows = _SQL.rows(conn, "among", event_ids=list(event_ids))
    return frozenset(row.event_id for row in rows)


def contacts_of_ticket(conn: Connection, ticket_id: int) -> list[tuple[str, str]]:
    """(report number, contact) of the residents behind a ticket."""
    rows = _SQL.rows(conn, "contacts_of_ticket", ticket_id=ticket_id)
    return [(row.number, row.contact) for row in rows]
