"""From graded readings to findings, and how to judge only a part of a series.

A rule grades every reading: the level it reaches (0: none) and whether all is calm. What is open
then follows from those grades alone: a finding opens at the first reading with a level and ends
at the first calm one. Because grades look back a bounded time only, the open finding (`Seed`) is
the whole memory, and any part of a series can be judged alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from layers.contract import Finding, Limits, Seed


@dataclass(frozen=True, kw_only=True, slots=True)
class Grades:
    """Per reading: ``ts`` ms, ``level`` 0..4, ``value`` that reached it, ``calm``.

    No reading is calm and has a level.
    """

    ts: NDArray[np.int64]
    level: NDArray[np.int8]
    value: NDArray[np.float64]
    calm: NDArray[np.bool_]


def joined(parts: Sequence[Grades]) -> Grades:
    """Put grades of following stretches of time together."""
    return Grades(
        ts=np.concatenate([one.ts for one in parts]),
        level=np.concatenate([one.level for one in parts]),
        value=np.concatenate([one.value for one in parts]),
        calm=np.concatenate([one.calm for one in parts]),
    )


def episodes(
    rule: str, grades: Grades, limits: Limits, seed: Seed | None, *, sign: int
) -> tuple[Finding, ...]:
    """Walk from finding to finding; ``sign`` is -1 where smaller values are worse."""
    raised = grades.level.nonzero()[0]
    if seed is None and not raised.size:
        return ()
    calm = grades.calm.nonzero()[0]
    found: list[Finding] = []
    at = 0
    while True:
        if seed is None:
            place = int(raised.searchsorted(at))
            if place == raised.size:
                return tuple(found)
            at = int(raised[place])
        place = int(calm.searchsorted(at))
        end = int(calm[place]) if place < calm.size else None
        found.append(_finding(rule, grades, (at, end), limits, seed, sign))
        if end is None:
            return tuple(found)
        seed = None
        at = end


def _finding(
    rule: str,
    grades: Grades,
    span: tuple[int, int | None],
    limits: Limits,
    seed: Seed | None,
    sign: int,
) -> Finding:
    """Describe the finding of the readings of ``span``; its peak is the earliest worst value among
    those of the highest level."""
    first, end = span
    ended_ms = None if end is None else int(grades.ts[end])
    levels = grades.level[first:end]
    top = int(levels.max(initial=0))
    if top:
        values = np.where(levels == top, grades.value[first:end] * sign, -np.inf)
        best = int(values.argmax())
        peak = float(grades.value[first + best])
    if seed is not None and (not top or (seed.level, seed.peak * sign) >= (top, peak * sign)):
        return Finding(
            rule=rule,
            onset_ms=seed.onset_ms,
            ended_ms=ended_ms,
            level=seed.level,
            peak=seed.peak,
            peak_ms=seed.peak_ms,
            bound=seed.bound,
            clause=seed.clause,
        )
    peak_ms = int(grades.ts[first + best])
    bound = limits.at(peak_ms).bound(top)
    return Finding(
        rule=rule,
        onset_ms=int(grades.ts[first]) if seed is None else seed.onset_ms,
        ended_ms=ended_ms,
        level=top,
        peak=peak,
        peak_ms=peak_ms,
        bound=bound.value,
        clause=bound.clause,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """From where to judge again: read from ``read_from_ms``, judge from ``since_ms``."""

    since_ms: int
    read_from_ms: int
    seed: Seed | None


def resume(limits: Limits, dirty_from_ms: int, stored: Iterable[Finding]) -> Resume:
    """Say how to judge again when readings changed at or after ``dirty_from_ms``.

    ``stored``: the current findings of the device and rule that end at or after that time. One
    that is open there is carried on, unless it had its peak later: then it is judged afresh from
    its onset.
    """
    since_ms, seed = dirty_from_ms, None
    for finding in stored:
        if finding.onset_ms < dirty_from_ms and (
            finding.ended_ms is None or finding.ended_ms >= dirty_from_ms
        ):
            if finding.peak_ms < dirty_from_ms:
                seed = Seed.of(finding)
            else:
                since_ms = finding.onset_ms
            break
    return Resume(since_ms=since_ms, read_from_ms=since_ms - limits.lookback_ms, seed=seed)


ChangeKind = Literal["raised", "changed", "updated", "cleared", "withdrawn"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How one finding differs from what is stored; ``updated``: only its peak moved."""

    kind: ChangeKind
    before: Finding | None
    after: Finding | None


def compare(
    stored: Sequence[Finding], found: Sequence[Finding], *, since_ms: int
) -> tuple[Change, ...]:
    """Say what must change so that ``stored`` becomes ``found`` (judged from ``since_ms``).

    A finding is the same one when it begins at the same time or else overlaps in time; each is
    paired once. Stored findings that ended before ``since_ms`` are not touched.
    """
    left = sorted(
        (one for one in stored if one.ended_ms is None or one.ended_ms >= since_ms),
        key=lambda one: one.onset_ms,
    )
    pairs: dict[int, Finding] = {}
    for place, finding in enumerate(found):
        for one in left:
            if one.onset_ms == finding.onset_ms:
                pairs[place] = one
                left.remove(one)
                break
    for place, finding in enumerate(found):
        if place in pairs:
            continue
        for one in left:
            if _overlap(one, finding):
                pairs[place] = one
                left.remove(one)
                break
    changes = [Change(kind="withdrawn", before=one, after=None) for one in left]
    for place, finding in enumerate(found):
        kind = _kind(pairs.get(place), finding)
        if kind is not None:
            changes.append(Change(kind=kind, before=pairs.get(place), after=finding))
    return tuple(changes)


def _overlap(one: Finding, other: Finding) -> bool:
    return (other.ended_ms is None or one.onset_ms < other.ended_ms) and (
        one.ended_ms is None or other.onset_ms < one.ended_ms
    )


def _kind(before: Finding | None, after: Finding) -> ChangeKind | None:
    if before is None:
        return "raised"
    if before == after:
        return None
    if before.ended_ms is None and after.ended_ms is not None:
        return "cleared"
    if replace(before, peak=after.peak, peak_ms=after.peak_ms) == after:
        return "updated"
    return "changed"
