"""What each kind of rule finds, at its edges."""

import numpy as np
import pytest

from layers.contract import Finding, Reading, Seed, Series
from layers.rules import compare, resume
from tests.layers.helpers import HOUR, MINUTE, SECOND, limits_of, rule, series, spans

STATION = {"warning_m": 4.0, "guarantee_m": 5.0, "record_m": 6.0}


def found(name: str, readings: Series, interval_s: float = 60, **attributes: object) -> object:
    """Findings as (onset, end, level) in minutes."""
    limits = limits_of(name, interval_s, **attributes)
    return spans(rule(name).judge(readings, limits))


def test_a_threshold_is_reached_at_its_bound_and_left_below_its_margin() -> None:
    assert found("river_level", series([3.79, 3.8, 3.75, 3.7, 3.69]), **STATION) == [(1, 4, 1)]


def test_a_finding_has_the_level_bound_and_clause_of_its_peak() -> None:
    limits = limits_of("river_level", **STATION)
    (one,) = rule("river_level").judge(series([4.1, 5.2, 5.1, 4.0]), limits)
    assert (one.level, one.peak, one.peak_ms, one.bound) == (3, 5.2, MINUTE, 5.0)
    assert one.clause == "洪水预警信号 (flood warning signals), 橙色 orange"
    assert one.ended_ms is None
    assert not one.provisional


def test_levels_a_station_does_not_know_are_left_out() -> None:
    assert found("river_level", series([9.0]), warning_m=4.0) == [(0, None, 2)]
    assert rule("river_level").limits({"guarantee_m": 5.0}) is not None
    assert rule("river_level").limits({}) is None


def test_a_strict_limit_may_be_reached_but_not_passed() -> None:
    held = [40.0] * 5
    assert found("cod_high", series(held)) == []
    assert found("cod_high", series([value + 0.1 for value in held])) == [(1, None, 2)]


def test_a_sustained_threshold_wants_the_whole_time() -> None:
    bad, good = 50.0, 10.0
    assert found("cod_high", series([bad, bad, good, bad], 20 * SECOND), 20) == []
    assert spans(
        rule("cod_high").judge(series([good] + [bad] * 4, 20 * SECOND), limits_of("cod_high", 20)),
        20 * SECOND,
    ) == [(4, None, 2)]


def test_a_pause_longer_than_three_intervals_interrupts_what_was_sustained() -> None:
    bad = 50.0
    assert found("cod_high", series({0: bad, 3: bad})) == [(3, None, 2)]
    assert found("cod_high", series({0: bad, 4: bad})) == []


def test_sustained_means_the_least_of_the_time_counts_for_the_level() -> None:
    limits = limits_of("cod_high", 60)
    (one,) = rule("cod_high").judge(series([300.0, 45.0, 90.0, 300.0]), limits)
    assert (one.level, one.peak) == (3, 90.0)


def test_lower_limits_look_the_other_way() -> None:
    limits = limits_of("oxygen_low", 60, water_class="III")
    (one,) = rule("oxygen_low").judge(series([4.9, 4.5, 4.0, 4.2, 5.4, 5.6, 5.6]), limits)
    assert spans([one]) == [(1, 6, 2)]
    assert one.peak == 4.2


def test_a_mean_needs_its_share_of_readings() -> None:
    high = 900.0
    assert found("tsp_mean", series({0: high, 1: high, 2: high})) == []
    assert found("tsp_mean", series({0: high, 1: high, 3: high, 4: high})) == [(4, None, 2)]


def test_a_mean_looks_back_exactly_its_window() -> None:
    assert found("tsp_mean", series([4100.0, 0, 0, 0, 0, 0])) == [(3, 5, 2)]
    low_again = found("tsp_mean", series([0.0, 4100.0, 0, 0, 0, 0]))
    assert low_again == [(3, None, 2)]
    assert found("tsp_mean", series([0.0, 4100.0, 0, 0, 0, 0, 0])) == [(3, 6, 2)]


