"""Which crew goes to which ticket, for all of a department at once: a minimum-cost flow.

A ticket flows to one of its cheapest crews, and from there into one of the crew's places, of
which each costs more than the one before; or it waits for a crew, which costs most. Where somebody
is left waiting although there is room, more crews are looked at. Same input, same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from events.model.distance import on_plane
from events.model.objective import WEIGHTS, Terms, Weights, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NOBODY = -1
# A job, the crew that has it (or NOBODY), and the crew that gets it.
Change = tuple[int, int, int]
# So many of the cheapest crews are looked at first; four times as many when that was too few.
_NEAREST = 16
# Tickets whose way to every crew is reckoned in one go: some ten megabytes.
_AT_ONCE = 1_000
# The flow counts in twentieths of a minute.
_GRAIN = 20
# What a crew has is not taken away to give it nothing instead.
_HELD = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Jobs:
    """Tickets that a plan may place; arrays of one length n, in the order of their ids.

    ``left_min``: minutes until the deadline (inf: none). ``kind``: row of ``Seats.able``.
    ``holder``: index of the crew that has it, or NOBODY.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    severity: NDArray[np.int64]
    left_min: NDArray[np.float64]
    kind: NDArray[np.int64]
    holder: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seats:
    """Crews; arrays of one length m, in the order of their ids.

    ``fixed``: tickets in hand that no plan moves. ``able``: kinds x m, whether a crew is on shift
    and has the skill for tickets of a kind.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    capacity: NDArray[np.int64]
    fixed: NDArray[np.int64]
    able: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.capacity)

    @property
    def room(self) -> NDArray[np.int64]:
        """How many movable tickets each can have."""
        left: NDArray[np.int64] = np.maximum(self.capacity - self.fixed, 0)
        return left

    def some(self, places: NDArray[np.int64], fixed: NDArray[np.int64]) -> Seats:
        """The crews at some places, with what is fixed for them."""
        return Seats(lon=self.lon[places], lat=self.lat[places], capacity=self.capacity[places],
                     fixed=fixed, able=self.able[:, places])  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``crew``: for each job the index of its crew, or NOBODY; ``cost_min``: all of it, in minutes.

    A job that NOBODY can take stays with its holder, if it has one.
    """

    crew: NDArray[np.int64]
    cost_min: float


def solve(jobs: Jobs, seats: Seats, weights: Weights = WEIGHTS, *, nearest: int = _NEAREST) -> Plan:
    """The cheapest plan over the ``nearest`` crews of each job, and more where that leaves somebody
    waiting whom a crew could take. Nobody is moved without a gain."""
    if not len(jobs) or not len(seats):
        return Plan(crew=np.full(len(jobs), NOBODY), cost_min=_waiting(jobs, weights))
    most = _most(jobs, seats)
    while True:
        arcs = _arcs(jobs, seats, weights, nearest)
        crew, cost = _flow(jobs, seats, weights, arcs)
        if int((crew != NOBODY).sum()) >= most or nearest >= len(seats):
            break
        nearest *= 4
    held, held_cost = _as_it_is(jobs, seats, weights)
    if held_cost <= cost:
        crew, cost = held, held_cost
    return Plan(crew=crew, cost_min=cost / _GRAIN)


def job_terms(
    jobs: Jobs, seats: Seats, one: int, in_hand: NDArray[np.int64], weights: Weights = WEIGHTS
) -> tuple[NDArray[np.float64], Terms]:
    """Distances in metres and the terms of one job for every crew, as the loads are: length m."""
    distance_m, found = _static(jobs, seats, weights, np.array(one), np.arange(len(seats)))
    return distance_m, found._replace(balance=weights.balance_min * in_hand / seats.capacity)


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Jobs, crews and costs of the ways that a plan may use."""

    job: NDArray[np.int64]
    crew: NDArray[np.int64]
    cost: NDArray[np.int64] = field(repr=False)


def _grains(minutes: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.rint(minutes * _GRAIN).astype(np.int64)
    return whole


def _static(
    jobs: Jobs, seats: Seats, weights: Weights, job: NDArray[np.int64], crew: NDArray[np.int64]
) -> tuple[NDArray[np.float64], Terms]:
    """Metres, and the terms that do not depend on what else a crew is given.

    ``job`` and ``crew`` are indices that are broadcast: pairs, or a column and a row.
    """
    # (of the jobs, so that one job costs the same among few crews as among all)
    middle = float(jobs.lat.mean())
    here_x, here_y = on_plane(jobs.lon[job], jobs.lat[job], middle)
    there_x, there_y = on_plane(seats.lon[crew], seats.lat[crew], middle)
    distance_m = np.sqrt((here_x - there_x) ** 2 + (here_y - there_y) ** 2)
    holder = jobs.holder[job]
    return distance_m, terms(
        weights,
        distance_m=distance_m,
        severity=jobs.severity[job],
        left_min=jobs.left_min[job],
        fixed=seats.fixed[crew],
        fill=0.0,
        moved=(holder != NOBODY) & (holder != crew),
    )


def _arcs(jobs: Jobs, seats: Seats, weights: Weights, nearest: int) -> _Arcs:
    """The cheapest able crews of each job; who has it is always among them, if able."""
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    free = seats.room > 0
    nearest = min(nearest, len(seats))
    everybody = np.arange(len(seats))
    for start in range(0, len(jobs), _AT_ONCE):
        part = np.arange(start, min(start + _AT_ONCE, len(jobs)))
        cost = _static(jobs, seats, weights, part[:, None], everybody)[1].total
        cost[~(seats.able[jobs.kind[part]] & free)] = np.inf
        crew = np.argpartition(cost, nearest - 1, axis=1)[:, :nearest]
        holder = jobs.holder[part]
        (more,) = np.nonzero((holder != NOBODY) & ~(crew == holder[:, None]).any(axis=1))
        rows = np.concatenate([np.repeat(np.arange(len(part)), nearest), more])
        crew = np.concatenate([crew.ravel(), holder[more]])
        value = cost[rows, crew]
        use = np.isfinite(value)
        found.append((part[rows[use]], crew[use], _grains(value[use])))
    return _Arcs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _places(
    seats: Seats, weights: Weights, wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every place that may be taken: its crew, and what it costs; each more than the last."""
    count = np.minimum(seats.room, wanted)
    crew = np.repeat(np.arange(len(seats)), count)
    before = np.arange(len(crew)) - np.repeat(np.cumsum(count) - count, count) + seats.fixed[crew]
    return crew, _grains(weights.balance_min * before / seats.capacity[crew])


