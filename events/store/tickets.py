"""Rows of events.tickets: read whole, saved only over the version that was read."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from math import cos, radians
from typing import TYPE_CHECKING, Any

from events.model.event import Change
from events.model.ledger import canonical, plain
from events.model.matching import Candidate
from events.model.problems import NotFound, StaleTicket
from events.model.refusal import Reason, Refusal
from events.model.ticket import Ticket
from events.model.words import Words
from events.model.workflow import State
from events.store import fresh, in_hand
from grid.store.named_sql import Statements
from grid.store.postgis import flush, gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from events.model.access import Scope
    from events.model.category import Category
    from events.model.matching import Decision, Subject

_SQL = Statements.beside(__file__)

# What is shown by names that are read with the ticket.
_NAMED = frozenset({"department_id", "crew_id", "category_code", "merged_into"})
# Of a ticket that was just made, beside what it was made with.
_AT_FIRST: dict[str, Any] = {
    "state": State.REPORTED, "version": 1, "department_id": None, "crew_id": None, "routing": None,
    "merged_into": None, "supervised": False, "filed_at": None, "dispatched_at": None,
    "accepted_at": None, "disposed_at": None, "disposed_by": None, "verified_at": None,
    "closed_at": None, "recovered_at": None, "overdue_at": None, "late_at": None, "extensions": 0,
    "suspended_at": None, "resume_at": None, "appealed_at": None, "exempted_at": None,
    "assisting": (), "unsigned": (), "open_parts": 0, "merged_number": None,
    "department_code": None, "department_name_zh": None, "department_name_en": None,
    "crew_code": None, "crew_name_zh": None, "crew_name_en": None,
}  # fmt: skip
# What a save writes; position, number, source and times of origin never change.
SAVED = (
    "state", "category_code", "family", "layer", "severity", "title_zh", "title_en",
    "department_id", "crew_id", "merged_into", "supervised", "updated_at", "filed_at",
    "dispatched_at", "accepted_at", "disposed_at", "disposed_by", "verified_at", "closed_at",
    "recovered_at", "due_at", "overdue_at", "late_at", "extensions", "suspended_at", "resume_at",
    "appealed_at", "exempted_at", "owned_by",
)  # fmt: skip


def by_ids(conn: Connection, ticket_ids: Sequence[int]) -> tuple[Ticket, ...]:
    """Tickets in the order of ``ticket_ids``; unknown ids are left out."""
    if not ticket_ids:
        return ()
    fresh.written(conn, ticket_ids)
    rows = _SQL.rows(conn, "load", ticket_ids=list(ticket_ids))
    found = {row.ticket_id: _ticket(row) for row in rows}
    return tuple(found[one] for one in ticket_ids if one in found)


def by_id(conn: Connection, ticket_id: int) -> Ticket:
    """One ticket. Raises NotFound."""
    fresh.written(conn, [ticket_id])
    row = _SQL.maybe(conn, "load", ticket_ids=[ticket_id])
    if row is None:
        raise NotFound(Refusal(reason=Reason.NO_SUCH_TICKET))
    return _ticket(row)


def by_numbers(conn: Connection, numbers: Sequence[str]) -> tuple[Ticket, ...]:
    """Tickets by their readable numbers, newest first; unknown numbers are left out."""
    rows = _SQL.rows(conn, "ids_of_numbers", numbers=list(numbers))
    return by_ids(conn, sorted((row.ticket_id for row in rows), reverse=True))


def by_number(conn: Connection, number: str) -> Ticket | None:
    """One ticket by its readable number, or None."""
    return next(iter(by_numbers(conn, [number])), None)


def lock(conn: Connection, number: str) -> Ticket:
    """One ticket, held until the end of the transaction. Raises NotFound."""
    return lock_many(conn, [number])[number]


def lock_many(conn: Connection, numbers: Sequence[str]) -> dict[str, Ticket]:
    """Tickets by number, held until the end of the transaction.

    Raises NotFound for the first number; others that are unknown are left out.
    """
    ids = {row.number: row.ticket_id for row in _SQL.rows(conn, "lock", numbers=list(numbers))}
    if numbers[0] not in ids:
        raise NotFound(Refusal(reason=Reason.NO_SUCH_TICKET))
    return {one.number: one for one in by_ids(conn, list(ids.values()))}


def lock_id(conn: Connection, ticket_id: int) -> Ticket:
    """One ticket by its id, held until the end of the transaction. Raises NotFound."""
    _SQL.value(conn, "lock_id", ticket_id=ticket_id)
    return by_id(conn, ticket_id)


def try_lock_id(conn: Connection, ticket_id: int) -> Ticket | None:
    """As `lock_id`, without waiting; None when somebody else holds it just now."""
    if _SQL.value(conn, "try_lock_id", ticket_id=ticket_id) is None:
        return None
    return by_id(conn, ticket_id)


def insert(conn: Connection, category: Category, **values: Any) -> Ticket:
    """A new ticket in state reported, version 1, of the present version of ``category``."""
    of_category: dict[str, Any] = {
        "category_code": category.code,
        "category_version": category.version,
        "family": category.family,
        "layer": category.layer,
    }
    row = _SQL.one(conn, "insert", **of_category, **values)
    fresh.note(conn, row.ticket_id)
    named = dict(row._mapping)
    named["area_path"] = tuple(named["area_path"])
    return Ticket(
        **_AT_FIRST, **of_category, **values, **named, updated_at=values["created_at"],
        proof_photos=category.proof_photos, geofence_m=category.geofence_m,
        recovers_for=category.recovers_for, category_name_zh=category.name_zh,
        category_name_en=category.name_en,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A ticket as it was saved; whether something is proposed about it; whether residents
    reported it."""

    ticket: Ticket
    has_proposals: bool
    has_reporters: bool


