"""The figures of the thematic views: rows in, what is told of them out. No page, no database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from command_center.views import dust, flood, outfall
from events.model.projects.traced import Traced, beginnings, upstream
from iot_ingest.model.device import Device, parse_device_id
from iot_ingest.model.measured import Averaged, Blown, Day, Fallen, Moved

NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


def station(number: int, layer: str, *metrics: str, at: tuple[float, float] = (0, 0),
            **more: Any) -> Device:  # fmt: skip
    """A device, ``at`` metres east and north of the town's corner."""
    lon, lat = 118.2 + at[0] / 101_200, 24.6 + at[1] / 111_320
    whole: dict[str, Any] = {
        "device_no": number, "device_id": parse_device_id(f"D-{number}"), "bucket": "00",
        "model": "x", "layer": layer, "name_zh": f"站{number}", "name_en": f"Station {number}",
        "metrics": metrics, "interval_s": 60.0, "lon": lon, "lat": lat, "cell_id": None,
        "area_id": 1, "component_id": None, **more,
    }  # fmt: skip
    return Device(**whole)


def moved(number: int, value: float, before: float | None, minutes: int = 60) -> Moved:
    earlier = None if before is None else NOW - timedelta(minutes=minutes)
    return Moved(device_no=number, metric_no=1, ts=NOW, value=value, before_ts=earlier,
                 before=before)  # fmt: skip


