"""In which order a crew goes to its tickets: a short way that is in time, found crew by crew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from events.model.distance import on_plane
from events.model.objective import WEIGHTS, Weights
from events.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Of more tickets in hand, the most pressing are put in order and the rest follow by deadline.
MOST = 30
# The solver counts in seconds; lateness beyond this is as bad as this.
_LONGEST_S = 30 * 86_400
# Costs are in tenths of a second, so that urgency keeps its fractions.
_TENTHS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """A ticket to go to; ``due_at``: until when it is to be disposed of (None: no matter)."""

    number: str
    lon: float
    lat: float
    severity: int
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """One stop in its place (from 1): metres from the one before, and when the crew is there.

    ``late_by``: how long after its deadline it will be done; zero when it is in time.
    """

    stop: Stop
    place: int
    distance_m: float
    arrives_at: datetime
    late_by: timedelta

    @property
    def because(self) -> Words:
        """Why it comes here in the order."""
        km = f"{self.distance_m / 1000:.1f}"
        if self.late_by:
            hours = f"{self.late_by.total_seconds() / 3600:.1f}"
            return Words(
                zh=f"第{self.place}站：{km}公里；预计超期{hours}小时，已尽量提前",
                en=f"Stop {self.place}: {km} km; some {hours} h late, as early as it can be",
            )
        return Words(
            zh=f"第{self.place}站：{km}公里；按此顺序路程短且不超期",
            en=f"Stop {self.place}: {km} km; a short way that is in time",
        )


@lru_cache(maxsize=4_096)
def day_route(
    lon: float, lat: float, stops: tuple[Stop, ...], now: datetime, weights: Weights = WEIGHTS
) -> tuple[Leg, ...]:
    """The order of work of a crew whose base is there: the way there and between the stops is
    short, and what is due comes in time, the gravest first. The day ends at the last stop.

    Same stops, same order, whatever their order was.
    """
    pressing = sorted(stops, key=lambda one: (_due_s(one, now), -one.severity, one.number))
    ordered, rest = pressing[:MOST], pressing[MOST:]
    way = _ways(lon, lat, ordered, weights)
    order = min(_orders(way, ordered, now, weights), key=lambda one: (one[0], one[1]))[1]
    return _legs(lon, lat, [*(ordered[i] for i in order), *rest], now, weights)


def _due_s(stop: Stop, now: datetime) -> int:
    """Seconds until it is due, at least 0."""
    if stop.due_at is None:
        return _LONGEST_S
    return min(max(int((stop.due_at - now).total_seconds()), 0), _LONGEST_S)


def _plane(
    lon: float, lat: float, stops: Sequence[Stop]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres east and north of the base (0) and the stops (1, 2, ...)."""
    return on_plane(
        np.array([lon, *(one.lon for one in stops)]),
        np.array([lat, *(one.lat for one in stops)]),
        lat,
    )


def _ways(lon: float, lat: float, stops: Sequence[Stop], weights: Weights) -> NDArray[np.int64]:
    """Seconds between base and stops, and to the end of the day (the last index), which is near
    to every stop."""
    n = len(stops) + 2
    way = np.zeros((n, n), dtype=np.int64)
    x, y = _plane(lon, lat, stops)
    seconds = np.hypot(x[:, None] - x, y[:, None] - y) / weights.speed_m_min * 60
    way[: n - 1, : n - 1] = np.rint(seconds)
    return way


def _price(
    order: Sequence[int], way: NDArray[np.int64], stops: Sequence[Stop], now: datetime,
    weights: Weights,
) -> int:  # fmt: skip
    """What an order costs, as the solver counts it."""
    at, here, cost = 0, 0, 0
    handling_s = int(weights.handling_min * 60)
    for one in order:
        leg = int(way[here, one + 1])
        at += leg
        cost += _TENTHS * leg
        cost += _late(stops[one], weights) * max(0, at + handling_s - _due_s(stops[one], now))
        at, here = at + handling_s, one + 1
    return cost


def _late(stop: Stop, weights: Weights) -> int:
    """Tenths that a second of lateness costs."""
    return int(_TENTHS * weights.late * weights.urgency[stop.severity - 1])


def _orders(
    way: NDArray[np.int64], stops: Sequence[Stop], now: datetime, weights: Weights
) -> list[tuple[int, tuple[int, ...]]]:
    """Orders with their price: by deadline, and what the solver finds from two beginnings."""
    found = [tuple(range(len(stops)))]
    if len(stops) > 1:
        found += _solved(way, stops, now, weights)
    return [(_price(one, way, stops, now, weights), one) for one in found]


def _solved(
    way: NDArray[np.int64], stops: Sequence[Stop], now: datetime, weights: Weights
) -> list[tuple[int, ...]]:
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    n, handling_s = len(stops), int(weights.handling_min * 60)
    manager = pywrapcp.RoutingIndexManager(n + 2, 1, [0], [n + 1])
    routing = pywrapcp.RoutingModel(manager)
    cost = routing.RegisterTransitMatrix((way * _TENTHS).tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(cost)
    work = np.full(n + 2, handling_s)
    work[[0, n + 1]] = 0
    takes = routing.RegisterTransitMatrix((way + work[:, None]).tolist())
    routing.AddDimension(takes, 0, 2 * _LONGEST_S, True, "time")
    clock = routing.GetDimensionOrDie("time")
    for number, stop in enumerate(stops):
        latest = max(_due_s(stop, now) - handling_s, 0)
        index = manager.NodeToIndex(number + 1)
        clock.SetCumulVarSoftUpperBound(index, latest, _late(stop, weights))
    first = routing_enums_pb2.FirstSolutionStrategy
    search = pywrapcp.DefaultRoutingSearchParameters()
    # no limit of time: it ends where no small change is better, the same on every machine
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    found: list[tuple[int, ...]] = []
    for begin in (first.PATH_CHEAPEST_ARC, first.PARALLEL_CHEAPEST_INSERTION):
        search.first_solution_strategy = begin
        solution = routing.SolveWithParameters(search)
        if solution is not None:
            found.append(_read(routing, manager, solution))
    return found


def _read(routing: Any, manager: Any, solution: Any) -> tuple[int, ...]:
    order = []
    index = solution.Value(routing.NextVar(routing.Start(0)))
    while not routing.IsEnd(index):
        order.append(manager.IndexToNode(index) - 1)
        index = solution.Value(routing.NextVar(index))
    return tuple(order)


def _legs(
    lon: float, lat: float, stops: Sequence[Stop], now: datetime, weights: Weights
) -> tuple[Leg, ...]:
    x, y = _plane(lon, lat, stops)
    metres = np.hypot(np.diff(x), np.diff(y))  # from one to the next: there may be thousands
    handling = timedelta(minutes=weights.handling_min)
    found: list[Leg] = []
    at = now
    for number, stop in enumerate(stops):
        distance_m = float(metres[number])
        at += timedelta(minutes=distance_m / weights.speed_m_min)
        done = at + handling
        late_by = timedelta() if stop.due_at is None else max(done - stop.due_at, timedelta())
        found.append(
            Leg(stop=stop, place=number + 1, distance_m=distance_m, arrives_at=at, late_by=late_by)
        )
        at = done
    return tuple(found)
