"""Rows of events.parties: departments that assist with a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.party import Party
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def add(
    conn: Connection,
    ticket_id: int,
    department_id: int,
    *,
    crew_id: int | None,
    why: str,
    due_at: datetime,
    now: datetime,
) -> None:
    """Note that a department (with a crew, if one was named) is asked to assist."""
    _SQL.run(conn, "add", ticket_id=ticket_id, department_id=department_id, crew_id=crew_id,
             asked_at=now, asked_why=why, due_at=due_at)  # fmt: skip


def sign(conn: Connection, ticket_id: int, department_id: int, *, note: str, now: datetime) -> bool:
    """Note that a department has done its part; False when it has none to do."""
    return bool(_SQL.run(conn, "sign", ticket_id=ticket_id, department_id=department_id,
                         note=note, now=now))  # fmt: skip


def release(conn: Connection, ticket_id: int, department_id: int, *, now: datetime) -> bool:
    """Note that a department is needed no more; False when it has nothing to do."""
    return bool(
        _SQL.run(conn, "release", ticket_id=ticket_id, department_id=department_id, now=now)
    )


def move_due(conn: Connection, ticket_id: int) -> None:
    """Let the parts be due when their running clocks say."""
    _SQL.run(conn, "move_due", ticket_id=ticket_id)


def of_ticket(conn: Connection, ticket_id: int) -> tuple[Party, ...]:
    """All departments that assist or assisted, in order."""
    return tuple(Party(**row._mapping) for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id))


@dataclass(frozen=True, kw_only=True, slots=True)
class LatePart:
    """A department whose part has run out of time, by the run ``clock_id`` of its clock."""

    party_id: int
    ticket_id: int
    department_id: int
    clock_id: int


def late(conn: Connection, *, now: datetime, limit: int) -> tuple[LatePart, ...]:
    """Parts whose lateness was not told yet, locked with their tickets."""
    return tuple(LatePart(**row._mapping) for row in _SQL.rows(conn, "late", now=now, limit=limit))


def note_late(conn: Connection, party_id: int, *, now: datetime) -> None:
    """It was told that a part is late."""
    _SQL.run(conn, "note_late", party_id=party_id, now=now)
