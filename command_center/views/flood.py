"""The flood view's figures: rain against the warning marks, levels against theirs, pumps.

Rows in, figures out. Every limit is the layer's own, with its clause: nothing is set here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from iot_ingest.model.device import Device
from iot_ingest.model.measured import Fallen, Moved
from layers import rules_of
from layers.contract import Bound
from layers.packs import BadAttribute

HOURS = (1, 3, 6, 12, 24)
HOUR_MS = 3_600_000
# Fewer of the expected readings make a sum a least one.
_COMPLETE = 0.75
# Less than ten minutes say nothing of where the water goes; less than this in an hour is still.
_TREND_OVER = timedelta(minutes=10)
_STILL_M = 0.03
# Beyond this nobody believes a rate.
_LONGEST_ETA_H = 12.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RainSum:
    """What fell in some hours: ``mm`` None where nothing was measured; ``whole``: of enough
    readings to be the sum and not a part of it; ``level``: of the gravest mark it reached."""

    hours: int
    mm: float | None
    whole: bool
    level: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gauge:
    """A rain gauge with its sums; ``level`` is that of the gravest of them."""

    device: Device
    sums: tuple[RainSum, ...]
    level: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """A level station: what it says, its marks, where it goes.

    ``next_bound``: the mark that comes next above; ``eta``: when it is reached at this rate.
    ``trend``: "up", "down", "still", or "" where nothing can be said.
    """

    device: Device
    value: float | None
    at: datetime | None
    bounds: tuple[Bound, ...]
    level: int
    per_hour: float | None
    trend: str
    next_bound: Bound | None
    eta: timedelta | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pump:
    """A station. ``state``: offline, overflow, high, overload, running, standby, unknown."""

    device: Device
    state: str
    level: int
    well: float | None
    current: float | None
    bounds: tuple[Bound, ...]


def bounds_of(device: Device, metric: str, now: datetime, *, rule: str) -> tuple[Bound, ...]:
    """The limits of one rule for a device, those in force now; none where it has none."""
    attributes: dict[str, Any] = {**device.attributes, "interval_s": device.interval_s}
    for one in rules_of(metric, device.layer):
        if one.name != rule:
            continue
        try:
            limits = one.limits(attributes)
        except BadAttribute:
            return ()  # the judge says so where devices are kept
        return limits.at(round(now.timestamp() * 1000)).bounds if limits else ()
    return ()


def rain_marks(now: datetime) -> tuple[Bound, ...]:
    """The marks of the rain warning colours: window, sum, level and clause."""
    rule = next(one for one in rules_of("rain", "flood") if one.name == "heavy_rain")
    limits = rule.limits({})
    return limits.at(round(now.timestamp() * 1000)).bounds if limits else ()


def gauges(
    devices: Sequence[Device], fallen: Mapping[tuple[int, int], Fallen], marks: Sequence[Bound]
) -> list[Gauge]:
    """The gauges, the gravest first, then those with most rain of three hours."""
    found = []
    for device in devices:
        sums = tuple(
            _sum(hours, fallen.get((device.device_no, hours)), device.interval_s, marks)
            for hours in HOURS
        )
        found.append(Gauge(device=device, sums=sums, level=max(one.level for one in sums)))
    return sorted(
        found,
        key=lambda one: (
            -one.level,
            -(one.sums[1].mm or 0.0),
            -(one.sums[-1].mm or 0.0),
            one.device.device_id,
        ),
    )


def _sum(hours: int, fallen: Fallen | None, interval_s: float, marks: Sequence[Bound]) -> RainSum:
    if fallen is None:
        return RainSum(hours=hours, mm=None, whole=False, level=0)
    reached = [one.level for one in marks
               if one.window_ms == hours * HOUR_MS and fallen.mm >= one.value]  # fmt: skip
    whole = fallen.readings * interval_s >= _COMPLETE * hours * 3600
    return RainSum(hours=hours, mm=fallen.mm, whole=whole,
                   level=max(reached, default=0))  # fmt: skip


def levels(
    devices: Sequence[Device], metric: str, rule: str, moved: Mapping[int, Moved], now: datetime
) -> list[Level]:
    """Stations with their marks, the gravest first, then those nearest below their next mark."""
    found = [
        _level(one, bounds_of(one, metric, now, rule=rule), moved.get(one.device_no))
        for one in devices
    ]
    return sorted(found, key=lambda one: (-one.level, _gap(one), one.device.device_id))


def _gap(one: Level) -> float:
    if one.value is None or one.next_bound is None:
        return float("inf")
    return one.next_bound.value - one.value


def _level(device: Device, bounds: tuple[Bound, ...], moved: Moved | None) -> Level:
    if moved is None:
        return Level(device=device, value=None, at=None, bounds=bounds, level=0, per_hour=None,
                     trend="", next_bound=None, eta=None)  # fmt: skip
    above = [one for one in bounds if one.value > moved.value]
    next_bound = min(above, key=lambda one: one.value, default=None)
    rate = _rate(moved)
    trend = (
        "" if rate is None else "still" if abs(rate) < _STILL_M else "up" if rate > 0 else "down"
    )
    return Level(
        device=device, value=moved.value, at=moved.ts, bounds=bounds,
        level=max((one.level for one in bounds if moved.value >= one.value), default=0),
        per_hour=rate, trend=trend, next_bound=next_bound,
        eta=_eta(moved.value, rate, next_bound) if trend == "up" else None,
    )  # fmt: skip


def _eta(value: float, rate: float | None, bound: Bound | None) -> timedelta | None:
    """When a mark is reached at this rate; None where that is far."""
    if not rate or bound is None:
        return None
    left_h = (bound.value - value) / rate
    return timedelta(hours=left_h) if left_h < _LONGEST_ETA_H else None


def _rate(moved: Moved) -> float | None:
    if moved.before_ts is None or moved.ts - moved.before_ts < _TREND_OVER:
        return None
    return moved.per_hour


def pumps(
    devices: Sequence[Device], latest: Mapping[int, Mapping[str, float]], offline: set[int],
    now: datetime,
) -> list[Pump]:  # fmt: skip
    """Pumping stations, those in trouble first."""
    found = [
        _pump(one, latest.get(one.device_no, {}), one.device_no in offline, now) for one in devices
    ]
    order = ("overflow", "offline", "high", "overload", "unknown", "running", "standby")
    return sorted(found, key=lambda one: (order.index(one.state), one.device.device_id))


def _pump(device: Device, values: Mapping[str, float], off: bool, now: datetime) -> Pump:
    wells = bounds_of(device, "wet_well_level", now, rule="wet_well_high")
    currents = bounds_of(device, "pump_current", now, rule="pump_overload")
    well, current = values.get("wet_well_level"), values.get("pump_current")
    grave = _reached(wells, well)
    loaded = _reached(currents, current)
    if off:
        state = "offline"
    elif grave:
        state = "overflow" if grave == 4 else "high"
    elif loaded:
        state = "overload"
    elif "pump_running" in values:
        state = "running" if values["pump_running"] >= 0.5 else "standby"
    else:
        state = "unknown"
    return Pump(device=device, state=state, level=2 if off else max(grave, loaded), well=well,
                current=current, bounds=wells)  # fmt: skip


def _reached(bounds: Sequence[Bound], value: float | None) -> int:
    if value is None:
        return 0
    return max((one.level for one in bounds if value >= one.value), default=0)
