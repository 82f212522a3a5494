"""The one door through which people act on tickets: API, desk and field."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from events.actions.carry_out import carry_out
from events.actions.choices import Step
from events.actions.propose import decide, propose
from events.actions.repeat import check_key, digest_of, is_repeat
from events.model import access
from events.model.given import Given
from events.model.problems import Incomplete, NotAllowed, NotFound, StaleTicket
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.model.workflow import MARKS, MOVES, VERDICTS
from events.store import attachments, events, ledger, proposals, rules, tickets
from events.store.action_keys import UsedKey
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.model.report import PhotoDraft
    from events.model.ticket import Ticket

# Verbs that change nothing another person's move could depend on.
_ANY_VERSION = frozenset({
    Verb.COMMENT, Verb.SUPERVISE, Verb.SIGN, Verb.REFUSE, Verb.WITHDRAW,
})  # fmt: skip
# What the program notes by itself is no verb for people.
_NOT_FOR_PEOPLE = frozenset({Verb.PROPOSE, Verb.LAPSE, Verb.RATE, Verb.OWN, Verb.ESCALATE})


def act(
    engine: Engine,
    number: str,
    verb: str,
    *,
    by: Actor,
    version: int,
    now: datetime,
    key: str | None = None,
    why: str = "",
    photos: Sequence[PhotoDraft] = (),
    **given: Any,
) -> Ticket:
    """Do ``verb`` to the ticket ``number`` that the caller saw at ``version``.

    ``why``: reason or note; ``given``: the fields of `Given`. Where the table wants a second
    person the move is only proposed: the ticket that comes back is where it was. Marks that were
    made meanwhile (overdue, recovered, proposed) and comments do not make a caller's version old;
    a move does. The same ``key`` again gets the same answer and does nothing.

    Raises NotFound (also when the actor may not see the ticket), NotAllowed, Incomplete,
    KeyConflict, WrongState and StaleTicket (both with ``current``), and Conflict for what is
    proposed or decided already.
    """
    wanted = _verb(verb)
    choice = Given(**given)
    check_key(key)
    with transaction(engine, by.key) as conn:
        ticket = tickets.lock_many(conn, [number, *_others(conn, number, wanted, choice)])[number]
        if key is not None and by.account_id is not None:
            digest = _digest(number, wanted, version, why, choice, photos)
            use = UsedKey(account_id=by.account_id, ticket_id=ticket.ticket_id,
                          request_sha256=digest, version=version + 1)  # fmt: skip
            if is_repeat(conn, key, use, now=now):
                # (also when the ticket has gone to others since)
                return ticket
        if not access.in_scope(by, ticket):
            raise NotFound(Refusal(reason=Reason.NO_SUCH_TICKET))
        _check_version(conn, ticket, wanted, version, by)
        step = Step(conn=conn, ticket=ticket, verb=wanted, by=by, now=now, why=why.strip(),
                    given=choice, city=rules.load(conn))  # fmt: skip
        # first the photos: they may be the proof that the move needs
        attachments.add(conn, photos, area_id=ticket.area_id, now=now, ticket_id=ticket.ticket_id)
        return _do(step)


def _do(step: Step) -> Ticket:
    if step.verb in VERDICTS:
        return decide(step)
    move = MOVES.get((step.ticket.state, step.verb))
    if move is not None and move.levels:
        return propose(step)
    return carry_out(step)


def _digest(
    number: str, verb: Verb, version: int, why: str, given: Given, photos: Sequence[PhotoDraft]
) -> bytes:
    always = ("department", "crew", "supervised")
    request = {
        "number": number, "verb": verb, "version": version, "why": why,
        "photos": [one.sha256 for one in photos],
        **{name: value for name, value in asdict(given).items()
           if name in always or value is not None},
    }  # fmt: skip
    return digest_of(request)


def _others(conn: Connection, number: str, verb: Verb, given: Given) -> list[str]:
    """The numbers of other tickets that this may touch: they are all held from the beginning."""
    if verb is Verb.MERGE:
        return [given.into] if given.into else []
    if verb is Verb.APPROVE:
        return proposals.partners(conn, number)
    if verb is Verb.UNMERGE:
        ticket = tickets.by_number(conn, number)
        return [ticket.merged_number] if ticket is not None and ticket.merged_number else []
    if verb is Verb.LINK:
        found = events.by_ids(conn, [given.event or 0])
        return [one.ticket_number for one in found if one.ticket_number is not None]
    return []


def _verb(verb: str) -> Verb:
    try:
        found = Verb(verb)
    except ValueError:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_VERB, field="verb")) from None
    if found in _NOT_FOR_PEOPLE:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_VERB, field="verb"))
    return found


def _check_version(conn: Connection, ticket: Ticket, verb: Verb, version: int, by: Actor) -> None:
    """Refuse a caller who has not seen the latest move; say "not allowed" before "too old"."""
    if version == ticket.version or verb in _ANY_VERSION:
        return
    refusal = access.may(by, verb, ticket)
    if refusal is not None and refusal.reason is Reason.ROLE:
        raise NotAllowed(refusal)
    unseen = [
        entry.verb.removeprefix("ticket.")
        for entry in ledger.of_ticket(conn, ticket.ticket_id)
        if entry.payload.get("version", 0) > version
    ]
    if version > ticket.version or any(one not in MARKS for one in unseen):
        raise StaleTicket(ticket)
