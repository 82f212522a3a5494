"""What time brings: tickets become overdue, sensors recover, crews come on shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.actions.dispatch import route_and_dispatch
from events.actions.escalate import plan
from events.actions.replan import Memory, replan
from events.actions.transition import move_ticket
from events.model.actor import RECOVERY
from events.model.words import Words
from events.model.workflow import State, Verb
from events.store import escalations, rules, tickets
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.model.actor import Actor

_LATE = Words(zh="超过本阶段时限", en="The stage's time has run out")
_TIME_IS_UP = Words(zh="挂账期满，自动恢复办理", en="The suspension has ended")
_RECOVERED = Words(zh="监测数据已恢复正常", en="The sensors are quiet again")


def mark_overdue(engine: Engine, *, by: Actor, now: datetime, limit: int = 100) -> int:
    """Tell the lateness of tickets whose stage has run out, once each; how many."""
    with transaction(engine, by.key) as conn:
        city = rules.load(conn)
        late = tickets.overdue(conn, now=now, limit=limit)
        ladder = escalations.ladder(conn) if late else ()
        for ticket_id in late:
            ticket = tickets.by_id(conn, ticket_id)
            move_ticket(conn, ticket, Verb.OVERDUE, by=by, now=now, city=city, why=_LATE)
            plan(conn, ticket, ladder, city=city)
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
        city = rules.load(conn)
        done = tickets.recovered(conn, now=now, limit=limit)
        for ticket_id in done:
            ticket = tickets.by_id(conn, ticket_id)
            ticket = move_ticket(
                conn, ticket, Verb.VERIFY, by=RECOVERY, now=now, city=city,
                why=_RECOVERED,
            )  # fmt: skip
            move_ticket(conn, ticket, Verb.CLOSE, by=RECOVERY, now=now, city=city)
    return len(done)


def send_crews(
    engine: Engine, *, by: Actor, now: datetime, memory: Memory | None = None, limit: int = 100
) -> int:
    """Dispatch what is filed and was not handed back, and plan anew who goes where.

    How many tickets moved; those that still find nobody stay as they are. ``memory``: what was
    planned already.
    """
    with transaction(engine, by.key) as conn:
        city = rules.load(conn)
        waiting = tickets.undispatched(conn, limit=limit)
    moved = 0
    nobody: set[tuple[object, ...]] = set()
    for ticket_id in waiting:
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
    return moved + replan(engine, by=by, now=now, city=city, memory=memory or Memory())
