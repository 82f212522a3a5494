"""Limits as regulations: which version, which hours of whose day, and what is no pollution."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers
from layers.contract import Finding, Hours, Limits, Member, Rule, Sample, Series, switches
from layers.packs import BadAttribute, PackError, entry, versions
from layers.packs.limits import all_made
from layers.packs.reading import Fields
from layers.rules import Flagged, Silence
from layers.titles import title
from tests.layers.helpers import HOUR, MINUTE, limits_of, rule
from tests.layers.test_packs import GOOD

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str, zone: ZoneInfo = SHANGHAI, *, fold: int = 0) -> int:
    """Milliseconds of a local time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


def minutes_of(first: str, until: str, value: float, zone: ZoneInfo = SHANGHAI) -> Series:
    times = range(at(first, zone), at(until, zone), MINUTE)
    return Series.of(list(times), [value] * len(times))


def judged(name: str, series: Series, **attributes: Any) -> list[Finding]:
    return list(rule(name).judge(series, limits_of(name, 60, **attributes)))


def test_each_side_of_a_change_is_judged_by_its_own_version() -> None:
    noise = minutes_of("2025-12-31 12:00", "2026-01-01 12:00", 72.0)
    whole = limits_of("noise_level", 60)
    stricter = one_more(whole, at("2026-01-01"), 75.0)
    old = rule("noise_level").judge(noise, whole)
    assert [one.clause for one in old] == ["GB 12523-2011, 昼间 day"]
    (one,) = rule("noise_level").judge(noise, stricter)
    # by day 70 was passed, in the night 55; from midnight on 75 are allowed
    assert one.onset_ms == at("2025-12-31 12:14")
    assert one.ended_ms == at("2026-01-01 00:00")


def one_more(limits: Limits, from_ms: int, value: float) -> Limits:
    """The first version, replaced by one that allows ``value`` at all hours."""
    bound = replace(limits.bounds[0], value=value, calm=value, hours=None)
    later = replace(limits, later=(), from_ms=from_ms, bounds=(bound,))
    return replace(limits, later=(later,))


def test_a_finding_names_the_version_that_was_in_force_and_whose_numbers_it_has() -> None:
    (before,) = judged("noise_level", minutes_of("2025-12-31 10:00", "2025-12-31 11:00", 80.0))
    (after,) = judged("noise_level", minutes_of("2026-01-01 10:00", "2026-01-01 11:00", 80.0))
    assert before.clause == "GB 12523-2011, 昼间 day"
    assert after.clause == "GB 12523-2025（沿用 values of GB 12523-2011）, 昼间 day"
    assert (before.bound, after.bound) == (70.0, 70.0)
    assert [one.effective_from for one in versions("construction_dust.noise_level")] == [
        date(2012, 7, 1),
        date(2026, 1, 1),
    ]
    assert entry("construction_dust.noise_level").standard == "GB 12523-2025"


def test_the_oldest_version_stands_for_the_time_before_it() -> None:
    (one,) = judged("noise_level", minutes_of("2001-05-01 10:00", "2001-05-01 11:00", 80.0))
    assert one.clause.startswith("GB 12523-2011")


def test_a_new_version_comes_into_force_at_local_midnight() -> None:
    limits = limits_of("noise_level", 60)
    assert [one.from_ms for one in limits.later] == [at("2026-01-01 00:00")]
    elsewhere = limits_of("noise_level", 60, time_zone="America/St_Johns")
    midnight = at("2026-01-01 00:00", ZoneInfo("America/St_Johns"))
    assert [one.from_ms for one in elsewhere.later] == [midnight]
    with pytest.raises(BadAttribute):
        limits_of("noise_level", 60, time_zone="Mars/Olympus")


def test_the_night_begins_at_ten_and_what_the_day_allowed_is_not_held_against_it() -> None:
    day = minutes_of("2026-03-01 20:00", "2026-03-01 22:00", 66.0)
    night = minutes_of("2026-03-01 22:00", "2026-03-02 00:00", 50.0)
    both = Series.of([*day.ts, *night.ts], [*day.value, *night.value])
    assert judged("noise_level", both) == []
    loud = minutes_of("2026-03-01 20:00", "2026-03-02 08:00", 66.0)
    (one,) = judged("noise_level", loud)
    # three quarters of twenty minutes must be known of the night
    assert one.onset_ms == at("2026-03-01 22:14")
    assert one.ended_ms == at("2026-03-02 06:14")
    assert one.clause.endswith("夜间 night")
    limits = limits_of("noise_level", 60)
    told = title(rule("noise_level"), limits, one)
    assert told.zh == "噪声 20 分钟等效声级 66.0 dB 超过夜间限值 55.0 dB"
    assert told.en == "Noise of 20 min 66.0 dB above night limit 55.0 dB"


