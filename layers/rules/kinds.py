"""What all kinds of rules share, and how readings are graded against bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from layers.contract import (
    FLAG_NORMAL,
    Attributes,
    Finding,
    Limits,
    Member,
    Scope,
    Seed,
    Series,
    Words,
    midnight,
)
from layers.packs import Entry, interval_ms, versions
from layers.rules.episodes import Grades, episodes, joined

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
    scope: ClassVar[Scope | None] = None

    def limits(self, attributes: Attributes) -> Limits | None:
        """Return the limits for one device, None where none applies. Raises BadAttribute.

        The oldest version of the pack also stands for the time before it.
        """
        interval = interval_ms(attributes)
        first, *later = (
            self._version(chosen, attributes, interval) for chosen in versions(self.pack)
        )
        if not first.bounds and not any(one.bounds for one in later):
            return None
        if not later:
            return first
        longest = max(one.lookback_ms for one in (first, *later))
        return replace(first, later=tuple(later), lookback_ms=longest)

    def _version(self, chosen: Entry, attributes: Attributes, interval: int) -> Limits:
        zone = chosen.zone(attributes)
        return Limits(
            bounds=chosen.bounds(attributes, self.sign),
            lookback_ms=self._lookback(chosen, interval),
            interval_ms=interval,
            strict=chosen.strict,
            sustain_ms=chosen.sustain_ms,
            calm_ms=chosen.calm_ms,
            gap_ms=MISSED_INTERVALS * interval,
            window_ms=chosen.window_ms,
            share=chosen.share,
            point=chosen.point,
            rests_at=chosen.rests_at,
            members_at_least=chosen.members_at_least,
            zone=zone,
            silent_after_ms=silent_after(chosen, interval),
            from_ms=midnight(zone, chosen.effective_from),
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
        ts, value = self._judged(series)
        if not ts.size:
            return () if seed is None else (carried(self.name, seed),)
        start = 0 if since_ms is None else int(ts.searchsorted(since_ms))
        if limits.constant or start == ts.size:
            grades = self._grade(ts, value, start, limits)
        else:
            grades = self._graded(ts, value, start, limits)
        return episodes(self.name, grades, limits, seed, sign=self.sign)

    def compare(self, members: Sequence[Member], limits: Limits) -> Mapping[int, float]:
        """See ``layers.contract.Rule.compare``: a device that is judged alone is its reading."""
        del limits
        return {one.device_no: one.mean for one in members}

    def _judged(self, series: Series) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return times and values of the readings that count."""
        return normal(series)

    def _graded(
        self, ts: NDArray[np.int64], value: NDArray[np.float64], start: int, limits: Limits
    ) -> Grades:
        """Grade each reading by the limits that are in force at its time."""
        parts = []
        for one in limits.stretches(int(ts[start]), int(ts[-1])):
            first = 0 if one.context_from_ms is None else int(ts.searchsorted(one.context_from_ms))
            begin, end = (int(at) for at in ts.searchsorted((one.from_ms, one.until_ms)))
            if begin == end:
                continue
            if one.limits.bounds:
                part = slice(first, end)
                parts.append(self._grade(ts[part], value[part], begin - first, one.limits))
            else:
                parts.append(unlimited(ts[begin:end], value[begin:end]))
        return joined(parts)

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


def unlimited(ts: NDArray[np.int64], value: NDArray[np.float64]) -> Grades:
    """Grade readings of a time in which nothing limits them: all is calm."""
    none = np.zeros(ts.size, np.int8)
    return Grades(ts=ts, level=none, value=value, calm=np.ones(ts.size, np.bool_))


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
