"""The findings depend on the readings alone, not on when or how often they arrived, and judging a
part from what is stored gives what judging the whole gives."""

import random
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.contract import Attributes, Finding, Limits, Rule, Series
from layers.rules import compare, resume
from tests.layers import plain
from tests.layers.helpers import HOUR, MINUTE, SECOND, limits_of, rule

Reading = tuple[int, float, bytes]
STATION = {"warning_m": 4.0, "guarantee_m": 5.0, "record_m": 6.0}
WATER = {"water_class": "IV"}

# rule, attributes, step and interval in seconds, values worth trying, the plain rule
Case = tuple[Attributes, int, list[float], plain.Kind]
CASES: dict[str, Case] = {
    "river_level": (STATION, 60, [3.6, 3.7, 3.75, 3.8, 4.0, 4.5, 5.0, 6.5], plain.threshold),
    "cod_high": (WATER, 30, [20.0, 27.0, 27.5, 30.0, 30.5, 61.0, 160.0], plain.threshold),
    "oxygen_low": (WATER, 30, [5.0, 3.3, 3.2, 3.0, 2.5, 1.0], plain.threshold),
    "debris_cover_high": ({}, 60, [5.0, 15.0, 19.0, 20.0, 45.0, 70.0], plain.threshold),
    "tsp_mean": ({}, 60, [100.0, 700.0, 720.0, 900.0, 1700.0, 6000.0], plain.mean),
    "heavy_rain": ({}, 3600, [0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 17.0, 60.0], plain.rolling),
    "river_rise": ({}, 300, [1.0, 1.3, 1.9, 2.4, 2.9], plain.rise),
    "pm10_daily": ({}, 3600, [40.0, 80.0, 81.0, 160.0], plain.exceedances),
    "noise_level": ({}, 300, [45.0, 54.0, 57.0, 66.0, 72.0, 80.0], plain.equivalent_level),
    "tsp_flat": ({}, 400, [50.0, 50.0, 50.0, 50.0, 51.0], plain.flat_line),
    "pump_flat": ({}, 400, [0.0, 34.0, 34.0, 34.0, 34.0, 33.0], plain.flat_line),
}
# Around the day on which the noise standard was replaced; other limits do not mind.
BASE = {"noise_level": 490_870 * HOUR}


class Store:
    """What the judge has: committed readings, and the findings stored so far."""

    def __init__(self, judged: Rule, limits: Limits) -> None:
        self.rule, self.limits = judged, limits
        self.readings: dict[int, Reading] = {}
        self.findings: list[Finding] = []

    def arrive(self, batch: list[Reading], now_ms: int) -> None:
        for reading in batch:
            self.readings.setdefault(reading[0], reading)
        self.judge(min(reading[0] for reading in batch), now_ms)

    def judge(self, dirty_from_ms: int, now_ms: int) -> None:
        stored = [
            one for one in self.findings if one.ended_ms is None or one.ended_ms >= dirty_from_ms
        ]
        start = resume(self.limits, dirty_from_ms, stored)
        known = sorted(self.readings)
        read = [ts for ts in known if ts >= start.read_from_ms]
        if self.rule.clock_driven:
            read = [ts for ts in known if ts < start.read_from_ms][-1:] + read
        found = self.rule.judge(
            series_of([self.readings[ts] for ts in read]),
            self.limits,
            start.seed,
            now_ms,
            since_ms=start.since_ms,
        )
        for change in compare(stored, found, since_ms=start.since_ms):
            if change.before is not None:
                self.findings.remove(change.before)
            if change.after is not None:
                self.findings.append(change.after)
        self.findings.sort(key=lambda one: one.onset_ms)


def series_of(readings: list[Reading]) -> Series:
    return (
        Series.of(*(list(column) for column in zip(*readings, strict=True)))
        if readings
        else (Series.of([], []))
    )


@st.composite
def histories(
    draw: st.DrawFn, step_ms: int, values: list[float], base_ms: int = 0, flags: str = "NNNNNNNNNM"
) -> list[list[Reading]]:
    """Batches of readings in any order, some readings twice, some hours missing."""
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 3, 4, 30]), min_size=1, max_size=40))
    readings: list[Reading] = []
    ts = base_ms + draw(st.integers(0, 30)) * HOUR
    for gap in gaps:
        ts += gap * step_ms
        value = draw(st.sampled_from(values))
        readings.append((ts, value, draw(st.sampled_from(flags)).encode()))
    again = draw(st.lists(st.sampled_from(readings), max_size=5))
    order = draw(st.permutations(readings + again))
    batches = []
    while order:
        size = draw(st.integers(1, 8))
        batches.append(order[:size])
        order = order[size:]
    return batches


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_findings_do_not_depend_on_the_order_of_arrival(name: str, data: st.DataObject) -> None:
    attributes, step_s, values, by_hand = CASES[name]
    limits = stricter_later(limits_of(name, step_s, **attributes))
    judged = rule(name)
    store = Store(judged, limits)
    for batch in data.draw(histories(step_s * SECOND, values, BASE.get(name, 0))):
        store.arrive(batch, 0)
        assert store.findings == list(judged.judge(series_of(in_order(store)), limits))
    points = [(ts, value) for ts, value, flag in in_order(store) if flag == b"N"]
    sign = -1 if judged.below or "flat" in name else 1
    graded = by_hand(points, limits, sign)
    expected = plain.judge(name, points, limits, graded, sign)
    assert [close(one) for one in store.findings] == [close(one) for one in expected]