def save(
    conn: Connection,
    ticket: Ticket,
    changes: Mapping[str, Any],
    names: Mapping[str, Any] | None = None,
) -> Saved:
    """Write ``changes`` (columns of SAVED, and routing) over the version of ``ticket``.

    ``names``: what the ticket's department and crew are called then, where that is known.
    Raises StaleTicket when another was faster.
    """
    changed = replace(ticket, **changes, **(names or {}))
    named = names is not None or not _NAMED & changes.keys()
    made = fresh.known(conn, ticket.ticket_id)
    if made is not None:
        if named and made.version == ticket.version:
            return _save_later(conn, ticket, changed, made)
        flush(conn)
    values: dict[str, Any] = {name: getattr(changed, name) for name in SAVED}
    values["routing"] = None if changed.routing is None else json.dumps(plain(changed.routing))
    row = _SQL.maybe(conn, "save", ticket_id=ticket.ticket_id, version=ticket.version, **values)
    if row is None:
        raise StaleTicket(by_id(conn, ticket.ticket_id))
    in_hand.moved(conn, ticket, changed)
    if made is not None:
        made.version = row.version
    saved = replace(changed, version=row.version) if named else by_id(conn, ticket.ticket_id)
    return Saved(ticket=saved, has_proposals=row.has_proposals, has_reporters=row.has_reporters)


def _save_later(conn: Connection, ticket: Ticket, changed: Ticket, made: fresh.Fresh) -> Saved:
    """Note what became of a ticket of this transaction; it is written at its end."""
    in_hand.moved(conn, ticket, changed)
    saved = replace(changed, version=ticket.version + 1)
    made.version, made.waits = saved.version, True
    # the ledger's trigger writes the past from the row as it is then
    gather(conn, _save_fresh, (saved,), first=True)
    return Saved(ticket=saved, has_proposals=False, has_reporters=made.reported)


