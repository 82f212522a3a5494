"""Rows of events.ticket_clocks: the runs of the stages' clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.model.calendar import Clock
from events.model.deadline import Stage, StageClock
from events.model.ledger import canonical
from grid.store.named_sql import Statements
from grid.store.postgis import as_rows, flush, gather

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.deadline import NewClock

_SQL = Statements.beside(__file__)

# The order of the columns of a run in the statement "start".
_RUN = ("ticket_id", "stage", "clock", "time_limit", "started_at", "due_at", "why", "end",
        "stopped_by")  # fmt: skip


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
    values = _values(new, ticket_id, now, due_at)
    gather(conn, _start, (ticket_id, verb, values))


def _start(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Runs in their order: each stops the one before it of its ticket."""
    first: dict[int, tuple[str, datetime]] = {}
    last: dict[int, dict[str, Any]] = {}
    runs: list[dict[str, Any]] = []
    for ticket_id, verb, values in rows:
        first.setdefault(ticket_id, (verb, values["started_at"]))
        before = last.get(ticket_id)
        if before is not None:
            before.update(end=values["started_at"], stopped_by=verb)
        last[ticket_id] = {**values, "end": None, "stopped_by": None}
        runs.append(last[ticket_id])
    _SQL.run(
        conn,
        "start",
        stops=as_rows((one, at, verb) for one, (verb, at) in first.items()),
        rows=as_rows([one[name] for name in _RUN] for one in runs),
    )


def start_beside(
    conn: Connection, new: NewClock, *, ticket_id: int, now: datetime, due_at: datetime
) -> None:
    """Let a clock run from ``now`` beside those that run."""
    flush(conn)
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
    flush(conn)
    _SQL.run(
        conn, "stop_beside", ticket_id=ticket_id, department_id=department_id, now=now, verb=verb
    )


def stop(conn: Connection, ticket_id: int, *, now: datetime, verb: str) -> None:
    """Stop whatever clocks of the ticket run."""
    flush(conn)
    _SQL.run(conn, "stop", ticket_id=ticket_id, now=now, verb=verb)


def of_ticket(conn: Connection, ticket_id: int) -> tuple[StageClock, ...]:
    """All runs of all clocks of a ticket, in order."""
    flush(conn)
    found = []
    for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id):
        values = dict(row._mapping)
        values.update(stage=Stage(values["stage"]), clock=Clock(values["clock"]))
        found.append(StageClock(**values))
    return tuple(found)
