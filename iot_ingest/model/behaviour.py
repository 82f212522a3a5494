"""How the demo city's stations behave: pure functions of station, time and what is wrong there.

Tides from M2 and K1, rain fronts that cross the district, dust by working hours and wind, pump
cycles with their wet wells, the chemistry of outfalls, debris that comes with the ebb. Quiet
values stay inside the limits of `layers`: only an episode leaves them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from iot_ingest.model.device import Device
from iot_ingest.model.episode import Course, Episode
from iot_ingest.model.noise import chance, wave

_DAY_S = 86_400.0
_LOCAL_S = 8 * 3600.0
_M2_S, _K1_S = 12.4206 * 3600, 23.9345 * 3600

# Between two readings of the past there are four minutes, less than what counts as silence.
_COARSE_S = 240.0
_FINE_FOR_S = 600.0

# COD, ammonia and phosphorus limits (mg/L) and the least oxygen of the five water classes.
_CLASSES = MappingProxyType(
    {
        "I": (15.0, 0.15, 0.02, 7.5),
        "II": (15.0, 0.5, 0.1, 6.0),
        "III": (20.0, 1.0, 0.2, 5.0),
        "IV": (30.0, 1.5, 0.3, 3.0),
        "V": (40.0, 2.0, 0.4, 2.0),
    }
)

Values = dict[str, float]


def values(device: Device, t: float, episode: Episode | None = None) -> Values:
    """What the station measures at ``t`` (seconds since 1970), each metric it has."""
    excess = 0.0
    if episode is not None and episode.course is Course.EXCESS:
        excess = episode.intensity(t)
    strength = 0.0 if episode is None else episode.strength
    if episode is not None and episode.course is Course.STUCK and episode.active(t):
        t = episode.began_at
    behave = _LAYERS.get(device.layer)
    found = {} if behave is None else behave(device, t, excess, strength)
    return {metric: round(found[metric], 4) for metric in device.metrics if metric in found}


def flags(device: Device, t: float, episode: Episode | None) -> dict[str, str]:
    """The flags of a reading that is not normal: M while somebody works on the station."""
    if episode is None or episode.course is not Course.MAINTENANCE or not episode.active(t):
        return {}
    return dict.fromkeys(device.metrics, "M")


def history(device: Device, start: datetime, end: datetime) -> Iterator[tuple[datetime, Values]]:
    """What the station measured in ``[start, end)``: every 4 minutes, then as it reports.

    Times are those at which the station always measures, so that two calls never disagree.
    """
    for t in moments(device, start.timestamp(), end.timestamp()):
        yield (
            datetime.fromtimestamp(t, UTC).replace(microsecond=0)
            + timedelta(milliseconds=round(t % 1 * 1000)),
            values(device, t),
        )


def moments(device: Device, start: float, end: float) -> Iterator[float]:
    """When the station measures in ``[start, end)``; coarsely what is over ten minutes old."""
    fine_from = end - _FINE_FOR_S
    coarse = math.ceil(_COARSE_S / device.interval_s) * device.interval_s
    if coarse > _COARSE_S:
        coarse = max(device.interval_s, coarse - device.interval_s)
    t = next_moment(device, start, device.interval_s)
    while t < end:
        yield t
        t += coarse if t + coarse < fine_from else device.interval_s


def next_moment(device: Device, t: float, every_s: float) -> float:
    """The first time at or after ``t`` when the station measures: each has its own beat."""
    phase = round(chance("beat", device.device_id) * every_s, 1)
    return round(phase + math.ceil((t - phase) / every_s) * every_s, 3)


def rain_rate(lon: float, lat: float, t: float) -> float:
    """Rain in mm/h: fronts some kilometres wide that cross the district from the south-west."""
    day = math.floor(t / _DAY_S)
    rate = 0.0
    for number in range(day * 3 - 1, day * 3 + 4):
        front = _front(number)
        if front is None:
            continue
        # about 110 km a degree, 25 km/h: when the front stands over this very place
        here = front.middle + ((lon % 1) + (lat % 1)) * 55 / 25 * 3600
        rate += front.peak * math.exp(-(((t - here) / front.width_s) ** 2))
    return rate if rate > 0.05 else 0.0


class _Front(NamedTuple):
    middle: float
    width_s: float
    peak: float


@lru_cache(maxsize=64)
def _front(number: int) -> _Front | None:
    """The front of a third of a day, None when it stays dry (each reading asks for five)."""
    if chance("front", number) < 0.45:
        return None
    return _Front(
        middle=number * _DAY_S / 3 + chance("front hour", number) * _DAY_S / 3,
        width_s=1_200 + 1_800 * chance("front width", number),
        peak=3 + 9 * chance("front peak", number),
    )


def tide(t: float) -> float:
    """Height of the tide over mean water, in metres: within 1.2."""
    return 0.95 * math.cos(2 * math.pi * t / _M2_S) + 0.22 * math.cos(2 * math.pi * t / _K1_S)


def at_work(t: float) -> float:
    """How busy a building site is: 1 in working hours, 0 at night, soft between."""
    hour = (t + _LOCAL_S) % _DAY_S / 3600
    return max(
        _between(hour, 6.5, 7.5, 11.5, 12.3),
        _between(hour, 13.0, 13.8, 18.3, 19.5),
    )


def _between(hour: float, begins: float, full: float, fades: float, ends: float) -> float:
    return max(0.0, min((hour - begins) / (full - begins), 1.0, (ends - hour) / (ends - fades)))


def _number(attributes: Mapping[str, Any], name: str, default: float) -> float:
    value = attributes.get(name)
    return float(value) if isinstance(value, int | float) else default


def _flood(device: Device, t: float, excess: float, strength: float) -> Values:
    attributes, key = device.attributes, device.device_id
    rain = rain_rate(device.lon, device.lat, t)
    normal = _number(attributes, "normal_m", 1.0)
    warning = _number(attributes, "warning_m", normal + 1.5)
    guarantee = _number(attributes, "guarantee_m", warning + 0.6)
    top = warning + (0.15 + 0.75 * strength) * (guarantee - warning) * 1.3
    quiet = _quiet_level(device, t, rain, normal)
    depth = 0.003 * rain * (1 + 0.3 * wave(f"{key} depth", t, 90))
    return {
        "water_level": quiet + excess * (top - quiet) + 0.004 * wave(f"{key} ripple", t, 7),
        "water_depth": max(0.0, depth + excess * (top - depth)),
        "rain": rain * device.interval_s / 3600,
        "voltage": _voltage(key, t),
    }


def _quiet_level(device: Device, t: float, rain: float, normal: float) -> float:
    water = device.attributes.get("water")
    drift = 0.08 * wave(f"{device.device_id} drift", t, 5_400)
    if water == "tide":
        return normal + tide(t) + 0.05 * wave("swell", t, 120)
    if water == "reservoir":
        return normal + 0.1 * wave("reservoir", t, 40_000)
    return normal + drift + 0.02 * rain + 0.06 * tide(t - 1_800)


def _voltage(key: str, t: float) -> float:
    sun = max(0.0, math.sin(2 * math.pi * ((t + _LOCAL_S) % _DAY_S / _DAY_S - 0.25)))
    return 12.4 + 1.1 * sun + 0.05 * wave(f"{key} volt", t, 300)


def _outfall(device: Device, t: float, excess: float, strength: float) -> Values:
    key = device.device_id
    limits = _CLASSES.get(str(device.attributes.get("water_class", "V")), _CLASSES["V"])
    cod, ammonia, phosphorus, oxygen = limits
    rain = rain_rate(device.lon, device.lat, t)
    # people at home, morning and evening
    hour = (t + _LOCAL_S) % _DAY_S / 3600
    busy = math.exp(-(((hour - 8) / 2) ** 2)) + math.exp(-(((hour - 20) / 2.5) ** 2))
    load = 0.5 + 0.12 * busy + 0.08 * wave(f"{key} load", t, 1_800)
    worse = excess * (1.1 + 2.2 * strength)
    return {
        "cod": cod * (load + worse),
        "nh3n": ammonia * (load * 0.9 + worse * 0.9),
        "tp": phosphorus * (load * 0.95 + 0.2 * excess),
        "ph": 7.4 + 0.25 * wave(f"{key} ph", t, 3_600),
        "dissolved_oxygen": oxygen * 1.25 + 0.4 + 0.15 * wave(f"{key} do", t, 1_200),
        "conductivity": 620 + 60 * wave(f"{key} cond", t, 2_400) + 220 * excess,
        "turbidity": 14 + 6 * wave(f"{key} ntu", t, 900) + 4 * rain + 90 * excess,
        "flow": 35 + 18 * busy + 6 * wave(f"{key} flow", t, 600) + 5 * rain + 25 * excess,
    }


def _dust(device: Device, t: float, excess: float, strength: float) -> Values:
    key = device.device_id
    work = at_work(t) * (1.15 if device.attributes.get("phase") == "earthwork" else 0.85)
    wind = max(0.2, 2.6 + 1.6 * wave("wind", t, 5_400) + 0.5 * wave(f"{key} gust", t, 40))
    washed = 1 / (1 + 0.5 * rain_rate(device.lon, device.lat, t))
    tsp = (70 + 95 * work * (0.8 + 0.08 * wind)) * washed * (1 + 0.15 * wave(f"{key} tsp", t, 300))
    hour = (t + _LOCAL_S) % _DAY_S / 3600
    warm = math.sin(2 * math.pi * (hour - 9) / 24)
    # earth that is tipped or swept is coarse: TSP soars, the finer fractions less
    return {
        "tsp": tsp + excess * (3_200 + 2_000 * strength),
        "pm10": 0.33 * tsp + 70 * excess,
        "pm25": 0.15 * tsp + 20 * excess,
        "noise": 46 + 17 * min(1.0, work) + 2.5 * wave(f"{key} noise", t, 20),
        "wind_speed": wind,
        "wind_direction": (135 + 60 * wave("wind from", t, 9_000)) % 360,
        "temperature": 19 + 4 * warm + 1.5 * wave("air", t, 20_000),
        "humidity": min(99.0, 72 - 12 * warm + 6 * wave("moist", t, 15_000) + 4 / washed),
    }


def _sewage(device: Device, t: float, excess: float, strength: float) -> Values:
    key, attributes = device.device_id, device.attributes
    normal = _number(attributes, "normal_m", 1.8)
    warning = _number(attributes, "warning_m", normal + 1.4)
    overflow = _number(attributes, "overflow_m", warning + 0.8)
    rated = _number(attributes, "rated_current_a", 40.0)
    period = 900 + 500 * chance("cycle", key)
    place = (t / period + chance("start", key)) % 1
    running = place >= 0.6
    share = (1 - place) / 0.4 if running else place / 0.6
    level = normal - 0.4 + 0.8 * share
    top = warning + (0.2 + 0.9 * strength) * (overflow - warning)
    # the pump is out while the excess lasts, and pumps off what has gathered afterwards
    on = excess < 0.9 and (running or excess > 0)
    current = rated * (0.82 + 0.03 * wave(f"{key} amp", t, 30)) if on else 0.0
    return {
        "wet_well_level": level + excess * (top - level) + 0.01 * wave(f"{key} foam", t, 15),
        "pump_current": current,
        "pump_running": 1.0 if on else 0.0,
        "flow": (120 + 10 * wave(f"{key} lift", t, 60)) if on else 0.0,
    }


def _debris(device: Device, t: float, excess: float, strength: float) -> Values:
    key = device.device_id
    ebb = max(0.0, tide(t - 900) - tide(t + 900)) / 0.25
    cover = 5 + 4 * min(1.0, ebb) + 3 * wave(f"{key} cover", t, 1_500)
    top = 46 + 30 * strength
    return {
        "debris_cover": max(0.0, cover + excess * (top - cover)),
        "voltage": _voltage(key, t),
    }


_LAYERS: Mapping[str, Callable[[Device, float, float, float], Values]] = MappingProxyType(
    {
        "flood": _flood,
        "outfall": _outfall,
        "construction_dust": _dust,
        "sewage_station": _sewage,
        "floating_debris": _debris,
    }
)
