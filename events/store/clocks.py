"""Rows of events.ticket_clocks: the runs of the stages' clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    _SQL.run(
        conn,
        "start",
        ticket_id=ticket_id,
        stage=new.stage.value,
        clock=new.limit.clock.value,
        time_limit=new.limit.time_limit,
        started_at=now,
        due_at=due_at,
        why=canonical(new.why),
        verb=verb,
    )


def stop(conn: Connection, ticket_id: int, *, now: datetime, verb: str) -> None:
    """Stop whatever clock of the ticket runs."""
    _SQL.run(conn, "stop", ticket_id=ticket_id, now=now, verb=verb)


def of_ticket(conn: Connection, ticket_id: int) -> tuple[StageClock, ...]:
    """All runs of all clocks of a ticket, in order."""
    found = []
    for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id):
        values = dict(row._mapping)
        values.update(stage=Stage(values["stage"]), clock=Clock(values["clock"]))
        found.append(StageClock(**values))
    return tuple(found)
