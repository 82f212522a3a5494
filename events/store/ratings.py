"""Rows of events.ratings: what residents say of the end."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from events.model.rating import Rating
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.rating import RatingDraft
    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)


def add(
    conn: Connection, ticket: Ticket, draft: RatingDraft, *, report_id: int, now: datetime
) -> bool:
    """Keep a rating of the ticket's last closing; False when there was one already."""
    found = _SQL.value(
        conn, "add", report_id=report_id, ticket_id=ticket.ticket_id, area_id=ticket.area_id,
        closed_at=ticket.closed_at, created_at=now, **asdict(draft),
    )  # fmt: skip
    return found is not None


def of_ticket(conn: Connection, ticket_id: int) -> tuple[Rating, ...]:
    """All ratings of a ticket, in order."""
    rows = _SQL.rows(conn, "of_ticket", ticket_id=ticket_id)
    return tuple(Rating(**row._mapping) for row in rows)
