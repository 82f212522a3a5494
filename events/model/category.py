"""What kind of problem something is, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from events.model.calendar import Clock


class FilingPolicy(StrEnum):
    """Whether a ticket of this category is filed by itself or by somebody at the desk."""

    AUTOMATIC = "automatic"
    DESK = "desk"


class Kind(StrEnum):
    """部件 or 事件: a fixed facility, or something that happens."""

    COMPONENT = "component"
    MATTER = "matter"


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """A row of events.categories. Events of one ``family`` may be about one thing.

    ``proof_photos``: the kinds of photos (before, after) without which it is not disposed of,
    taken within ``geofence_m`` metres. ``recovers_for``: what is measured must have been quiet so
    long before it is verified; None: people need not wait for the sensors. ``version`` grows with
    every change; from ``retired_at`` on people file nothing new under it.
    """

    code: str
    kind: Kind = Kind.MATTER
    family: str
    layer: str | None = None
    name_zh: str
    name_en: str
    standard: str | None = None
    standard_code: str | None = None
    filing_policy: FilingPolicy = FilingPolicy.AUTOMATIC
    for_residents: bool = False
    severity: int = 2
    clock: Clock = Clock.CONTINUOUS
    dispose_limit: timedelta
    verify_limit: timedelta = timedelta(hours=24)
    fuse_within_m: float = 50.0
    fuse_within: timedelta = timedelta(days=7)
    proof_photos: tuple[str, ...] = ()
    geofence_m: float = 200.0
    recovers_for: timedelta | None = None
    pack: str
    effective_from: date
    version: int = 1
    retired_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Category:
        """A category from its columns, enums as text. Raises ValueError for an unknown word."""
        values = dict(row)
        values["kind"] = Kind(values["kind"])
        values["filing_policy"] = FilingPolicy(values["filing_policy"])
        values["clock"] = Clock(values["clock"])
        values["proof_photos"] = tuple(values["proof_photos"])
        return cls(**values)
