"""From event to ticket: link it to an open ticket nearby, or file a new one and dispatch it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.exc import DBAPIError

from events.actions import telling
from events.actions.dispatch import route_and_dispatch
from events.actions.transition import create_ticket, move_ticket
from events.model.category import FilingPolicy
from events.model.event import Change, Source
from events.model.matching import FIRST, SAME_FINDING, Decision, Subject, decide, squares
from events.model.problems import Refused
from events.model.words import Words
from events.model.workflow import State, Verb
from events.store import attachments, counters, events, fresh, inbox, ledger, reports, tickets
from events.store.rules import Remembered
from grid.store.postgis import gathering, is_away, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.model.event import Event
    from events.model.ticket import Ticket
    from events.store.rules import CityRules

_LOG = logging.getLogger(__name__)

# So many events are worked in one transaction at most, and for so long.
_TOGETHER = 25
_LONGEST_HOLD_S = 0.25
# What may be one event's fault.
_TROUBLE = (DBAPIError, Refused, LookupError, ValueError, ArithmeticError)
# A troubled event is tried again after 2 s, 4 s, ... and at least every hour.
_LONGEST_WAIT_S = 3_600
_LONGEST_TROUBLE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Where events are worked. ``patient``: wait for a ticket that somebody else holds; else it is
    `Busy`. ``photos``: hashes by event; ``reported``: events that residents reported."""

    conn: Connection
    by: Actor
    now: datetime
    city: CityRules
    photos: Mapping[int, tuple[int, ...]]
    reported: frozenset[int]
    patient: bool


class Busy(Exception):
    """Somebody works on the ticket of an event just now; nothing was done to the event yet."""


def process_inbox(
    engine: Engine, *, by: Actor, now: datetime, limit: int = 100, known: Remembered | None = None
) -> int:
    """Give up to ``limit`` waiting events their ticket; how many it did.

    Some at a time in one transaction; where that fails, one transaction each. Several dispatchers
    may do so at once. An event that cannot be worked is kept with its trouble and tried again
    later; it never holds up the others. ``known``: the rules as the process remembers them.
    Raises sqlalchemy.exc.DBAPIError when the database goes away.
    """
    known = known or Remembered()
    done = tried = 0
    while tried < limit:
        most = min(limit - tried, _TOGETHER)
        try:
            claimed, worked = _work_together(engine, by=by, now=now, known=known, most=most)
        except _TROUBLE as error:
            _raise_if_away(error)
            _LOG.warning("one by one, because together it fails: %s", type(error).__name__)
            claimed, worked = most, 0
        if claimed == 0:
            break
        if worked == 0:
            worked = _work_alone(engine, claimed, by=by, now=now, known=known)
            tried += claimed - worked
        done += worked
        tried += worked
        if worked == claimed < most:
            break
    return done


def _work_alone(engine: Engine, most: int, *, by: Actor, now: datetime, known: Remembered) -> int:
    """Work up to ``most`` events in one transaction each; how many were done."""
    with transaction(engine, by.key) as conn:
        city = known.city(conn)
    done = 0
    for _ in range(most):
        worked = _work_one(engine, by=by, now=now, city=city)
        if worked is None:
            break
        done += worked
    return done


def _work_together(
    engine: Engine, *, by: Actor, now: datetime, known: Remembered, most: int
) -> tuple[int, int]:
    """Work some events in one transaction: how many were claimed, how many were done.

    Those are left for the next time whose ticket somebody else holds, and whatever is left when
    others have waited long enough for the places and tickets that are held meanwhile.
    """
    with transaction(engine, by.key) as conn:
        claimed = [event_id for event_id, _ in inbox.claim(conn, now=now, limit=most)]
        if not claimed:
            return 0, 0
        found = {one.event_id: one for one in events.by_ids(conn, claimed)}
        desk = _desk(conn, found.values(), by=by, now=now, city=known.city(conn), patient=False)
        _lock(desk, list(found.values()))
        until = time.monotonic() + _LONGEST_HOLD_S
        done: list[int] = []
        with gathering(conn):
            for event_id in claimed:
                try:
                    settle(desk, found[event_id])
                except Busy:
                    continue
                done.append(event_id)
                if time.monotonic() > until:
                    break
        inbox.done(conn, done)
    return len(claimed), len(done)


def _work_one(engine: Engine, *, by: Actor, now: datetime, city: CityRules) -> int | None:
    """Work the next event: 1 when it is done, 0 when it is in trouble, None when none waits."""
    event_id, attempts = 0, 0
    try:
        with transaction(engine, by.key) as conn:
            claimed = inbox.claim(conn, now=now, limit=1)
            if not claimed:
                return None
            ((event_id, attempts),) = claimed
            (event,) = events.by_ids(conn, [event_id])
            desk = _desk(conn, [event], by=by, now=now, city=city, patient=True)
            _lock(desk, [event])
            settle(desk, event)
            inbox.done(conn, [event_id])
    except _TROUBLE as error:
        if event_id == 0:
            raise  # not the event's fault
        _raise_if_away(error)
        _LOG.exception("event %s keeps waiting", event_id)
        wait_s = min(2.0 ** min(attempts + 1, 12), _LONGEST_WAIT_S)
        with transaction(engine, by.key) as conn:
            inbox.trouble(
                conn,
                event_id,
                trouble=f"{type(error).__name__}: {error}"[:_LONGEST_TROUBLE],
                not_before=now + timedelta(seconds=wait_s),
            )
        return 0
    return 1