def stricter_later(limits: Limits) -> Limits:
    """The same with a second version that is 5 stricter, where there is a second version."""
    later = tuple(
        replace(
            one,
            bounds=tuple(
                replace(bound, value=bound.value - 5, calm=bound.calm - 5) for bound in one.bounds
            ),
        )
        for one in limits.later
    )
    return replace(limits, later=later)


def in_order(store: Store) -> list[Reading]:
    return [store.readings[ts] for ts in sorted(store.readings)]


def close(one: Finding) -> tuple[object, ...]:
    """Sums of floats may differ in the last bit between the two ways of adding."""
    return (one.onset_ms, one.ended_ms, one.level, round(one.peak, 6), one.bound, one.clause)


@pytest.mark.parametrize("name", CASES)
def test_judging_from_a_seed_equals_judging_the_whole_wherever_it_is_cut(name: str) -> None:
    attributes, step_s, values, _ = CASES[name]
    limits = stricter_later(limits_of(name, step_s, **attributes))
    judged = rule(name)
    dice = random.Random(name)
    times = accumulate(dice.choices([1, 2, 3, 4], [50, 3, 1, 1], k=400))
    value = values[0]
    readings = []
    for at in times:
        value = dice.choice([value, value, dice.choice(values)])  # some things last
        readings.append((BASE.get(name, 0) + at * step_s * SECOND, value, b"N"))
    whole = series_of(readings)
    expected = judged.judge(whole, limits)
    assert len(expected) > 5
    for cut in range(1, len(whole)):
        before = judged.judge(part(whole, 0, cut), limits)
        start = resume(limits, int(whole.ts[cut]), before)
        place = int(whole.ts.searchsorted(start.read_from_ms))
        rest = judged.judge(
            part(whole, place, len(whole)), limits, start.seed, since_ms=start.since_ms
        )
        over = [one for one in before if one.ended_ms is not None and one.ended_ms < start.since_ms]
        assert (*over, *rest) == expected, cut


def part(whole: Series, first: int, last: int) -> Series:
    return Series(
        ts=whole.ts[first:last], value=whole.value[first:last], flag=whole.flag[first:last]
    )


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_silence_seen_live_is_withdrawn_or_shortened_when_the_readings_come(
    data: st.DataObject,
) -> None:
    limits = limits_of("water_level_silent", 60)
    judged = rule("water_level_silent")
    store = Store(judged, limits)
    now_ms = 0
    for batch in data.draw(histories(MINUTE, [1.0])):
        now_ms = max(now_ms, *(reading[0] for reading in batch))
        now_ms += data.draw(st.sampled_from([1, 5, 12])) * MINUTE
        store.arrive(batch, now_ms)
        store.judge(max(store.readings) + 1, now_ms)  # the clock goes on, too
        assert store.findings == list(
            judged.judge(series_of(in_order(store)), limits, None, now_ms)
        )
    times = sorted(store.readings)
    limit = limits.silent_after_ms
    ended = [(a + limit, b) for a, b in pairwise(times) if b - a > limit]
    lasting = [(times[-1] + limit, None)] if now_ms - times[-1] > limit else []
    assert [(one.onset_ms, one.ended_ms) for one in store.findings] == ended + lasting
    assert [one.provisional for one in store.findings] == [False] * len(ended) + [True] * len(
        lasting
    )


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_lasting_flags_are_found_whatever_the_order_and_hide_no_reading_of_others(
    data: st.DataObject,
) -> None:
    limits = limits_of("dust_flagged", 400)
    judged = rule("dust_flagged")
    store = Store(judged, limits)
    flags = data.draw(st.sampled_from(["NDDDDB", "NDM", "DDDDDDDDC", "MMMMMMMMMMS"]))
    step_ms = data.draw(st.sampled_from([400 * SECOND, 1_100 * SECOND]))
    for batch in data.draw(histories(step_ms, [1.0], flags=flags)):
        store.arrive(batch, 0)
        assert store.findings == list(judged.judge(series_of(in_order(store)), limits))
    assert [(one.onset_ms, one.ended_ms, one.level) for one in store.findings] == by_flags(store)


def by_flags(store: Store) -> list[tuple[int, int | None, int]]:
    """Walk reading by reading: for how long has it been faulty, for how long not normal?"""
    found: list[tuple[int, int | None, int]] = []
    faulty = strange = before = None
    lasting: tuple[int, int] | None = None
    for ts, _, flag in in_order(store):
        if before is None or ts - before > store.limits.gap_ms:
            faulty = strange = None
        before = ts
        faulty = (ts if faulty is None else faulty) if flag in b"DB" else None
        strange = None if flag == b"N" else ts if strange is None else strange
        level = 2 if faulty is not None and ts - faulty >= 30 * MINUTE else 0
        if not level and strange is not None and ts - strange >= 8 * HOUR:
            level = 1
        if flag == b"N" and lasting is not None:
            found.append((lasting[0], ts, lasting[1]))
            lasting = None
        elif level:
            lasting = (ts, level) if lasting is None else (lasting[0], max(lasting[1], level))
    return found if lasting is None else [*found, (lasting[0], None, lasting[1])]
