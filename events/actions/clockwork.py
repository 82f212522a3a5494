"""The stages' clocks as moves start, pause, lengthen and stop them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from events.model.deadline import (
    STAGE_OF,
    NewClock,
    Stage,
    assisting,
    due,
    extended,
    next_clock,
    resumed,
)
from events.model.verb import State, Verb
from events.store import clocks, parties, rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from events.model.category import Category
    from events.model.deadline import StageClock
    from events.model.ticket import Ticket
    from events.store.rules import CityRules


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A clock that is to run from now, and when it runs out."""

    new: NewClock
    due_at: datetime


def first(category: Category, *, now: datetime, city: CityRules) -> Running:
    """The filing clock of a ticket that is made now."""
    new = next_clock(
        verb=None,
        state=State.REPORTED,
        department_id=None,
        category=category,
        calendar=city.calendar,
        last=None,
    )
    if new is None:
        raise ValueError("state reported has no clock")
    return Running(new=new, due_at=due(now, new.limit, city.calendar))


def start(conn: Connection, clock: Running, *, ticket_id: int, now: datetime) -> None:
    """Write that a clock runs."""
    clocks.start(conn, clock.new, ticket_id=ticket_id, now=now, due_at=clock.due_at, verb="create")


def turn(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    after: Mapping[str, Any],
    *,
    now: datetime,
    city: CityRules,
    extra: timedelta | None = None,
) -> dict[str, Any]:
    """Stop and start clocks as ``verb`` asks; the ticket's columns that follow from it.

    A move within a stage leaves its clock alone, unless it gives ``extra`` time. A new stage is
    due anew, and its lateness will be told anew. That a disposal was late is noted once, for ever.
    """
    state: State = after["state"]
    told = _lateness(ticket, verb, state, now)
    stage = STAGE_OF.get(state)
    if extra is None and stage is STAGE_OF.get(ticket.state):
        return told
    # before a first dispatch no disposal clock ever ran
    known = extra is not None or (ticket.dispatched_at is not None and stage is not None)
    past = clocks.of_ticket(conn, ticket.ticket_id) if known or verb is Verb.UNMERGE else ()
    last = next((one for one in reversed(past) if one.stage is stage), None)
    if extra is not None and last is not None:
        (stopped,) = _as_stopped([last], now)
        new: NewClock | None = extended(stopped, extra, city.calendar)
    else:
        new = next_clock(
            verb=verb,
            state=state,
            department_id=after.get("department_id", ticket.department_id),
            category=rules.category_of(conn, ticket, city),
            calendar=city.calendar,
            last=last,
        )
    if new is None:
        clocks.stop(conn, ticket.ticket_id, now=now, verb=verb)
        return {**told, "due_at": None, "overdue_at": None}
    due_at = due(now, new.limit, city.calendar)
    clocks.start(conn, new, ticket_id=ticket.ticket_id, now=now, due_at=due_at, verb=verb)
    if verb is Verb.RESUME:
        _resume_assistants(conn, past, ticket_id=ticket.ticket_id, now=now, city=city)
    return {**told, "due_at": due_at, "overdue_at": None}


def assist(
    conn: Connection, ticket: Ticket, department_id: int, *, now: datetime, city: CityRules
) -> datetime:
    """Let the clock of an assisting department run; until when."""
    new = assisting(department_id, rules.category_of(conn, ticket, city))
    due_at = due(now, new.limit, city.calendar)
    clocks.start_beside(conn, new, ticket_id=ticket.ticket_id, now=now, due_at=due_at)
    return due_at


def _lateness(ticket: Ticket, verb: Verb, state: State, now: datetime) -> dict[str, Any]:
    """Note the first time that a disposal ran out, whoever notices it: the engine or a move."""
    if ticket.late_at is not None or STAGE_OF.get(ticket.state) is not Stage.DISPOSE:
        return {}
    leaves = verb is Verb.OVERDUE or STAGE_OF.get(state) is not Stage.DISPOSE
    extends = verb is Verb.EXTEND
    if (leaves or extends) and ticket.due_at is not None and ticket.due_at < now:
        return {"late_at": ticket.due_at}
    return {}


def _as_stopped(runs: Sequence[StageClock], now: datetime) -> list[StageClock]:
    """Running clocks as they will be when they are stopped now."""
    return [one if one.stopped_at else replace(one, stopped_at=now) for one in runs]


def _resume_assistants(
    conn: Connection,
    past: Sequence[StageClock],
    *,
    ticket_id: int,
    now: datetime,
    city: CityRules,
) -> None:
    """The clocks of those who assist go on, too, where the suspension stopped them."""
    last = {one.why.get("department_id"): one for one in past if one.stage is Stage.ASSIST}
    for run in last.values():
        if run.why.get("stopped_by") == Verb.SUSPEND.value:
            new = resumed(run, city.calendar)
            due_at = due(now, new.limit, city.calendar)
            clocks.start_beside(conn, new, ticket_id=ticket_id, now=now, due_at=due_at)
    parties.move_due(conn, ticket_id)
