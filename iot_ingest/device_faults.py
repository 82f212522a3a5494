"""What is wrong with a device itself, told as an event of its layer's category for that."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

import layers
from events.actions.record import record
from events.model.actor import Actor
from events.model.event import Change, EventDraft, Source
from events.model.problems import Refused
from iot_ingest.model.device import Device
from layers.contract import Words

_log = logging.getLogger(__name__)

# (of 1 to 4) somebody looks at the device in working hours
_SEVERITY = 2


@cache
def category_of(layer: str) -> str | None:
    """The category of a layer's device faults: that of its rule for silence; None: it has none."""
    found = layers.discover().get(layer)
    rules = () if found is None else found.rules
    return next((rule.category for rule in rules if rule.clock_driven), None)


def tell(
    conn: Connection,
    device: Device,
    *,
    thread: str,
    change: Change,
    words: Words,
    attributes: Mapping[str, Any],
    at: datetime,
    by: Actor,
    now: datetime,
) -> bool:
    """Record that a fault began (RAISED) or is over (CLEARED); once for a thread and change.

    False, and a line in the log, when the city does not know the layer's category.
    """
    category = category_of(device.layer)
    if category is None:
        _log.warning("layer %s has no category for faults of devices", device.layer)
        return False
    draft = EventDraft(
        key=f"{thread}:{change}",
        source=Source.SENSOR,
        category_code=category,
        severity=_SEVERITY,
        occurred_at=min(at, now),
        lon=device.lon,
        lat=device.lat,
        title_zh=f"{device.name_zh}：{words.zh}",
        title_en=f"{device.name_en}: {words.en}",
        attributes={"device_id": device.device_id, **attributes},
        device_no=device.device_no,
        component_id=device.component_id,
        cell_id=device.cell_id,
        area_id=device.area_id,
        thread=thread,
        revision=1 if change is Change.RAISED else 2,
        change=change,
    )
    try:
        with conn.begin_nested():
            record(conn, [draft], by=by, now=now)
    except (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError, Refused):
        # e.g. a category that the city has not configured
        _log.exception("what is wrong with %s cannot be told", device.device_id)
        return False
    return True
