"""What was measured, added up or compared: sums, means, and where a value goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallen:
    """Rain within some hours, mm, and of how many readings that is the sum."""

    mm: float
    readings: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """The latest value and the one before it in the span that was asked for, if there is one."""

    device_no: int
    metric_no: int
    ts: datetime
    value: float
    before_ts: datetime | None
    before: float | None

    @property
    def per_hour(self) -> float | None:
        """How much it changed in an hour; None for a single reading."""
        if self.before is None or self.before_ts is None:
            return None
        return (self.value - self.before) / ((self.ts - self.before_ts) / timedelta(hours=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Averaged:
    """The mean and the highest of the normal readings of a span."""

    device_no: int
    metric_no: int
    mean: float
    highest: float
    readings: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Blown:
    """The wind of a span: where the air went on the whole, eastward and northward (m/s), and how
    fast it was on the way (``speed``, the mean)."""

    device_no: int
    east: float
    north: float
    speed: float
    readings: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """Hours of a local day that a device measured, and of how many the mean was above a value."""

    device_no: int
    day: date
    hours: int
    above: int
