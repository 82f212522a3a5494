"""The plan of who goes where: as good as the exact one, fair, stable, and never full of holes."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.model.assignment import NOBODY, Change, Jobs, Plan, Seats, in_order, job_terms, solve
from events.model.objective import WEIGHTS, terms


def city(seed: int, n: int, m: int, *, capacity: int = 6, share: float = 0.6) -> tuple[Jobs, Seats]:
    """``n`` tickets of four kinds and ``m`` crews in a square of 30 km."""
    random = np.random.default_rng(seed)
    jobs = Jobs(
        lon=118.2 + 0.3 * random.random(n),
        lat=24.6 + 0.3 * random.random(n),
        severity=random.integers(1, 5, n),
        left_min=random.uniform(10.0, 600.0, n),
        kind=random.integers(0, 4, n),
        holder=np.full(n, NOBODY),
    )
    seats = Seats(
        lon=118.2 + 0.3 * random.random(m),
        lat=24.6 + 0.3 * random.random(m),
        capacity=np.full(m, capacity),
        fixed=random.integers(0, capacity // 2 + 1, m),
        able=random.random((4, m)) < share,
    )
    return jobs, seats


def after(jobs: Jobs, plan: Plan) -> Jobs:
    """The tickets when the plan was carried out."""
    return replace(jobs, holder=np.where(plan.crew == NOBODY, jobs.holder, plan.crew))


def check_possible(jobs: Jobs, seats: Seats, plan: Plan) -> None:
    has = plan.crew != NOBODY
    assert seats.able[jobs.kind[has], plan.crew[has]].all()
    assert (np.bincount(plan.crew[has], minlength=len(seats)) <= seats.room).all()


CITIES = (st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 25))


@given(*CITIES)
@settings(max_examples=40, deadline=None)
def test_a_plan_is_possible_and_planning_twice_changes_nothing(seed: int, n: int, m: int) -> None:
    jobs, seats = city(seed, n, m, share=0.4)
    plan = solve(jobs, seats, nearest=4)
    check_possible(jobs, seats, plan)
    assert np.array_equal(solve(jobs, seats, nearest=4).crew, plan.crew)
    assert np.array_equal(solve(after(jobs, plan), seats, nearest=4).crew, plan.crew)


@given(*CITIES)
@settings(max_examples=40, deadline=None)
def test_few_crews_looked_at_leave_nobody_waiting(seed: int, n: int, m: int) -> None:
    jobs, seats = city(seed, n, m, share=0.15)
    few, all_of_them = solve(jobs, seats, nearest=1), solve(jobs, seats, nearest=m)
    assert (few.crew != NOBODY).sum() == (all_of_them.crew != NOBODY).sum()
    assert all_of_them.cost_min <= few.cost_min + 1e-6


def test_it_is_the_best_of_all_plans() -> None:
    """Against every plan there is of four tickets and three crews, priced from the formula."""
    for seed in range(12):
        jobs, seats = city(seed, 4, 3, capacity=2, share=0.9)
        jobs = replace(jobs, holder=np.array([0, 1, NOBODY, NOBODY]))
        plan = solve(jobs, seats)
        priced = [_price(jobs, seats, crew) for crew in product((NOBODY, 0, 1, 2), repeat=4)]
        assert plan.cost_min == pytest.approx(min(priced), abs=0.5)
        assert _price(jobs, seats, tuple(plan.crew)) == pytest.approx(plan.cost_min, abs=0.5)


def _price(jobs: Jobs, seats: Seats, crews: tuple[int, ...]) -> float:
    in_hand, cost = seats.fixed.copy(), 0.0
    for job, crew in enumerate(crews):
        if crew == NOBODY:
            kept = jobs.holder[job] != NOBODY and seats.able[jobs.kind[job], jobs.holder[job]]
            cost += WEIGHTS.nobody_min * jobs.severity[job] * (10 if kept else 1)
        elif not seats.able[jobs.kind[job], crew] or in_hand[crew] >= seats.capacity[crew]:
            return float("inf")
        else:
            cost += float(job_terms(jobs, seats, job, in_hand)[1].total[crew])
            in_hand[crew] += 1
    return cost


def test_sixteen_crews_are_within_one_percent_of_all() -> None:
    jobs, seats = city(7, 400, 80, capacity=12)
    near, exact = solve(jobs, seats), solve(jobs, seats, nearest=80)
    assert (exact.crew != NOBODY).all()
    assert near.cost_min <= exact.cost_min * 1.01


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_new_ticket_far_away_moves_nobody(seed: int) -> None:
    jobs, seats = city(seed, 40, 12, capacity=40)
    jobs = after(jobs, solve(jobs, seats))
    more = Jobs(
        lon=np.append(jobs.lon, 119.2), lat=np.append(jobs.lat, 24.7),
        severity=np.append(jobs.severity, 1), left_min=np.append(jobs.left_min, 600.0),
        kind=np.append(jobs.kind, jobs.kind[0]), holder=np.append(jobs.holder, NOBODY),
    )  # fmt: skip
    assert np.array_equal(solve(more, seats).crew[:-1], jobs.holder)


def test_crews_at_one_place_share_evenly() -> None:
    jobs, seats = city(3, 90, 9, capacity=20)
    seats = replace(seats, lon=np.full(9, 118.3), lat=np.full(9, 24.7), fixed=np.zeros(9, int),
                    able=np.ones((4, 9), dtype=bool))  # fmt: skip
    assert (np.bincount(solve(jobs, seats).crew) == 10).all()


def test_the_gravest_get_what_there_is() -> None:
    jobs, seats = city(5, 30, 2, capacity=5)
    seats = replace(seats, able=np.ones((4, 2), dtype=bool), fixed=np.zeros(2, int))
    plan = solve(jobs, seats)
    served = jobs.severity[plan.crew != NOBODY]
    assert len(served) == 10
    assert served.min() >= np.sort(jobs.severity)[-10]


def test_a_crew_that_falls_out_gives_its_tickets_away_and_nobody_elses_move() -> None:
    jobs, seats = city(9, 40, 12, capacity=40, share=1.0)
    jobs = after(jobs, solve(jobs, seats))
    gone = int(jobs.holder[0])
    able = seats.able.copy()
    able[:, gone] = False
    plan = solve(jobs, replace(seats, able=able))
    assert (plan.crew != NOBODY).all()
    assert gone not in plan.crew
    others = jobs.holder != gone
    assert np.array_equal(plan.crew[others], jobs.holder[others])


def test_what_a_crew_has_is_not_taken_away_for_something_graver() -> None:
    jobs, seats = city(1, 2, 1, capacity=1)
    seats = replace(seats, able=np.ones((4, 1), dtype=bool), fixed=np.zeros(1, int))
    jobs = replace(jobs, severity=np.array([1, 4]), holder=np.array([0, NOBODY]))
    assert list(solve(jobs, seats).crew) == [0, NOBODY]


def test_what_is_nearly_late_and_grave_pulls_harder() -> None:
    def cost(**values: float) -> float:
        whole = {"distance_m": 4_000.0, "severity": 1, "left_min": 600.0, "fixed": 0, "fill": 0.0,
                 "moved": False, **values}  # fmt: skip
        return float(terms(WEIGHTS, **whole).total)

    assert cost() == 10.0
    assert cost(severity=4) == 30.0
    assert cost(left_min=20.0) == 10.0 + 2 * 20.0
    assert cost(left_min=20.0, fixed=1) == 10.0 + 2 * 50.0
    assert cost(fill=0.5) == 25.0
    assert cost(moved=True) == 30.0
    assert cost(left_min=-1e9) == 10.0 + 2 * 1_440.0


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), max_size=20),
       st.lists(st.integers(0, 3), min_size=5, max_size=5), st.integers(0, 20))  # fmt: skip
def test_changes_come_in_an_order_that_overfills_nobody(
    moves: list[tuple[int, int]], room: list[int], limit: int
) -> None:
    changes: list[Change] = [(job, *one) for job, one in enumerate(moves) if one[0] != one[1]]
    done = in_order(changes, room, limit)
    assert len(done) <= limit
    assert len(set(done)) == len(done)
    free = list(room)
    for _, source, target in done:
        free[target] -= 1
        if source != NOBODY:
            free[source] += 1
    assert all(one >= 0 for one in free)


def test_a_ring_is_moved_all_at_once() -> None:
    ring: list[Change] = [(0, 0, 1), (1, 1, 0)]
    assert sorted(in_order(ring, [0, 0], 10)) == ring
    assert in_order(ring, [0, 0], 1) == []


def test_nothing_to_plan() -> None:
    jobs, seats = city(1, 3, 2)
    nobody = city(1, 3, 0)[1]
    assert list(solve(jobs, nobody).crew) == [NOBODY] * 3
    assert len(solve(city(1, 0, 2)[0], seats).crew) == 0
