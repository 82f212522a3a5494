"""The picture of the city in memory: read once, then kept up by what the database tells."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from command_center.live.choice import MOST_TICKETS, Choice, left_out
from command_center.live.messages import (
    Json,
    changes_json,
    device_json,
    event_json,
    moment,
    narrowed,
    project_json,
    ticket_json,
    value_json,
)
from events.model.event import Event
from events.model.projects.project import Project
from events.model.ticket import Ticket, light
from events.store import events as event_store
from events.store import tickets as ticket_store
from events.store import urgent
from events.store.projects import rows as project_rows
from events.store.urgent import Chosen
from iot_ingest.store import devices as device_store
from iot_ingest.store import findings as finding_store
from iot_ingest.store import readings as reading_store
from iot_ingest.store.readings import Latest

RECENT_EVENTS = 50
# So many projects are drawn, those that ended among them for so long.
MOST_PROJECTS = 3_000
ENDED_FOR = timedelta(days=90)


@dataclass(kw_only=True, slots=True)
class Changed:
    """Ids that changed since the last tick, by kind; the last write wins."""

    devices: set[int] = field(default_factory=set)
    findings: set[int] = field(default_factory=set)
    tickets: set[int] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    projects: set[int] = field(default_factory=set)

    def add(self, kind: str, ids: Iterable[int]) -> None:
        """Take one notice; kinds that the wall does not show are left out."""
        wanted = {
            "reading": self.devices,
            "finding": self.findings,
            "ticket": self.tickets,
            "event": self.events,
            "project": self.projects,
        }.get(kind)
        if wanted is not None:
            wanted.update(ids)

    def __bool__(self) -> bool:
        return any((self.devices, self.findings, self.tickets, self.events, self.projects))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """Rows read for one tick; None where that kind was not asked for."""

    latest: Sequence[Latest] = ()
    tickets: Sequence[Ticket] = ()
    events: Sequence[Event] = ()
    projects: Sequence[Project] = ()
    levels: Mapping[int, int] | None = None
    online: Mapping[int, bool] | None = None


def fetch(conn: Connection, changed: Changed, *, sweep: bool) -> Fetched:
    """Read what changed; with ``sweep`` also what changes without a notice."""
    return Fetched(
        latest=reading_store.latest(conn, sorted(changed.devices)) if changed.devices else (),
        tickets=ticket_store.by_ids(conn, sorted(changed.tickets)) if changed.tickets else (),
        events=event_store.by_ids(conn, sorted(changed.events)) if changed.events else (),
        projects=project_rows.by_ids(conn, sorted(changed.projects)),
        levels=_levels(conn) if changed.findings or sweep else None,
        online=_online(conn) if sweep else None,
    )


class World:
    """Devices, open tickets, recent events and figures as JSON values.

    Reading the database and changing the picture are apart, so that whoever shows the picture
    never waits for the database.
    """

    def __init__(self) -> None:
        """Start empty: nothing is known before `load`."""
        self.devices: dict[int, Json] = {}
        self.tickets: dict[int, Json] = {}
        self.projects: dict[int, Json] = {}
        self.events: deque[Json] = deque(maxlen=RECENT_EVENTS)
        self.figures: Json = {}
        self.at: datetime | None = None
        self._open: dict[int, Ticket] = {}
        # by area; empty while everything that is open is told
        self._choices: dict[int | None, Choice] = {}
        self._disabled: set[int] = set()

    @classmethod
    def load(cls, conn: Connection, now: datetime, area_ids: Iterable[int | None] = ()) -> "World":
        """Read everything but the figures; ``area_ids``: those that open walls are of."""
        world = cls()
        registered = device_store.all(conn)
        world.devices = {
            one.device_no: device_json(one) for one in registered if one.disabled_at is None
        }
        world._disabled = {one.device_no for one in registered} - set(world.devices)
        recent = event_store.recent(conn, limit=RECENT_EVENTS)
        world.choose(*world.fetch_choice(conn, now, area_ids), now)
        world.merge(
            Fetched(
                latest=reading_store.latest(conn),
                events=recent,
                projects=project_rows.shown(conn, since=now - ENDED_FOR, limit=MOST_PROJECTS),
                levels=_levels(conn),
                online=_online(conn),
            ),
            now,
        )
        return world

    def merge(self, fetched: Fetched, now: datetime) -> Json | None:
        """Take in what was read; the message that tells it, None when nothing is new."""
        devices: dict[int, Json] = {}
        self._merge_readings(fetched.latest, devices)
        self._merge_each("level", fetched.levels, 0, devices)
        self._merge_each("online", fetched.online, False, devices)
        tickets = self._merge_tickets(fetched.tickets, now)
        if fetched.online is not None:
            tickets |= self._turn_lights(now)
        events = self._merge_events(fetched.events)
        projects = self._merge_projects(fetched.projects)
        self.at = now
        if not devices and not tickets and not events and not projects:
            return None
        return changes_json(now, devices, tickets, events, projects)

    @property
    def event_ids(self) -> list[int]:
        """The events that are told: what becomes of them is told again."""
        return [one["id"] for one in self.events]

    def _merge_events(self, events: Sequence[Event]) -> list[Json]:
        """What is new of them, or has become something else; the oldest first."""
        known = {one["id"]: place for place, one in enumerate(self.events)}
        told = []
        for event in sorted(events, key=lambda one: one.event_id)[-RECENT_EVENTS:]:
            found, place = event_json(event), known.get(event.event_id)
            if place is not None and self.events[place] == found:
                continue
            if place is not None:
                self.events[place] = found
            told.append(found)
        self.events.extend(one for one in told if one["id"] not in known)
        return told

    def knows(self, device_nos: Iterable[int]) -> bool:
        """Whether all these devices are in the picture; a new one asks for a new `load`."""
        return all(one in self.devices or one in self._disabled for one in device_nos)

    @property
    def is_crowded(self) -> bool:
        """Whether more is open, or may be, than is told: then `choose` has to be done again."""
        return bool(self._choices) or len(self.tickets) > MOST_TICKETS

    def lacks(self, area_ids: Iterable[int | None]) -> bool:
        """Whether more is open than is told, and of one of these areas it is not known what."""
        return bool(self._choices) and not self._choices.keys() >= set(area_ids)

    def fetch_choice(
        self, conn: Connection, now: datetime, area_ids: Iterable[int | None]
    ) -> tuple[Mapping[int | None, Chosen], Sequence[Ticket]]:
        """Read what is most urgent everywhere and in some areas, and of it what is not known."""
        chosen = urgent.choose(conn, {None, *area_ids}, now, most=MOST_TICKETS)
        wanted = {one for each in chosen.values() for one in each.ticket_ids}
        return chosen, ticket_store.by_ids(conn, sorted(wanted - self.tickets.keys()))

    def choose(
        self, chosen: Mapping[int | None, Chosen], fresh: Iterable[Ticket], now: datetime
    ) -> dict[int | None, Json]:
        """Tell these from now on; by area the message of what that changes, where it does."""
        areas = {*chosen, *self._choices}
        before = {area_id: self.told(area_id) for area_id in areas}
        counts = {one: choice.as_json() for one, choice in self._choices.items()}
        for ticket in fresh:
            self.tickets[ticket.ticket_id] = ticket_json(ticket, now)
            self._open[ticket.ticket_id] = ticket
        wanted = {one for each in chosen.values() for one in each.ticket_ids}
        gone = {key: self.tickets.pop(key) for key in self.tickets.keys() - wanted}
        for key in gone:
            del self._open[key]
        self._choices = {}
        if left_out(chosen.values()):
            for area_id, one in chosen.items():
                last = self._open.get(one.ticket_ids[-1]) if one.ticket_ids else None
                self._choices[area_id] = Choice.of(area_id, one, last, now)
        messages: dict[int | None, Json] = {}
        for area_id in areas:
            after = self.told(area_id)
            tickets = {key: self.tickets[key] for key in after - before[area_id]}
            for key in before[area_id] - after:
                known = gone[key] if key in gone else self.tickets[key]
                tickets[key] = {"id": key, "areas": known["areas"], "gone": True}
            choice = self._choices.get(area_id)
            told = None if choice is None else choice.as_json()
            if tickets or told != counts.get(area_id):
                messages[area_id] = {**changes_json(now, {}, tickets, [], {}), "all": told}
        return messages

    def told(self, area_id: int | None) -> set[int]:
        """The ids of the open tickets that a wall of an area is told (None: everywhere)."""
        choice = self._choices.get(area_id)
        if choice is not None:
            return set(choice.told)
        return {
            key for key, one in self.tickets.items() if area_id is None or area_id in one["areas"]
        }

    def leaves_out(self, area_id: int | None) -> bool:
        """Whether a wall of an area is told a part of its open tickets only."""
        choice = self._choices.get(area_id)
        return bool(self._choices) if choice is None else choice.open > len(choice.told)

    def told_to(self, message: Json, area_id: int | None) -> Json:
        """``message`` as the walls of an area get it (None: everywhere)."""
        found = narrowed(message, area_id)
        choice = self._choices.get(area_id)
        if choice is None or "tickets" not in message:
            return found
        tickets = [one for one in found["tickets"] if one["id"] in choice.told or "gone" in one]
        found = {**found, "tickets": tickets}
        if message["t"] == "snapshot":
            found["all"] = choice.as_json()
        return found

    def snapshot(self) -> Json:
        """Everything, as a newly opened wall is sent it."""
        return {
            "t": "snapshot",
            "at": moment(self.at),
            "devices": list(self.devices.values()),
            "tickets": list(self.tickets.values()),
            "projects": list(self.projects.values()),
            "figures": self.figures,
            "events": list(self.events),
        }

    def _merge_readings(self, readings: Iterable[Latest], devices: dict[int, Json]) -> None:
        for latest in readings:
            known = self.devices.get(latest.device_no)
            if known is None:
                continue
            value = value_json(latest)
            if known["values"].get(latest.metric) == value:
                continue
            known["values"][latest.metric] = value
            told = devices.setdefault(latest.device_no, {"id": latest.device_no})
            told.setdefault("values", {})[latest.metric] = value

    def _merge_each(
        self, name: str, values: Mapping[int, Any] | None, otherwise: Any, devices: dict[int, Json]
    ) -> None:
        if values is None:
            return
        for number, known in self.devices.items():
            value = values.get(number, otherwise)
            if known[name] != value:
                known[name] = value
                devices.setdefault(number, {"id": number})[name] = value

    def _merge_tickets(self, tickets: Iterable[Ticket], now: datetime) -> dict[int, Json]:
        told: dict[int, Json] = {}
        for ticket in tickets:
            key = ticket.ticket_id
            if ticket.is_open:
                if not self._is_wanted(ticket, now):
                    continue
                self.tickets[key], self._open[key] = ticket_json(ticket, now), ticket
                told[key] = self.tickets[key]
            else:
                told[key] = ticket_json(ticket, now)
                self.tickets.pop(key, None)
                self._open.pop(key, None)
                for choice in self._choices.values():
                    choice.told.discard(key)
        return told

    def _is_wanted(self, ticket: Ticket, now: datetime) -> bool:
        """Whether a wall is told of an open ticket; those that are note it."""
        if not self._choices:
            return True
        wanting = [one for one in self._choices.values() if one.wants(ticket, now)]
        for choice in wanting:
            choice.told.add(ticket.ticket_id)
        return bool(wanting)

    def _merge_projects(self, projects: Iterable[Project]) -> dict[int, Json]:
        told: dict[int, Json] = {}
        for project in projects:
            key = project.project_id
            told[key] = project_json(project)
            if told[key].get("gone"):
                self.projects.pop(key, None)
            else:
                self.projects[key] = told[key]
        return told

    def _turn_lights(self, now: datetime) -> dict[int, Json]:
        told: dict[int, Json] = {}
        for key, ticket in self._open.items():
            if light(ticket, now).value != self.tickets[key]["light"]:
                self.tickets[key] = told[key] = ticket_json(ticket, now)
        return told


def _levels(conn: Connection) -> dict[int, int]:
    levels: dict[int, int] = {}
    for finding in finding_store.open(conn):
        levels[finding.device_no] = max(finding.level, levels.get(finding.device_no, 0))
    return levels


def _online(conn: Connection) -> dict[int, bool]:
    return {number: one.online for number, one in device_store.statuses(conn).items()}
