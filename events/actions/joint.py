"""Several departments on one ticket: assisting departments, and parts that are tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.actions import clockwork, telling
from events.actions.choices import crew_id, department_id
from events.actions.transition import create_ticket, move_ticket
from events.model.problems import Incomplete, NotAllowed
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.store import clocks, counters, parties, tickets

if TYPE_CHECKING:
    from events.actions.choices import Step
    from events.model.ticket import Ticket


def assist(step: Step) -> Ticket:
    """Ask a department to do its part beside the one that leads, with a clock of its own."""
    ticket, department = step.ticket, department_id(step.conn, step.given)
    if department == ticket.department_id:
        raise Incomplete(Refusal(reason=Reason.LEADS_ALREADY, field="department"))
    if department in ticket.assisting:
        raise Incomplete(Refusal(reason=Reason.ASSISTS_ALREADY, field="department"))
    crew = crew_id(step.conn, step.given, department)
    due_at = clockwork.assist(step.conn, ticket, department, now=step.now, city=step.city)
    parties.add(step.conn, ticket.ticket_id, department, crew_id=crew, why=step.why,
                due_at=due_at, now=step.now)  # fmt: skip
    told = {"department_id": department, "crew_id": crew, "due_at": due_at, "state": "working"}
    moved = _noted(step, told)
    telling.tell_party(step.conn, moved, department, crew, why=step.why, now=step.now)
    return moved


def release(step: Step) -> Ticket:
    """A department is needed no more; what it signed stays."""
    department = department_id(step.conn, step.given)
    if not parties.release(step.conn, step.ticket.ticket_id, department, now=step.now):
        raise Incomplete(Refusal(reason=Reason.NOT_ASSISTING, field="department"))
    clocks.stop_beside(
        step.conn, step.ticket.ticket_id, department, now=step.now, verb=step.verb.value
    )
    return _noted(step, {"department_id": department, "state": "released"})


def sign(step: Step) -> Ticket:
    """An assisting department says that its part is done."""
    department = step.by.department_id or 0
    # first whether it may at all: then the refusal says why not
    noted = _noted(step, {"department_id": department, "state": "signed"})
    if not parties.sign(step.conn, noted.ticket_id, department, note=step.why, now=step.now):
        raise NotAllowed(Refusal(reason=Reason.NOT_ASSISTING))
    clocks.stop_beside(step.conn, noted.ticket_id, department, now=step.now, verb=step.verb.value)
    return tickets.by_id(step.conn, noted.ticket_id)


def split(step: Step) -> Ticket:
    """A part becomes a ticket of its own, filed and dispatched; the whole waits for it."""
    whole, department = step.ticket, department_id(step.conn, step.given)
    crew = crew_id(step.conn, step.given, department)
    part = create_ticket(
        step.conn,
        step.city.categories[whole.category_code],
        now=step.now,
        city=step.city,
        parent_id=whole.ticket_id,
        number=counters.next_number(step.conn, "ticket", step.city.day(step.now)),
        severity=whole.severity,
        source=whole.source,
        title_zh=whole.title_zh,
        title_en=whole.title_en,
        description=step.why,
        lon=whole.lon,
        lat=whole.lat,
        cell_id=whole.cell_id,
        area_id=whole.area_id,
        component_id=whole.component_id,
        device_no=None,
        occurred_at=step.now,
    )
    part = move_ticket(step.conn, part, Verb.FILE, by=step.by, now=step.now, city=step.city)
    move_ticket(
        step.conn, part, Verb.DISPATCH, by=step.by, now=step.now, why=step.why, city=step.city,
        changes={"department_id": department, "crew_id": crew, "routing": {"by_hand": True}},
    )  # fmt: skip
    return _noted(step, None, more={"part": part.number})


def _noted(step: Step, party: dict[str, Any] | None, more: dict[str, Any] | None = None) -> Ticket:
    told = {**(more or {}), **({"party": party} if party is not None else {})}
    moved = move_ticket(
        step.conn, step.ticket, step.verb, by=step.by, now=step.now, why=step.why, more=told,
        city=step.city,
    )  # fmt: skip
    return tickets.by_id(step.conn, moved.ticket_id)
