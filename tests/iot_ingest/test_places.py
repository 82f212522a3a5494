"""Devices that are not where they are registered."""

from __future__ import annotations

from typing import Any

import pytest

from grid.model.coordinates import CoordinateSystem, from_wgs84
from iot_ingest.model.health import Word, word
from iot_ingest.model.place import Standing, is_position, look, metres, moved_after_m, take
from iot_ingest.places import Places
from iot_ingest.store import devices, health
from iot_ingest.store.registration import register_devices
from tests.iot_ingest.place import BY, NOW, item, message, row, rows_of
from tests.support.cluster import TestDatabase

HOME = (118.09, 24.48)
NEAR = (118.0905, 24.4805)
AWAY = (118.10, 24.48)


def test_distances_and_thresholds() -> None:
    assert metres(*HOME, *AWAY) == pytest.approx(1012, rel=0.01)
    assert look(HOME, NEAR, 200) is None
    assert look(HOME, AWAY, 200) == "moved"
    assert look(HOME, AWAY, 2_000) is None
    assert look(HOME, from_wgs84(*HOME, CoordinateSystem.GCJ02), 200) == "gcj02"
    assert [moved_after_m({"moved_after_m": one}) for one in (500, 0, "x", True)] == [
        500.0, None, 200.0, 200.0,
    ]  # fmt: skip
    assert not is_position(0, 0)
    assert not is_position(200, 10)


def test_noise_is_no_move() -> None:
    standing = Standing()
    for seen in ("moved", None) * 20:
        standing = take(standing, seen)
    assert standing.trouble is None
    for _ in range(5):
        standing = take(standing, "moved")
    assert standing.trouble == "moved"
    assert take(standing, None).trouble == "moved"


class Town:
    """WL-1 says where it is, again and again."""

    def __init__(self, village: TestDatabase) -> None:
        self.now = 0.0
        self.village = village
        self.places = Places(village.engine("cc_ingest"), lambda: self.now)

    def says(self, where: tuple[float, float], times: int = 6, **more: Any) -> None:
        for _ in range(times):
            self.now += 30
            told = item(NOW, voltage=12) | {"lon": where[0], "lat": where[1]} | more
            self.places.look([message("WL-1", told), message("WL-2", item(NOW, voltage=12))])
            self.places.settle()

    def told(self) -> list[tuple[str, str, str]]:
        return [
            (change, attributes["fault"], title)
            for change, attributes, title in rows_of(
                self.village.engine("cc_web"),
                "SELECT change, attributes, title_en FROM events.events ORDER BY event_id",
            )
        ]

    def word(self) -> Word:
        with self.village.engine("cc_web").connect() as conn:
            (found,) = health.of_devices(conn, [self._number(conn)])
        return word(found, NOW)

    @staticmethod
    def _number(conn: Any) -> int:
        found = devices.by_id(conn, "WL-1")
        assert found is not None
        return found.device_no


def test_a_moved_device_is_told_once_and_again_when_it_is_back(village: TestDatabase) -> None:
    with village.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.device_status SELECT device_no, true, now(), now() FROM iot.devices"
        )
    town = Town(village)
    town.says(NEAR)
    town.says(AWAY, times=4)
    town.says(NEAR)
    assert town.told() == []
    assert town.word() is Word.OK
    town.says(AWAY, times=20)
    title = "Station WL-1: is 1012 m from where it is registered"
    assert town.told() == [("raised", "moved", title)]
    assert town.word() is Word.MOVED
    # another process, or this one after a restart, knows it
    again = Town(village)
    again.says(AWAY)
    again.says(NEAR)
    assert town.told()[1:] == [
        ("cleared", "moved", "Station WL-1: is where it is registered again")
    ]
    assert town.word() is Word.OK


def test_unconverted_coordinates_and_new_registrations(village: TestDatabase) -> None:
    town = Town(village)
    town.says(from_wgs84(*HOME, CoordinateSystem.GCJ02))
    assert [one[:2] for one in town.told()] == [("raised", "gcj02")]
    lon, lat = AWAY
    moved = row("WL-1", lon=lon, lat=lat)
    register_devices(village.engine("cc_admin"), [moved], by=BY)
    town.says(AWAY, times=10)
    assert [one[:2] for one in town.told()] == [("raised", "gcj02"), ("cleared", "gcj02")]


def test_who_may_move_and_what_is_no_position_is_left_alone(village: TestDatabase) -> None:
    town = Town(village)
    town.says((0.0, 0.0))
    town.says(AWAY, lon="east")
    assert rows_of(village.engine("cc_web"), "SELECT FROM iot.positions") == []
    register_devices(
        village.engine("cc_admin"), [row("WL-1", attributes={"moved_after_m": 0})], by=BY
    )
    Town(village).says(AWAY)
    assert town.told() == []
