"""The demo city alarms nobody by itself: a day of every device, where nothing was scheduled."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

import layers
from command_center.demo.land import draw_land
from command_center.demo.plane import position
from command_center.demo.roads import draw_roads
from command_center.demo.stations import place_stations
from iot_ingest.model.behaviour import flags, values
from iot_ingest.model.device import Device, DeviceId
from iot_ingest.model.episode import Course, Episode
from layers.contract import Finding, Member, Scope, Series

STEP_S = 120
# The hours change little from day to day; what is drawn by lot is another draw each day.
START = datetime(2026, 11, 23, 16, tzinfo=UTC).timestamp()
DAY_S = 86_400


@pytest.fixture(scope="module")
def devices() -> list[Device]:
    land = draw_land()
    _, stations = place_stations(land, draw_roads(land))
    found = []
    for number, one in enumerate(stations, start=1):
        lon, lat = position(one.x, one.y)
        found.append(
            Device(
                device_no=number, device_id=DeviceId(one.device_id), bucket="00", model=one.model,
                layer=one.layer, name_zh="", name_en="", metrics=tuple(one.metrics),
                interval_s=STEP_S, lon=lon, lat=lat, cell_id=None, area_id=1, component_id=None,
                attributes=one.attributes,
            )
        )  # fmt: skip
    return found


def measured(device: Device, seconds: int, episode: Episode | None = None) -> dict[str, Series]:
    """What a station measures every two minutes, by metric."""
    times = [START + s for s in range(0, seconds, STEP_S)]
    told = [values(device, t, episode) for t in times]
    marks = [flags(device, t, episode) for t in times]
    return {
        metric: Series.of(
            [round(t * 1000) for t in times],
            [one[metric] for one in told],
            [mark.get(metric, "N").encode() for mark in marks],
        )
        for metric in device.metrics
    }


def findings(device: Device, series: dict[str, Series]) -> list[Finding]:
    found: list[Finding] = []
    for metric, one in series.items():
        for rule in layers.rules_of(metric, layer=device.layer):
            limits = rule.limits({**device.attributes, "interval_s": STEP_S})
            if rule.scope is None and limits is not None:
                found += rule.judge(one, limits, None, int(one.ts[-1]))
    return found


def test_a_day_of_every_device_alarms_nobody(devices: list[Device]) -> None:
    assert len(devices) > 80
    pm10 = {}
    for device in devices:
        series = measured(device, DAY_S)
        assert findings(device, series) == [], device.device_id
        if "pm10" in series:
            pm10[device.device_no] = series["pm10"]
    assert compared([one for one in devices if one.device_no in pm10], pm10) == []


def compared(devices: Sequence[Device], pm10: dict[int, Series]) -> list[Finding]:
    """Hour by hour, what the rules over several devices say."""
    found: list[Finding] = []
    hours = [round(START * 1000) + hour * 3_600_000 for hour in range(1, DAY_S // 3600 + 1)]
    for rule in layers.rules_of("pm10", layer="construction_dust"):
        if rule.scope is None:
            continue
        limits = rule.limits({"interval_s": STEP_S})
        assert limits is not None
        groups: dict[str, list[Device]] = {}
        for one in devices:
            key = str(one.attributes["site"]) if rule.scope is Scope.SITE else "district"
            groups.setdefault(key, []).append(one)
        stands: dict[int, list[tuple[int, float]]] = {}
        for members in groups.values():
            for end in hours:
                rows = [
                    Member(
                        device_no=one.device_no, site=str(one.attributes["site"]), share=1.0,
                        mean=float(_hour(pm10[one.device_no], end)),
                    )
                    for one in members
                ]  # fmt: skip
                for number, value in rule.compare(rows, limits).items():
                    stands.setdefault(number, []).append((end, value))
        assert len(stands) >= 4
        for rows_ in stands.values():
            found += rule.judge(Series.of(*zip(*rows_, strict=True)), limits)
    return found


def _hour(series: Series, end: int) -> float:
    first, last = series.ts.searchsorted((end - 3_600_000, end))
    return float(np.mean(series.value[first:last]))


def test_a_stuck_monitor_is_doubtful_and_short_maintenance_is_not(devices: list[Device]) -> None:
    monitor = next(one for one in devices if one.device_id == "CD-001")

    def during(course: Course, lasts_s: float) -> set[str]:
        began = START + 1_200
        episode = Episode(device_id="CD-001", course=course, began_at=began,
                          ends_at=began + lasts_s, strength=0.5, rise_s=10, decay_s=10)  # fmt: skip
        return {one.rule for one in findings(monitor, measured(monitor, 10_800, episode))}

    assert during(Course.STUCK, 2_700) == {"tsp_flat", "noise_flat"}
    assert during(Course.STUCK, 420) == set()
    assert during(Course.MAINTENANCE, 420) == set()
