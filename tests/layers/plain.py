"""The rules once more, as plainly as possible: one loop over all readings, no windows kept, no
arrays, no starting in the middle. Slow, and obviously what the documentation says."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from math import log10
from zoneinfo import ZoneInfo

from layers.contract import Bound, Finding, Limits

HOUR = 3_600_000
Points = Sequence[tuple[int, float]]
Grade = tuple[int, float, bool]
"""Level reached, value that reached it, calm."""
Kind = Callable[[Points, Limits, int], Callable[[int], Grade]]


def judge(
    rule: str, points: Points, limits: Limits, grade: Callable[[int], Grade], sign: int
) -> list[Finding]:
    """Open at the first reading with a level, close at the first calm one."""
    found: list[Finding] = []
    now_open: Finding | None = None
    for place, (ts, _) in enumerate(points):
        level, value, calm = grade(place)
        if now_open is not None and calm:
            found.append(_ended(now_open, ts))
            now_open = None
        elif level and (
            now_open is None or (level, value * sign) > (now_open.level, now_open.peak * sign)
        ):
            bound = next(one for one in in_force(limits, ts) if one.level == level)
            onset = ts if now_open is None else now_open.onset_ms
            now_open = Finding(
                rule=rule,
                onset_ms=onset,
                ended_ms=None,
                level=level,
                peak=value,
                peak_ms=ts,
                bound=bound.value,
                clause=bound.clause,
            )
    return found if now_open is None else [*found, now_open]


def in_force(limits: Limits, ts: int) -> list[Bound]:
    """The bounds of the version and the hour of the local day of one moment."""
    version = limits
    for one in limits.later:
        if ts >= one.from_ms:
            version = one
    if all(one.hours is None for one in version.bounds):
        return list(version.bounds)
    local = datetime.fromtimestamp(ts / 1000, ZoneInfo(limits.zone))
    minute = local.hour * 60 + local.minute
    return [one for one in version.bounds if one.hours is None or minute in one.hours]


def _ended(one: Finding, ts: int) -> Finding:
    return Finding(
        rule=one.rule,
        onset_ms=one.onset_ms,
        ended_ms=ts,
        level=one.level,
        peak=one.peak,
        peak_ms=one.peak_ms,
        bound=one.bound,
        clause=one.clause,
    )


def graded(limits: Limits, sign: int, worst: float | None, mildest: float | None) -> Grade:
    """Compare one quantity (None: not known) with every bound."""
    level = 0
    for bound in limits.bounds:
        if worst is not None and (
            worst * sign > bound.value * sign
            if limits.strict
            else worst * sign >= bound.value * sign
        ):
            level = bound.level
    calm = mildest is not None and all(
        mildest * sign <= bound.calm * sign if limits.strict else mildest * sign < bound.calm * sign
        for bound in limits.bounds
    )
    return level, 0.0 if worst is None else worst, calm


def held(points: Points, place: int, span: int, gap: int) -> list[float] | None:
    """What held during the last ``span`` before a reading, None where that is not known."""
    ts = points[place][0]
    values = [points[place][1]]
    while span and points[place][0] > ts - span:
        if place == 0 or points[place][0] - points[place - 1][0] > gap:
            return None
        place -= 1
        values.append(points[place][1])
    return values


def threshold(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """Sustained for ``sustain``, calm for ``calm``."""

    def grade(place: int) -> Grade:
        up = held(points, place, limits.sustain_ms, limits.gap_ms)
        down = held(points, place, limits.calm_ms, limits.gap_ms)
        return graded(
            limits,
            sign,
            None if up is None else min(value * sign for value in up) * sign,
            None if down is None else max(value * sign for value in down) * sign,
        )

    return grade


def window(points: Points, place: int, span: int) -> list[float]:
    """Values within (t - span, t]."""
    ts = points[place][0]
    return [value for at, value in points if ts - span < at <= ts]


def mean(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """Mean of a window with enough readings."""

    def grade(place: int) -> Grade:
        values = window(points, place, limits.window_ms)
        if len(values) * limits.interval_ms < limits.share * limits.window_ms:
            return 0, 0.0, False
        average = sum(values) / len(values)
        return graded(limits, sign, average, average)

    return grade


def equivalent_level(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """Mean energy of the part of the window that the same bounds are for."""

    def grade(place: int) -> Grade:
        ts = points[place][0]
        bounds = in_force(limits, ts)
        hours = {one.hours for one in bounds}
        values = [
            value
            for at, value in points
            if ts - limits.window_ms < at <= ts
            and {one.hours for one in in_force(limits, at)} == hours
        ]
        if len(values) * limits.interval_ms < limits.share * limits.window_ms:
            return 0, 0.0, False
        level = 10 * log10(sum(10 ** (value / 10) for value in values) / len(values))
        return graded(replace(limits, bounds=tuple(bounds), later=()), sign, level, level)

    return grade


def flat_line(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """All that held for ``sustain`` lies within the bound; a value at rest is left alone."""

    def grade(place: int) -> Grade:
        values = held(points, place, limits.sustain_ms, limits.gap_ms)
        if points[place][1] == limits.rests_at:
            return 0, 0.0, True
        moved = None if values is None else max(values) - min(values)
        return graded(limits, sign, moved, moved)

    return grade


def rolling(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """Each bound with the sum of its own window."""
    del sign

    def grade(place: int) -> Grade:
        level, reached, calm = 0, 0.0, True
        for bound in limits.bounds:
            total = sum(window(points, place, bound.window_ms))
            calm = calm and total < bound.calm
            if total >= bound.value:
                level, reached = bound.level, total
        return level, reached, calm

    return grade


def rise(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """Above the lowest of a window."""

    def grade(place: int) -> Grade:
        above = points[place][1] - min(window(points, place, limits.window_ms))
        return graded(limits, sign, above, above)

    return grade


def exceedances(points: Points, limits: Limits, sign: int) -> Callable[[int], Grade]:
    """Hours above the point, of the day of the last hour that is over."""

    zone = ZoneInfo(limits.zone)

    def hour_of(ts: int) -> tuple[date, int]:
        """The local day, and which hour of it (of 23, 24 or 25)."""
        local = datetime.fromtimestamp(ts / 1000, zone)
        began = datetime.combine(local.date(), time(), zone)
        return local.date(), int((ts / 1000 - began.timestamp()) // 3600)

    placed = {at: hour_of(at) for at, _ in points}
    by_hour: dict[tuple[date, int], list[float]] = {}
    for at, value in points:
        by_hour.setdefault(placed[at], []).append(value)

    def too_high(values: list[float]) -> bool:
        enough = len(values) * limits.interval_ms >= limits.share * HOUR
        return enough and sum(values) / len(values) > limits.point

    def grade(place: int) -> Grade:
        ts = points[place][0]
        day, hour = placed[ts]
        if hour == 0:  # the last hour of the day before is the one that is over
            day, hour = day - timedelta(days=1), 99
        times = float(
            sum(too_high(values) for (on, at), values in by_hour.items() if on == day and at < hour)
        )
        return graded(limits, sign, times, times)

    return grade
