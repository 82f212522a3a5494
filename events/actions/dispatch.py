"""Which department, which crew: chosen by the rules and dispatched, with the reason kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.actions.transition import move_ticket
from events.model.routing import choose_crew, route
from events.model.words import Words
from events.model.workflow import Verb
from events.store import rules

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.routing import CrewChoice
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
    return choose_crew(
        rules.crews(conn, department_id=department_id),
        city.categories[ticket.category_code],
        lon=ticket.lon,
        lat=ticket.lat,
        at=now,
        zone=city.calendar.zone,
    )


def assign_waiting(
    conn: Connection, ticket: Ticket, *, by: Actor, now: datetime, city: CityRules
) -> Ticket:
    """Send a crew to a dispatched ticket that has none, if one can go now."""
    if ticket.department_id is None:
        return ticket
    chosen = pick_crew(conn, ticket, ticket.department_id, now=now, city=city)
    if chosen.crew_id is None:
        return ticket
    routing: dict[str, Any] = {**(ticket.routing or {}), "crew": chosen.as_dict()}
    return move_ticket(
        conn,
        ticket,
        Verb.ASSIGN,
        by=by,
        now=now,
        city=city,
        why=chosen.because,
        changes={"crew_id": chosen.crew_id, "routing": routing},
    )
