"""What lies with crews: the tickets that people (or the demo's simulated ones) work on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from events.store import tickets
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)


def with_simulated_crews(conn: Connection, *, limit: int) -> tuple[Ticket, ...]:
    """Tickets that simulated crews have in hand or have just finished, longest untouched first."""
    rows = _SQL.rows(conn, "with_simulated_crews", limit=limit)
    return tickets.by_ids(conn, [row.ticket_id for row in rows])


@dataclass(frozen=True, kw_only=True, slots=True)
class Movable:
    """A ticket that a plan may place; ``crew_id``: who has it now, without having accepted it."""

    ticket_id: int
    version: int
    category_code: str
    severity: int
    lon: float
    lat: float
    due_at: datetime | None
    crew_id: int | None


def departments_at_work(conn: Connection) -> list[int]:
    """The departments that have tickets which a plan may place."""
    return [row.department_id for row in _SQL.rows(conn, "departments_at_work")]


def movable(conn: Connection, department_id: int) -> tuple[Movable, ...]:
    """What a plan may place, in the order of the ids."""
    rows = _SQL.rows(conn, "movable", department_id=department_id)
    return tuple(Movable(**row._mapping) for row in rows)


def lock(conn: Connection, ticket_ids: Sequence[int]) -> dict[int, Ticket]:
    """Dispatched tickets by id, held until the end of the transaction; the others are left out."""
    rows = _SQL.rows(conn, "lock", ticket_ids=list(ticket_ids))
    found = tickets.by_ids(conn, [row.ticket_id for row in rows])
    return {one.ticket_id: one for one in found}


def handed_back_before(conn: Connection, at: datetime, *, limit: int) -> tuple[Ticket, ...]:
    """Tickets that were handed back before ``at`` and that nobody has dispatched since."""
    rows = _SQL.rows(conn, "handed_back_before", at=at, limit=limit)
    return tickets.by_ids(conn, [row.ticket_id for row in rows])
