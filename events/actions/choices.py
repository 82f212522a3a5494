"""What a person chose with a verb, understood and checked: the columns that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from events.model import access
from events.model.deadline import Stage, limit_of
from events.model.problems import Incomplete, NotAllowed, WrongState
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.model.words import Words
from events.model.workflow import MERGE_TARGETS, MOVES
from events.store import departments, rules, tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.given import Given
    from events.model.ticket import Ticket
    from events.model.workflow import Move
    from events.store.rules import CityRules

LONGEST_SUSPENSION = timedelta(days=366)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that somebody does to a ticket, in one transaction; the ticket is locked."""

    conn: Connection
    ticket: Ticket
    verb: Verb
    by: Actor
    now: datetime
    why: str
    given: Given
    city: CityRules


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """``changes``: columns of the ticket; ``extra``: time for its clock."""

    changes: Mapping[str, Any]
    extra: timedelta | None = None


_NOTHING = Choice(changes={})
# What a person chose, the engine does not move: no plan takes a ticket that is marked by_hand.
_BY_HAND = Words(zh="由人工指定", en="Chosen by a person")


def allow(step: Step) -> Move:
    """The row of the table. Raises WrongState and NotAllowed when this may not be done here."""
    refusal = access.may(step.by, step.verb, step.ticket)
    if refusal is None:
        return MOVES[step.ticket.state, step.verb]
    if refusal.reason is Reason.WRONG_STATE:
        raise WrongState(step.ticket)
    raise NotAllowed(refusal)


def choose(step: Step) -> Choice:
    """What was chosen. Raises Incomplete for what is missing or cannot be."""
    how = _CHOICES.get(step.verb)
    return _NOTHING if how is None else how(step)


def department_id(conn: Connection, given: Given) -> int:
    """The department that was named. Raises Incomplete."""
    if given.department is None:
        raise Incomplete(Refusal(reason=Reason.DEPARTMENT_MISSING, field="department"))
    found = departments.id_of(conn, given.department)
    if found is None:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_DEPARTMENT, field="department"))
    return found


def crew_id(conn: Connection, given: Given, department: int | None) -> int | None:
    """The crew that was named, which must be of ``department``. Raises Incomplete."""
    if given.crew is None:
        return None
    found = departments.crew_of(conn, given.crew)
    if found is None:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_CREW, field="crew"))
    if found[1] != department:
        raise Incomplete(Refusal(reason=Reason.CREW_OF_OTHER_DEPARTMENT, field="crew"))
    return found[0]


def _dispatch(step: Step) -> Choice:
    chosen: dict[str, Any] = {}
    if step.given.department is not None:
        chosen["department_id"] = department_id(step.conn, step.given)
        chosen["crew_id"] = None
    return _with_crew(step, chosen)


def _assign(step: Step) -> Choice:
    return _with_crew(step, {})


def _with_crew(step: Step, chosen: dict[str, Any]) -> Choice:
    department = chosen.get("department_id", step.ticket.department_id)
    crew = crew_id(step.conn, step.given, department)
    routing: dict[str, Any] = {**(step.ticket.routing or {}), "by_hand": True}
    if crew is not None:
        chosen["crew_id"] = crew
        routing["crew"] = {"crew_id": crew, "because": _BY_HAND.as_dict()}
    if "department_id" in chosen:
        routing["department"] = {"department_id": department, "because": _BY_HAND.as_dict()}
    chosen["routing"] = routing
    return Choice(changes=chosen)


def _supervise(step: Step) -> Choice:
    return Choice(changes={"supervised": step.given.supervised})


def _merge(step: Step) -> Choice:
    """Into another ticket that is filed and not done, and that the same person may see."""
    into = step.given.into or ""
    other = tickets.by_number(step.conn, into[:64])
    if (
        other is None
        or other.ticket_id == step.ticket.ticket_id
        or other.state not in MERGE_TARGETS
        or step.by.area_id not in other.area_path
    ):
        raise Incomplete(Refusal(reason=Reason.CANNOT_MERGE, field="into"))
    return Choice(changes={"merged_into": other.ticket_id})


def _extend(step: Step) -> Choice:
    """By at most the original limit of the category."""
    whole = limit_of(Stage.DISPOSE, rules.category_of(step.conn, step.ticket, step.city)).time_limit
    hours = step.given.hours or 0.0
    # (written so that NaN is refused, too)
    if not 0.0 < hours <= whole.total_seconds() / 3600:
        raise Incomplete(Refusal(reason=Reason.EXTENSION_LENGTH, field="hours"))
    return Choice(changes={"extensions": step.ticket.extensions + 1}, extra=timedelta(hours=hours))


def _suspend(step: Step) -> Choice:
    """Until a day within a year."""
    until = step.given.until
    if until is None or not step.now < until <= step.now + LONGEST_SUSPENSION:
        raise Incomplete(Refusal(reason=Reason.SUSPENSION_LENGTH, field="until"))
    return Choice(changes={"resume_at": until})


_CHOICES: Mapping[Verb, Callable[[Step], Choice]] = {
    Verb.DISPATCH: _dispatch,
    Verb.ASSIGN: _assign,
    Verb.SUPERVISE: _supervise,
    Verb.MERGE: _merge,
    Verb.EXTEND: _extend,
    Verb.SUSPEND: _suspend,
}
