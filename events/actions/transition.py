"""The only way a ticket changes: table -> permission -> save -> ledger -> outbox -> notify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.actions import clockwork, telling
from events.model import access
from events.model.ledger import TICKET_COLUMNS
from events.model.problems import Incomplete, NotAllowed, WrongState
from events.model.refusal import Reason, Refusal
from events.model.words import Words
from events.model.workflow import MOVES, Need, State, Verb
from events.store import ledger, rules, tickets
from grid.store.postgis import notify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.ticket import Ticket
    from events.model.workflow import Move
    from events.store.rules import CityRules

LONGEST_TEXT = 2_000

# Which moment of a ticket's life a move fixes.
_MOMENTS: Mapping[Verb, str] = {
    Verb.FILE: "filed_at",
    Verb.DISPATCH: "dispatched_at",
    Verb.ACCEPT: "accepted_at",
    Verb.DISPOSE: "disposed_at",
    Verb.VERIFY: "verified_at",
    Verb.CLOSE: "closed_at",
    Verb.RECOVER: "recovered_at",
    Verb.OVERDUE: "overdue_at",
}
_NOTHING_DONE: Mapping[str, Any] = {"disposed_at": None, "disposed_by": None, "verified_at": None}
_NOT_DISPATCHED: Mapping[str, Any] = {
    **_NOTHING_DONE, "crew_id": None, "accepted_at": None, "closed_at": None,
}  # fmt: skip


def move_ticket(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    *,
    by: Actor,
    now: datetime,
    why: str | Words = "",
    changes: Mapping[str, Any] | None = None,
    city: CityRules | None = None,
) -> Ticket:
    """Do ``verb`` to ``ticket`` as it was read, in this transaction; the ticket as it is then.

    ``why``: a person's words, or the engine's in both languages.
    ``changes`` are further columns that the move sets (department, crew, routing, severity).
    ``city``: rules that were loaded already. Raises WrongState, NotAllowed, Incomplete, and
    StaleTicket when the ticket was changed since it was read.
    """
    move = _permitted(ticket, verb, by)
    given = dict(changes or {})
    reason = why if isinstance(why, Words) else Words(zh=why, en=why)
    told = why.as_dict() if isinstance(why, Words) else why
    _given(move, ticket, reason.zh, given)
    after = {**_consequences(move, by, now), **given, "state": move.target}
    city = city or rules.load(conn)
    after.update(clockwork.turn(conn, ticket, verb, after, now=now, city=city))
    if verb is Verb.COMMENT:
        moved = ticket
        payload: dict[str, Any] = {"why": told}
    else:
        after["updated_at"] = now
        changed = {k: v for k, v in after.items() if getattr(ticket, k) != v and k != "state"}
        moved = tickets.save(conn, ticket, after)
        payload = {
            "from": ticket.state,
            "to": moved.state,
            "version": moved.version,
            "set": changed,
            "why": told,
        }
    ledger.append(
        conn,
        at=now,
        verb=f"ticket.{verb}",
        object_kind="ticket",
        object_key=ticket.number,
        ticket_id=ticket.ticket_id,
        area_id=ticket.area_id,
        payload=payload,
    )
    telling.tell(conn, moved, verb, by=by, why=reason, now=now)
    notify(conn, "cc_live", "ticket", [ticket.ticket_id])
    return moved


def create_ticket(conn: Connection, *, now: datetime, city: CityRules, **values: Any) -> Ticket:
    """A new ticket in state reported with the columns in ``values``; its filing clock runs.

    Values: number, category_code, family, layer, severity, source, title_zh, title_en,
    description, lon, lat, cell_id, area_id, component_id, device_no, occurred_at.
    """
    category = city.categories[values["category_code"]]
    clock = clockwork.first(category, now=now, city=city)
    ticket_id = tickets.insert(conn, **values, created_at=now, due_at=clock.due_at)
    clockwork.start(conn, clock, ticket_id=ticket_id, now=now)
    ticket = tickets.by_id(conn, ticket_id)
    told = {name: getattr(ticket, name) for name in TICKET_COLUMNS}
    del told["state"], told["version"]
    ledger.append(
        conn,
        at=now,
        verb="ticket.create",
        object_kind="ticket",
        object_key=ticket.number,
        ticket_id=ticket_id,
        area_id=ticket.area_id,
        payload={
            "from": None,
            "to": ticket.state,
            "version": ticket.version,
            "set": told,
            "why": "",
        },
    )
    notify(conn, "cc_live", "ticket", [ticket_id])
    return ticket


def _permitted(ticket: Ticket, verb: Verb, by: Actor) -> Move:
    refusal = access.may(by, verb, ticket)
    if refusal is None:
        return MOVES[ticket.state, verb]
    if refusal.reason is Reason.WRONG_STATE:
        raise WrongState(ticket)
    raise NotAllowed(refusal)


def _given(move: Move, ticket: Ticket, why: str, changes: Mapping[str, Any]) -> None:
    """Refuse a move to which something that it needs was not given."""
    if len(why) > LONGEST_TEXT:
        raise Incomplete(Refusal(reason=Reason.TEXT_TOO_LONG, field="why"))
    department = changes.get("department_id", ticket.department_id)
    missing = {
        Need.REASON: (not why.strip(), Reason.REASON_MISSING, "why"),
        Need.NOTE: (not why.strip(), Reason.NOTE_MISSING, "why"),
        Need.DEPARTMENT: (department is None, Reason.DEPARTMENT_MISSING, "department"),
        Need.CREW: (changes.get("crew_id") is None, Reason.CREW_MISSING, "crew"),
    }
    for need in move.needs:
        is_missing, reason, field = missing[need]
        if is_missing:
            raise Incomplete(Refusal(reason=reason, field=field))


def _consequences(move: Move, by: Actor, now: datetime) -> dict[str, Any]:
    """The columns that a move sets by itself."""
    found: dict[str, Any] = {}
    moment = _MOMENTS.get(move.verb)
    if moment is not None:
        found[moment] = now
    if move.verb is Verb.DISPOSE:
        found["disposed_by"] = by.key
    elif move.verb is Verb.ACCEPT and by.crew_id is not None:
        # a ticket that waited for a crew is now this one's
        found["crew_id"] = by.crew_id
    elif move.verb is Verb.REWORK:
        found.update(_NOTHING_DONE)
    elif move.verb is Verb.HAND_BACK:
        # all fields stay as they are, except who has it in hand
        found.update(crew_id=None, accepted_at=None)
    elif move.verb is Verb.ASSIGN:
        found["accepted_at"] = None
    elif move.verb is Verb.RELAPSE:
        found["recovered_at"] = None
    elif move.verb is Verb.REOPEN:
        found.update(_NOT_DISPATCHED, dispatched_at=None)
        found["filed_at"] = now if move.target is State.FILED else None
    return found
