"""Rules over windows: sustained threshold, mean, rolling sum, rise, exceedances a day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.contract import Limits
from layers.packs import Entry
from layers.rules.episodes import Grades
from layers.rules.kinds import Kind, grade

HOUR_MS = 3_600_000
DAY_HOURS = 24

Times = NDArray[np.int64]
Values = NDArray[np.float64]


def _over(function: np.ufunc, value: Values, first: NDArray[np.int64]) -> Values:
    """Reduce ``value[first[i] : i + 1]`` for every i. Each window is reduced by itself, so that
    a window gives the same number to the last bit wherever the series begins."""
    size = value.size
    edges = np.empty(2 * size, np.int64)
    edges[0::2] = first
    edges[1::2] = np.arange(1, size + 1)
    reduced: Values = function.reduceat(np.append(value, value[-1]), edges)[0::2]
    return reduced


def _within(ts: Times, window_ms: int) -> NDArray[np.int64]:
    """For each time t the place of the first reading later than t - window."""
    return ts.searchsorted(ts - window_ms, side="right")


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold(Kind):
    """A value beyond a bound, without interruption for the pack's ``sustain``; over when it was
    back inside by the margin for ``calm``. A pause of more than three intervals interrupts."""

    def _lookback(self, chosen: Entry, gap_ms: int) -> int:
        longest = max(chosen.sustain_ms, chosen.calm_ms)
        return longest + gap_ms if longest else 0

    def _grade(self, ts: Times, value: Values, limits: Limits) -> Grades:
        if not limits.sustain_ms and not limits.calm_ms:
            return grade(ts, value, value, limits, self.sign)
        least, most = (np.maximum, np.minimum) if self.below else (np.minimum, np.maximum)
        return grade(
            ts,
            _sustained(least, ts, value, limits.sustain_ms, limits.gap_ms),
            _sustained(most, ts, value, limits.calm_ms, limits.gap_ms),
            limits,
            self.sign,
        )


def _sustained(function: np.ufunc, ts: Times, value: Values, span_ms: int, gap_ms: int) -> Values:
    """Reduce what held during the last ``span_ms`` of each reading, the reading that held at its
    beginning included; NaN where that is not known."""
    if not span_ms:
        return value
    first = _within(ts, span_ms) - 1
    unbroken = np.zeros(ts.size, np.int64)
    broken = np.diff(ts) > gap_ms
    unbroken[1:][broken] = broken.nonzero()[0] + 1
    known = first >= np.maximum.accumulate(unbroken)
    reduced = _over(function, value, np.maximum(first, 0))
    reduced[~known] = np.nan
    return reduced


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean(Kind):
    """The mean of the last ``window``; only where ``share`` of the expected readings came."""

    def _lookback(self, chosen: Entry, gap_ms: int) -> int:
        del gap_ms
        return chosen.window_ms

    def _grade(self, ts: Times, value: Values, limits: Limits) -> Grades:
        first = _within(ts, limits.window_ms)
        count = np.arange(1, ts.size + 1) - first
        mean = _over(np.add, value, first) / count
        mean[count * limits.interval_ms < limits.share * limits.window_ms] = np.nan
        return grade(ts, mean, mean, limits, self.sign)


@dataclass(frozen=True, kw_only=True, slots=True)
class RollingSum(Kind):
    """Sums over windows, each bound with its own; over when every sum is inside by the margin."""

    def _lookback(self, chosen: Entry, gap_ms: int) -> int:
        del gap_ms
        return max(spec.window_ms for spec in chosen.specs)

    def _grade(self, ts: Times, value: Values, limits: Limits) -> Grades:
        sums = {
            window_ms: _over(np.add, value, _within(ts, window_ms))
            for window_ms in {bound.window_ms for bound in limits.bounds}
        }
        level = np.zeros(ts.size, np.int8)
        peak = np.zeros(ts.size, np.float64)
        calm = np.ones(ts.size, np.bool_)
        for bound in limits.bounds:
            total = sums[bound.window_ms]
            passed = total >= bound.value
            level[passed] = bound.level
            peak[passed] = total[passed]
            calm &= total < bound.calm
        return Grades(ts=ts, level=level, value=peak, calm=calm)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rise(Kind):
    """How far the value stands above its lowest within the last ``window``."""

    def _lookback(self, chosen: Entry, gap_ms: int) -> int:
        del gap_ms
        return chosen.window_ms

    def _grade(self, ts: Times, value: Values, limits: Limits) -> Grades:
        rise = value - _over(np.minimum, value, _within(ts, limits.window_ms))
        return grade(ts, rise, rise, limits, self.sign)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exceedances(Kind):
    """How many hourly means of a local day are above ``point``; more than a bound is too many.

    An hour counts when it is over and ``share`` of its readings came; the count stands until the
    first hour of the next day is over.
    """

    def _lookback(self, chosen: Entry, gap_ms: int) -> int:
        del chosen, gap_ms
        return (DAY_HOURS + 1) * HOUR_MS

    def _grade(self, ts: Times, value: Values, limits: Limits) -> Grades:
        hour = (ts + limits.utc_offset_ms) // HOUR_MS
        starts = np.append(0, np.diff(hour).nonzero()[0] + 1)
        hours = hour[starts]
        count = np.diff(np.append(starts, ts.size))
        mean = np.add.reduceat(value, starts) / count
        above = (mean > limits.point) & (count * limits.interval_ms >= limits.share * HOUR_MS)
        total = np.append(0, above.cumsum())
        over = hours - 1
        day_began = over // DAY_HOURS * DAY_HOURS
        times = total[hours.searchsorted(over, "right")] - total[hours.searchsorted(day_began)]
        per_reading = np.repeat(times, count).astype(np.float64)
        return grade(ts, per_reading, per_reading, limits, self.sign)