@pytest.mark.parametrize(
    ("zone", "night", "hours"),
    [
        ("Asia/Shanghai", "2026-03-28", 8),
        ("Europe/Berlin", "2026-03-28", 7),  # the clocks go forward
        ("Europe/Berlin", "2026-10-24", 9),  # and back
        ("Australia/Lord_Howe", "2026-04-04", 8.5),
        ("America/St_Johns", "2026-06-01", 8),
    ],
)
def test_a_night_is_as_long_as_the_clocks_of_its_zone_make_it(
    zone: str, night: str, hours: float
) -> None:
    place = ZoneInfo(zone)
    day = datetime.fromisoformat(night)
    first, last = at(f"{night} 12:00", place), at(str(day + timedelta(hours=36)), place)
    times = list(range(first, last, MINUTE))
    (one,) = judged("noise_level", Series.of(times, [60.0] * len(times)), time_zone=zone)
    assert one.onset_ms == at(f"{night} 22:14", place)
    assert one.ended_ms is not None
    assert one.ended_ms - one.onset_ms == hours * HOUR
    limits = limits_of("noise_level", 60, time_zone=zone)
    for ts in times[::7]:
        local = datetime.fromtimestamp(ts / 1000, place)
        assert limits.at(ts).bounds[0].value == (70.0 if 6 <= local.hour < 22 else 55.0)


def test_hours_of_the_day_repeat_and_may_go_over_midnight() -> None:
    night = Hours(start=22 * 60, end=6 * 60)
    assert [minute in night for minute in (0, 359, 360, 1319, 1320)] == [
        True, True, False, False, True,
    ]  # fmt: skip
    assert night.told() == "22:00-06:00"
    found = switches("Asia/Shanghai", (360, 1320), at("2026-05-01 03:00"), at("2026-05-02 07:00"))
    assert found == [
        (at("2026-04-30 22:00"), 1320),
        (at("2026-05-01 06:00"), 360),
        (at("2026-05-01 22:00"), 1320),
        (at("2026-05-02 06:00"), 360),
    ]


def test_a_day_of_25_hours_counts_all_its_exceedances() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    above = {"2026-10-25 00:30", "2026-10-25 23:30"}
    high = {at(one, berlin) for one in above} | {at("2026-10-25 02:30", berlin, fold=1)}
    first, last = at("2026-10-24 12:30", berlin), at("2026-10-26 12:30", berlin)
    times = list(range(first, last, HOUR))
    series = Series.of(times, [120.0 if one in high else 40.0 for one in times])
    limits = limits_of("pm10_daily", 3600, time_zone="Europe/Berlin")
    (one,) = rule("pm10_daily").judge(series, limits)
    assert one.peak == 3.0
    assert one.onset_ms == at("2026-10-26 00:30", berlin)


def test_loudness_is_averaged_by_energy() -> None:
    times = [at("2026-03-01 10:00") + n * MINUTE for n in range(20)]
    half = Series.of(times, [80.0] * 10 + [40.0] * 10)
    (one,) = judged("noise_level", half)
    assert one.peak == pytest.approx(78.24, abs=0.01)  # of the first 15, which are enough
    last = rule("noise_level").judge(half, limits_of("noise_level", 60), since_ms=times[-1])
    assert last[0].peak == pytest.approx(76.99, abs=0.01)


RULES = [
    (judged_, sample)
    for layer in layers.discover().values()
    for judged_ in layer.rules
    for sample in layer.samples
    if sample.rule == judged_.name and not isinstance(judged_, (Silence, Flagged))
]


@pytest.mark.parametrize(("one", "sample"), RULES, ids=lambda one: getattr(one, "name", ""))
@pytest.mark.parametrize("flag", list("MCDBSTF"))
def test_no_flagged_reading_ever_raises_an_alarm_of_what_is_measured(
    one: Rule, sample: Sample, flag: str
) -> None:
    limits = one.limits({**sample.attributes, "interval_s": sample.every_s})
    assert limits is not None
    loud = sample.series(sample.loud)
    marked = Series.of(loud.ts, loud.value, [flag.encode()] * len(loud))
    assert one.judge(loud, limits)
    assert one.judge(marked, limits) == ()


def flags(text: str) -> list[tuple[int, int | None, int]]:
    """Findings about flags, one letter a minute."""
    series = Series.of([n * MINUTE for n in range(len(text))], [1.0] * len(text),
                       [one.encode() for one in text])  # fmt: skip
    return [
        (one.onset_ms // MINUTE, None if one.ended_ms is None else one.ended_ms // MINUTE,
         one.level)
        for one in judged("dust_flagged", series)
    ]  # fmt: skip


