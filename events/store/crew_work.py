"""What lies with crews: the tickets that people (or the demo's simulated ones) work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.store import tickets
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)


def with_simulated_crews(conn: Connection, *, limit: int) -> tuple[Ticket, ...]:
    """Tickets that simulated crews have in hand or have just finished, longest untouched first."""
    rows = _SQL.rows(conn, "with_simulated_crews", limit=limit)
    return tickets.by_ids(conn, [row.ticket_id for row in rows])


def handed_back_before(conn: Connection, at: datetime, *, limit: int) -> tuple[Ticket, ...]:
    """Tickets that were handed back before ``at`` and that nobody has dispatched since."""
    rows = _SQL.rows(conn, "handed_back_before", at=at, limit=limit)
    return tickets.by_ids(conn, [row.ticket_id for row in rows])