def _save_fresh(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    last = {ticket.ticket_id: ticket for (ticket,) in rows}
    columns = ("ticket_id", "version", "routing", *SAVED)
    values = [{name: getattr(one, name) for name in columns} for one in last.values()]
    if _SQL.run(conn, "save_fresh", rows=json.dumps(values, default=plain)) != len(last):
        raise LookupError("a ticket of this transaction is not there")
    for ticket_id in last:
        if (made := fresh.known(conn, ticket_id)) is not None:
            made.waits = False


def nearby(
    conn: Connection, subject: Subject, *, wider: float = 1.0, limit: int = 60
) -> tuple[Candidate, ...]:
    """The nearest open tickets of the same family in a square around it.

    The square reaches ``wider`` times as far as the category does.
    """
    north = subject.category.fuse_within_m * wider / 110_000
    rows = _SQL.rows(
        conn,
        "nearby",
        lon=subject.lon,
        lat=subject.lat,
        north=north,
        east=north / max(cos(radians(subject.lat)), 0.1),
        family=subject.category.family,
        limit=limit,
    )
    return tuple(Candidate(**{**row._mapping, "photos": tuple(row.photos)}) for row in rows)


def link(
    conn: Connection, *, ticket_id: int, event_id: int, decision: Decision, now: datetime,
    later: bool = False,
) -> None:  # fmt: skip
    """Put an event to a ticket. An event is linked to one ticket at a time.

    ``later``: inside `gathering` at its end; for a link that nobody asks for before.
    """
    row = (ticket_id, event_id, now, decision.as_dict())
    if later:
        gather(conn, _link, row)
    else:
        _link(conn, [row])


def _link(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    _SQL.run(conn, "link", rows=json.dumps(rows, default=plain, ensure_ascii=False))


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveLink:
    """An event that is with a ticket now; ``merged_from``: the ticket it came with."""

    event_id: int
    thread: str | None
    merged_from: str | None


def live_links(conn: Connection, ticket_id: int) -> tuple[LiveLink, ...]:
    """The events that are with a ticket now."""
    rows = _SQL.rows(conn, "live_links", ticket_id=ticket_id)
    return tuple(LiveLink(**row._mapping) for row in rows)


def relink(
    conn: Connection,
    event_ids: Sequence[int],
    *,
    source: int,
    target: int,
    why: str,
    link_why: Mapping[str, Any],
    now: datetime,
) -> None:
    """Move events from ticket ``source`` to ticket ``target``; both links stay in the history."""
    ids = list(event_ids)
    _SQL.run(conn, "unlink", ticket_id=source, event_ids=ids, why=why, now=now)
    _SQL.run(conn, "relink", ticket_id=target, event_ids=ids, linked_at=now,
             why=canonical(link_why))  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A ticket that is a part of another one."""

    number: str
    state: State
    title_zh: str
    title_en: str
    department_id: int | None


def parts(conn: Connection, ticket_id: int) -> tuple[Part, ...]:
    """The parts of a ticket, in order."""
    rows = _SQL.rows(conn, "parts", ticket_id=ticket_id)
    return tuple(Part(**{**row._mapping, "state": State(row.state)}) for row in rows)


def holder_of_event(conn: Connection, event_id: int) -> int | None:
    """The ticket that an event is linked to."""
    found: int | None = _SQL.value(conn, "holder_of_event", event_id=event_id)
    return found


def holder_of_thread(conn: Connection, thread: str) -> int | None:
    """The ticket that holds a finding."""
    found: int | None = _SQL.value(conn, "holder_of_thread", thread=thread)
    return found


def recovery(conn: Connection, ticket_id: int) -> datetime | None:
    """Since when every finding behind a ticket is over; None when one lasts or there is none."""
    heads = _SQL.rows(conn, "thread_heads", ticket_id=ticket_id)
    over = (Change.CLEARED.value, Change.WITHDRAWN.value)
    if not heads or any(row.change not in over for row in heads):
        return None
    latest: datetime = max(row.occurred_at for row in heads)
    return latest.astimezone(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A row of events.ticket_events."""

    event_id: int
    linked_at: datetime
    actor: str
    score: float
    because: Words
    unlinked_at: datetime | None


def links(conn: Connection, ticket_id: int) -> tuple[Link, ...]:
    """The links of a ticket to its events, undone ones included, in order."""
    return tuple(
        Link(
            event_id=row.event_id,
            linked_at=row.linked_at,
            actor=row.actor,
            score=row.why.get("score", 1.0),
            because=Words(**row.why.get("because", {"zh": "", "en": ""})),
            unlinked_at=row.unlinked_at,
        )
        for row in _SQL.rows(conn, "linked_events", ticket_id=ticket_id)
    )


def overdue(conn: Connection, *, now: datetime, limit: int) -> list[int]:
    """Late tickets not told of yet, locked; those that others hold are passed over."""
    return [row.ticket_id for row in _SQL.rows(conn, "overdue", now=now, limit=limit)]


def to_resume(conn: Connection, *, now: datetime, limit: int) -> list[int]:
    """Suspended tickets whose time has come, locked; those that others hold are passed over."""
    return [row.ticket_id for row in _SQL.rows(conn, "to_resume", now=now, limit=limit)]


def recovered(conn: Connection, *, now: datetime, limit: int) -> list[int]:
    """Disposed tickets that are proven: sensors quiet for long enough, photos there; locked."""
    return [row.ticket_id for row in _SQL.rows(conn, "recovered", now=now, limit=limit)]


def undispatched(conn: Connection, *, limit: int) -> list[int]:
    """Filed tickets that no department answers for, the gravest first."""
    return [row.ticket_id for row in _SQL.rows(conn, "undispatched", limit=limit)]


def open_tickets(conn: Connection, scope: Scope, *, limit: int) -> tuple[Ticket, ...]:
    """The open tickets that a scope lets see, the gravest and newest first."""
    rows = _SQL.rows(
        conn,
        "open_ids",
        area_id=scope.area_id,
        department_id=scope.department_id,
        limit=limit,
    )
    return by_ids(conn, [row.ticket_id for row in rows])


def of_crew(conn: Connection, crew_id: int, *, limit: int = 200) -> tuple[Ticket, ...]:
    """What a crew has in hand (accepted, then dispatched) and what waits for verification."""
    rows = _SQL.rows(conn, "of_crew", crew_id=crew_id, limit=limit)
    return by_ids(conn, [row.ticket_id for row in rows])


def _ticket(row: Row[Any]) -> Ticket:
    values = dict(row._mapping)
    values["state"] = State(values["state"])
    for name in ("area_path", "assisting", "unsigned", "proof_photos"):
        values[name] = tuple(values[name])
    return Ticket(**values)