def test_short_maintenance_is_nobodys_alarm_and_lasting_flags_are_doubtful_data() -> None:
    assert flags("N" + "M" * 7 * 60 + "N") == []
    assert flags("N" + "D" * 30 + "N") == []
    assert flags("N" + "D" * 32 + "N") == [(31, 33, 2)]
    assert flags("N" + "DB" * 20 + "N") == [(31, 41, 2)]
    assert flags("N" + "D" * 20 + "M" * 20 + "N") == []
    assert flags("M" * 8 * 60 + "MM") == [(480, None, 1)]
    assert flags("F" * 24 * 60) == []  # a site that stands still
    assert rule("dust_flagged").category == "dust_data_quality"


def test_a_value_that_does_not_move_is_doubtful_unless_it_rests() -> None:
    stuck = Series.of([n * MINUTE for n in range(60)], [88.0] * 60)
    (one,) = judged("tsp_flat", stuck)
    assert (one.onset_ms, one.ended_ms, one.bound) == (30 * MINUTE, None, 0.0)
    told = title(rule("tsp_flat"), limits_of("tsp_flat", 60), one)
    assert told.zh == "总悬浮颗粒物 30 分钟内变化不超过 0 µg/m³，传感器可能卡滞"
    assert rule("tsp_flat").category == "dust_data_quality"
    off = Series.of([n * MINUTE for n in range(300)], [0.0] * 300)
    assert judged("pump_flat", off) == []
    assert len(judged("pump_flat", Series.of(off.ts, off.value + 34.2))) == 1
    assert layers.rules_of("rain", "flood") == tuple(
        one for one in layers.rules_of("rain") if "flat" not in one.name
    )


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([], "versions must have rising dates"),
        ([GOOD, GOOD], "versions must have rising dates"),
        ([GOOD, GOOD | {"effective_from": date(2025, 1, 1)}], "versions must have rising dates"),
        ([GOOD, 7], "versions 2 must be a table"),
        (GOOD | {"time_zone": "Nowhere"}, "'Nowhere' is no IANA name"),
        (
            [GOOD, GOOD | {"effective_from": date(2027, 1, 1), "silent_intervals": 3}],
            "patience with silence has one version",
        ),
    ],
)
def test_wrong_versions_are_refused(told: Any, reason: str) -> None:
    with pytest.raises(PackError, match=reason):
        all_made("x.y", told, "x.toml: y")


@pytest.mark.parametrize("text", ["22-6", "24:00-06:00", "22:00-22:00", "day"])
def test_wrong_hours_are_refused(text: str) -> None:
    with pytest.raises(PackError, match="are no hours like 22:00-06:00"):
        Fields({"hours": text}, "x.toml: y").hours("hours")


def test_levels_rise_at_every_hour() -> None:
    label = {"zh": "限值", "en": "limit"}
    day = {"level": 2, "value": 4, "clause": "a", "label": label, "hours": "06:00-22:00"}
    night = day | {"hours": "22:00-06:00"}
    (one,) = all_made("x.y", GOOD | {"bounds": [day, night]}, "x.toml: y")
    assert [spec.told() for spec in one.specs] == ["2: 4 at 06:00-22:00", "2: 4 at 22:00-06:00"]
    with pytest.raises(PackError, match="rising levels"):
        all_made("x.y", GOOD | {"bounds": [day, day | {"hours": "05:00-07:00"}]}, "x.toml: y")


MEMBERS = st.lists(
    st.builds(
        Member,
        device_no=st.integers(1, 40),
        site=st.sampled_from("ABCD"),
        mean=st.integers(0, 4_000).map(lambda one: one / 8),
        share=st.sampled_from([0.5, 0.75, 1.0]),
    ),
    max_size=12,
    unique_by=lambda one: one.device_no,
)


@given(members=MEMBERS, dice=st.randoms())
def test_a_comparison_depends_on_who_measured_what_and_not_on_their_order(
    members: list[Member], dice: random.Random
) -> None:
    enough = [one for one in members if one.share >= 0.75]
    shuffled = dice.sample(members, len(members))
    background = rule("pm10_background").compare(shuffled, limits_of("pm10_background"))
    by_hand = {}
    for one in enough:
        others = [other.mean for other in enough if other.site != one.site]
        if len(others) >= 3:
            by_hand[one.device_no] = one.mean - sum(others) / len(others)
    assert background == pytest.approx(by_hand)
    assert background == rule("pm10_background").compare(members, limits_of("pm10_background"))
    spread = rule("pm10_spread").compare(shuffled, limits_of("pm10_spread"))
    means = sorted(one.mean for one in enough)
    if len(means) < 2:
        assert spread == {}
    else:
        assert sorted(spread.values()) == [0.0] * (len(means) - 1) + [means[-1] - means[0]]
        top = [one.device_no for one in enough if one.mean == means[-1]]
        assert spread[min(top)] == means[-1] - means[0]
