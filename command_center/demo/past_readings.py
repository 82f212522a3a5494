"""The last twenty-four quiet hours of every station of the demo city, in coarse steps."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from command_center.demo.stations import DemoDevice

STEP = timedelta(minutes=10)
SPAN = timedelta(hours=24)

Values = NDArray[np.float64]
# The limits of the water classes, of which a quiet outfall stays well below.
_COD = {"III": 20.0, "IV": 30.0, "V": 40.0}
_NH3N = {"III": 1.0, "IV": 1.5, "V": 2.0}
_TP = {"III": 0.2, "IV": 0.3, "V": 0.4}
_TIDE_S = 44_712.0


def past_times(now: datetime) -> NDArray[np.int64]:
    """Return the moments of the past readings, microseconds since 1970, the last one just now."""
    end = int(now.timestamp())
    count = int(SPAN / STEP)
    seconds = end - int(STEP.total_seconds()) * np.arange(count, -1, -1, dtype=np.int64)
    return seconds * 1_000_000


def past_values(device: DemoDevice, metric: str, times: NDArray[np.int64]) -> Values:
    """Return the quiet values of one metric at the times, in the metric's unit."""
    seed = np.frombuffer(f"{device.device_id}/{metric}".encode(), dtype=np.uint8)
    random = np.random.default_rng(seed)
    seconds = times / 1e6
    noise = random.normal(0.0, 1.0, times.size)
    made = _CURVES[metric](device.attributes, seconds, noise)
    return np.round(made, 3)


def _day(seconds: Values, *, peak_hour: float) -> Values:
    """One wave a day, 1 at the peak hour of the city (UTC+8) and -1 twelve hours later."""
    hour = seconds / 3600.0 + 8.0
    result: Values = np.cos(2 * np.pi * (hour - peak_hour) / 24.0)
    return result


def _working(seconds: Values) -> Values:
    hour = (seconds / 3600.0 + 8.0) % 24.0
    result: Values = np.where((hour > 7.0) & (hour < 18.5), 1.0, 0.0)
    return result


Attributes = Mapping[str, object]
Curve = Callable[[Attributes, Values, Values], Values]


def _number(attributes: Attributes, name: str, default: float) -> float:
    value = attributes.get(name, default)
    return float(value) if isinstance(value, (int, float)) else default


def _water_level(attributes: Attributes, seconds: Values, noise: Values) -> Values:
    normal = _number(attributes, "normal_m", 1.5)
    if attributes.get("water") == "tide":
        return normal + 0.9 * np.sin(2 * np.pi * seconds / _TIDE_S) + 0.01 * noise
    if attributes.get("water") == "reservoir":
        return normal + 0.05 * _day(seconds, peak_hour=6) + 0.004 * noise
    return normal + 0.08 * _day(seconds, peak_hour=19) + 0.012 * noise


def _share(table: Mapping[str, float], share: float) -> Curve:
    """A curve well below the limit of the outfall's water class."""

    def curve(attributes: Attributes, seconds: Values, noise: Values) -> Values:
        limit = table.get(str(attributes.get("water_class")), table["V"])
        return limit * (share + 0.08 * _day(seconds, peak_hour=13) + 0.02 * noise)

    return curve


def _around(mean: float, swing: float, spread: float, *, peak_hour: float = 14) -> Curve:
    """A daily wave about a mean with some noise."""

    def curve(_: Attributes, seconds: Values, noise: Values) -> Values:
        return mean + swing * _day(seconds, peak_hour=peak_hour) + spread * noise

    return curve


def _at_work(idle: float, more: float, spread: float) -> Curve:
    """More of it while the site works."""

    def curve(_: Attributes, seconds: Values, noise: Values) -> Values:
        return np.maximum(0.0, idle + more * _working(seconds) + spread * noise)

    return curve


def _cycle(seconds: Values) -> Values:
    """The pump's hour: the well fills for three quarters of it, then the pump empties it."""
    phase = (seconds / 3_300.0) % 1.0
    result: Values = np.where(phase < 0.75, phase / 0.75, (1.0 - phase) / 0.25)
    return result


def _pumping(seconds: Values) -> Values:
    result: Values = np.where((seconds / 3_300.0) % 1.0 >= 0.75, 1.0, 0.0)
    return result


def _wet_well(attributes: Attributes, seconds: Values, noise: Values) -> Values:
    return _number(attributes, "normal_m", 1.8) - 0.4 + 0.8 * _cycle(seconds) + 0.01 * noise


def _rain(_: Attributes, seconds: Values, noise: Values) -> Values:
    """A light shower some hours ago, dry else."""
    hours_ago = (seconds[-1] - seconds) / 3600.0
    shower: Values = np.exp(-(((hours_ago - 9.0) / 1.2) ** 2)) * (0.5 + 0.1 * noise)
    return np.where(shower > 0.08, np.round(shower, 1), 0.0)


_CURVES: dict[str, Curve] = {
    "water_level": _water_level,
    "water_depth": lambda _, __, noise: np.abs(0.003 * noise),
    "rain": _rain,
    "voltage": _around(12.7, 0.15, 0.02),
    "cod": _share(_COD, 0.5),
    "nh3n": _share(_NH3N, 0.45),
    "tp": _share(_TP, 0.45),
    "ph": _around(7.4, 0.08, 0.03),
    "dissolved_oxygen": _around(6.9, 0.4, 0.08),
    "conductivity": _around(610.0, 25.0, 6.0),
    "turbidity": _around(14.0, 3.0, 0.8),
    "flow": _around(85.0, 12.0, 3.0),
    "pm10": _at_work(34.0, 18.0, 3.0),
    "pm25": _at_work(20.0, 6.0, 1.5),
    "tsp": _at_work(110.0, 120.0, 14.0),
    "noise": _at_work(47.0, 13.0, 1.5),
    "wind_speed": lambda _, seconds, noise: np.maximum(
        0.1, 2.6 + 0.9 * _day(seconds, peak_hour=15) + 0.4 * noise
    ),
    "wind_direction": lambda _, seconds, noise: (
        (120 + 40 * _day(seconds, peak_hour=16) + 12 * noise) % 360
    ),
    "temperature": _around(16.0, 4.0, 0.2),
    "humidity": _around(68.0, -12.0, 1.5),
    "wet_well_level": _wet_well,
    "pump_running": lambda _, seconds, __: _pumping(seconds),
    "pump_current": lambda _, seconds, noise: _pumping(seconds) * (36.0 + 0.6 * noise),
    "debris_cover": lambda _, seconds, noise: np.maximum(
        0.2, 3.5 + 1.0 * _day(seconds, peak_hour=10) + 0.5 * noise
    ),
}
