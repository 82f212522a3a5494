"""From departments to crews: how fast the plan is, how near to the exact one, and in the database.

`python -m benchmarks.dispatch [--past 1000000] [--only plan]`: plans of invented cities, then one
department with 1,000 crews and 10,000 open tickets among as many past ones in a private PostgreSQL.
Prints medians, and the ratios and limits that must hold.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from events.actions.dispatch import pick_crew
from events.actions.file_ticket import process_inbox
from events.actions.replan import Memory, look, replan
from events.model.access import DISPATCH
from events.model.assignment import NOBODY, Jobs, Seats, solve
from events.store import rules, tickets
from events.store.rules import Remembered
from grid.store.postgis import reading, transaction
from tests.events.town import SIDE, SOUTH, WEST, Town, draft, found_town
from tests.support.cluster import running_cluster

_T = TypeVar("_T")
_TIMES = 7
_FILED = 200
_CREWS, _OPEN = 1_000, 10_000
# Milliseconds, as promised in docs/dispatch.md.
_LIMITS_MS = {(1_000, 200): 100.0, (10_000, 1_000): 2_000.0}


def main() -> None:
    """Plan on paper, then in the database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch", description=__doc__)
    parser.add_argument("--past", type=int, default=1_000_000, help="closed tickets beside")
    parser.add_argument("--only", choices=("plan", "database"))
    given = parser.parse_args()
    if given.only != "database":
        _plans()
    if given.only != "plan":
        _in_database(given.past)


def _plans() -> None:
    for (n, m), limit_ms in _LIMITS_MS.items():
        jobs, seats = _city(n, m)
        took_ms, plan = _median(partial(solve, jobs, seats))
        waiting = int((plan.crew == NOBODY).sum())
        print(
            f"{n:6,} x {m:5,}: {took_ms:7.1f} ms (at most {limit_ms:.0f}), {waiting} left waiting"
        )
        again = solve(replace(jobs, holder=plan.crew), seats)
        print(f"{'':14}planned again: {int((again.crew != plan.crew).sum())} moved")
        if n > 1_000:
            continue
        exact_ms, exact = _median(partial(solve, jobs, seats, nearest=m))
        gap = plan.cost_min / exact.cost_min - 1
        print(f"{'':14}exact over all {n * m:,} pairs: {exact_ms:.1f} ms, {exact_ms / took_ms:.1f}"
              f" times; the plan costs {100 * gap:.3f} % more (at most 1 %)")  # fmt: skip


def _city(n: int, m: int) -> tuple[Jobs, Seats]:
    """Tickets of six kinds and crews with skills in a square of 30 km; 80 % of the room is used."""
    random = np.random.default_rng(2026)
    jobs = Jobs(
        lon=118.2 + 0.3 * random.random(n),
        lat=24.6 + 0.3 * random.random(n),
        severity=random.integers(1, 5, n),
        left_min=random.uniform(30.0, 2_000.0, n),
        kind=random.integers(0, 6, n),
        holder=np.full(n, NOBODY),
    )
    fixed = random.integers(0, 5, m)
    seats = Seats(
        lon=118.2 + 0.3 * random.random(m),
        lat=24.6 + 0.3 * random.random(m),
        capacity=fixed + int(1.25 * n / m),
        fixed=fixed,
        able=random.random((6, m)) < 0.6,
    )
    return jobs, seats


_FILL = f"""
INSERT INTO events.crews (department_id, area_id, code, name_zh, name_en, base, capacity,
    changed_by)
SELECT 1, 1, 'b' || n, '班组', 'Crew ' || n,
    ST_Point({WEST} + random() * 0.3, {SOUTH} + random() * 0.3, 4326), 16, 'system:benchmark'
FROM generate_series(1, {_CREWS}) AS n;
DELETE FROM events.shifts WHERE crew_id IN (SELECT crew_id FROM events.crews
    WHERE department_id = 1 AND code NOT LIKE 'b%');
INSERT INTO events.shifts (crew_id, weekdays, starts_at, ends_at, changed_by)
SELECT crew_id, ARRAY[1,2,3,4,5,6,7], '00:00', '00:00', 'system:benchmark'
FROM events.crews WHERE code LIKE 'b%';
INSERT INTO events.tickets (number, state, category_code, family, layer, severity, source,
    title_zh, title_en, position, area_id, department_id, crew_id, routing, occurred_at, created_at,
    updated_at, due_at, dispatched_at, closed_at)
SELECT 'B' || n, CASE WHEN n <= {_OPEN} THEN 'dispatched' ELSE 'closed' END, 'river_level',
    'flood', 'flood', 1 + n % 4, 'sensor', '题', 'Title',
    ST_Point({WEST} + 0.01 + random() * 0.3, {SOUTH} + 0.01 + random() * 0.3, 4326), 4, 1,
    CASE WHEN n > {_OPEN} THEN 4 + n % {_CREWS} END,
    jsonb_build_object('by_hand', false, 'crew', repeat('x', 400)),
    now(), now() - n * interval '1 minute', now() - n * interval '1 minute',
    CASE WHEN n <= {_OPEN} THEN now() + n % 2000 * interval '1 minute' END, now(),
    CASE WHEN n > {_OPEN} THEN now() END
FROM generate_series(1, {_OPEN} + PAST) AS n;
"""


