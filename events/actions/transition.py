"""The only way a ticket changes: table -> permission -> save -> ledger -> outbox -> notify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.actions import clockwork, telling
from events.actions.prove import prove
from events.model import access
from events.model.ledger import TICKET_COLUMNS
from events.model.problems import Incomplete, NotAllowed, WrongState
from events.model.refusal import Reason, Refusal
from events.model.verb import Need, State, Verb
from events.model.words import Words
from events.model.workflow import MOVES
from events.store import ledger, proposals, rules, tickets
from grid.store.postgis import notify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.category import Category
    from events.model.proposal import Proposal
    from events.model.ticket import Ticket
    from events.model.workflow import Move
    from events.store.rules import CityRules
    from events.store.tickets import Saved

LONGEST_TEXT = 2_000

# Which moment of a ticket's life a move fixes.
_MOMENTS: Mapping[Verb, str] = {
    Verb.FILE: "filed_at",
    Verb.DISPATCH: "dispatched_at",
    Verb.ACCEPT: "accepted_at",
    Verb.DISPOSE: "disposed_at",
    Verb.VERIFY: "verified_at",
    Verb.VOUCH: "verified_at",
    Verb.CLOSE: "closed_at",
    Verb.RECOVER: "recovered_at",
    Verb.OVERDUE: "overdue_at",
    Verb.SUSPEND: "suspended_at",
    Verb.APPEAL: "exempted_at",
}
_NOTHING_DONE: Mapping[str, Any] = {"disposed_at": None, "disposed_by": None, "verified_at": None}
_NOT_DISPATCHED: Mapping[str, Any] = {
    **_NOTHING_DONE, "crew_id": None, "accepted_at": None, "closed_at": None,
}  # fmt: skip
# What else a move sets, whoever makes it when.
_SETS: Mapping[Verb, Mapping[str, Any]] = {
    Verb.REWORK: _NOTHING_DONE,
    # all fields stay as they are, except who has it in hand
    Verb.HAND_BACK: {"crew_id": None, "accepted_at": None},
    Verb.ASSIGN: {"accepted_at": None},
    Verb.RELAPSE: {"recovered_at": None},
    # after months, perhaps: the crew takes it up anew
    Verb.RESUME: {"resume_at": None, "accepted_at": None},
    # what a crew had is looked at anew
    Verb.UNMERGE: {"merged_into": None, "crew_id": None, "accepted_at": None},
}


def move_ticket(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    *,
    by: Actor,
    now: datetime,
    why: str | Words = "",
    changes: Mapping[str, Any] | None = None,
    extra: timedelta | None = None,
    proposal: Proposal | None = None,
    more: Mapping[str, Any] | None = None,
    city: CityRules | None = None,
    names: Mapping[str, Any] | None = None,
) -> Ticket:
    """Do ``verb`` to ``ticket`` as it was read, in this transaction; the ticket as it is then.

    ``why``: a person's words, or the engine's in both languages.
    ``changes`` are further columns that the move sets (department, crew, routing, severity).
    ``extra``: time that the running clock is given. ``proposal``: the approved one, where the
    table wants a second person; whoever approved it last is ``by``. ``more`` goes into the ledger.
    ``city``: rules that were loaded already. ``names``: of the department and the crew that it is
    given to, where the caller knows both. Raises WrongState, NotAllowed, Incomplete, Unproven
    and StaleTicket when the ticket was changed since it was read.
    """
    move = _permitted(ticket, verb, by, proposal)
    given = dict(changes or {})
    reason = why if isinstance(why, Words) else Words(zh=why, en=why)
    check_given(move, ticket, reason.zh, {**given, **(proposal.given if proposal else {})})
    prove(conn, ticket, verb, now=now)
    after = {**_consequences(move, by, now), **given, "state": move.target}
    city = city or rules.load(conn)
    after.update(clockwork.turn(conn, ticket, verb, after, now=now, city=city, extra=extra))
    told = {**(more or {}), "why": why.as_dict() if isinstance(why, Words) else why}
    if proposal is not None:
        told["proposal"] = {"id": proposal.proposal_id, "asked_by": proposal.asked_by}
    if verb is Verb.COMMENT:
        _trail(conn, ticket, verb, told, now=now)
        return ticket
    saved = _save(conn, ticket, verb, after, told, now=now, names=names)
    telling.tell(conn, saved.ticket, verb, by=by, why=reason, now=now, before=ticket,
                 reported=saved.has_reporters)  # fmt: skip
    if saved.has_proposals and saved.ticket.state is not ticket.state:
        return _lapse(conn, saved.ticket, now=now)
    return saved.ticket


def mark_ticket(
    conn: Connection, ticket: Ticket, verb: Verb, *, now: datetime, told: Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
) -> Ticket:  # fmt: skip
    """Note something about the ticket that moves it nowhere: what is proposed and decided.

    ``told`` goes into the ledger. Whether that may be is decided in ``events.actions.propose``.
    """
    after = {**(changes or {}), "state": ticket.state}
    return _save(conn, ticket, verb, after, told, now=now).ticket


def _save(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    after: dict[str, Any],
    told: Mapping[str, Any],
    *,
    now: datetime,
    names: Mapping[str, Any] | None = None,
) -> Saved:
    after["updated_at"] = now
    changed = {k: v for k, v in after.items() if getattr(ticket, k) != v and k != "state"}
    saved = tickets.save(conn, ticket, after, names)
    moved = saved.ticket
    payload = {
        "from": ticket.state, "to": moved.state, "version": moved.version, "set": changed, **told,
    }  # fmt: skip
    _trail(conn, ticket, verb, payload, now=now)
    return saved


def _trail(
    conn: Connection, ticket: Ticket, verb: Verb, payload: Mapping[str, Any], *, now: datetime
) -> None:
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
    notify(conn, "cc_live", "ticket", [ticket.ticket_id])


def _lapse(conn: Connection, ticket: Ticket, *, now: datetime) -> Ticket:
    """Proposals that can no longer be made where the ticket is now are over."""
    possible = [verb for state, verb in MOVES if state is ticket.state]
    for proposal_id, verb in proposals.lapse(conn, ticket.ticket_id, possible=possible, now=now):
        told = {"proposal": {"id": proposal_id, "verb": verb}, "why": ""}
        ticket = mark_ticket(conn, ticket, Verb.LAPSE, now=now, told=told)
    return ticket


def create_ticket(
    conn: Connection, category: Category, *, now: datetime, city: CityRules, **values: Any
) -> Ticket:
    """A new ticket in state reported with the columns in ``values``; its filing clock runs.

    Values: number, severity, source, title_zh, title_en,
    description, lon, lat, cell_id, area_id, component_id, device_no, occurred_at; parent_id for
    a part of another ticket, owned_by for a call.
    """
    clock = clockwork.first(category, now=now, city=city)
    values = {"parent_id": None, "owned_by": None, **values}
    ticket = tickets.insert(conn, category, **values, created_at=now, due_at=clock.due_at)
    ticket_id = ticket.ticket_id
    clockwork.start(conn, clock, ticket_id=ticket_id, now=now)
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


def _permitted(ticket: Ticket, verb: Verb, by: Actor, proposal: Proposal | None) -> Move:
    move = MOVES.get((ticket.state, verb))
    if move is None:
        raise WrongState(ticket)
    if not move.levels:
        refusal = access.may(by, verb, ticket)
    elif proposal is None or len(proposal.approvals) < len(move.levels):
        refusal = Refusal(reason=Reason.SECOND_PERSON)
    else:
        # who asked was permitted to, who approved as well: now only the ticket has to allow it
        refusal = access.hindrance(by, move, ticket)
    if refusal is not None:
        raise NotAllowed(refusal)
    return move


def check_given(move: Move, ticket: Ticket, why: str, given: Mapping[str, Any]) -> None:
    """Refuse a move to which something that it needs was not given. Raises Incomplete."""
    if len(why) > LONGEST_TEXT:
        raise Incomplete(Refusal(reason=Reason.TEXT_TOO_LONG, field="why"))
    department = given.get("department_id", ticket.department_id)
    missing = {
        Need.REASON: (not why.strip(), Reason.REASON_MISSING, "why"),
        Need.NOTE: (not why.strip(), Reason.NOTE_MISSING, "why"),
        Need.DEPARTMENT: (department is None, Reason.DEPARTMENT_MISSING, "department"),
        Need.CREW: (given.get("crew_id") is None, Reason.CREW_MISSING, "crew"),
    }
    for need in move.needs:
        is_missing, reason, field = missing.get(need, _CHECKED_BEFORE)
        if is_missing:
            raise Incomplete(Refusal(reason=reason, field=field))


# What else a move needs is looked at where it is understood: ``events.actions.choices``.
_CHECKED_BEFORE = (False, Reason.REASON_MISSING, "")


def _consequences(move: Move, by: Actor, now: datetime) -> dict[str, Any]:
    """The columns that a move sets by itself."""
    found: dict[str, Any] = dict(_SETS.get(move.verb, {}))
    moment = _MOMENTS.get(move.verb)
    if moment is not None:
        found[moment] = now
    if move.verb is Verb.DISPOSE:
        found["disposed_by"] = by.key
    elif move.verb is Verb.ACCEPT and by.crew_id is not None:
        # a ticket that waited for a crew is now this one's
        found["crew_id"] = by.crew_id
    elif move.verb is Verb.APPEAL:
        found["appealed_at"] = now
    elif move.verb in (Verb.REOPEN, Verb.RECONSIDER):
        found.update(_NOT_DISPATCHED, dispatched_at=None)
        found["filed_at"] = now if move.target is State.FILED else None
    return found
