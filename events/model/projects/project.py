"""A project with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from events.model.projects.stage import LIVE, Kind, Method, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# The six measures against dust at construction sites (六个百分百).
MEASURES = ("fencing", "covering", "washing", "paving", "wetting", "sealed_transport")
# Kinds of outfalls: HJ 1312-2023, with its first level (industrial, sewage works, farming, other)
# told apart as far as it says who answers (second-hand: the standard's table was not seen whole).
OUTFALL_TYPES = (
    "industrial", "mine", "industrial_park", "industrial_rain", "sewage_works", "livestock",
    "aquaculture", "irrigation", "port", "town_rain", "town_sewage", "rural_sewage", "other",
)  # fmt: skip
# What receives the water: river, lake and canal (GB 3838), or sea (GB 3097).
WATERS = ("surface", "sea")
# Where what comes out of an outfall, or what blows from a site, comes from.
SOURCES = (
    "industry", "mixed_pipes", "overflow", "households", "catering", "farming", "upstream_outfall",
    "construction", "earthwork", "stockpile", "transport", "other",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A row of events.projects with the names that people see. Times are aware UTC.

    ``facts``: an outfall's {"type", "receives", "water", "outfall_code"}, whatever a list said of
    a site. ``submitted_by``: who asked for acceptance, judgement or exclusion: never who grants
    it. ``rectify_at``: since when photos and samples count as taken after; a return or a relapse
    sets it anew. ``watch_until``: the end of the watch, or of the observation. ``result`` of a
    root cause: {"before", "after", "target"}, tickets in 30 days. ``told_level``: how high its
    lateness went.
    """

    project_id: int
    number: str
    kind: Kind
    stage: Stage
    version: int
    name_zh: str
    name_en: str
    lon: float
    lat: float
    cell_id: int | None
    area_id: int
    component_id: int | None
    category_code: str | None
    family: str | None
    department_id: int
    facts: Mapping[str, Any]
    method: Method | None
    into_id: int | None
    cause: str
    measures: str
    target_class: str | None
    before_class: str | None
    after_class: str | None
    result: Mapping[str, Any] | None
    opened_at: datetime
    updated_at: datetime
    stage_at: datetime
    rectify_at: datetime | None
    due_at: datetime | None
    overdue_at: datetime | None
    told_level: int
    submitted_at: datetime | None
    submitted_by: str | None
    accepted_at: datetime | None
    accepted_by: str | None
    watch_until: datetime | None
    relapses: int
    ended_at: datetime | None
    opened_why: Mapping[str, Any]
    # names beside the row
    cell_code: str | None
    area_path: tuple[int, ...]
    area_name_zh: str
    area_name_en: str
    department_code: str
    department_name_zh: str
    department_name_en: str
    component_code: str | None
    into_code: str | None
    category_name_zh: str | None
    category_name_en: str | None

    @property
    def is_live(self) -> bool:
        """Whether somebody still has something to do."""
        return self.stage in LIVE

    def is_late(self, now: datetime) -> bool:
        """Whether its stage has run out of time."""
        return self.is_live and self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleDraft:
    """A water sample as it is given: ``phase`` before, after or watch; values by metric."""

    phase: str
    taken_at: datetime
    values: Mapping[str, float]
    laboratory: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A row of events.project_samples: what was measured, and the class that follows from it."""

    sample_id: int
    phase: str
    taken_at: datetime
    values: Mapping[str, float]
    water_class: str
    standard: str
    decided_by: tuple[str, ...]
    laboratory: str
    created_at: datetime
    actor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A row of events.project_sources: where it comes from, and who answers for that.

    ``upstream_code``: the outfall, pipe or facility above, where the city knows it as a component.
    """

    source_id: int
    source: str
    party: str
    upstream_id: int | None
    upstream_code: str | None
    created_at: datetime
    actor: str
    settled_at: datetime | None
    settled_by: str | None
    settled_note: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A row of events.project_checks: one of the six measures at a site."""

    item: str
    met: bool
    note: str
    at: datetime
    actor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedTicket:
    """A ticket that belongs to a project."""

    ticket_id: int
    number: str
    state: str
    title_zh: str
    title_en: str
    occurred_at: datetime
    linked_at: datetime
    actor: str
    why: Mapping[str, Any]
    is_open: bool
    waits_for_sensors: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """A photo of a project, as far as the check-list asks for it.

    ``taken_at`` and ``away_m`` (metres from the project's place): None where nothing says so.
    """

    kind: str
    state: str
    created_at: datetime
    taken_at: datetime | None = None
    away_m: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What belongs to a project beside its row, each in order of time."""

    samples: tuple[Sample, ...] = ()
    sources: tuple[Source, ...] = ()
    checks: tuple[Checked, ...] = ()
    tickets: tuple[LinkedTicket, ...] = ()
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectDraft:
    """A project to be opened. Position in WGS-84; ``facts`` as in `Project`.

    ``stage``, ``method`` and the classes: how far somebody else's list says that it is already.
    """

    kind: Kind
    name_zh: str
    name_en: str
    lon: float
    lat: float
    cell_id: int | None
    area_id: int
    department_id: int
    component_id: int | None = None
    category_code: str | None = None
    family: str | None = None
    stage: Stage | None = None
    method: Method | None = None
    before_class: str | None = None
    after_class: str | None = None
    target_class: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    opened_why: Mapping[str, Any] = field(default_factory=dict)
