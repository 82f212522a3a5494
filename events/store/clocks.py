"""Rows of events.ticket_clocks: the runs of the stages' clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.model.calendar import Clock
from events.model.deadline import Stage, StageClock
from events.model.ledger import canonical
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.deadline import NewClock

_SQL = Statements.beside(__file__)


def start(
    conn: Connection,
    new: NewClock,
    *,
    ticket_id: int,
    now: datetime,
    due_at: datetime,
    verb: str,
) -> None:
    """Let a clock run from ``now``; ``verb`` stops the one that ran."""
    _SQL.run(conn, "start", verb=verb, **_values(new, ticket_id, now, due_at))


def start_beside(
    conn: Connection, new: NewClock, *, ticket_id: int, now: datetime, due_at: datetime
) -> None:
    """Let a clock run from ``now`` beside those that run."""
    _SQL.run(conn, "start_beside", **_values(new, ticket_id, now, due_at))


def _values(new: NewClock, ticket_id: int, now: datetime, due_at: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "stage": new.stage.value,
        "clock": new.limit.clock.value,
        "time_limit": new.limit.time_limit,
        "started_at": now,
        "due_at": due_at,
        "why": canonical(new.why),
    }


def stop_beside(
    conn: Connection, ticket_id: int, department_id: int, *, now: datetime, verb: str
) -> None:
    """Stop the clock of an assisting department."""
    _SQL.run(
        conn, "stop_beside", ticket_id=ticket_id, department_id=department_id, now=now, verb=verb
    )


def stop(conn: Connection, ticket_id: int, *, now: datetime, verb: str) -> None:
    """Stop whatever clocks of the ticket run."""
    _SQL.run(conn, "stop", ticket_id=ticket_id, now=now, verb=verb)


def of_ticket(conn: Connection, ticket_id: int) -> tuple[StageClock, ...]:
    """All runs of all clocks of a ticket, in order."""
    found = []
    for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id):
        values = dict(row._mapping)
        values.update(stage=Stage(values["stage"]), clock=Clock(values["clock"]))
        found.append(StageClock(**values))
    return tuple(found)