def _nobody(jobs: Jobs, seats: Seats, weights: Weights) -> NDArray[np.int64]:
    """What it costs that a job gets no crew."""
    cost = _grains(weights.nobody_min * jobs.severity)
    return np.where(_kept(jobs, seats), cost * _HELD, cost)


def _kept(jobs: Jobs, seats: Seats) -> NDArray[np.bool_]:
    """Whether who has a job can go on with it."""
    can: NDArray[np.bool_] = (jobs.holder != NOBODY) & seats.able[jobs.kind, jobs.holder]
    return can


def _waiting(jobs: Jobs, weights: Weights) -> float:
    return float((weights.nobody_min * jobs.severity).sum())


def _flow(
    jobs: Jobs, seats: Seats, weights: Weights, arcs: _Arcs
) -> tuple[NDArray[np.int64], float]:
    from ortools.graph.python import min_cost_flow

    n, m = len(jobs), len(seats)
    nobody, sink = n + m, n + m + 1
    place, price = _places(seats, weights, np.bincount(arcs.crew, minlength=m))
    tail = np.concatenate([arcs.job, np.arange(n), n + place, [nobody]])
    head = np.concatenate([n + arcs.crew, np.full(n, nobody), np.full(len(place), sink), [sink]])
    room = np.concatenate([np.ones(len(tail) - 1, dtype=np.int64), [n]])
    cost = np.concatenate([arcs.cost, _nobody(jobs, seats, weights), price, [0]])
    flow = min_cost_flow.SimpleMinCostFlow()
    ways = flow.add_arcs_with_capacity_and_unit_cost(tail, head, room, cost)
    supply = np.zeros(n + m + 2, dtype=np.int64)
    supply[:n], supply[sink] = 1, -n
    flow.set_nodes_supplies(np.arange(n + m + 2), supply)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise ArithmeticError(f"no plan of {n} tickets and {m} crews: {status}")
    used = flow.flows(ways[: len(arcs.job)]) > 0
    crew = np.full(n, NOBODY)
    crew[arcs.job[used]] = arcs.crew[used]
    return crew, float(flow.optimal_cost())


def _most(jobs: Jobs, seats: Seats) -> int:
    """How many jobs can have a crew at all: kinds flow to crews, as many as there is room for."""
    from ortools.graph.python import max_flow

    kinds, m = len(seats.able), len(seats)
    count = np.bincount(jobs.kind, minlength=kinds)
    kind, crew = np.nonzero(seats.able)
    source, sink = kinds + m, kinds + m + 1
    tail = np.concatenate([np.full(kinds, source), kind, kinds + np.arange(m)])
    head = np.concatenate([np.arange(kinds), kinds + crew, np.full(m, sink)])
    room = np.concatenate([count, count[kind], np.minimum(seats.room, len(jobs))])
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(tail, head, room)
    if flow.solve(source, sink) != flow.OPTIMAL:
        raise ArithmeticError(f"no flow of {kinds} kinds and {m} crews")
    return int(flow.optimal_flow())


def _as_it_is(jobs: Jobs, seats: Seats, weights: Weights) -> tuple[NDArray[np.int64], float]:
    """What it costs to change nothing: inf when a crew has more than it can."""
    crew = np.where(_kept(jobs, seats), jobs.holder, NOBODY)
    has = crew != NOBODY
    count = np.bincount(crew[has], minlength=len(seats))
    if (count > seats.room).any():
        return crew, np.inf
    cost = float(_nobody(jobs, seats, weights)[~has].sum())
    cost += float(_places(seats, weights, count)[1].sum())
    (job,) = np.nonzero(has)
    cost += float(_grains(_static(jobs, seats, weights, job, crew[job])[1].total).sum())
    return crew, cost


def in_order(changes: Sequence[Change], room: Sequence[int], limit: int) -> list[Change]:
    """At most ``limit`` of the changes, in an order in which no crew ever has more than it can.

    ``room``: how many tickets each crew can still have. Crews that exchange tickets in a ring do
    so all at once, or not at all.
    """
    free = list(room)
    done: list[Change] = []
    waiting = list(changes)
    while True:
        later: list[Change] = []
        for change in waiting:
            _, source, target = change
            if len(done) == limit or free[target] <= 0:
                later.append(change)
                continue
            free[target] -= 1
            if source != NOBODY:
                free[source] += 1
            done.append(change)
        if len(later) == len(waiting) or len(done) == limit:
            break
        waiting = later
    return done + _rings(later, free, limit - len(done))


def _rings(waiting: Sequence[Change], free: Sequence[int], limit: int) -> list[Change]:
    """All of ``waiting`` when that leaves every crew with what it can have."""
    after = list(free)
    for _, source, target in waiting:
        after[target] -= 1
        if source != NOBODY:
            after[source] += 1
    touched = {target for _, _, target in waiting}
    return list(waiting) if len(waiting) <= limit and all(after[i] >= 0 for i in touched) else []
