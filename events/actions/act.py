"""The one door through which people act on tickets: API, desk and field."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from events.actions.transition import move_ticket
from events.model import access
from events.model.ledger import canonical
from events.model.problems import Incomplete, KeyConflict, NotAllowed, NotFound, StaleTicket
from events.model.refusal import Reason, Refusal
from events.model.workflow import MARKS, Verb
from events.store import action_keys, attachments, departments, ledger, tickets
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
_ANY_VERSION = frozenset({Verb.COMMENT, Verb.SUPERVISE})


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
    department: str | None = None,
    crew: str | None = None,
    supervised: bool = True,
    photos: Sequence[PhotoDraft] = (),
) -> Ticket:
    """Do ``verb`` to the ticket ``number`` that the caller saw at ``version``.

    ``why``: reason or note; ``department``, ``crew``: codes (dispatch, assign); ``supervised``:
    False takes the mark away. Marks that the engine made meanwhile (overdue, recovered, worse)
    and comments do not make a caller's version old; a move does. The same ``key`` again gets the
    same answer and does nothing.

    Raises NotFound (also when the actor may not see the ticket), NotAllowed, Incomplete,
    KeyConflict, WrongState and StaleTicket (both with ``current``).
    """
    wanted = _verb(verb)
    if key is not None and not 8 <= len(key) <= 128:
        raise Incomplete(Refusal(reason=Reason.BAD_KEY, field="key"))
    request = {
        "number": number, "verb": wanted, "version": version, "why": why, "department": department,
        "crew": crew, "supervised": supervised, "photos": [one.sha256 for one in photos],
    }  # fmt: skip
    digest = hashlib.sha256(canonical(request).encode()).digest()
    with transaction(engine, by.key) as conn:
        ticket = tickets.lock(conn, number)
        if key is not None and by.account_id is not None:
            use = UsedKey(account_id=by.account_id, ticket_id=ticket.ticket_id,
                          request_sha256=digest, version=version + 1)  # fmt: skip
            if not action_keys.claim(conn, key, use, now=now):
                if action_keys.get(conn, key) != use:
                    raise KeyConflict
                # (also when the ticket has gone to others since)
                return ticket
        if not access.in_scope(by, ticket):
            raise NotFound(Refusal(reason=Reason.NO_SUCH_TICKET))
        _check_version(conn, ticket, wanted, version, by)
        changes = _changes(
            conn, ticket, wanted, department=department, crew=crew, supervised=supervised
        )
        moved = move_ticket(conn, ticket, wanted, by=by, now=now, why=why.strip(), changes=changes)
        attachments.add(conn, photos, area_id=ticket.area_id, now=now, ticket_id=ticket.ticket_id)
        return moved


def _verb(verb: str) -> Verb:
    try:
        return Verb(verb)
    except ValueError:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_VERB, field="verb")) from None


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


def _changes(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    *,
    department: str | None,
    crew: str | None,
    supervised: bool,
) -> dict[str, Any]:
    """The columns that a person chose."""
    if verb is Verb.SUPERVISE:
        return {"supervised": supervised}
    if verb not in (Verb.DISPATCH, Verb.ASSIGN):
        return {}
    chosen: dict[str, Any] = {}
    if department is not None and verb is Verb.DISPATCH:
        chosen["department_id"] = departments.id_of(conn, department)
        if chosen["department_id"] is None:
            raise Incomplete(Refusal(reason=Reason.UNKNOWN_DEPARTMENT, field="department"))
        chosen["crew_id"] = None
    if crew is not None:
        found = departments.crew_of(conn, crew)
        if found is None:
            raise Incomplete(Refusal(reason=Reason.UNKNOWN_CREW, field="crew"))
        crew_id, its_department = found
        if its_department != chosen.get("department_id", ticket.department_id):
            raise Incomplete(Refusal(reason=Reason.CREW_OF_OTHER_DEPARTMENT, field="crew"))
        chosen["crew_id"] = crew_id
    chosen["routing"] = {**(ticket.routing or {}), "by_hand": True}
    return chosen
