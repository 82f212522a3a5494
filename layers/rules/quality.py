"""Readings that cannot be trusted: a value that does not move, flags that say so themselves.

They ask for somebody to look at the device, and say nothing of what it measures.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from layers.contract import FLAG_NORMAL, Attributes, Expected, Limits, Sample, Series, words
from layers.packs import Entry, metrics
from layers.rules.episodes import Grades
from layers.rules.kinds import MISSED_INTERVALS, Kind, grade
from layers.rules.windows import sustained, unbroken

MINUTE_MS = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class FlatLine(Kind):
    """The value moved by no more than the bound, all the time for the pack's ``sustain``; over
    when it moves again. Where it ``rests_at`` a value (a dry road, a pump that is off), that it
    stays there is right. A pause of more than three intervals interrupts."""

    @property
    def sign(self) -> int:
        """Smaller movements are worse."""
        return -1

    def _lookback(self, chosen: Entry, interval: int) -> int:
        return chosen.sustain_ms + MISSED_INTERVALS * interval

    def _grade(
        self, ts: NDArray[np.int64], value: NDArray[np.float64], start: int, limits: Limits
    ) -> Grades:
        since = unbroken(ts, limits.gap_ms, start)
        highest = sustained(np.maximum, ts, value, limits.sustain_ms, since)
        lowest = sustained(np.minimum, ts, value, limits.sustain_ms, since)
        moved = highest - lowest
        if limits.rests_at is not None:
            moved[np.abs(value[start:] - limits.rests_at) <= limits.bounds[0].value] = np.inf
        return grade(ts[start:], moved, moved, limits, self.sign)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flagged(Kind):
    """Every reading carried one of a bound's ``flags`` for the bound's window; over with the
    first normal reading. Peak and bound are minutes of the window."""

    decimals: int | None = 0

    def _lookback(self, chosen: Entry, interval: int) -> int:
        return max(spec.window_ms for spec in chosen.specs) + MISSED_INTERVALS * interval

    def _version(self, chosen: Entry, attributes: Attributes, interval: int) -> Limits:
        limits = Kind._version(self, chosen, attributes, interval)
        bounds = tuple(
            replace(one, value=one.window_ms / MINUTE_MS, calm=0.0) for one in limits.bounds
        )
        return replace(limits, bounds=bounds)

    def _judged(self, series: Series) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return series.ts, np.ascontiguousarray(series.flag).view(np.uint8).astype(np.float64)

    def _grade(
        self, ts: NDArray[np.int64], value: NDArray[np.float64], start: int, limits: Limits
    ) -> Grades:
        since = unbroken(ts, limits.gap_ms, start)
        level = np.zeros(ts.size - start, np.int8)
        patience = np.zeros(ts.size - start, np.float64)
        for bound in limits.bounds:
            carried = np.logical_or.reduce([value == flag for flag in bound.flags.encode()])
            if not carried.any():
                continue
            lasting = sustained(np.minimum, ts, carried * 1.0, bound.window_ms, since) == 1
            level[lasting] = bound.level
            patience[lasting] = bound.value
        normal = value[start:] == ord(FLAG_NORMAL)
        return Grades(ts=ts[start:], level=level, value=patience, calm=normal)


def flat(name: str, metric: str, category: str, pack: str) -> FlatLine:
    """Make the flat line rule of a metric; its words follow from the metric's names."""
    (known,) = metrics(metric)
    zh, en = known.name_zh, known.name_en
    return FlatLine(
        name=name,
        metric=metric,
        category=category,
        pack=pack,
        names=words(f"{zh}数据不变", f"{en} does not move"),
        title=words(
            f"{zh} {{window}}内变化不超过 {{bound}} {{unit}}，传感器可能卡滞",
            f"{en} moved by no more than {{bound}} {{unit}} in {{window}}: the sensor may be stuck",
        ),
        recovery=words(f"{zh}数据恢复变化", f"{en} moves again"),
    )


def flagged(name: str, metric: str, category: str, pack: str) -> Flagged:
    """Make the rule about lasting flags of a metric; its words follow from the metric's names."""
    (known,) = metrics(metric)
    zh, en = known.name_zh, known.name_en
    return Flagged(
        name=name,
        metric=metric,
        category=category,
        pack=pack,
        names=words(f"{zh}数据长时间带标记", f"{en} data flagged for long"),
        title=words(
            f"{zh}数据持续标记为{{label}}，已超过 {{window}}",
            f"{en} data flagged as {{label}} for more than {{window}}",
        ),
        recovery=words(f"{zh}数据标记恢复正常", f"{en} data are normal again"),
    )


def flat_sample(rule: str, *, minutes: int, level: int = 1) -> Sample:
    """Make the sample of a flat line rule that waits for ``minutes``."""
    return Sample(
        rule=rule,
        every_s=60,
        quiet=(*[50.0] * minutes, 51.0, *[50.0] * minutes),
        loud=(51.0, *[50.0] * (minutes + 3), 52.0),
        finds=(Expected(level=level, onset=minutes + 1, ended=minutes + 4),),
    )


def flagged_sample(rule: str, *, minutes: int, flag: str = "D", level: int = 2) -> Sample:
    """Make the sample of a rule about flags that waits for ``minutes`` when they are ``flag``."""
    return Sample(
        rule=rule,
        every_s=60,
        quiet=(1.0,) * (minutes + 2),
        quiet_flags="N" + flag * minutes + "N",
        loud=(1.0,) * (minutes + 4),
        loud_flags="N" + flag * (minutes + 2) + "N",
        finds=(Expected(level=level, onset=minutes + 1, ended=minutes + 3),),
    )