@pytest.mark.parametrize(
    ("hours", "each", "level"), [(12, 4.2, 1), (6, 8.4, 2), (3, 17.0, 3), (3, 33.4, 4)]
)
def test_each_rain_signal_has_its_own_hours(hours: int, each: float, level: int) -> None:
    limits = limits_of("heavy_rain", 3600)
    fell = rule("heavy_rain").judge(series([each] * hours, HOUR), limits)
    assert [one.level for one in fell] == [level]
    sooner = rule("heavy_rain").judge(series([each] * (hours - 1), HOUR), limits)
    assert all(one.level < level for one in sooner)


def test_rain_is_over_when_no_window_holds_enough() -> None:
    limits = limits_of("heavy_rain", 3600)
    readings = series([50.0] + [0.0] * 13, HOUR)
    assert spans(rule("heavy_rain").judge(readings, limits), HOUR) == [(0, 12, 3)]


def test_a_rise_is_measured_from_the_lowest_of_its_window() -> None:
    slow = series([1.0 + 0.02 * minute for minute in range(120)])
    assert found("river_rise", slow) == []
    fast = series([1.0 + 0.03 * minute for minute in range(60)] + [2.8] * 60)
    assert found("river_rise", fast) == [(27, 76, 2)]


def test_exceedances_are_hours_of_a_local_day() -> None:
    midnight = 16  # UTC+8: a new day begins at 16:00 UTC
    values = {midnight + hour: 90.0 if hour in {0, 3, 5, 23} else 50.0 for hour in range(30)}
    limits = limits_of("pm10_daily", 3600)
    (one,) = rule("pm10_daily").judge(series(values, HOUR), limits)
    assert spans([one], HOUR) == [(midnight + 6, midnight + 25, 2)]
    assert (one.peak, one.bound) == (4.0, 2.0)


def test_an_hour_counts_only_with_enough_readings() -> None:
    limits = limits_of("pm10_daily", 600)
    full = {hour * 6 + part: 90.0 for hour in range(4) for part in range(6)}
    few = {hour * 6 + part: 90.0 for hour in range(4) for part in range(4)}
    assert len(rule("pm10_daily").judge(series(full, 10 * MINUTE), limits)) == 1
    assert rule("pm10_daily").judge(series(few, 10 * MINUTE), limits) == ()


@pytest.mark.parametrize("flag", list("MCDBTSF"))
def test_only_normal_readings_raise_alarms(flag: str) -> None:
    limits = limits_of("river_level", **STATION)
    assert rule("river_level").judge(series([9.0, 9.0], flags=flag * 2), limits) == ()
    (one,) = rule("river_level").judge(series([4.5, 9.0], flags="N" + flag), limits)
    assert one.level == 2


def test_flagged_readings_break_the_silence() -> None:
    limits = limits_of("water_level_silent", 60)
    readings = series([1.0] * 15, flags="M" * 15)
    assert rule("water_level_silent").judge(readings, limits, None, 15 * MINUTE) == ()


def test_silence_begins_when_the_limit_has_passed_and_is_provisional() -> None:
    judged, limits = rule("water_level_silent"), limits_of("water_level_silent", 60)
    assert judged.judge(series([1.0]), limits, None, 10 * MINUTE) == ()
    (one,) = judged.judge(series([1.0]), limits, None, 10 * MINUTE + 1)
    assert (one.onset_ms, one.ended_ms, one.provisional) == (10 * MINUTE, None, True)
    assert judged.judge(series([1.0]), limits, None, 3 * HOUR) == (one,)
    (over,) = judged.judge(series({0: 1.0, 14: 1.0}), limits, None, 14 * MINUTE)
    assert (over.onset_ms, over.ended_ms, over.provisional) == (10 * MINUTE, 14 * MINUTE, False)
    assert (over.peak, over.bound) == (14.0, 10.0)


