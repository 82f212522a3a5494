"""Rows of events.outbox: notices, put there in the transaction of what they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.model.notice import Notice, Recipient
from grid.store.named_sql import Statements
from grid.store.postgis import as_rows, gather

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from events.model.actor import Actor, Role
    from events.model.ticket import Ticket
    from events.model.words import Words

_SQL = Statements.beside(__file__)


def put(
    conn: Connection,
    *,
    kind: str,
    recipient: Recipient,
    recipient_id: int,
    ticket: Ticket,
    body: Words,
    now: datetime,
) -> int:
    """A notice about a ticket to one recipient; its id."""
    notice_id: int = _SQL.value(
        conn,
        "put",
        kind=kind,
        recipient_kind=recipient.value,
        recipient_id=recipient_id,
        ticket_id=ticket.ticket_id,
        area_id=ticket.area_id,
        body_zh=body.zh,
        body_en=body.en,
        created_at=now,
    )
    return notice_id


def post(
    conn: Connection,
    *,
    kind: str,
    recipient: Recipient,
    recipient_id: int,
    ticket: Ticket,
    body: Words,
    now: datetime,
) -> None:
    """As `put`, where nobody asks for its id."""
    row = (kind, recipient.value, recipient_id, ticket.ticket_id, ticket.area_id, body.zh, body.en,
           now)  # fmt: skip
    gather(conn, _post, row)


def _post(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    _SQL.run(conn, "post", rows=as_rows(rows))


def put_to_reporters(
    conn: Connection, *, kind: str, ticket: Ticket, body: Words, now: datetime
) -> None:
    """A notice to every resident whose report is behind the ticket."""
    _SQL.run(
        conn,
        "put_to_reporters",
        kind=kind,
        ticket_id=ticket.ticket_id,
        body_zh=body.zh,
        body_en=body.en,
        created_at=now,
    )


def put_to_reporter_of(
    conn: Connection, event_id: int, *, kind: str, ticket: Ticket, body: Words, now: datetime
) -> None:
    """A notice to the resident whose report is ``event_id``; nothing for other events."""
    _SQL.run(
        conn,
        "put_to_reporter_of",
        event_id=event_id,
        kind=kind,
        ticket_id=ticket.ticket_id,
        body_zh=body.zh,
        body_en=body.en,
        created_at=now,
    )


def put_to_roles(
    conn: Connection,
    roles: Iterable[Role],
    *,
    kind: str,
    ticket: Ticket,
    body: Words,
    now: datetime,
    but: int | None = None,
) -> None:
    """A notice to everybody of ``roles`` whose area holds the ticket, but for one account."""
    _SQL.run(
        conn,
        "put_to_roles",
        roles=sorted(roles),
        kind=kind,
        ticket_id=ticket.ticket_id,
        area_id=ticket.area_id,
        area_path=list(ticket.area_path),
        body_zh=body.zh,
        body_en=body.en,
        created_at=now,
        but=but,
    )


def put_to_account(
    conn: Connection, key: str, *, kind: str, ticket: Ticket, body: Words, now: datetime
) -> None:
    """A notice to the person with an actor's key; nothing for those that are no accounts."""
    kind_of_actor, _, name = key.partition(":")
    if kind_of_actor == "account":
        _SQL.run(conn, "put_to_account", account_name=name, kind=kind, ticket_id=ticket.ticket_id,
                 area_id=ticket.area_id, body_zh=body.zh, body_en=body.en,
                 created_at=now)  # fmt: skip


def claim(conn: Connection, *, now: datetime, limit: int) -> tuple[Notice, ...]:
    """Notices that wait for delivery, locked until the end of the transaction."""
    return tuple(_notice(row) for row in _SQL.rows(conn, "claim", now=now, limit=limit))


def delivered(conn: Connection, notice_ids: Sequence[int], *, now: datetime) -> None:
    """Note that these are with their recipients."""
    if notice_ids:
        _SQL.run(conn, "delivered", notice_ids=list(notice_ids), now=now)


def failed(conn: Connection, notice_id: int, *, trouble: str, not_before: datetime) -> None:
    """Note why a notice could not be delivered, and when to try again."""
    _SQL.run(conn, "failed", notice_id=notice_id, trouble=trouble, not_before=not_before)


def for_account(conn: Connection, actor: Actor, *, limit: int = 50) -> tuple[Notice, ...]:
    """What a person was told (directly, as one of a crew or of a department), newest first."""
    rows = _SQL.rows(
        conn,
        "for_account",
        account_id=actor.account_id,
        crew_id=actor.crew_id,
        department_id=actor.department_id,
        limit=limit,
    )
    return tuple(_notice(row) for row in rows)


def for_report(conn: Connection, report_id: int) -> list[tuple[datetime, str, str, str]]:
    """What a resident was told: (at, kind, zh, en), in order."""
    rows = _SQL.rows(conn, "for_report", report_id=report_id)
    return [(row.created_at, row.kind, row.body_zh, row.body_en) for row in rows]


def mark_read(conn: Connection, actor: Actor, notice_ids: Sequence[int], *, now: datetime) -> int:
    """Note that a person has seen notices meant for them; how many were new."""
    return _SQL.run(
        conn,
        "mark_read",
        account_id=actor.account_id,
        crew_id=actor.crew_id,
        department_id=actor.department_id,
        notice_ids=list(notice_ids),
        now=now,
    )


def _notice(row: Row[Any]) -> Notice:
    values = dict(row._mapping)
    values["recipient_kind"] = Recipient(values["recipient_kind"])
    return Notice(**values)