@contextmanager
def _town(past: int) -> Iterator[Town]:
    with (
        tempfile.TemporaryDirectory(prefix="cc-bench-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder)) as cluster,
        cluster.database() as database,
    ):
        town = found_town(database)
        began = time.monotonic()
        with database.superuser() as conn:
            conn.execute(_FILL.replace("PAST", str(past)).encode())
        with database.superuser() as conn:
            conn.autocommit = True
            conn.execute("VACUUM ANALYZE")
        print(f"{_CREWS:,} crews, {_OPEN:,} open and {past:,} past tickets"
              f" ({time.monotonic() - began:.0f} s)")  # fmt: skip
        yield town


def _in_database(past: int) -> None:
    with _town(past) as town:
        _settle(town)
        _plan_there(town)
        _one_ticket(town)
        _file(town)


def _settle(town: Town) -> None:
    """Give the tickets to the crews of a plan, past the ledger: 10,000 moves would take minutes."""
    now = datetime.now(UTC)
    with reading(town.dispatch) as conn:
        picture = look(conn, 1, now=now, city=rules.load(conn))
    plan = solve(picture.jobs, picture.seats)
    rows = [
        (picture.crews[crew].crew_id, row.ticket_id)
        for row, crew in zip(picture.rows, plan.crew, strict=True)
    ]
    with town.database.superuser() as conn, conn.cursor() as cursor:
        cursor.executemany("UPDATE events.tickets SET crew_id = %s WHERE ticket_id = %s", rows)
    with town.database.superuser() as conn:
        conn.autocommit = True
        conn.execute("VACUUM ANALYZE events.tickets")


def _plan_there(town: Town) -> None:
    now = datetime.now(UTC)
    with reading(town.dispatch) as conn:
        city = rules.load(conn)

    def quiet() -> int:
        return replan(town.dispatch, by=DISPATCH, now=now, city=city, memory=Memory())

    took_ms, moved = _median(quiet)
    print(f"re-plan of everything, nothing changed: {took_ms:.0f} ms, {moved} moved")
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.crews SET disabled_at = now() WHERE code IN"
                     " (SELECT 'b' || 50 * n FROM generate_series(1, 20) AS n)")  # fmt: skip
    began = time.monotonic()
    moved = replan(town.dispatch, by=DISPATCH, now=now, city=city, memory=Memory(), limit=1_000)
    print(f"re-plan when 20 crews fall out: {time.monotonic() - began:.2f} s (at most 5),"
          f" {moved} moved", flush=True)  # fmt: skip
    memory = Memory()
    replan(town.dispatch, by=DISPATCH, now=now, city=city, memory=memory)
    known_ms, _ = _median(
        lambda: replan(town.dispatch, by=DISPATCH, now=now, city=city, memory=memory, limit=0)
    )
    print(f"look whether anything changed: {known_ms:.0f} ms")


def _one_ticket(town: Town) -> None:
    with reading(town.dispatch) as conn:
        city = rules.load(conn)
        ticket = tickets.by_id(conn, 1)

    def place() -> None:
        with transaction(town.dispatch, DISPATCH.key) as conn:
            pick_crew(conn, ticket, 1, now=datetime.now(UTC), city=city)

    took_ms, _ = _median(place, times=50)
    print(f"one new ticket placed among {_CREWS:,} crews: {took_ms:.1f} ms (at most 20)")


def _file(town: Town) -> None:
    """Events that lie apart in time, filed and dispatched one by one as the process does it."""
    took, known = [], Remembered()
    for number in range(_FILED):
        at = datetime.now(UTC) - timedelta(days=8 * (number + 1))
        place = {"lon": WEST + SIDE / 2, "lat": SOUTH + SIDE / 2, "occurred_at": at}
        town.record([draft("river_level", **place)])
        began = time.perf_counter()
        process_inbox(town.dispatch, by=DISPATCH, now=datetime.now(UTC), known=known)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    print(f"filing and dispatch of one ticket: median {statistics.median(took):.1f} ms,"
          f" p95 {took[int(0.95 * len(took))]:.1f} ms (at most 50)")  # fmt: skip


def _median(act: Callable[[], _T], times: int = _TIMES) -> tuple[float, _T]:
    """Milliseconds, the median of some times after one that does not count; and the answer."""
    found = act()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        found = act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), found


if __name__ == "__main__":
    main()