def test_rain_takes_the_colour_of_the_mark_of_its_window() -> None:
    marks = flood.rain_marks(NOW)
    assert [(one.window_ms // flood.HOUR_MS, one.value, one.level) for one in marks] == [
        (12, 50, 1), (6, 50, 2), (3, 50, 3), (3, 100, 4),
    ]  # fmt: skip
    gauge, dry, dead = (station(n, "flood", "rain") for n in (1, 2, 3))
    fallen = {
        (1, 1): Fallen(mm=60, readings=60), (1, 3): Fallen(mm=60, readings=180),
        (1, 6): Fallen(mm=60, readings=100), (1, 12): Fallen(mm=60, readings=720),
        (1, 24): Fallen(mm=99, readings=1440), (2, 1): Fallen(mm=4, readings=1),
    }  # fmt: skip
    first, second, third = flood.gauges([dead, dry, gauge], fallen, marks)
    assert [one.level for one in first.sums] == [0, 3, 2, 1, 0]  # none is set for 1 h and 24 h
    assert [one.whole for one in first.sums] == [True, True, False, True, True]
    assert (first.level, second.device, third.device) == (3, dry, dead)
    assert (second.sums[0].mm, second.sums[0].whole) == (4, False)  # a gauge with one reading
    assert {one.mm for one in third.sums} == {None}


LIMITS = {"warning_m": 4.0, "guarantee_m": 5.0, "record_m": 6.0}


@pytest.mark.parametrize(
    ("given", "level", "trend", "ahead", "eta_h"),
    [
        (moved(1, 3.0, 2.5), 0, "up", 3.8, 1.6),
        (moved(1, 4.5, 4.5), 2, "still", 5.0, None),
        (moved(1, 5.2, 5.9), 3, "down", 6.0, None),
        (moved(1, 6.5, 6.4), 4, "up", None, None),
        (moved(1, 3.9, None), 1, "", 4.0, None),  # a single reading goes nowhere
        (moved(1, 3.9, 3.0, minutes=5), 1, "", 4.0, None),
        (moved(1, 1.0, 0.95), 0, "up", 3.8, None),  # in two and a half days, maybe
        (None, 0, "", None, None),
    ],
)
def test_a_level_is_told_with_its_marks_and_where_it_goes(
    given: Moved | None, level: int, trend: str, ahead: float | None, eta_h: float | None
) -> None:
    device = station(1, "flood", "water_level", attributes=LIMITS)
    moves = {} if given is None else {1: given}
    (found,) = flood.levels([device], "water_level", "river_level", moves, NOW)
    assert (found.level, found.trend) == (level, trend)
    assert (found.next_bound.value if found.next_bound else None) == ahead
    if eta_h is None:
        assert found.eta is None
    else:
        assert found.eta == pytest.approx(timedelta(hours=eta_h), abs=timedelta(minutes=1))


def test_a_station_without_marks_or_with_wrong_ones_is_told_without() -> None:
    plain = station(1, "flood", "water_level")
    odd = station(2, "flood", "water_level", attributes={"warning_m": "high"})
    moves = {n: moved(n, 3.0, 2.0) for n in (1, 2)}
    for found in flood.levels([plain, odd], "water_level", "river_level", moves, NOW):
        assert (found.bounds, found.level, found.eta, found.trend) == ((), 0, None, "up")


def test_pumps_in_trouble_come_first() -> None:
    marks = {"warning_m": 3.2, "overflow_m": 4.0, "rated_current_a": 40.0}
    metrics = ("wet_well_level", "pump_current", "pump_running")
    pumps = [station(n, "sewage_station", *metrics, attributes=marks) for n in range(1, 8)]
    values = {
        1: {"wet_well_level": 2.0, "pump_running": 1.0}, 2: {"wet_well_level": 2.0},
        3: {"wet_well_level": 4.1, "pump_running": 0.0}, 4: {"wet_well_level": 3.3},
        5: {"pump_current": 45.0, "pump_running": 1.0}, 6: {"pump_running": 0.0},
        7: {"wet_well_level": 2.0, "pump_running": 1.0},
    }  # fmt: skip
    found = flood.pumps(pumps, values, {7}, NOW)
    assert [(one.device.device_no, one.state, one.level) for one in found] == [
        (3, "overflow", 4), (7, "offline", 2), (4, "high", 2), (5, "overload", 2),
        (2, "unknown", 0), (1, "running", 0), (6, "standby", 0),
    ]  # fmt: skip


# --- dust ------------------------------------------------------------------------------------


def blown(number: int, east: float, north: float, speed: float | None = None) -> Blown:
    return Blown(device_no=number, east=east, north=north, readings=9, at=NOW,
                 speed=speed or (east**2 + north**2) ** 0.5)  # fmt: skip


def test_the_wind_is_a_mean_of_vectors() -> None:
    wind = dust.wind_of([blown(1, 0, -3), blown(2, 0, -1)])
    assert wind is not None
    assert (wind.from_deg, wind.speed, wind.calm, wind.point) == (0, 2, False, 0)
    west = dust.wind_of([blown(1, 2, 0)])
    assert west is not None
    assert (west.from_deg, west.point) == (270, 12)
    turning = dust.wind_of([blown(1, 0, 3), blown(2, 0, -3)])
    assert turning is not None
    assert turning.calm  # 3 m/s, but from everywhere
    assert dust.wind_of([]) is None


def monitors(pm10: dict[int, float], loud: int, wind: tuple[float, float] | None) -> list[Any]:
    """Site A with monitors 1 (west) and 2 (east), sites B (west of it) and C (east of it)."""
    places = {1: (0, 0), 2: (200, 10), 3: (-800, 0), 4: (900, 0)}
    sites = {1: "A", 2: "A", 3: "B", 4: "C"}
    devices = [
        station(n, "construction_dust", "pm10", at=places[n], attributes={"site": sites[n]})
        for n in places
    ]
    means = [Averaged(device_no=n, metric_no=1, mean=value, highest=value, readings=9)
             for n, value in pm10.items()]  # fmt: skip
    winds = [] if wind is None else [blown(n, *wind) for n in places]
    return dust.monitors(devices, means, winds, {loud: 3})


def cause(pm10: dict[int, float], loud: int, wind: tuple[float, float] | None) -> dust.Cause:
    sites = dust.sites(monitors(pm10, loud, wind), {}, [], 2, None)
    (found,) = dust.causes(sites, None)
    return found


def test_the_likely_site_is_the_one_upwind_that_stands_out() -> None:
    # from the west: B's dust reaches both monitors of A alike
    found = cause({1: 150, 2: 152, 3: 300, 4: 40}, 1, (3, 0))
    chosen = dust.likely(found)
    assert chosen is not None
    assert (chosen.site.key, chosen.own, round(chosen.metres)) == ("B", False, 800)
    # what the air gained over A is A's own
    own = dust.likely(cause({1: 60, 2: 260, 3: 70, 4: 40}, 2, (3, 0)))
    assert own is not None
    assert (own.site.key, own.own, own.above) == ("A", True, 200)
    # from the east B is no suspect, whatever it measures
    east = cause({1: 150, 2: 152, 3: 300, 4: 40}, 1, (-3, 0))
    assert {one.site.key for one in east.suspects} == {"A", "C"}


@pytest.mark.parametrize("wind", [None, (0.1, 0.0)])
def test_without_wind_only_the_site_itself_is_asked(wind: tuple[float, float] | None) -> None:
    found = cause({1: 150, 2: 152, 3: 300, 4: 40}, 1, wind)
    assert [one.site.key for one in found.suspects] == ["A"]
    assert dust.likely(cause({1: 30, 3: 300, 4: 40}, 1, wind)) is None  # nothing stands out
    assert dust.likely(cause({3: 300, 4: 40}, 1, wind)) is None  # it measured nothing


@pytest.mark.parametrize(
    ("pm10", "wind", "pair"),
    [
        ({1: 50, 2: 90}, (3, 0), (1, 2, 40)),
        ({1: 50, 2: 90}, (-3, 0), (2, 1, -40)),
        ({1: 50, 2: 90}, (0, 3), None),  # beside each other in the wind
        ({1: 50, 2: 90}, (0.2, 0), None),
        ({1: 50}, (3, 0), None),  # one reading is no pair
        ({1: 50, 2: 90}, None, None),
    ],
)
def test_a_pair_lies_along_the_wind(
    pm10: dict[int, float], wind: tuple[float, float] | None, pair: tuple[int, int, float] | None
) -> None:
    found = next(one for one in dust.sites(monitors(pm10, 1, wind), {}, [], 2, None)
                 if one.key == "A")  # fmt: skip
    if pair is None:
        assert found.pair is None
    else:
        assert found.pair is not None
        assert (found.pair.upwind.device.device_no, found.pair.downwind.device.device_no,
                found.pair.gain) == pair  # fmt: skip


def test_a_day_is_over_at_any_monitor_of_the_site_and_counted_once() -> None:
    days = [
        Day(device_no=n, day=date(2026, 5, day), hours=24, above=above)
        for n, day, above in ((1, 1, 3), (2, 1, 5), (1, 2, 2), (2, 3, 9), (4, 3, 0))
    ]
    found = {one.key: one for one in dust.sites(monitors({}, 1, None), {}, days, 2, None)}
    assert (found["A"].days_over, found["A"].days) == (2, 3)
    assert (found["C"].days_over, found["C"].days, found["B"].days) == (0, 1, 0)


# --- outfalls --------------------------------------------------------------------------------


def test_the_class_of_an_outfall_is_that_of_its_worst_fresh_substance() -> None:
    one, held, old, wrong = (
        station(n, "outfall", "cod", attributes=given)
        for n, given in ((1, {"water_class": "III"}), (2, {"water_class": "V"}),
                         (3, {"water_class": "III"}), (4, {"water_class": "blue"}))
    )  # fmt: skip
    fresh, stale = NOW - timedelta(minutes=5), NOW - timedelta(hours=2)
    values = {
        1: {"cod": (18.0, fresh), "nh3n": (1.8, fresh), "conductivity": (9.0, fresh)},
        2: {"cod": (18.0, fresh), "nh3n": (9.0, stale)},
        3: {"cod": (99.0, stale)}, 4: {"cod": (50.0, fresh)},
    }  # fmt: skip
    found = {
        one.device.device_no: one
        for one in outfall.outfalls([one, held, old, wrong], values, NOW, NOW.date())
    }
    assert list(found) == [1, 3, 2, 4]
    assert found[1].found is not None
    assert (found[1].found.water_class, found[1].found.decided_by, found[1].worse) == (
        "V", ("nh3n",), True,
    )  # fmt: skip
    assert found[2].found is not None
    assert (found[2].found.water_class, found[2].worse) == ("III", False)
    assert (found[3].found, found[3].at) == (None, stale)
    assert found[4].found is not None
    assert (found[4].found.water_class, found[4].target, found[4].worse) == ("V-", None, False)


def traced(here: int, above: int | None) -> Traced:
    code = None if above is None else f"OF-{above}"
    return Traced(
        number=f"P{here}", component_id=here, name_zh="", name_en="", lon=0, lat=0,
        source="industry", party="", settled=False, upstream_id=above, upstream_code=code,
        upstream_zh=code, upstream_en=code, upstream_lon=None, upstream_lat=None,
    )  # fmt: skip


def test_water_is_followed_upstream_and_never_round_and_round() -> None:
    found = [traced(1, 2), traced(1, None), traced(2, 3), traced(3, 1)]
    steps = upstream(found, 1)
    assert [(one.depth, one.source.component_id, one.source.upstream_id) for one in steps] == [
        (0, 1, 2), (1, 2, 3), (2, 3, 1), (0, 1, None),
    ]  # fmt: skip
    assert upstream(found, 9) == []
    # each trace is told once, circles too: 4 leads to 5, and 1, 2, 3 run in a circle
    assert beginnings([*found, traced(4, 5), traced(5, None)]) == [4, 1]
