"""The dust view's figures: wind, upwind and downwind pairs of a site, the likely site, days over.

Rows in, figures out; every conclusion comes with the numbers it was drawn from. East and north are
metres in a flat plane around the city: sites lie some kilometres apart at most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from iot_ingest.model.device import Device
from iot_ingest.model.measured import Averaged, Blown, Day

# Air that goes no further than this in the mean comes from nowhere in particular.
CALM_M_S = 0.5
# What blows past a monitor comes from within this angle of the wind, and from so far.
_SECTOR = 45.0
_FARTHEST_M = 3_000.0
# Two monitors nearer to each other along the wind measure the same air.
_LEAST_APART_M = 20.0
_M_PER_DEGREE = 111_320.0
_POINTS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Wind:
    """Where the wind comes from (degrees, north is 0), how fast, and until when it was measured.

    ``calm``: too weak or too changeable to say from where.
    """

    from_deg: float
    speed: float
    calm: bool
    at: datetime

    @property
    def point(self) -> int:
        """The point of the compass, of sixteen: 0 is north, 4 east."""
        return round(self.from_deg / 360 * _POINTS) % _POINTS

    @property
    def towards(self) -> tuple[float, float]:
        """The unit vector in which the air goes: east, north."""
        angle = math.radians(self.from_deg + 180)
        return math.sin(angle), math.cos(angle)


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitor:
    """A dust monitor: its mean of the span, the wind there, whether it found an excess."""

    device: Device
    pm10: float | None
    wind: Wind | None
    excess: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two monitors of a site along the wind: what the air gained on its way over the site."""

    upwind: Monitor
    downwind: Monitor
    gain: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A construction site with its monitors. ``days_over`` of ``days`` measured ones."""

    key: str
    name_zh: str
    name_en: str
    monitors: tuple[Monitor, ...]
    pair: Pair | None
    days_over: int
    days: int

    @property
    def pm10(self) -> float | None:
        """The highest mean of its monitors."""
        return max((one.pm10 for one in self.monitors if one.pm10 is not None), default=None)

    @property
    def excess(self) -> int:
        """The gravest level that a monitor of it found."""
        return max((one.excess for one in self.monitors), default=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspect:
    """A site from which an excess may come, with the terms of its score.

    ``above``: its PM10 above the others' median, or what the air gained over it; ``angle``: how far
    off the wind it lies (degrees); ``own``: the monitor stands on it.
    """

    site: Site
    own: bool
    above: float
    metres: float
    angle: float
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """An excess and the sites it may come from, the likeliest first; ``background``: the median of
    PM10 at the other sites."""

    monitor: Monitor
    site: Site
    background: float
    suspects: tuple[Suspect, ...]


def wind_of(blown: Sequence[Blown]) -> Wind | None:
    """The wind of one or several monitors together; None where none measured any."""
    if not blown:
        return None
    count = len(blown)
    east, north = sum(one.east for one in blown) / count, sum(one.north for one in blown) / count
    return Wind(
        from_deg=math.degrees(math.atan2(-east, -north)) % 360,
        speed=sum(one.speed for one in blown) / count, calm=math.hypot(east, north) < CALM_M_S,
        at=max(one.at for one in blown),
    )  # fmt: skip


def monitors(
    devices: Sequence[Device], means: Sequence[Averaged], blown: Sequence[Blown],
    excess: Mapping[int, int],
) -> list[Monitor]:  # fmt: skip
    """The monitors with what they measured; one without readings has none."""
    pm10 = {one.device_no: one.mean for one in means}
    winds = {one.device_no: one for one in blown}
    return [
        Monitor(
            device=one, pm10=pm10.get(one.device_no),
            wind=wind_of([winds[one.device_no]]) if one.device_no in winds else None,
            excess=excess.get(one.device_no, 0),
        )
        for one in devices
    ]  # fmt: skip


def sites(
    found: Sequence[Monitor], names: Mapping[int, tuple[str, str]], days: Sequence[Day],
    allowed: float, wind: Wind | None,
) -> list[Site]:  # fmt: skip
    """Monitors by site: by facility, else by the attribute ``site``, else each by itself.

    ``names``: of facilities, by component_id. A day is over when more than ``allowed`` hours of it
    were above the limit at any of the site's monitors.
    """
    grouped: dict[str, list[Monitor]] = {}
    for one in found:
        device = one.device
        key = device.component_id or device.attributes.get("site") or device.device_id
        grouped.setdefault(str(key), []).append(one)
    made = []
    for key, members in grouped.items():
        device = members[0].device
        zh, en = names.get(device.component_id or 0, (device.name_zh, device.name_en))
        numbers = {one.device.device_no for one in members}
        own = [one for one in days if one.device_no in numbers]
        made.append(Site(
            key=key, name_zh=zh, name_en=en, monitors=tuple(members), pair=_pair(members, wind),
            days_over=len({one.day for one in own if one.above > allowed}),
            days=len({one.day for one in own}),
        ))  # fmt: skip
    return sorted(made, key=lambda one: (-one.excess, -one.days_over, -(one.pm10 or 0), one.key))


def _pair(members: Sequence[Monitor], wind: Wind | None) -> Pair | None:
    """The two monitors furthest from each other along the wind that both measured."""
    there = [one for one in members if one.pm10 is not None]
    local = next((one.wind for one in there if one.wind is not None), wind)
    if len(there) < 2 or local is None or local.calm:
        return None
    along = sorted(there, key=lambda one: _along(there[0].device, one.device, local))
    first, last = along[0], along[-1]
    east, north = _offset(first.device, last.device)
    way = _along(first.device, last.device, local)
    # beside each other in the wind, they say nothing of the site between them
    if way < _LEAST_APART_M or way < math.cos(math.radians(_SECTOR)) * math.hypot(east, north):
        return None
    return Pair(upwind=first, downwind=last, gain=(last.pm10 or 0.0) - (first.pm10 or 0.0))


def _offset(one: Device, other: Device) -> tuple[float, float]:
    """Metres east and north from one to the other."""
    east = (other.lon - one.lon) * _M_PER_DEGREE * math.cos(math.radians(one.lat))
    return east, (other.lat - one.lat) * _M_PER_DEGREE


def _along(one: Device, other: Device, wind: Wind) -> float:
    """How far the other lies downwind of one, m."""
    east, north = _offset(one, other)
    return east * wind.towards[0] + north * wind.towards[1]


def causes(found: Sequence[Site], wind: Wind | None) -> list[Cause]:
    """Of each monitor with an excess the sites it may come from, the gravest excess first."""
    loud = [(one, site) for site in found for one in site.monitors if one.excess]
    loud.sort(key=lambda one: (-one[0].excess, -(one[0].pm10 or 0), one[0].device.device_id))
    return [_cause(one, site, found, wind) for one, site in loud]


def _cause(monitor: Monitor, site: Site, found: Sequence[Site], wind: Wind | None) -> Cause:
    others = [one.pm10 for one in found if one.key != site.key and one.pm10 is not None]
    background = median(others) if others else 0.0
    local = monitor.wind or wind
    suspects = [_own(monitor, site, background)]
    if local is not None and not local.calm:
        suspects += [
            one for other in found if other.key != site.key
            if (one := _upwind(monitor, other, background, local)) is not None
        ]  # fmt: skip
    # of equal scores the site itself: it is asked first
    suspects.sort(key=lambda one: (-one.score, not one.own, one.metres))
    return Cause(monitor=monitor, site=site, background=background, suspects=tuple(suspects))


def _own(monitor: Monitor, site: Site, background: float) -> Suspect:
    above = max(0.0, (monitor.pm10 or 0.0) - background)
    if site.pair is not None:
        above = max(0.0, site.pair.gain)  # what came over the fence is not its own
    return Suspect(site=site, own=True, above=above, metres=0.0, angle=0.0, score=above)


def _upwind(monitor: Monitor, other: Site, background: float, wind: Wind) -> Suspect | None:
    """How much another site speaks for itself; None where it does not lie upwind."""
    if other.pm10 is None:
        return None
    source = max(other.monitors, key=lambda one: one.pm10 or 0.0)
    east, north = _offset(source.device, monitor.device)
    metres = math.hypot(east, north)
    if not 0 < metres <= _FARTHEST_M:
        return None
    cosine = (east * wind.towards[0] + north * wind.towards[1]) / metres
    angle = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
    if angle > _SECTOR:
        return None
    above = max(0.0, other.pm10 - background)
    return Suspect(site=other, own=False, above=above, metres=metres, angle=angle,
                   score=above * cosine / (1 + metres / 1000))  # fmt: skip


def likely(cause: Cause) -> Suspect | None:
    """The site an excess most likely comes from; None where nothing speaks for any."""
    first = cause.suspects[0]
    if first.score > 0:
        return first
    # nothing stands out: the monitor's own site is where one looks, not what was found
    return None


def stretches(found: Sequence[Suspect]) -> list[float]:
    """The shares of the scores, for bars; they add up to 1, or are all 0."""
    total = sum(one.score for one in found)
    return [one.score / total if total else 0.0 for one in found]
