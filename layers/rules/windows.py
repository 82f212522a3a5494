"""Rules over windows: sustained threshold, mean, level, rolling sum, rise, exceedances a day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.contract import Limits, switches
from layers.packs import Entry
from layers.rules.episodes import Grades
from layers.rules.kinds import MISSED_INTERVALS, Kind, grade

HOUR_MS = 3_600_000
# A day on which the clocks are put back has 25 hours, and the last one is over an hour later.
LONGEST_DAY_MS = 26 * HOUR_MS

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Places = NDArray[np.int64]


def _over(function: np.ufunc, value: Values, first: Places, start: int) -> Values:
    """Reduce ``value[first[i] : i + 1]`` for every i from ``start`` on (``first`` begins there).
    Each window is reduced by itself, so that it gives the same number to the last bit wherever
    the series begins."""
    size = value.size
    if start == size:
        return value[:0]
    edges = np.empty(2 * (size - start), np.int64)
    edges[0::2] = first
    edges[1::2] = np.arange(start + 1, size + 1)
    reduced: Values = function.reduceat(np.append(value, value[-1]), edges)[0::2]
    return reduced


def _within(ts: Times, window_ms: int, start: int) -> Places:
    """For each time t from place ``start`` on, the place of the first reading later than
    t - window."""
    return ts.searchsorted(ts[start:] - window_ms, side="right")


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold(Kind):
    """A value beyond a bound, without interruption for the pack's ``sustain``; over when it was
    back inside by the margin for ``calm``. A pause of more than three intervals interrupts."""

    def _lookback(self, chosen: Entry, interval: int) -> int:
        longest = max(chosen.sustain_ms, chosen.calm_ms)
        return longest + MISSED_INTERVALS * interval if longest else 0

    def _grade(self, ts: Times, value: Values, start: int, limits: Limits) -> Grades:
        if not limits.sustain_ms and not limits.calm_ms:
            return grade(ts[start:], value[start:], value[start:], limits, self.sign)
        least, most = (np.maximum, np.minimum) if self.below else (np.minimum, np.maximum)
        since = unbroken(ts, limits.gap_ms, start)
        return grade(
            ts[start:],
            sustained(least, ts, value, limits.sustain_ms, since),
            sustained(most, ts, value, limits.calm_ms, since),
            limits,
            self.sign,
        )


def unbroken(ts: Times, gap_ms: int, start: int) -> Places:
    """For each reading from place ``start`` on, the place since which readings came without a
    pause longer than ``gap_ms``."""
    places = np.zeros(ts.size, np.int64)
    broken = np.diff(ts) > gap_ms
    places[1:][broken] = broken.nonzero()[0] + 1
    return np.maximum.accumulate(places)[start:]


def sustained(function: np.ufunc, ts: Times, value: Values, span_ms: int, since: Places) -> Values:
    """Reduce what held during the last ``span_ms`` of each reading, the reading that held at its
    beginning included; NaN where readings did not come without interruption (``since``: the place
    from which they did) for so long. As long as ``since``: for the last readings only."""
    start = ts.size - since.size
    if not span_ms:
        return value[start:]
    first = _within(ts, span_ms, start) - 1
    reduced = _over(function, value, np.maximum(first, 0), start)
    reduced[first < since] = np.nan
    return reduced


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean(Kind):
    """The mean of the last ``window``; only where ``share`` of the expected readings came."""

    def _lookback(self, chosen: Entry, interval: int) -> int:
        del interval
        return chosen.window_ms

    def _grade(self, ts: Times, value: Values, start: int, limits: Limits) -> Grades:
        first = _within(ts, limits.window_ms, start)
        count = np.arange(start + 1, ts.size + 1) - first
        mean = self._total(value, first, start, count)
        mean[count * limits.interval_ms < limits.share * limits.window_ms] = np.nan
        return grade(ts[start:], mean, mean, limits, self.sign)

    def _total(self, value: Values, first: Places, start: int, count: Places) -> Values:
        return _over(np.add, value, first, start) / count


@dataclass(frozen=True, kw_only=True, slots=True)
class EquivalentLevel(Mean):
    """The mean of a level in dB, which is that of its energy: 10 minutes of 80 dB and 10 of 40
    are 77 dB, not 60."""

    def _total(self, value: Values, first: Places, start: int, count: Places) -> Values:
        energy = _over(np.add, 10 ** (value / 10), first, start) / count
        level: Values = 10 * np.log10(energy)
        return level


@dataclass(frozen=True, kw_only=True, slots=True)
class RollingSum(Kind):
    """Sums over windows, each bound with its own; over when every sum is inside by the margin."""

    def _lookback(self, chosen: Entry, interval: int) -> int:
        del interval
        return max(spec.window_ms for spec in chosen.specs)

    def _grade(self, ts: Times, value: Values, start: int, limits: Limits) -> Grades:
        sums = {
            window_ms: _over(np.add, value, _within(ts, window_ms, start), start)
            for window_ms in {bound.window_ms for bound in limits.bounds}
        }
        level = np.zeros(ts.size - start, np.int8)
        peak = np.zeros(ts.size - start, np.float64)
        calm = np.ones(ts.size - start, np.bool_)
        for bound in limits.bounds:
            total = sums[bound.window_ms]
            passed = total >= bound.value
            level[passed] = bound.level
            peak[passed] = total[passed]
            calm &= total < bound.calm
        return Grades(ts=ts[start:], level=level, value=peak, calm=calm)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rise(Kind):
    """How far the value stands above its lowest within the last ``window``."""

    def _lookback(self, chosen: Entry, interval: int) -> int:
        del interval
        return chosen.window_ms

    def _grade(self, ts: Times, value: Values, start: int, limits: Limits) -> Grades:
        lowest = _over(np.minimum, value, _within(ts, limits.window_ms, start), start)
        rise = value[start:] - lowest
        return grade(ts[start:], rise, rise, limits, self.sign)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exceedances(Kind):
    """How many hourly means of a local day are above ``point``; more than a bound is too many.

    An hour counts when it is over and ``share`` of its readings came; the count stands until the
    first hour of the next day is over.
    """

    def _lookback(self, chosen: Entry, interval: int) -> int:
        del chosen, interval
        return LONGEST_DAY_MS

    def _grade(self, ts: Times, value: Values, start: int, limits: Limits) -> Grades:
        if start == ts.size:
            return grade(ts[start:], value[start:], value[start:], limits, self.sign)
        turns = switches(limits.zone, (0,), int(ts[0]) - HOUR_MS, int(ts[-1]))
        days = np.array([at for at, _ in turns], np.int64)
        hour = _hours(ts, days)
        starts = np.append(0, np.diff(hour).nonzero()[0] + 1)
        hours = hour[starts]
        count = np.diff(np.append(starts, ts.size))
        mean = np.add.reduceat(value, starts) / count
        above = (mean > limits.point) & (count * limits.interval_ms >= limits.share * HOUR_MS)
        total = np.append(0, above.cumsum())
        # the hour that is over: it ended where the hour of the reading began
        ended = hour[start:]
        day_began = days[days.searchsorted(ended - 1, "right") - 1]
        times = total[hours.searchsorted(ended)] - total[hours.searchsorted(day_began)]
        return grade(ts[start:], times * 1.0, times * 1.0, limits, self.sign)


def _hours(ts: Times, days: Times) -> Times:
    """When the hour of each time began: full hours are counted from local midnight."""
    began = days[days.searchsorted(ts, "right") - 1]
    return began + (ts - began) // HOUR_MS * HOUR_MS
