"""The evaluation over a million tickets with their whole lives: is a page there at once?

`python -m benchmarks.evaluation [--tickets 1000000]`

Fills a private PostgreSQL with a year of tickets of a city (8 districts, 40 streets, 200
communities, 20 departments, 100 crews, 24 categories, 200 people), counts them as the dispatcher
does, and prints how long that takes for each; then the median of each question that a page asks,
and a month's numbers by the sums beside the same counted fact by fact. Fails when a page of a month
takes more than a second.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from command_center.evaluation.book import read_book
from command_center.evaluation.gather import Asked, Evaluation, gather, read_behind
from command_center.evaluation.xlsx import write_xlsx
from events.actions.count import count_all, count_changed
from events.model.access import DISPATCH, Scope
from events.model.figure import Part
from events.model.period import Period, month
from events.store import figures
from grid.store.postgis import reading
from tests.events.town import found_town
from tests.support.cluster import TestDatabase, running_cluster

_TIMES = 7
_LONGEST_S = 1.0
_DAYS = 360
_CITY = """
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, geometry)
SELECT '36' || to_char(n, 'FM0000'), 'district', 1, '{}', '区' || n, 'District ' || n, g.geometry
FROM generate_series(1, 8) AS n, (SELECT geometry FROM grid.areas WHERE area_id = 1) AS g;
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, geometry)
SELECT d.code || to_char(n, 'FM000'), 'street', d.area_id, '{}', '街' || n, 'Street ' || n,
    d.geometry
FROM grid.areas AS d, generate_series(1, 5) AS n WHERE d.code LIKE '36%' AND d.kind = 'district';
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, geometry)
SELECT d.code || to_char(n, 'FM000'), 'community', d.area_id, '{}', '社区' || n, 'Community ' || n,
    d.geometry
FROM grid.areas AS d, generate_series(1, 5) AS n WHERE d.code LIKE '36%' AND d.kind = 'street';
UPDATE grid.areas AS a SET path = ARRAY[1, a.area_id]
WHERE a.code LIKE '36%' AND a.kind = 'district';
UPDATE grid.areas AS a SET path = p.path || a.area_id
FROM grid.areas AS p WHERE p.area_id = a.parent_id AND a.code LIKE '36%' AND a.kind = 'street';
UPDATE grid.areas AS a SET path = p.path || a.area_id
FROM grid.areas AS p WHERE p.area_id = a.parent_id AND a.code LIKE '36%' AND a.kind = 'community';
INSERT INTO events.departments (code, name_zh, name_en, area_id, changed_by)
SELECT 'd' || n, '部门' || n, 'Department ' || n, 1, 'system:benchmark'
FROM generate_series(3, 20) AS n;
INSERT INTO events.crews (department_id, area_id, code, name_zh, name_en, base, changed_by)
SELECT 1 + n % 20, 1, 'crew' || n, '班组' || n, 'Crew ' || n, ST_Point(118.2, 24.6, 4326),
    'system:benchmark'
FROM generate_series(4, 100) AS n;
INSERT INTO events.categories (code, kind, family, name_zh, name_en, filing_policy, clock,
    dispose_limit, pack, effective_from, changed_by)
SELECT 'c' || n, 'matter', 'f' || n, '类' || n, 'Category ' || n, 'automatic', 'continuous',
    '24 hours', 'benchmark', '2020-01-01', 'system:benchmark'
FROM generate_series(1, 24) AS n;
"""
# A life: filed after 2 minutes, dispatched after 3, accepted after 23, disposed within 27 hours (in
# one of nine late), verified and closed; one in fifty is open.
_FILL = """
INSERT INTO events.tickets (number, state, category_code, family, severity, source, title_zh,
    title_en, description, position, area_id, department_id, crew_id, occurred_at, created_at,
    updated_at, filed_at, dispatched_at, disposed_at, disposed_by, closed_at)
SELECT 'B' || n, CASE n % 50 WHEN 0 THEN 'accepted' ELSE 'closed' END, 'c' || 1 + n % 24,
    'f' || 1 + n % 24, 2, (ARRAY['hotline', 'patrol', 'sensor', 'resident'])[1 + n % 4], '题',
    'Title', '', ST_Point(118.2, 24.6, 4326), a.ids[1 + n * 7919 % 200], 1 + n % 20, 1 + n % 100,
    at, at, at, at + interval '2 minutes', at + interval '3 minutes',
    CASE WHEN n % 50 > 0 THEN at + n % 27 * interval '1 hour' + interval '30 minutes' END,
    CASE WHEN n % 50 > 0 THEN 'account:p' || n % 200 END,
    CASE WHEN n % 50 > 0 THEN at + n % 27 * interval '1 hour' + interval '2 hours' END
