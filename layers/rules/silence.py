"""A device that does not speak: judged by the clock, provisional until readings under way come."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from layers.contract import Expected, Finding, Limits, Sample, Seed, Series, words
from layers.packs import Entry
from layers.rules.kinds import Kind, carried, silent_after

MINUTE_MS = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence(Kind):
    """No reading, whatever its flag, for longer than the device's limit.

    A pause is a finding from the moment the limit passed to the next reading; the running one is
    provisional. Peak and bound are minutes: the length of the pause (of the limit while it runs,
    so that a finding does not change every second).
    """

    clock_driven: ClassVar[bool] = True

    def _lookback(self, chosen: Entry, interval: int) -> int:
        # The reading before is needed however long ago it was; mostly it is within the limit,
        # and need not be looked for.
        return silent_after(chosen, interval)

    def judge(
        self,
        series: Series,
        limits: Limits,
        seed: Seed | None = None,
        now_ms: int = 0,
        *,
        since_ms: int | None = None,
    ) -> tuple[Finding, ...]:
        """See ``layers.contract.Rule.judge``; a reading before ``since_ms`` must be there."""
        ts, limit_ms = series.ts, limits.silent_after_ms
        if not ts.size:
            return () if seed is None else (carried(self.name, seed),)
        if seed is not None and ts[0] > seed.onset_ms:
            ts = np.insert(ts, 0, seed.onset_ms - limit_ms)
        pauses = (np.diff(ts) > limit_ms).nonzero()[0]
        found = [
            self._finding(int(ts[place]), int(ts[place + 1]), limits)
            for place in pauses
            if since_ms is None or ts[place + 1] >= since_ms
        ]
        if now_ms - int(ts[-1]) > limit_ms:
            found.append(self._finding(int(ts[-1]), None, limits))
        return tuple(found)

    def _finding(self, last_ms: int, next_ms: int | None, limits: Limits) -> Finding:
        bound = limits.bounds[0]
        pause_ms = limits.silent_after_ms if next_ms is None else next_ms - last_ms
        return Finding(
            rule=self.name,
            onset_ms=last_ms + limits.silent_after_ms,
            ended_ms=next_ms,
            level=bound.level,
            peak=pause_ms / MINUTE_MS,
            peak_ms=last_ms + limits.silent_after_ms,
            bound=limits.silent_after_ms / MINUTE_MS,
            clause=bound.clause,
            provisional=next_ms is None,
        )


def silent(name: str, metric: str, category: str, pack: str, *, zh: str, en: str) -> Silence:
    """Make the silence rule of a layer; ``zh`` and ``en`` name its data ("水位", "water level")."""
    return Silence(
        name=name,
        metric=metric,
        category=category,
        pack=pack,
        names=words(f"{zh}数据中断", f"No {en} data"),
        title=words(
            f"{zh}数据中断超过 {{bound}} 分钟", f"No {en} data for more than {{bound}} min"
        ),
        recovery=words(
            f"{zh}数据已恢复，中断 {{peak}} 分钟",
            f"{en.capitalize()} data are back after {{peak}} min",
        ),
        decimals=0,
    )


def silence_sample(rule: str, *, level: int = 1) -> Sample:
    """Make the sample of a silence rule of ten intervals: eight readings missing, or twelve."""
    return Sample(
        rule=rule,
        every_s=60,
        quiet=(1.0, *[None] * 8, 1.0),
        loud=(1.0, 1.0, *[None] * 12, 1.0),
        finds=(Expected(level=level, onset=11, ended=14),),
    )
