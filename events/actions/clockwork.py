"""The stages' clocks as moves start and stop them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.model.deadline import STAGE_OF, NewClock, Stage, due, next_clock
from events.model.workflow import State, Verb
from events.store import clocks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.category import Category
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
        last_dispose=None,
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
) -> dict[str, Any]:
    """Stop and start clocks as ``verb`` asks; the ticket's columns that follow from it.

    A move within a stage leaves its clock alone. A new stage is due anew, and its lateness
    will be told anew.
    """
    state: State = after["state"]
    if STAGE_OF.get(state) == STAGE_OF.get(ticket.state):
        return {}
    last = None
    # before a first dispatch no disposal clock ever ran
    if STAGE_OF.get(state) is Stage.DISPOSE and ticket.dispatched_at is not None:
        runs = [one for one in clocks.of_ticket(conn, ticket.ticket_id)
                if one.stage is Stage.DISPOSE]  # fmt: skip
        last = runs[-1] if runs else None
    new = next_clock(
        verb=verb,
        state=state,
        department_id=after.get("department_id", ticket.department_id),
        category=city.categories[after.get("category_code", ticket.category_code)],
        calendar=city.calendar,
        last_dispose=last,
    )
    if new is None:
        clocks.stop(conn, ticket.ticket_id, now=now, verb=verb)
        return {"due_at": None, "overdue_at": None}
    due_at = due(now, new.limit, city.calendar)
    clocks.start(conn, new, ticket_id=ticket.ticket_id, now=now, due_at=due_at, verb=verb)
    return {"due_at": due_at, "overdue_at": None}
