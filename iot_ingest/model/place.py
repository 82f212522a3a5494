"""Whether a device is where it is registered, by the positions that it reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from grid.model.coordinates import CoordinateSystem, to_wgs84

# Satellite positions jump by tens of metres between houses.
MOVED_AFTER_M = 200.0
# A reported position that is this close to the registered one, once it is read as GCJ-02.
_SAME_M = 50.0
# So many looks in a row, or it was noise.
SUSTAINED = 5
# A position is written again when it changed by so much.
NOTED_M = 50.0
_M_PER_DEGREE = 111_195.0

Trouble = Literal["moved", "gcj02"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is held of a device's place: ``trouble`` that lasts, and for how many looks in a row
    it looked otherwise (``other``)."""

    trouble: Trouble | None = None
    other: Trouble | None = None
    looks: int = 0


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """The distance between two positions that are not far from each other."""
    east = (lon - other_lon) * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(east, lat - other_lat) * _M_PER_DEGREE


def is_position(lon: float, lat: float) -> bool:
    """Whether this can be a position; 0, 0 is what receivers say that have none."""
    return abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0)


def moved_after_m(attributes: Mapping[str, Any]) -> float | None:
    """From how far on a device has moved: its attribute ``moved_after_m``; None: it may move."""
    wanted = attributes.get("moved_after_m")
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return MOVED_AFTER_M
    return float(wanted) if wanted > 0 else None


def look(
    registered: tuple[float, float], reported: tuple[float, float], after_m: float
) -> Trouble | None:
    """What one reported position (lon, lat) says."""
    if metres(*reported, *registered) <= after_m:
        return None
    if metres(*to_wgs84(*reported, CoordinateSystem.GCJ02), *registered) <= _SAME_M:
        return "gcj02"
    return "moved"


def take(standing: Standing, seen: Trouble | None) -> Standing:
    """What is held after one more look: it changes when it looked otherwise several times."""
    if seen == standing.trouble:
        return replace(standing, other=None, looks=0)
    looks = standing.looks + 1 if standing.looks and seen == standing.other else 1
    if looks >= SUSTAINED:
        return Standing(trouble=seen)
    return replace(standing, other=seen, looks=looks)
