"""Whoever stays late is told of, level by level: exactly once per level and run of a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.actions.transition import mark_ticket
from events.model.deadline import Stage, limit_of
from events.model.ladder import RUNG_WORDS, Rung, due_levels
from events.model.notice import Recipient
from events.model.verb import Verb
from events.model.words import Words
from events.store import clocks, escalations, outbox, rules, tickets
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.model.ladder import Escalation, Level
    from events.model.ticket import Ticket
    from events.store.rules import CityRules

_ONE_TURN = 200


def plan(conn: Connection, ticket: Ticket, levels: tuple[Level, ...], *, city: CityRules) -> None:
    """Keep when each level is told of a ticket whose running clock has run out."""
    running = [
        one
        for one in clocks.of_ticket(conn, ticket.ticket_id)
        if one.stopped_at is None and one.stage is not Stage.ASSIST
    ]
    for run in running[-1:]:
        whole = limit_of(run.stage, rules.category_of(conn, ticket, city))
        escalations.plan(conn, run, due_levels(levels, run, whole, city.calendar))


def plan_part(
    conn: Connection, ticket: Ticket, clock_id: int, levels: tuple[Level, ...], *, city: CityRules
) -> None:
    """As `plan`, of the clock of an assisting department."""
    (run,) = (one for one in clocks.of_ticket(conn, ticket.ticket_id) if one.clock_id == clock_id)
    whole = limit_of(Stage.DISPOSE, rules.category_of(conn, ticket, city))
    escalations.plan(conn, run, due_levels(levels, run, whole, city.calendar))


def escalate(engine: Engine, *, by: Actor, now: datetime, limit: int = _ONE_TURN) -> int:
    """Tell what is due to be told; how many steps. One transaction each: a kill loses one at most.

    What nobody has read in time makes the next level due.
    """
    with transaction(engine, by.key) as conn:
        escalations.press_on(conn, now=now, limit=limit)
    told = 0
    for _ in range(limit):
        with transaction(engine, by.key) as conn:
            step = escalations.claim(conn, now=now)
            if step is None:
                break
            ticket = tickets.lock_id(conn, step.ticket_id)
            if not escalations.runs(conn, step.clock_id):
                escalations.end(conn, step, now=now)
                continue
            _tell(conn, ticket, step, now=now)
            told += 1
    return told


def mark_seen(engine: Engine, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """Note that a person has seen what was escalated to them about a ticket."""
    if by.account_id is not None:
        with transaction(engine, by.key) as conn:
            escalations.mark_read(conn, ticket.ticket_id, by.account_id, now=now)


def _tell(conn: Connection, ticket: Ticket, step: Escalation, *, now: datetime) -> None:
    part = Words(zh="协办", en="the assisting part ") if step.assisting else Words(zh="", en="")
    late = Words(
        zh=f"第 {step.level} 级督办，{part.zh}已超期：{ticket.number} {ticket.title_zh}",
        en=f"Level {step.level}, {part.en}still overdue: {ticket.number} {ticket.title_en}",
    )
    notices = _notices(conn, ticket, step, late, now=now)
    # nobody there to read it: the next level need not wait
    unread_at = now + step.read_within if notices else now
    escalations.told(conn, step, notices, now=now, unread_at=unread_at)
    rung = RUNG_WORDS[step.recipient]
    why = Words(
        zh=f"第 {step.level} 级，告知{rung.zh}", en=f"Level {step.level}, {rung.en} were told"
    )
    told = {
        "escalation": {"clock_id": step.clock_id, "level": step.level, "notices": len(notices)},
        "why": why.as_dict(),
    }
    mark_ticket(conn, ticket, Verb.ESCALATE, now=now, told=told)


def _notices(
    conn: Connection, ticket: Ticket, step: Escalation, body: Words, *, now: datetime
) -> list[int]:
    if step.recipient is not Rung.DEPARTMENT:
        return escalations.put_to_supervisors(
            conn, recipient=step.recipient, ticket_id=ticket.ticket_id, zh=body.zh, en=body.en,
            now=now,
        )  # fmt: skip
    department_id = step.assisting or (None if ticket.was_returned else ticket.department_id)
    if department_id is None:
        return []
    return [
        outbox.put(
            conn,
            kind=Verb.ESCALATE.value,
            recipient=Recipient.DEPARTMENT,
            recipient_id=department_id,
            ticket=ticket,
            body=body,
            now=now,
        )
    ]
