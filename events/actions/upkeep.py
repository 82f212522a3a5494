"""What time brings: tickets become overdue, sensors recover, crews come on shift."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from events.actions.dispatch import route_and_dispatch
from events.actions.escalate import plan, plan_part
from events.actions.replan import Memory, replan
from events.actions.telling import tell_late_party
from events.actions.transition import mark_ticket, move_ticket
from events.model.actor import RECOVERY
from events.model.words import Words
from events.model.workflow import State, Verb
from events.store import escalations, parties, rules, tickets
from events.store.rules import Remembered
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.actions.give_way import Way
    from events.model.actor import Actor

# So long at most are filed tickets dispatched that found no department before.
_LONGEST_S = 2.0
_LATE = Words(zh="超过本阶段时限", en="The stage's time has run out")
_PART_LATE = Words(zh="协办部门超过时限", en="The time of an assisting department has run out")
_TIME_IS_UP = Words(zh="挂账期满，自动恢复办理", en="The suspension has ended")
_RECOVERED = Words(zh="监测数据已恢复正常", en="The sensors are quiet again")


def mark_overdue(engine: Engine, *, by: Actor, now: datetime, limit: int = 100) -> int:
    """Tell the lateness of tickets whose stage has run out, once each; how many."""
    with transaction(engine, by.key) as conn:
        late = tickets.overdue(conn, now=now, limit=limit)
        if not late:
            return 0
        city, ladder = rules.load(conn), escalations.ladder(conn)
        for ticket_id in late:
            ticket = tickets.by_id(conn, ticket_id)
            move_ticket(conn, ticket, Verb.OVERDUE, by=by, now=now, city=city, why=_LATE)
            plan(conn, ticket, ladder, city=city)
    return len(late)


def tell_late_parts(engine: Engine, *, by: Actor, now: datetime, limit: int = 100) -> int:
    """Tell once that an assisting department is late with its part; how many.

    By the ladder, like any lateness; where the city has none, the department and the supervisors.
    """
    with transaction(engine, by.key) as conn:
        late = parties.late(conn, now=now, limit=limit)
        if not late:
            return 0
        city, ladder = rules.load(conn), escalations.ladder(conn)
        for part in late:
            ticket = tickets.by_id(conn, part.ticket_id)
            parties.note_late(conn, part.party_id, now=now)
            told = {"why": _PART_LATE.as_dict(), "assisting": part.department_id}
            mark_ticket(conn, ticket, Verb.ESCALATE, now=now, told=told)
            if ladder:
                plan_part(conn, ticket, part.clock_id, ladder, city=city)
            else:
                tell_late_party(conn, ticket, part.department_id, now=now)
    return len(late)


def resume_suspended(engine: Engine, *, by: Actor, now: datetime, limit: int = 100) -> int:
    """Take up again what was suspended until now; how many."""
    with transaction(engine, by.key) as conn:
        due = tickets.to_resume(conn, now=now, limit=limit)
        city = rules.load(conn) if due else None
        for ticket_id in due:
            ticket = tickets.by_id(conn, ticket_id)
            move_ticket(conn, ticket, Verb.RESUME, by=by, now=now, city=city, why=_TIME_IS_UP)
    return len(due)


def close_recovered(engine: Engine, *, now: datetime, limit: int = 100) -> int:
    """Verify and close disposed tickets whose sensors are quiet again; how many.

    The measurement verifies, not the person who disposed: the actor is system:recovery.
    """
    with transaction(engine, RECOVERY.key) as conn:
        done = tickets.recovered(conn, now=now, limit=limit)
        city = rules.load(conn) if done else None
        for ticket_id in done:
            ticket = tickets.by_id(conn, ticket_id)
            ticket = move_ticket(
                conn, ticket, Verb.VERIFY, by=RECOVERY, now=now, city=city,
                why=_RECOVERED,
            )  # fmt: skip
            move_ticket(conn, ticket, Verb.CLOSE, by=RECOVERY, now=now, city=city)
    return len(done)


def send_crews(
    engine: Engine,
    *,
    by: Actor,
    now: datetime,
    memory: Memory | None = None,
    known: Remembered | None = None,
    limit: int = 100,
    way: Way | None = None,
) -> int:
    """Dispatch what is filed and was not handed back, and plan anew who goes where.

    How many tickets moved; those that still find nobody stay as they are, and so do those that
    are left when two seconds are over: until the next time. ``memory``: what was planned already;
    ``known``: the rules as the process remembers them. ``way``: how plans let events through.
    """
    until = time.monotonic() + _LONGEST_S
    with transaction(engine, by.key) as conn:
        city = (known or Remembered()).city(conn)
        waiting = tickets.undispatched(conn, limit=limit)
    moved = 0
    nobody: set[tuple[object, ...]] = set()
    for ticket_id in waiting:
        if time.monotonic() > until:
            break
        with transaction(engine, by.key) as conn:
            ticket = tickets.lock_id(conn, ticket_id)
            alike = (ticket.category_code, ticket.area_id)
            if alike in nobody or ticket.state is not State.FILED or ticket.was_returned:
                continue
            routed = route_and_dispatch(conn, ticket, by=by, now=now, city=city)
            if routed.state is State.FILED:
                nobody.add(alike)
            else:
                moved += 1
    return moved + replan(engine, by=by, now=now, city=city, memory=memory or Memory(), way=way)
