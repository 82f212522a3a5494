"""Which department, which crew: chosen by the rules and dispatched, with the reason kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.actions.transition import move_ticket
from events.model.crew_choice import choose_crew
from events.model.deadline import Stage, due, limit_of
from events.model.routing import route
from events.model.words import Words
from events.model.workflow import Verb
from events.store import rules

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.crew_choice import CrewChoice
    from events.model.ticket import Ticket
    from events.store.rules import CityRules


def route_and_dispatch(
    conn: Connection, ticket: Ticket, *, by: Actor, now: datetime, city: CityRules
) -> Ticket:
    """Dispatch a filed ticket by duty to a department, and to a crew that can go now.

    Without a duty the ticket stays filed: the desk decides, and its dispatch clock runs. Without
    a crew that can go the department has it, and a crew is sent as soon as one can.
    """
    category = city.categories[ticket.category_code]
    duties = rules.duties(conn, category=category, area_path=ticket.area_path, now=now)
    routed = route(duties, category, ticket.area_path)
    if routed is None:
        return ticket
    chosen = pick_crew(conn, ticket, routed.department_id, now=now, city=city)
    return move_ticket(
        conn,
        ticket,
        Verb.DISPATCH,
        by=by,
        now=now,
        city=city,
        why=Words(
            zh=f"{routed.because.zh}；{chosen.because.zh}",
            en=f"{routed.because.en}; {chosen.because.en}",
        ),
        changes={
            "department_id": routed.department_id,
            "crew_id": chosen.crew_id,
            "routing": {"department": routed.as_dict(), "crew": chosen.as_dict()},
        },
    )


def pick_crew(
    conn: Connection, ticket: Ticket, department_id: int, *, now: datetime, city: CityRules
) -> CrewChoice:
    """The crew of a department that should go; others wait meanwhile, so that loads are true."""
    rules.lock_department(conn, department_id)
    category = city.categories[ticket.category_code]
    return choose_crew(
        rules.crews(conn, department_id=department_id),
        category,
        lon=ticket.lon,
        lat=ticket.lat,
        at=now,
        zone=city.calendar.zone,
        severity=ticket.severity,
        # its clock will run from now on
        due_at=due(now, limit_of(Stage.DISPOSE, category), city.calendar),
    )