FROM generate_series(1, %(n)s::bigint) AS n,
    (SELECT array_agg(area_id) AS ids FROM grid.areas
        WHERE code LIKE '36%' AND kind = 'community') AS a,
    LATERAL (SELECT now() - n * interval '%(days)s days' / %(n)s AS at) AS t;
INSERT INTO events.ticket_clocks (ticket_id, stage, clock, time_limit, started_at, due_at,
    stopped_at, why)
SELECT t.ticket_id, c.stage, 'continuous', c.due_at - c.started_at, c.started_at, c.due_at,
    c.stopped_at, c.why
FROM events.tickets AS t
CROSS JOIN LATERAL (VALUES
    ('file', t.created_at, t.created_at + interval '30 minutes', t.filed_at,
        '{"stopped_by": "file"}'::jsonb),
    ('dispatch', t.filed_at, t.filed_at + interval '15 minutes', t.dispatched_at,
        '{"stopped_by": "dispatch"}'),
    ('dispose', t.dispatched_at, t.dispatched_at + interval '24 hours', t.disposed_at,
        CASE WHEN t.disposed_at IS NULL THEN '{}' ELSE '{"stopped_by": "dispose"}' END::jsonb
            || jsonb_build_object('department_id', t.department_id)),
    ('verify', t.disposed_at, t.disposed_at + interval '24 hours', t.closed_at,
        '{"stopped_by": "verify"}')
) AS c (stage, started_at, due_at, stopped_at, why)
WHERE c.started_at IS NOT NULL
ORDER BY t.ticket_id, c.started_at;
INSERT INTO events.ledger (at, actor, verb, object_kind, object_key, ticket_id, area_id, payload)
SELECT m.at, m.actor, 'ticket.' || m.verb, 'ticket', t.number, t.ticket_id, t.area_id,
    '{"from":"x","set":{"updated_at":"2026-01-01T00:00:00Z"},"to":"y","version":3,"why":""}'
