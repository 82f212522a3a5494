"""The rules once more, as plainly as possible: one loop over all readings, no windows kept, no
arrays, no starting in the middle. Slow, and obviously what the documentation says."""

from collections.abc import Callable, Sequence

from layers.contract import Finding, Limits

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
            bound = next(one for one in limits.bounds if one.level == level)
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

    def too_high(hour: int) -> bool:
        values = [v for at, v in points if (at + limits.utc_offset_ms) // HOUR == hour]
        enough = len(values) * limits.interval_ms >= limits.share * HOUR
        return bool(values) and enough and sum(values) / len(values) > limits.point

    def grade(place: int) -> Grade:
        over = (points[place][0] + limits.utc_offset_ms) // HOUR - 1
        times = float(sum(too_high(hour) for hour in range(over // 24 * 24, over + 1)))
        return graded(limits, sign, times, times)

    return grade
