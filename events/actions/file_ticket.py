"""From event to ticket: link it to an open ticket nearby, or file a new one and dispatch it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

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
from events.store import attachments, counters, events, inbox, ledger, rules, tickets
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.model.event import Event
    from events.model.ticket import Ticket
    from events.store.rules import CityRules

_LOG = logging.getLogger(__name__)

# A troubled event is tried again after 2 s, 4 s, ... and at least every hour.
_LONGEST_WAIT_S = 3_600
_LONGEST_TROUBLE = 500


def process_inbox(engine: Engine, *, by: Actor, now: datetime, limit: int = 100) -> int:
    """Give up to ``limit`` waiting events their ticket, one transaction each; how many it did.

    Several dispatchers may do so at once. An event that cannot be worked is kept with its trouble
    and tried again later; it never holds up the others. Raises sqlalchemy.exc.DBAPIError when
    the database goes away.
    """
    with transaction(engine, by.key) as conn:
        city = rules.load(conn)
    done = 0
    for _ in range(limit):
        worked = _work_one(engine, by=by, now=now, city=city)
        if worked is None:
            break
        done += worked
    return done


def _work_one(engine: Engine, *, by: Actor, now: datetime, city: CityRules) -> int | None:
    """Work the next event: 1 when it is done, 0 when it is in trouble, None when none waits."""
    event_id, attempts = 0, 0
    try:
        with transaction(engine, by.key) as conn:
            claimed = inbox.claim(conn, now=now)
            if claimed is None:
                return None
            event_id, attempts = claimed
            (event,) = events.by_ids(conn, [event_id])
            settle(conn, event, by=by, now=now, city=city)
            inbox.done(conn, event_id)
    except (DBAPIError, Refused, LookupError, ValueError, ArithmeticError) as error:
        if event_id == 0 or getattr(error, "connection_invalidated", False):
            raise  # not the event's fault
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


def settle(
    conn: Connection, event: Event, *, by: Actor, now: datetime, city: CityRules
) -> Ticket | None:
    """Give an event its ticket; None when a finding was withdrawn before it had one.

    Does not depend on the order in which revisions of a finding come.
    """
    if event.thread is not None:
        events.lock_thread(conn, event.thread)
        holder = tickets.holder_of_thread(conn, event.thread)
        if holder is not None:
            ticket = tickets.lock_id(conn, holder)
            if not _outgrew(conn, ticket, event):
                return _put_to(conn, ticket, event, SAME_FINDING, by=by, now=now, city=city)
        elif events.head_of_thread(conn, event.thread) is Change.WITHDRAWN:
            _let_go(conn, event, now=now)
            return None
    subject = _subject(conn, event, city)
    places = squares(event.lon, event.lat, subject.category.fuse_within_m)
    events.lock_places(conn, [f"{subject.category.family}:{x}:{y}" for x, y in places])
    weights = city.weights_of(subject.category.family)
    decision = decide(subject, tickets.nearby(conn, subject), weights)
    if decision.ticket_id is not None:
        ticket = tickets.lock_id(conn, decision.ticket_id)
        if ticket.is_open:
            return _put_to(conn, ticket, event, decision, by=by, now=now, city=city)
    return _file_new(conn, event, by=by, now=now, city=city)


def _subject(conn: Connection, event: Event, city: CityRules) -> Subject:
    by_people = event.source is not Source.SENSOR
    return Subject(
        category=city.categories[event.category_code],
        lon=event.lon,
        lat=event.lat,
        occurred_at=event.occurred_at,
        component_id=event.component_id,
        device_no=event.device_no,
        description=event.description if by_people else "",
        photos=attachments.hashes_of_event(conn, event.event_id) if by_people else (),
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


def _file_new(
    conn: Connection, event: Event, *, by: Actor, now: datetime, city: CityRules
) -> Ticket:
    category = city.categories[event.category_code]
    ticket = create_ticket(
        conn,
        now=now,
        city=city,
        number=counters.next_number(conn, "ticket", city.day(now)),
        category_code=category.code,
        family=category.family,
        layer=category.layer,
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
        owned_by=_first_contact(event),
    )
    _link(conn, ticket, event, FIRST, now=now)
    if category.filing_policy is FilingPolicy.AUTOMATIC:
        ticket = move_ticket(conn, ticket, Verb.FILE, by=by, now=now, city=city)
        ticket = route_and_dispatch(conn, ticket, by=by, now=now, city=city)
    return _measured(conn, ticket, event, by=by, now=now, city=city)


def _put_to(
    conn: Connection,
    ticket: Ticket,
    event: Event,
    decision: Decision,
    *,
    by: Actor,
    now: datetime,
    city: CityRules,
) -> Ticket:
    _link(conn, ticket, event, decision, now=now)
    if event.source is Source.RESIDENT:
        telling.tell_joined(conn, ticket, event.event_id, now=now)
    owner = _first_contact(event)
    if owner is not None and ticket.owned_by is None and ticket.is_open:
        ticket = move_ticket(conn, ticket, Verb.OWN, by=by, now=now, city=city,
                             changes={"owned_by": owner})  # fmt: skip
    rises = event.change in (Change.RAISED, Change.CHANGED)
    if ticket.state is State.CLOSED and rises and _lasts(conn, event):
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
    conn: Connection, ticket: Ticket, event: Event, decision: Decision, *, now: datetime
) -> None:
    tickets.link(
        conn, ticket_id=ticket.ticket_id, event_id=event.event_id, decision=decision, now=now
    )
    ledger.append(
        conn,
        at=now,
        verb="link.add",
        object_kind="event",
        object_key=str(event.event_id),
        ticket_id=ticket.ticket_id,
        area_id=ticket.area_id,
        payload={"ticket": ticket.number, **decision.as_dict()},
    )
