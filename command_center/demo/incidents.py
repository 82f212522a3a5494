"""What happened in the demo city in its last fourteen days: when, where, of which category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely import Geometry

from command_center.demo.plane import position
from command_center.demo.roads import Road, Roads, towns
from command_center.demo.stations import DemoComponent

DAYS = 14
# Category: how many in the fourteen days, and the kind of facility where it happens
# (None: anywhere along a street).
_PLAN: tuple[tuple[str, int, str | None], ...] = (
    ("garbage", 74, None),
    ("road_damage", 56, None),
    ("street_lamp", 44, None),
    ("manhole_cover", 38, None),
    ("other", 26, None),
    ("construction_dust", 40, "construction_site"),
    ("outfall_discharge", 30, "outfall"),
    ("illegal_dumping", 16, "outfall"),
    ("floating_debris", 34, "debris_camera"),
    ("sewage_overflow", 22, "pump_station"),
    ("pump_fault", 8, "pump_station"),
    ("river_level", 10, "water_level_station"),
    ("dust_station_fault", 6, "construction_site"),
)
# One evening of heavy rain, five days ago: low streets under water within some hours.
_STORM_DAYS_AGO = 5
_STORM_HOUR = 17
_STORM_COUNT = 26
# Share of a day's incidents in each hour: little at night, peaks at eight and five.
_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 7, 9, 8, 7, 6, 5, 5, 6, 7, 8, 9, 7, 5, 4, 3, 2, 1], float)


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """Something that happened; ``component`` is the code of the facility, if it was at one."""

    category: str
    at: datetime
    lon: float
    lat: float
    place_zh: str
    place_en: str
    component: str | None


class _Streets(NamedTuple):
    """Where people live and work: the streets of the towns, and the roads that have a name."""

    lines: Sequence[Geometry]
    named: Sequence[Road]


def past_incidents(
    roads: Roads, components: Sequence[DemoComponent], *, now: datetime, zone: ZoneInfo
) -> list[Incident]:
    """Return the incidents before ``now``, oldest first; the same for the same day and hour."""
    random = np.random.default_rng(2026)
    facilities: dict[str, list[DemoComponent]] = {}
    for component in components:
        facilities.setdefault(component.kind, []).append(component)
    streets = _streets(roads)
    found = [
        _incident(category, kind, facilities, streets, random, _any_time(random, now, zone))
        for category, count, kind in _PLAN
        for _ in range(count)
    ]
    storm = (now.astimezone(zone) - timedelta(days=_STORM_DAYS_AGO)).replace(
        hour=_STORM_HOUR, minute=0, second=0, microsecond=0
    )
    found += [
        _incident("flooding", "underpass", facilities, streets, random,
                  (storm + timedelta(minutes=float(random.gamma(3.0, 40.0)))).astimezone(UTC))
        for _ in range(_STORM_COUNT)
    ]  # fmt: skip
    return sorted((one for one in found if one.at < now), key=lambda one: one.at)


def _any_time(random: np.random.Generator, now: datetime, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone) - timedelta(days=int(random.integers(0, DAYS)))
    hour = int(random.choice(24, p=_HOURS / _HOURS.sum()))
    local = day.replace(hour=hour, minute=int(random.integers(60)), second=int(random.integers(60)),
                        microsecond=0)  # fmt: skip
    return local.astimezone(UTC)


def _incident(
    category: str, kind: str | None, facilities: Mapping[str, Sequence[DemoComponent]],
    streets: _Streets, random: np.random.Generator, at: datetime,
) -> Incident:  # fmt: skip
    if kind is not None:
        component = facilities[kind][int(random.integers(len(facilities[kind])))]
        spread = 12.0 if category != "flooding" else 60.0
        dx, dy = random.normal(0.0, spread, 2)
        lon, lat = position(component.x + dx, component.y + dy)
        return Incident(
            category=category, at=at, lon=lon, lat=lat, place_zh=component.name_zh,
            place_en=component.name_en, component=component.code,
        )  # fmt: skip
    road, x, y = _along_a_street(streets, random)
    lon, lat = position(x, y)
    number = int(random.integers(1, 240))
    return Incident(
        category=category, at=at, lon=lon, lat=lat, place_zh=f"{road[0]}{number}号附近",
        place_en=f"near {number} {road[1]}", component=None,
    )  # fmt: skip


def _along_a_street(
    streets: _Streets, random: np.random.Generator
) -> tuple[tuple[str, str], float, float]:
    """Return the name of the nearest major road and a point on a street of a town."""
    lengths = shapely.length(streets.lines)
    line = streets.lines[int(random.choice(len(streets.lines), p=lengths / lengths.sum()))]
    point = line.interpolate(float(random.uniform()), normalized=True)
    nearest = min(streets.named, key=lambda road: road.line.distance(point))
    return (nearest.name_zh, nearest.name_en), point.x, point.y


def _streets(roads: Roads) -> _Streets:
    inside = shapely.intersection(shapely.union(roads.minor, roads.road), towns())
    return _Streets(lines=shapely.get_parts(inside), named=roads.named)