FROM events.tickets AS t
CROSS JOIN LATERAL (VALUES
    (1, 'create', t.created_at, 'system:dispatch'), (2, 'file', t.filed_at, 'system:dispatch'),
    (3, 'dispatch', t.dispatched_at, 'system:dispatch'),
    (4, 'accept', t.dispatched_at + interval '20 minutes', 'account:p' || t.ticket_id % 200),
    (5, 'dispose', t.disposed_at, t.disposed_by),
    (6, 'verify', t.closed_at, 'account:v' || t.ticket_id % 30),
    (7, 'close', t.closed_at, 'account:v' || t.ticket_id % 30)
) AS m (n, verb, at, actor)
WHERE m.at IS NOT NULL
ORDER BY t.ticket_id, m.n;
INSERT INTO events.to_count (ticket_id) SELECT ticket_id FROM events.tickets ORDER BY ticket_id;
"""


def main() -> int:
    """Fill, count, ask; 1 when a page of a month is slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--tickets", type=int, default=1_000_000)
    tickets: int = parser.parse_args().tickets
    with (
        tempfile.TemporaryDirectory(prefix="cc-evaluation-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder), fsync=True) as cluster,
        cluster.database() as database,
    ):
        found_town(database)
        _fill(database, tickets)
        _count(database, tickets)
        with reading(database.engine("cc_web")) as conn:
            slowest = _ask(conn)
            _against_plain(conn)
            _file(conn)
    return int(slowest > _LONGEST_S)


def _fill(database: TestDatabase, tickets: int) -> None:
    began = time.monotonic()
    with database.superuser() as conn:
        conn.execute("SET cc.actor = 'system:benchmark'")
        conn.execute("SET session_replication_role = replica")
        for statement in (_CITY + _FILL).split(";\n"):
            if statement.strip():
                ready = statement.replace("%(n)s", str(tickets)).replace("%(days)s", str(_DAYS))
                conn.execute(ready.encode())
        conn.execute("VACUUM ANALYZE")
    print(f"{tickets:,} tickets filled in {time.monotonic() - began:.0f} s", flush=True)


def _count(database: TestDatabase, tickets: int) -> None:
    engine = database.engine("cc_dispatch")
    began = time.monotonic()
    count_all(engine, by=DISPATCH)
    took = time.monotonic() - began
    print(f"counted in {took:.0f} s: {1000 * took / tickets:.2f} ms each", flush=True)
    with database.superuser() as conn:
        conn.execute("VACUUM ANALYZE events.facts, events.tallies")
        for table in ("tickets", "ledger", "ticket_clocks", "facts", "tallies"):
            size = conn.execute(
                f"SELECT pg_total_relation_size('events.{table}')".encode()
            ).fetchone()
            rows = conn.execute(f"SELECT count(*) FROM events.{table}".encode()).fetchone()
            print(f"  {table}: {rows[0] if rows else 0:,} rows,"
                  f" {(size[0] if size else 0) / 1e6:,.0f} MB", flush=True)  # fmt: skip
        conn.execute("INSERT INTO events.to_count (ticket_id) SELECT generate_series(1, 1000)")
    took = _median(lambda: count_changed(engine, by=DISPATCH, limit=20))
    print(f"20 tickets counted anew: {1000 * took:.1f} ms", flush=True)


def _ask(conn: Connection) -> float:
    """The pages; the slowest of those of a month."""
    now = datetime.now(UTC)
    today = now.date()
    days = Period(first=today - timedelta(days=29), last=today)
    year = Period(first=today - timedelta(days=_DAYS), last=today)
    slowest = 0.0
    for by in ("department", "area", "crew", "category", "person"):
        slowest = max(slowest, _page(conn, f"30 days by {by}", Asked(period=days, by=by)))
    for code, name in (("360001", "a district"), ("360001001", "a street"),
                       ("360001001001", "a community")):  # fmt: skip
        slowest = max(slowest, _page(conn, f"30 days of {name}", Asked(period=days, area=code)))
    one = Asked(period=days, department="water", by="person")
    slowest = max(slowest, _page(conn, "30 days of a department by person", one))
    _page(conn, "a year by department", Asked(period=year))
    _page(conn, "a year by person", Asked(period=year, by="person"))
    _page(conn, "a year of a street by crew", Asked(period=year, area="360001001", by="crew"))
    found = _gather(conn, Asked(period=days))
    formula = found.formula("timely_disposal")
    assert formula is not None
    for part, key in ((Part.REST, None), (Part.COUNTED, "1"), (Part.LEFT_OUT, None)):
        took = _median(partial(read_behind, conn, found, formula, part, key, limit=100))
        print(f"tickets behind ({part}, {key or 'all'}): {1000 * took:.0f} ms", flush=True)
    return slowest


def _gather(conn: Connection, asked: Asked) -> Evaluation:
    found = gather(conn, asked, Scope(), now=datetime.now(UTC))
    assert found is not None
    return found


def _page(conn: Connection, name: str, asked: Asked) -> float:
    took = _median(lambda: _gather(conn, asked))
    print(f"page, {name}: {1000 * took:.0f} ms", flush=True)
    return took


def _against_plain(conn: Connection) -> None:
    """The sums of a month beside the same counted fact by fact."""
    now = datetime.now(UTC)
    place = figures.place(conn, None)
    assert place is not None
    question = figures.Question(
        first=now.date() - timedelta(days=30), last=now.date() - timedelta(days=1), place=place,
        by="department",
    )  # fmt: skip
    kept = _median(lambda: figures.tallies(conn, question, today=now.date(), now=now))
    plain = _median(lambda: figures.counted(conn, question, now=now), times=3)
    print(f"a month by department: by the sums {1000 * kept:.0f} ms, fact by fact"
          f" {1000 * plain:.0f} ms, {plain / kept:.0f} times as long", flush=True)  # fmt: skip


def _file(conn: Connection) -> None:
    last = date.today().replace(day=1) - timedelta(days=1)  # noqa: DTZ011 - any month will do
    began = time.monotonic()
    asked = Asked(period=month(last.year, last.month))
    book = read_book(conn, asked, Scope(), now=datetime.now(UTC), most=20_000)
    assert book is not None
    read = time.monotonic()
    size = len(write_xlsx(book, "zh"))
    took = time.monotonic() - read
    print(f"XLSX of a month with 20,000 of {book.of:,} facts: read in {read - began:.1f} s,"
          f" written in {took:.1f} s, {size / 1e6:.1f} MB", flush=True)  # fmt: skip


def _median(act: Callable[[], object], times: int = _TIMES) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


if __name__ == "__main__":
    raise SystemExit(main())
