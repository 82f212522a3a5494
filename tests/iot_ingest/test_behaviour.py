"""The demo city's stations: quiet by themselves, loud in an episode, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest

import layers
from iot_ingest.model.behaviour import flags, history, moments, next_moment, rain_rate, tide, values
from iot_ingest.model.device import Device, DeviceId
from iot_ingest.model.episode import OPENING, Course, Episode, Schedule
from layers.contract import Series

START = datetime(2026, 11, 23, tzinfo=UTC)
T = START.timestamp()


def device(
    device_id: str, layer: str, metrics: str, interval_s: float, **attributes: Any
) -> Device:
    return Device(
        device_no=1,
        device_id=DeviceId(device_id),
        bucket="00",
        model="test",
        layer=layer,
        name_zh="",
        name_en="",
        metrics=tuple(metrics.split()),
        interval_s=interval_s,
        lon=122.75,
        lat=28.2,
        cell_id=None,
        area_id=1,
        component_id=None,
        attributes=attributes,
    )


LEVELS = {"warning_m": 3.4, "guarantee_m": 4.0, "record_m": 4.7, "normal_m": 2.1}
STREET = {"warning_m": 0.15, "guarantee_m": 0.27, "record_m": 0.5, "normal_m": 0.0}
WELL = {"warning_m": 3.2, "overflow_m": 4.0, "normal_m": 1.8, "rated_current_a": 42.0}
STATIONS = [
    device("WL-1", "flood", "water_level voltage", 10, water="river", **LEVELS),
    device("WL-2", "flood", "water_level", 10, water="tide", normal_m=2.0, warning_m=3.6),
    device("SG-1", "flood", "water_depth", 10, water="street", **STREET),
    device("RG-1", "flood", "rain", 30),
    device(
        "OF-1", "outfall", "cod nh3n tp ph dissolved_oxygen conductivity", 30, water_class="III"
    ),
    device("OF-2", "outfall", "cod nh3n tp ph dissolved_oxygen conductivity", 30, water_class="V"),
    device("CD-1", "construction_dust", "pm10 tsp noise wind_speed", 15, phase="earthwork"),
    device("PS-1", "sewage_station", "wet_well_level pump_current pump_running flow", 15, **WELL),
    device("FD-1", "floating_debris", "debris_cover voltage", 30, water="lake"),
]
LOUD = {"WL-1": "river_level", "SG-1": "road_ponding", "OF-1": "cod_high", "CD-1": "tsp_mean",
        "PS-1": "wet_well_high", "FD-1": "debris_cover_high"}  # fmt: skip


def findings(one: Device, samples: list[tuple[float, dict[str, float]]]) -> dict[str, list[Any]]:
    """By rule, what the layers find in what a station measured."""
    ts = np.array([round(t * 1000) for t, _ in samples], np.int64)
    out: dict[str, list[Any]] = {}
    for metric in one.metrics:
        series = Series.of(ts, [found[metric] for _, found in samples])
        for rule in layers.rules_of(metric, layer=one.layer):
            limits = rule.limits({**one.attributes, "interval_s": one.interval_s})
            if limits is not None and rule.scope is None:
                found = rule.judge(series, limits, None, int(ts[-1]))
                out |= {rule.name: list(found)} if found else {}
    return out


def sampled(
    one: Device, seconds: float, every: float, episode: Episode | None = None
) -> list[tuple[float, dict[str, float]]]:
    return [(T + s, values(one, T + s, episode)) for s in np.arange(0, seconds, every)]


@pytest.mark.parametrize("one", STATIONS, ids=lambda one: one.device_id)
def test_quiet_stations_stay_inside_the_limits(one: Device) -> None:
    assert findings(one, sampled(one, 86_400, one.interval_s)) == {}


def test_tides_and_rain_of_a_month_alarm_nobody() -> None:
    for one in STATIONS[:3]:
        slow = device(one.device_id, one.layer, " ".join(one.metrics), 600, **one.attributes)
        assert findings(slow, sampled(slow, 30 * 86_400, 600)) == {}
    assert max(abs(tide(T + n * 600)) for n in range(5_000)) < 1.2
    rates = [rain_rate(122.75, 28.2, T + n * 300) for n in range(10_000)]
    assert 2 < max(rates) < 25
    assert rates.count(0.0) > 2_000


@pytest.mark.parametrize("one", [one for one in STATIONS if one.device_id in LOUD], ids=str)
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_an_episode_is_found_and_ends_when_it_is_relieved(one: Device, strength: float) -> None:
    episode = Episode(
        device_id=one.device_id,
        course=Course.EXCESS,
        began_at=T + 600,
        ends_at=T + 9_000,
        strength=strength,
        rise_s=12,
        decay_s=15,
        relieved_at=T + 1_200,
    )
    found = findings(one, sampled(one, 3_000, 3, episode))[LOUD[one.device_id]]
    onset_s = found[0].onset_ms / 1000 - T - 600
    assert onset_s < (150 if one.device_id in {"CD-1", "FD-1", "OF-1"} else 25)
    assert all(each.ended_ms is not None for each in found)
    ended_s = found[-1].ended_ms / 1000 - T - 1_200
    assert ended_s < (360 if one.device_id == "CD-1" else 150)


def test_the_same_moment_is_always_the_same() -> None:
    for one in STATIONS:
        assert values(one, T) == values(one, T)
        assert set(values(one, T)) == set(one.metrics)


def test_a_stuck_sensor_repeats_itself_and_maintenance_is_flagged() -> None:
    def episode(course: Course) -> Episode:
        return Episode(device_id="WL-1", course=course, began_at=T, ends_at=T + 420, strength=0.5,
                       rise_s=10, decay_s=10)  # fmt: skip

    stuck = episode(Course.STUCK)
    assert values(STATIONS[0], T + 100, stuck) == values(STATIONS[0], T + 300, stuck)
    assert values(STATIONS[0], T + 500, stuck) == values(STATIONS[0], T + 500)
    assert flags(STATIONS[0], T + 100, episode(Course.MAINTENANCE)) == {
        "water_level": "M",
        "voltage": "M",
    }
    assert flags(STATIONS[0], T + 500, episode(Course.MAINTENANCE)) == {}


def test_history_has_no_gap_that_counts_as_silence_and_ends_finely() -> None:
    for one in STATIONS:
        found = [at.timestamp() for at, _ in history(one, START, START + timedelta(hours=6))]
        steps = np.diff(found)
        assert steps.max() <= 290
        assert found[0] - T < 290
        fine = [b - a for a, b in pairwise(found) if a > T + 6 * 3600 - 500]
        assert max(fine) == pytest.approx(one.interval_s)
        again = list(moments(one, T + 1_000, T + 6 * 3600))
        assert {round(t, 3) for t in again[-10:]} == {round(t, 3) for t in found[-10:]}


def test_the_next_moment_lies_on_the_stations_own_beat() -> None:
    one = STATIONS[0]
    first = next_moment(one, T, 10)
    assert T <= first < T + 10
    assert next_moment(one, first + 0.001, 10) == pytest.approx(first + 10)


def begun(seed: int, seconds: int, relieve_after: float) -> Iterator[tuple[float, Episode, int]]:
    schedule = Schedule(STATIONS, T, seed)
    open_: dict[str, Episode] = {}
    for s in range(seconds):
        episode = schedule.due(T + s, open_)
        if episode is not None:
            open_[episode.device_id] = episode
            yield s, episode, len(open_)
        for name in [n for n, e in open_.items() if s - (e.began_at - T) > relieve_after]:
            del open_[name]


def test_a_fresh_demo_begins_with_water_and_dust() -> None:
    first = list(islice(begun(7, 300, 60), len(OPENING)))
    assert [one.device_id[:2] for _, one, _ in first[:2]] == ["WL", "CD"]
    assert all(one.course is Course.EXCESS for _, one, _ in first)
    assert first[1][0] < 20


def test_episodes_go_on_are_bounded_and_repeatable() -> None:
    hour = list(begun(7, 3_600, 120))
    assert 25 < len(hour) < 60
    assert [(s, e.device_id) for s, e, _ in hour] == [
        (s, e.device_id) for s, e, _ in begun(7, 3_600, 120)
    ]
    assert [e.device_id for _, e, _ in hour] != [e.device_id for _, e, _ in begun(8, 3_600, 120)]
    assert max(count for _, _, count in begun(7, 3_600, 1e9)) <= 6
    assert "WL-2" not in {e.device_id for _, e, _ in hour}
