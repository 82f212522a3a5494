"""The picture of the city as it was known at a past instant: what the time machine shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from command_center.live.choice import MOST_TICKETS
from command_center.live.messages import (
    Json,
    device_json,
    event_json,
    moment,
    ticket_json,
)
from command_center.live.world import RECENT_EVENTS
from events.model.access import Scope
from events.store import statistics
from events.store import then as then_store
from iot_ingest.store import devices as device_store
from iot_ingest.store import past as past_store

# Values are read of so many devices at most, the loud ones first.
MOST_DEVICES = 2_000
# A device was silent when nothing had come of it for so many of its intervals, and for so long.
_SILENT_INTERVALS = 3
_SILENT_S = 300.0


def frame(
    conn: Connection, then: datetime, scope: Scope, *, facts: bool, device_no: int | None = None
) -> Json:
    """A snapshot of ``then``, in the form of the live one, for `orjson.dumps`; ``first``: when
    anything was known.

    Tickets and events are those of ``scope``; devices are everybody's. With ``facts``: of each
    device all that is registered, else its number and how it was. ``device_no``: the open one.
    Projects are not replayed.
    """
    tickets = then_store.open_tickets(conn, then, scope, most=MOST_TICKETS)
    events = then_store.recent(conn, then, scope, most=RECENT_EVENTS)
    return {
        "t": "snapshot",
        "at": moment(then),
        "first": moment(then_store.first(conn)),
        "devices": _devices(conn, then, facts=facts, device_no=device_no),
        "tickets": [ticket_json(one, then) for one in tickets],
        "projects": [],
        "events": [event_json(one) for one in reversed(events)],
        "figures": {
            "closed_today": then_store.closed(conn, statistics.midnight(conn, then), then, scope),
            "on_time": None,
        },
    }


def _devices(conn: Connection, then: datetime, *, facts: bool, device_no: int | None) -> list[Json]:
    levels = then_store.levels(conn, then)
    used = past_store.in_use(conn, then)
    asked = _asked(used, levels, device_no)
    heard = {one.device_no: one for one in past_store.latest(conn, then, asked)}
    told: dict[int, Json] = {number: {"id": number} for number in sorted(used)}
    if facts:
        told.update(
            (one.device_no, device_json(one)) for one in device_store.by_nos(conn, sorted(used))
        )
    then_s = then.timestamp()
    for number, known in told.items():
        one = heard.get(number)
        known["level"] = levels.get(number, 0)
        known["values"] = orjson.Fragment(one.values) if one else {}
        known["online"] = one is not None and one.heard_s >= then_s - _patience_s(used[number])
    for number in set(told).difference(asked):
        told[number]["online"] = None  # nobody looked
    return list(told.values())


def _asked(used: Iterable[int], levels: Mapping[int, int], device_no: int | None) -> list[int]:
    """The devices whose values are read: the open one, the loud ones, then by number."""
    order = sorted(used, key=lambda one: (one != device_no, -levels.get(one, 0), one))
    return order[:MOST_DEVICES]


def _patience_s(interval_s: float) -> float:
    return max(_SILENT_S, _SILENT_INTERVALS * interval_s)


def marks(conn: Connection, first: datetime, until: datetime, scope: Scope, *, slices: int) -> Json:
    """What happened when, between two instants: ``[slice, alarms raised, tickets filed]``."""
    found = then_store.marks(conn, first, until, scope, slices=slices)
    told: list[list[Any]] = [[one.slice, one.alarms, one.tickets] for one in found]
    return {
        "from": moment(first),
        "to": moment(until),
        "slices": slices,
        "marks": told,
        "first": moment(then_store.first(conn)),
    }