def _raise_if_away(error: Exception) -> None:
    if isinstance(error, DBAPIError) and is_away(error):
        raise error


def _desk(
    conn: Connection, found: Iterable[Event], *, by: Actor, now: datetime, city: CityRules,
    patient: bool,
) -> Desk:  # fmt: skip
    by_people = [one.event_id for one in found if one.source is not Source.SENSOR]
    photos = attachments.hashes_of_events(conn, by_people) if by_people else {}
    reported = reports.among(conn, by_people) if by_people and not patient else frozenset()
    return Desk(conn=conn, by=by, now=now, city=city, photos=photos, reported=reported,
                patient=patient)  # fmt: skip


def _lock(desk: Desk, found: Sequence[Event]) -> None:
    """Hold the findings and the places of events, all findings before any place."""
    events.lock_threads(desk.conn, [one.thread for one in found if one.thread is not None])
    places: list[str] = []
    for one in found:
        category = desk.city.categories[one.category_code]
        here = squares(one.lon, one.lat, category.fuse_within_m)
        places += [f"{category.family}:{x}:{y}" for x, y in here]
    events.lock_places(desk.conn, places)


def settle(desk: Desk, event: Event) -> Ticket | None:
    """Give an event its ticket; None when a finding was withdrawn before it had one.

    Does not depend on the order in which revisions of a finding come. Raises Busy before it has
    changed anything.
    """
    conn = desk.conn
    if event.thread is not None:
        holder = tickets.holder_of_thread(conn, event.thread)
        if holder is not None:
            ticket = _held(desk, holder)
            if not _outgrew(conn, ticket, event):
                return _put_to(desk, ticket, event, SAME_FINDING)
        elif events.head_of_thread(conn, event.thread) is Change.WITHDRAWN:
            _let_go(conn, event, now=desk.now)
            return None
    subject = _subject(desk, event)
    weights = desk.city.weights_of(subject.category.family)
    decision = decide(subject, tickets.nearby(conn, subject), weights)
    if decision.ticket_id is not None:
        ticket = _held(desk, decision.ticket_id)
        if ticket.is_open:
            return _put_to(desk, ticket, event, decision)
    return _file_new(desk, event)


def _held(desk: Desk, ticket_id: int) -> Ticket:
    """The ticket, locked. Raises Busy."""
    if desk.patient:
        return tickets.lock_id(desk.conn, ticket_id)
    ticket = tickets.try_lock_id(desk.conn, ticket_id)
    if ticket is None:
        raise Busy
    return ticket


def _subject(desk: Desk, event: Event) -> Subject:
    by_people = event.source is not Source.SENSOR
    return Subject(
        category=desk.city.categories[event.category_code],
        lon=event.lon,
        lat=event.lat,
        occurred_at=event.occurred_at,
        component_id=event.component_id,
        device_no=event.device_no,
        description=event.description if by_people else "",
        photos=desk.photos[event.event_id] if by_people else (),
    )


def _let_go(conn: Connection, event: Event, *, now: datetime) -> None:
    """A provisional finding that was withdrawn before anybody saw a ticket needs none."""
    ledger.append(
        conn,
        at=now,
        verb="event.settle",
        object_kind="event",
        object_key=str(event.event_id),
        area_id=event.area_id,
        payload={"ticket": None, "why": "withdrawn"},
    )


def ticket_about(
    conn: Connection, event: Event, *, now: datetime, city: CityRules, owned_by: str | None = None
) -> Ticket:
    """A new ticket about what an event tells, in state reported; the event is not linked yet."""
    category = city.categories[event.category_code]
    return create_ticket(
        conn,
        category,
        now=now,
        city=city,
        number=counters.next_number(conn, "ticket", city.day(now)),
        severity=event.severity,
        source=event.source.value,
        title_zh=event.title_zh,
        title_en=event.title_en,
        description=event.description,
        lon=event.lon,
        lat=event.lat,
        cell_id=event.cell_id,
        area_id=event.area_id,
        component_id=event.component_id,
        device_no=event.device_no,
        occurred_at=event.occurred_at,
        owned_by=owned_by,
    )


