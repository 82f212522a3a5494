"""Rows of events.messages: the conversation about a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.model.message import Audience, Message
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)


def add(
    conn: Connection,
    *,
    area_id: int,
    audience: Audience,
    body: str,
    now: datetime,
    ticket_id: int | None = None,
    report_id: int | None = None,
) -> None:
    """Keep a message; its author is the actor of the transaction."""
    _SQL.run(conn, "add", ticket_id=ticket_id, report_id=report_id, area_id=area_id,
             audience=audience.value, body=body, created_at=now)  # fmt: skip


def of_ticket(conn: Connection, ticket_id: int) -> tuple[Message, ...]:
    """The whole conversation, in order."""
    return tuple(_message(row) for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id))


def of_report(conn: Connection, report_id: int) -> tuple[Message, ...]:
    """What the resident may read of it, in order."""
    return tuple(_message(row) for row in _SQL.rows(conn, "of_report", report_id=report_id))


def count_since(conn: Connection, report_id: int, since: datetime) -> int:
    """How many messages a report's resident wrote after an instant."""
    found: int = _SQL.value(conn, "count_since", report_id=report_id, since=since)
    return found


def _message(row: Row[Any]) -> Message:
    return Message(**{**row._mapping, "audience": Audience(row.audience)})
