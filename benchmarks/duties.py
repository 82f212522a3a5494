"""Duties of a large city: the check, the back-test of past tickets, one decision.

`python -m benchmarks.duties [--tickets 100000] [--rules 5000]`: a private PostgreSQL with the test
town made into 40 streets, tickets of a year, and versions of so many rules with every kind of
condition. Prints seconds on the clock and of this process' own work, and fails above the
limits of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from events.actions import duties as actions
from events.actions.backtest import backtest
from events.actions.dispatch import decide
from events.model.duty import DutyRule, TimeClass, When
from events.model.duty_check import check
from events.model.event import Source
from events.store import duties, rules, tickets
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, Town, draft, found_town
from tests.support.cluster import running_cluster

_STREETS = 40
_LIMITS_S = {"check": 5.0, "backtest": 10.0, "decision": 0.020}
_DECISIONS = 200

_GROUND = """
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, geometry)
SELECT '350500' || to_char(n + 100, 'FM000'), 'street', p.area_id, p.path, '街' || n,
    'Street ' || n, p.geometry
FROM generate_series(1, {streets}) AS n
JOIN grid.areas AS p ON p.code = '350500';
UPDATE grid.areas SET path = path || area_id WHERE NOT area_id = ANY(path);
INSERT INTO events.categories (code, kind, family, name_zh, name_en, filing_policy, clock,
    dispose_limit, pack, effective_from)
SELECT 'k' || n, 'matter', 'f' || n % 40, '类' || n, 'Kind ' || n, 'automatic', 'continuous',
    interval '4 hours', 'benchmark', '2026-01-01'
FROM generate_series(1, 400) AS n;
"""
_PAST = """
SELECT setseed(0.5);
INSERT INTO events.tickets (number, state, category_code, family, severity, source, title_zh,
    title_en, position, area_id, department_id, occurred_at, created_at, updated_at, filed_at,
    dispatched_at, disposed_at, closed_at)
SELECT 'P' || n, 'closed', 'k' || kind, 'f' || kind % 40, 1 + floor(random() * 4),
    (ARRAY['sensor', 'resident', 'patrol', 'hotline'])[1 + floor(random() * 4)], '题', 'Title',
    ST_Point(118.2, 24.6, 4326), first + floor(random() * {streets}), 1 + n % 2,
    at, at, at, at, at, at, at
FROM generate_series(1, {tickets}) AS n
CROSS JOIN LATERAL (
    SELECT now() - n * (interval '360 days' / {tickets}) AS at,
        1 + CAST(floor(random() * 400) AS integer) AS kind,
        (SELECT min(area_id) FROM grid.areas WHERE name_en = 'Street 1') AS first
    -- anew for each ticket
    WHERE n > 0
) AS one;
"""


def made_rules(count: int, seed: int) -> list[DutyRule]:
    """So many rules of every kind, then the default."""
    random = np.random.default_rng(seed)
    found = []
    for n in range(1, count):
        when = When(
            severity_from=int(random.integers(1, 5)) if random.uniform() < 0.1 else 1,
            sources=frozenset({Source.RESIDENT}) if random.uniform() < 0.1 else frozenset(),
            times=frozenset({TimeClass.AFTER_HOURS}) if random.uniform() < 0.1 else frozenset(),
        )
        street = f"350500{int(random.integers(1, _STREETS + 1)) + 100:03d}"
        kind = int(random.integers(1, 401))
        by_family = random.uniform() < 0.2
        found.append(
            DutyRule(
                position=n, department_code="water" if random.uniform() < 0.5 else "works",
                category_code=None if by_family else f"k{kind}",
                family=f"f{kind % 40}" if by_family else None,
                area_code=None if random.uniform() < 0.1 else street, when=when,
            )
        )  # fmt: skip
    return [*found, DutyRule(position=count, department_code="works")]


def main() -> None:
    """Make the city, then measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duties", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=5_000)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="duties-") as folder,
        running_cluster(Path(folder)) as cluster,
        cluster.database() as database,
    ):
        town = found_town(database)
        with database.superuser() as conn:
            conn.execute("SELECT set_config('cc.actor', 'system:benchmark', false)")
            for statement in (_GROUND, _PAST, "ANALYZE"):
                made = statement.format(streets=_STREETS, tickets=given.tickets)
                conn.execute(made.encode())
        took = _measure(town, given.rules)
    for name, limit_s in _LIMITS_S.items():
        print(f"{name:10} {took[name][0]:8.3f} s, own work {took[name][1]:8.3f} s"
              f" (at most {limit_s} s)")  # fmt: skip
    if any(took[name][0] > limit_s for name, limit_s in _LIMITS_S.items()):
        raise SystemExit(1)


def _measure(town: Town, count: int) -> dict[str, tuple[float, float]]:
    now = datetime.now(UTC)
    versions = []
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        for seed in (1, 2):
            made = made_rules(count, seed)
            versions.append(actions.draft(conn, made, note="benchmark", now=now))
        duties.activate(conn, versions[0], starts=now, now=now)
    found = {}
    with reading(town.web) as conn:
        given = [one.rule for one in duties.rules(conn, versions[1])]
        universe = duties.universe(conn, given)
    begun = _clocks()
    findings = check(given, universe)
    found["check"] = _since(begun)
    begun = _clocks()
    kept = backtest(town.web, versions[1], since=now - timedelta(days=361), until=now,
                    by=town.people["supervisor"], now=now)  # fmt: skip
    found["backtest"] = _since(begun)
    print(f"{count:,} rules: {len(findings):,} findings; {kept.result['tickets']:,} tickets,"
          f" {kept.result['moved']:,} would go elsewhere")  # fmt: skip
    found["decision"] = _one_decision(town, now)
    return found


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> tuple[float, float]:
    wall, own = _clocks()
    return wall - begun[0], own - begun[1]


def _one_decision(town: Town, now: datetime) -> tuple[float, float]:
    """Seconds of one decision, the medians."""
    town.record([draft("k7", occurred_at=now)], now=now)
    town.work(now)
    took = []
    with reading(town.dispatch) as conn:
        city = rules.load(conn)
        ticket = tickets.by_numbers(conn, [_newest(town)])[0]
        for _ in range(_DECISIONS):
            begun = _clocks()
            decide(conn, ticket, now=now, city=city)
            took.append(_since(begun))
    wall, own = zip(*took, strict=True)
    return statistics.median(wall), statistics.median(own)


def _newest(town: Town) -> str:
    """The number of the newest ticket."""
    rows = town.rows("SELECT number FROM events.tickets ORDER BY ticket_id DESC LIMIT 1")
    return str(rows[0][0])


if __name__ == "__main__":
    main()
