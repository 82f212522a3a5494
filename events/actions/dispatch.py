"""Which department, which crew: chosen by the rules and dispatched, with the reason kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from events.actions.transition import mark_ticket, move_ticket
from events.model.crew_choice import choose
from events.model.deadline import Stage, due, limit_of
from events.model.duty import NONE, Subject, scopes_of, time_class
from events.model.event import Source
from events.model.routing import route
from events.model.verb import Verb
from events.model.words import Words
from events.store import duties, duty_alerts, rules
from events.store.in_hand import in_hand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.crew_choice import CrewChoice
    from events.model.routing import Candidate, Routed
    from events.model.ticket import Ticket
    from events.store.rules import CityRules


def route_and_dispatch(
    conn: Connection, ticket: Ticket, *, by: Actor, now: datetime, city: CityRules
) -> Ticket:
    """Dispatch a filed ticket by the duties to a department, and to a crew that can go now.

    Where nobody answers the ticket stays filed, says so, and an alert does: a dispatcher decides,
    and its dispatch clock runs. Without a crew that can go the department has it, and a crew is
    sent as soon as one can.
    """
    routed = decide(conn, ticket, now=now, city=city)
    if routed.department_id is None:
        return _unrouted(conn, ticket, routed, now=now)
    chosen = pick_crew(conn, ticket, routed.department_id, now=now, city=city)
    duty_alerts.note(conn, routed, ticket, now=now)
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
        names={**rules.department_names(conn, routed.department_id, city), **chosen.names},
    )


def decide(conn: Connection, ticket: Ticket, *, now: datetime, city: CityRules) -> Routed:
    """Who answers for a ticket by the duties in force; nothing is written."""
    category = city.categories[ticket.category_code]
    scopes = scopes_of(category.code, category.family, category.layer)
    version, candidates = duties.candidates(conn, scopes, ticket.area_path, now=now)
    subject = _subject(conn, ticket, candidates, now=now, city=city)
    return route(version, candidates, subject, category)


def _subject(
    conn: Connection, ticket: Ticket, candidates: Sequence[Candidate], *, now: datetime,
    city: CityRules,
) -> Subject:  # fmt: skip
    category = city.categories[ticket.category_code]
    component, owner = NONE, NONE
    # read only where some rule asks for it
    if ticket.component_id is not None and any(
        one.rule.when.asks_for_component for one in candidates
    ):
        component, owner = duties.facility(conn, ticket.component_id)
    return Subject(
        category_code=category.code, family=category.family, layer=category.layer,
        area_path=ticket.area_path, severity=ticket.severity, source=Source(ticket.source),
        time=time_class(now, city.calendar), component=component, owner=owner,
    )  # fmt: skip


def _unrouted(conn: Connection, ticket: Ticket, routed: Routed, *, now: datetime) -> Ticket:
    """Say once for each version that nobody answers; the ticket stays where it is."""
    known = (ticket.routing or {}).get("department") or {}
    if known.get("department_id", 0) is None and known.get("version") == routed.version:
        return ticket
    duty_alerts.note(conn, routed, ticket, now=now)
    told = {"why": routed.because.as_dict()}
    return mark_ticket(
        conn, ticket, Verb.UNROUTED, now=now, told=told,
        changes={"routing": {"department": routed.as_dict()}},
    )  # fmt: skip


def pick_crew(
    conn: Connection, ticket: Ticket, department_id: int, *, now: datetime, city: CityRules
) -> CrewChoice:
    """The crew of a department that should go; others wait meanwhile, so that loads are true."""
    version = rules.lock_department(conn, department_id)
    category = city.categories[ticket.category_code]
    return choose(
        rules.roster(conn, department_id, city, version=version),
        partial(in_hand, conn),
        category,
        lon=ticket.lon,
        lat=ticket.lat,
        at=now,
        zone=city.calendar.zone,
        severity=ticket.severity,
        # its clock will run from now on, as the version asks that it was filed under
        due_at=due(
            now, limit_of(Stage.DISPOSE, rules.category_of(conn, ticket, city)), city.calendar
        ),
    )
