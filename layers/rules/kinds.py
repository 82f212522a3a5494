"""What all kinds of rules share, and how readings are graded against bounds."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from layers.contract import (
    FLAG_NORMAL,
    Attributes,
    Finding,
    Limits,
    Seed,
    Series,
    Words,
)
from layers.packs import Entry, entry, interval_ms
from layers.rules.episodes import Grades, episodes

MISSED_INTERVALS = 3
"""A pause longer than this many intervals breaks "all the time since"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A rule as a layer file writes it; ``pack`` names its limits ("flood.river_level")."""

    name: str
    metric: str
    category: str
    pack: str
    names: Words
    title: Words
    recovery: Words | None = None
    below: bool = False
    decimals: int | None = None

    clock_driven: ClassVar[bool] = False

    def limits(self, attributes: Attributes) -> Limits | None:
        """Return the limits for one device, None where none applies. Raises BadAttribute."""
        chosen = entry(self.pack)
        bounds = chosen.bounds(attributes, self.sign)
        interval = interval_ms(attributes)
        if not bounds:
            return None
        return Limits(
            bounds=bounds,
            lookback_ms=self._lookback(chosen, interval),
            interval_ms=interval,
            strict=chosen.strict,
            sustain_ms=chosen.sustain_ms,
            calm_ms=chosen.calm_ms,
            gap_ms=MISSED_INTERVALS * interval,
            window_ms=chosen.window_ms,
            share=chosen.share,
            point=chosen.point,
            utc_offset_ms=chosen.utc_offset_ms,
            silent_after_ms=silent_after(chosen, interval),
        )

    @property
    def sign(self) -> int:
        """-1 where smaller values are worse."""
        return -1 if self.below else 1

    def judge(
        self,
        series: Series,
        limits: Limits,
        seed: Seed | None = None,
        now_ms: int = 0,  # noqa: ARG002 - only silence depends on the clock
        *,
        since_ms: int | None = None,
    ) -> tuple[Finding, ...]:
        """See ``layers.contract.Rule.judge``."""
        ts, value = normal(series)
        if not ts.size:
            return () if seed is None else (carried(self.name, seed),)
        start = 0 if since_ms is None else int(ts.searchsorted(since_ms))
        grades = self._grade(ts, value, start, limits)
        return episodes(self.name, grades, limits, seed, sign=self.sign)

    def _lookback(self, chosen: Entry, interval: int) -> int:
        """How far back the grade of a reading depends on earlier ones; all in ms."""
        raise NotImplementedError

    def _grade(
        self, ts: NDArray[np.int64], value: NDArray[np.float64], start: int, limits: Limits
    ) -> Grades:
        """Grade the readings from place ``start`` on; those before it are context."""
        raise NotImplementedError


def silent_after(chosen: Entry, interval: int) -> int:
    """Return after how long without a reading a device of this interval is silent; all in ms."""
    return max(round(chosen.silent_intervals * interval), chosen.silent_at_least_ms)


def normal(series: Series) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return times and values of the readings that may raise an alarm."""
    keep = series.flag == FLAG_NORMAL
    if keep.all():
        return series.ts, series.value
    return series.ts[keep], series.value[keep]


def carried(rule: str, seed: Seed) -> Finding:
    """Return the finding of a seed that nothing ended."""
    return Finding(
        rule=rule,
        onset_ms=seed.onset_ms,
        ended_ms=None,
        level=seed.level,
        peak=seed.peak,
        peak_ms=seed.peak_ms,
        bound=seed.bound,
        clause=seed.clause,
    )


def grade(
    ts: NDArray[np.int64],
    worst: NDArray[np.float64],
    mildest: NDArray[np.float64],
    limits: Limits,
    sign: int,
) -> Grades:
    """Grade by one quantity: ``worst`` passes a bound, ``mildest`` is calm; NaN does neither."""
    level = np.zeros(ts.size, np.int8)
    if not ts.size:
        return Grades(ts=ts, level=level, value=worst, calm=np.zeros(0, np.bool_))
    up = worst * sign if sign < 0 else worst
    down = mildest * sign if sign < 0 else mildest
    top = up.max()
    for bound in limits.bounds:
        edge = bound.value * sign
        if not top < edge:  # NaN, too
            level[up > edge if limits.strict else up >= edge] = bound.level  # levels rise
    rest = min(bound.calm * sign for bound in limits.bounds)
    calm = down <= rest if limits.strict else down < rest
    return Grades(ts=ts, level=level, value=worst, calm=calm)
