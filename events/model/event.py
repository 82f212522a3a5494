"""What happened: reported by people or found in measurements. Immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Where an event comes from."""

    SENSOR = "sensor"
    RESIDENT = "resident"
    PATROL = "patrol"
    HOTLINE = "hotline"
    OPEN311 = "open311"
    CAP = "cap"
    IMPORT = "import"


class Change(StrEnum):
    """What is true after this revision of a thread.

    ``raised`` and ``changed``: it lasts. ``cleared``: it is over (also when a finding that is
    over is revised by late data). ``withdrawn``: it never was.
    """

    RAISED = "raised"
    CHANGED = "changed"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventDraft:
    """An event before it is recorded. ``key`` makes it idempotent: one key, one event, for ever.

    ``lon, lat`` are WGS-84 degrees. ``occurred_at`` (aware): when what this revision says became
    true: the onset when raised, the end when cleared. ``area_id`` (with ``cell_id``) given: the
    place is not located again (devices know theirs; imports locate in bulk beforehand).
    ``wants_ticket=False``: recorded only, e.g. an imported request that was closed long ago.
    Empty titles become the category's name.
    """

    key: str
    source: Source
    category_code: str
    severity: int
    occurred_at: datetime
    lon: float
    lat: float
    source_crs: str = "EPSG:4326"
    title_zh: str = ""
    title_en: str = ""
    description: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    device_no: int | None = None
    component_id: int | None = None
    cell_id: int | None = None
    area_id: int | None = None
    thread: str | None = None
    revision: int = 1
    change: Change = Change.RAISED
    late: bool = False
    wants_ticket: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """The answer to one draft; ``new`` is False when the key was known already."""

    event_id: int
    key: str
    new: bool
    cell_id: int | None
    area_id: int
    cell_code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A row of events.events with the names that people see. Times are aware UTC."""

    event_id: int
    source: Source
    category_code: str
    severity: int
    occurred_at: datetime
    recorded_at: datetime
    lon: float
    lat: float
    source_crs: str
    cell_id: int | None
    area_id: int
    component_id: int | None
    device_no: int | None
    thread: str | None
    revision: int
    change: Change
    late: bool
    title_zh: str
    title_en: str
    description: str
    attributes: Mapping[str, Any]
    actor: str
    cell_code: str | None
    area_path: tuple[int, ...]
    layer: str | None
    ticket_number: str | None
    ticket_state: str | None