def test_silence_of_a_fast_device_lasts_at_least_five_minutes() -> None:
    assert limits_of("water_level_silent", 10).silent_after_ms == 5 * MINUTE


@pytest.mark.parametrize("name", ["river_level", "tsp_mean", "pm10_daily", "water_level_silent"])
def test_without_readings_only_what_is_open_stays(name: str) -> None:
    limits = limits_of(name, **STATION)
    nothing = Series.of([], [])
    seed = Seed(onset_ms=5, level=2, peak=9.0, peak_ms=7, bound=4.0, clause="c")
    assert rule(name).judge(nothing, limits, None, 0) == ()
    (one,) = rule(name).judge(nothing, limits, seed, 0, since_ms=10)
    assert (one.onset_ms, one.ended_ms, one.peak) == (5, None, 9.0)


def test_a_series_is_sorted_without_doubles_and_finite() -> None:
    made = Series.of([3, 1, 3, 2], [3.0, 1.0, 9.0, float("nan")], [b"N", b"M", b"N", b"N"])
    assert made.ts.tolist() == [1, 3]
    assert made.value.tolist() == [1.0, 3.0]
    assert made.flag.tolist() == [b"M", b"N"]
    same = Series.of_readings([Reading(ts_ms=3, value=3.0), Reading(ts_ms=1, value=1.0, flag="M")])
    assert np.array_equal(same.flag, made.flag)
    assert len(same) == 2


def test_a_finding_whose_peak_is_later_than_the_change_is_judged_from_its_onset() -> None:
    limits = limits_of("cod_high", 60)
    stored = finding(onset=10, peak_at=20)
    again = resume(limits, 15 * MINUTE, [stored])
    assert (again.since_ms, again.seed) == (10 * MINUTE, None)
    on = resume(limits, 21 * MINUTE, [stored])
    assert on.since_ms == 21 * MINUTE
    assert on.seed is not None
    assert on.read_from_ms == 21 * MINUTE - limits.lookback_ms


def test_comparing_says_what_must_change() -> None:
    stays, grows, ends, wrong = (finding(onset=place) for place in (0, 10, 20, 30))
    higher = finding(onset=10, peak=6.0, level=3, end=15)
    fresh = finding(onset=40)
    changes = compare(
        [ended(stays, 5), ended(grows, 15), ends, ended(wrong, 35)],
        [ended(stays, 5), higher, ended(ends, 25), fresh],
        since_ms=0,
    )
    assert [(one.kind, one.before and one.before.onset_ms // MINUTE) for one in changes] == [
        ("withdrawn", 30),
        ("changed", 10),
        ("cleared", 20),
        ("raised", None),
    ]


def test_a_moved_onset_is_still_the_same_finding_and_a_peak_alone_is_an_update() -> None:
    before = finding(onset=10, end=20)
    moved, taller = finding(onset=12, end=20), finding(onset=10, end=20, peak=4.9)
    assert [one.kind for one in compare([before], [moved], since_ms=0)] == ["changed"]
    assert [one.kind for one in compare([before], [taller], since_ms=0)] == ["updated"]
    assert compare([before], [before], since_ms=0) == ()
    assert compare([before], [], since_ms=21 * MINUTE) == ()


def finding(
    *,
    onset: int,
    peak: float = 4.5,
    peak_at: int | None = None,
    level: int = 2,
    end: int | None = None,
) -> Finding:
    """A finding by its minutes."""
    return Finding(
        rule="river_level",
        onset_ms=onset * MINUTE,
        ended_ms=None if end is None else end * MINUTE,
        level=level,
        peak=peak,
        peak_ms=(onset if peak_at is None else peak_at) * MINUTE,
        bound=4.0,
        clause="c",
    )


def ended(one: Finding, end: int | None) -> Finding:
    """The same with another end."""
    return finding(onset=one.onset_ms // MINUTE, end=end)
