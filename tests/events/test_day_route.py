"""The order of a crew's day: against every order there is, and against the order by deadline."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise, permutations

import numpy as np

from events.model.day_route import MOST, Leg, Stop, day_route
from events.model.objective import WEIGHTS
from tests.events.town import NOW

LON, LAT = 118.2, 24.6


def stops(seed: int, n: int, hours: float = 6.0) -> tuple[Stop, ...]:
    random = np.random.default_rng(seed)
    return tuple(
        Stop(number=f"T{i}", lon=LON + 0.2 * random.random(), lat=LAT + 0.2 * random.random(),
             severity=int(random.integers(1, 5)),
             due_at=NOW + timedelta(hours=hours * random.random()) if i % 4 else None)
        for i in range(n)
    )  # fmt: skip


def price(legs: tuple[Leg, ...]) -> float:
    """Minutes of way, and of lateness with its weight."""
    way = sum(one.distance_m for one in legs) / WEIGHTS.speed_m_min
    return way + sum(
        WEIGHTS.late * WEIGHTS.urgency[one.stop.severity - 1] * one.late_by.total_seconds() / 60
        for one in legs
    )


def in_this_order(given: tuple[Stop, ...]) -> float:
    """What an order costs, reckoned here anew."""
    at, lon, lat, cost = 0.0, LON, LAT, 0.0
    for one in given:
        east = np.radians(one.lon - lon) * np.cos(np.radians(LAT))
        way = 6_371_008.8 * float(np.hypot(east, np.radians(one.lat - lat))) / WEIGHTS.speed_m_min
        at += way + WEIGHTS.handling_min
        due = float("inf") if one.due_at is None else (one.due_at - NOW).total_seconds() / 60
        cost += way + WEIGHTS.late * WEIGHTS.urgency[one.severity - 1] * max(0.0, at - due)
        lon, lat = one.lon, one.lat
    return cost


def test_it_is_nearly_the_best_of_all_orders() -> None:
    ratios = []
    for seed in range(20):
        given = stops(seed, 6)
        found = price(day_route(LON, LAT, given, NOW))
        best = min(in_this_order(one) for one in permutations(given))
        by_deadline = sorted(given, key=lambda one: one.due_at or NOW + timedelta(days=99))
        assert found <= in_this_order(tuple(by_deadline)) * 1.001
        ratios.append(found / best)
    assert min(ratios) > 0.999
    assert float(np.mean(ratios)) < 1.05


def test_the_order_does_not_depend_on_the_order_of_asking() -> None:
    given = stops(3, 9)
    assert day_route(LON, LAT, given, NOW) == day_route(LON, LAT, given[::-1], NOW)


def test_what_is_due_soon_comes_first_and_the_reason_says_what_is_late() -> None:
    far = Stop(number="A", lon=LON + 0.1, lat=LAT, severity=2, due_at=NOW + timedelta(hours=1.1))
    near = Stop(number="B", lon=LON + 0.01, lat=LAT, severity=2, due_at=NOW + timedelta(hours=9))
    # near first would be the shorter way, but A would be late by then
    legs = day_route(LON, LAT, (near, far), NOW)
    assert [one.stop.number for one in legs] == ["A", "B"]
    assert "不超期" in legs[0].because.zh
    assert [one.place for one in legs] == [1, 2]
    assert all(a.arrives_at < b.arrives_at for a, b in pairwise(legs))
    late = Stop(number="C", lon=LON, lat=LAT, severity=4, due_at=NOW - timedelta(hours=1))
    assert day_route(LON, LAT, (near, late), NOW)[0].because.en == (
        "Stop 1: 0.0 km; some 1.5 h late, as early as it can be"
    )


def test_many_stops_and_none() -> None:
    given = stops(1, MOST + 5, hours=90.0)
    legs = day_route(LON, LAT, given, NOW)
    assert sorted(one.stop.number for one in legs) == sorted(one.number for one in given)
    assert day_route(LON, LAT, (), NOW) == ()