def _file_new(desk: Desk, event: Event) -> Ticket:
    conn, by, now, city = desk.conn, desk.by, desk.now, desk.city
    ticket = ticket_about(conn, event, now=now, city=city, owned_by=_first_contact(event))
    # without finding, photo and resident, nobody asks for the link before the end
    later = not (event.thread or desk.photos.get(event.event_id) or event.event_id in desk.reported)
    _link(desk, ticket, event, FIRST, later=later)
    if city.categories[event.category_code].filing_policy is FilingPolicy.AUTOMATIC:
        ticket = move_ticket(conn, ticket, Verb.FILE, by=by, now=now, city=city)
        ticket = route_and_dispatch(conn, ticket, by=by, now=now, city=city)
    return _measured(conn, ticket, event, by=by, now=now, city=city)


def _put_to(desk: Desk, ticket: Ticket, event: Event, decision: Decision) -> Ticket:
    conn, by, now, city = desk.conn, desk.by, desk.now, desk.city
    _link(desk, ticket, event, decision)
    if event.source is Source.RESIDENT:
        telling.tell_joined(conn, ticket, event.event_id, now=now)
    owner = _first_contact(event)
    if owner is not None and ticket.owned_by is None and ticket.is_open:
        ticket = move_ticket(conn, ticket, Verb.OWN, by=by, now=now, city=city,
                             changes={"owned_by": owner})  # fmt: skip
    rises = event.change in (Change.RAISED, Change.CHANGED)
    if ticket.state is State.CLOSED and rises and _lasts(conn, event):
        # whoever chooses a crew has passed the row for numbers: always in this order
        counters.hold(conn, "ticket", city.day(now))
        ticket = move_ticket(
            conn, ticket, Verb.REOPEN, by=by, now=now, city=city,
            why=Words(zh="监测再次异常", en="The sensors raise it again"),
        )  # fmt: skip
        ticket = move_ticket(
            conn, ticket, Verb.RELAPSE, by=by, now=now, city=city, why=_title(event)
        )
        return route_and_dispatch(conn, ticket, by=by, now=now, city=city)
    if ticket.is_open and rises and event.severity > ticket.severity:
        ticket = move_ticket(
            conn, ticket, Verb.WORSEN, by=by, now=now, city=city, why=_title(event),
            changes={"severity": event.severity},
        )  # fmt: skip
    return _measured(conn, ticket, event, by=by, now=now, city=city)


def _outgrew(conn: Connection, ticket: Ticket, event: Event) -> bool:
    """Whether a finding got graver than what was declined: that was never decided."""
    declined = ticket.state is State.DECLINED and event.severity > ticket.severity
    return declined and _lasts(conn, event)


def _lasts(conn: Connection, event: Event) -> bool:
    """Whether the finding of this revision lasts, whatever order its revisions come in."""
    head = None if event.thread is None else events.head_of_thread(conn, event.thread)
    return head in (Change.RAISED, Change.CHANGED)


def _measured(
    conn: Connection, ticket: Ticket, event: Event, *, by: Actor, now: datetime, city: CityRules
) -> Ticket:
    """Let the ticket say whether every finding behind it is over."""
    if event.thread is None or not ticket.is_open:
        return ticket
    over = tickets.recovery(conn, ticket.ticket_id)
    if over is not None and ticket.recovered_at is None:
        withdrawn = Words(zh="预警撤销：并无异常", en="Withdrawn: nothing was wrong")
        why = withdrawn if event.change is Change.WITHDRAWN else _title(event)
        return move_ticket(
            conn, ticket, Verb.RECOVER, by=by, now=now, city=city, why=why,
            changes={"recovered_at": over},
        )  # fmt: skip
    if over is None and ticket.recovered_at is not None:
        return move_ticket(conn, ticket, Verb.RELAPSE, by=by, now=now, city=city, why=_title(event))
    return ticket


def _first_contact(event: Event) -> str | None:
    """Who took the call owns it, and stays responsible for calling back."""
    called = event.source is Source.HOTLINE and event.actor.startswith("account:")
    return event.actor if called else None


def _title(event: Event) -> Words:
    return Words(zh=event.title_zh, en=event.title_en)


def _link(
    desk: Desk, ticket: Ticket, event: Event, decision: Decision, *, later: bool = False
) -> None:
    conn, now = desk.conn, desk.now
    tickets.link(
        conn, ticket_id=ticket.ticket_id, event_id=event.event_id, decision=decision, now=now,
        later=later,
    )  # fmt: skip
    made = fresh.known(conn, ticket.ticket_id)
    if made is not None:
        made.reported |= event.event_id in desk.reported
    trail_link(conn, "add", ticket, event.event_id, decision.as_dict(), now=now)


def trail_link(
    conn: Connection, verb: Literal["add", "remove"], ticket: Ticket, event_id: int,
    told: Mapping[str, Any], *, now: datetime,
) -> None:  # fmt: skip
    """Note in the ledger that an event was put to a ticket, or taken off it."""
    ledger.append(
        conn,
        at=now,
        verb=f"link.{verb}",
        object_kind="event",
        object_key=str(event_id),
        ticket_id=ticket.ticket_id,
        area_id=ticket.area_id,
        payload={"ticket": ticket.number, **told},
    )
