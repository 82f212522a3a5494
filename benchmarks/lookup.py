"""The wall's search and an area's panel in a city of a million tickets: how long do they take?

`python -m benchmarks.lookup [--tickets 1000000]` fills a private PostgreSQL (tickets of as many
days as it takes at 2,880 a day, 20,000 cells, 100,000 facilities, 20,000 devices), then prints the
median and the p95 of what each question asks of it. ``--explain WORDS`` prints a search's plans.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from benchmarks.timing import say
from command_center.api import search as api
from command_center.evaluation.on_time import on_time
from command_center.pages.parts import area as panel
from events.model.access import Actor
from events.store import figures
from grid.store import lookup
from grid.store.postgis import make_engine, reading
from tests.events.town import found_town
from tests.support.cluster import TestDatabase, running_cluster

_TIMES = 40
_say = partial(say, times=_TIMES)
_PLANS = """
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET client_min_messages = log
"""
# 20 communities of 999 cells of a hectare each, in rows; everything else is spread over them. One
# ticket in fifty is open. 7919 and 104729 spread evenly.
_FILL = """
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, geometry)
SELECT '350500001' || to_char(n, 'FM000'), 'community', s.area_id, '{}', '第' || n || '社区',
    'Community ' || n, s.geometry
FROM generate_series(3, 22) AS n, grid.areas AS s WHERE s.code = '350500001';
UPDATE grid.areas AS a SET path = s.path || a.area_id FROM grid.areas AS s
WHERE s.code = '350500001' AND a.path = '{}';
INSERT INTO grid.cells (code, area_id, geometry)
SELECT a.code || to_char(1 + n % 999, 'FM000'), a.area_id,
    ST_MakeEnvelope(118 + n % 142 * 0.001, 24.4 + n / 142 * 0.001,
        118 + (n % 142 + 1) * 0.001, 24.4 + (n / 142 + 1) * 0.001, 4326)
FROM generate_series(0, 19979) AS n
JOIN grid.areas AS a ON a.code = '350500001' || to_char(3 + n / 999, 'FM000');
CREATE TEMP TABLE told AS
SELECT n, (ARRAY['路面积水', '垃圾堆放', '路灯不亮', '井盖缺失', '河道漂浮物',
        '工地扬尘'])[1 + n % 6] AS zh,
    (ARRAY['Water on the road', 'Rubbish', 'Street lamp out', 'Manhole cover missing',
        'Floating debris', 'Dust from a site'])[1 + n % 6] AS en
FROM generate_series(CAST(0 AS bigint), :count - 1) AS n;
INSERT INTO events.tickets (number, state, category_code, family, severity, source, title_zh,
    title_en, description, position, area_id, cell_id, department_id, crew_id, occurred_at,
    created_at, updated_at, filed_at, due_at, closed_at)
SELECT to_char(now() - n / 2880 * interval '1 day', 'YYYYMMDD') || '-'
        || to_char(2880 - n % 2880, 'FM00000'),
    CASE n % 50 WHEN 0 THEN 'dispatched' ELSE 'closed' END, 'flooding', 'flood', 1 + n % 4,
    'hotline', zh, en, '第' || n * 104729 % 3000 || '路' || n * 7919 % 400 || '号门前' || zh,
    ST_Centroid(c.geometry), c.area_id, c.cell_id, 1 + n % 2, 1 + n % 3, at, at, at, at,
    CASE n % 50 WHEN 0 THEN now() + (n % 9 - 2) * interval '1 hour' END,
    CASE WHEN n % 50 > 0 THEN at + interval '1 hour' END
FROM told CROSS JOIN LATERAL (SELECT now() - n * interval '30 seconds' AS at) AS t
JOIN (SELECT row_number() OVER (ORDER BY cell_id) - 1 AS place, c.* FROM grid.cells AS c) AS c
    ON c.place = n * 7919 % (SELECT count(*) FROM grid.cells);
INSERT INTO events.ticket_words (ticket_id, words)
SELECT ticket_id, events.words_of(concat_ws(' ', number, title_zh, title_en, description))
FROM events.tickets;
INSERT INTO events.ticket_clocks (ticket_id, stage, clock, time_limit, started_at, due_at,
    stopped_at, why)
SELECT ticket_id, 'dispose', 'continuous', '4 hours', created_at, created_at + interval '4 hours',
    closed_at + ticket_id % 9 * interval '30 minutes',
    CASE WHEN closed_at IS NULL THEN CAST('{}' AS jsonb)
        ELSE CAST('{"stopped_by": "dispose"}' AS jsonb) END
FROM events.tickets;
INSERT INTO events.counters (kind, day, last)
SELECT 'ticket', CAST(now() AS date) - n, 2880 FROM generate_series(0, :count / 2880) AS n;
INSERT INTO grid.components (code, kind, name_zh, name_en, position, area_id, changed_by)
SELECT 'LP-' || n, 'lamp', n || '号路灯', 'Lamp ' || n,
    ST_Point(118.0 + n * 7919 % 100000 * 0.00000142, 24.4 + n * 26423 % 100003 * 0.00000142, 4326),
    4, 'benchmark'
FROM generate_series(1::bigint, 100000) AS n;
INSERT INTO grid.basemap (kind, name_zh, name_en, geometry, changed_by)
SELECT CASE WHEN n % 20 = 0 THEN 'road_major' WHEN n % 4 = 0 THEN 'road' ELSE 'road_minor' END,
    '第' || n % 3000 || '路', 'Road ' || n % 3000,
    ST_MakeLine(ST_Point(x, y, 4326), ST_Point(x + n % 2 * 0.002, y + (n + 1) % 2 * 0.002, 4326)),
    'benchmark'
FROM generate_series(1::bigint, 50000) AS n,
    LATERAL (SELECT 118.0 + n * 7919 % 701 * 0.0002 AS x,
        24.4 + n * 104729 % 709 * 0.0002 AS y) AS place;
INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    position, area_id, secret_hash, changed_by)
SELECT 'WL-' || n, '00', 'gauge', 'flood', n || '号水位站', 'Gauge ' || n, '{water_level}', 60,
    ST_Point(118.0 + n * 7919 % 20011 * 0.0000071, 24.4 + n * 10457 % 20021 * 0.0000071, 4326),
    4, '', 'benchmark'
FROM generate_series(1::bigint, :devices) AS n;
VACUUM ANALYZE
"""
_SAID = (
    "12", "00123", "12345", "20261", "28-12", "2026", "1123", "积水", "水", "塌陷", "第777路12号",
    "lamp", "路灯", "水位站", "Gauge 1234", "LP-777", "第12路", "第9社区", "第9社区 井盖",
    "Community 7 lamp", "350500001007", "nobody wrote this",
)  # fmt: skip
_AREAS = {"the city": "3505", "a street": "350500001", "a community": "350500001007"}


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lookup", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--explain", nargs="+", metavar="WORDS", help="searches to show plans of")
    asked = parser.parse_args()
    with _city(asked.tickets) as (database, operator):
        if asked.explain:
            _explain(database, asked.explain, operator)
            return
        with reading(database.engine("cc_web")) as conn:
            newest = conn.exec_driver_sql("SELECT max(number) FROM events.tickets").scalar_one()
            for said in (newest, newest.replace("-", ""), *_SAID):
                _say(f"search: {said}", partial(api._found, conn, said, operator))
            for name, code in _AREAS.items():
                _area(conn, name, code, operator)


def fill(database: TestDatabase, count: int, *, devices: int = 20_000) -> None:
    """Make a city of a found town: ``count`` tickets, one in fifty of them open, and the rest."""
    began = time.monotonic()
    with database.superuser() as conn:
        conn.execute("SET cc.actor = 'system:benchmark'")
        # what is generated is consistent: no foreign key needs to be looked up a million times
        conn.execute("SET session_replication_role = replica")
        for statement in _FILL.split(";\n"):
            done = statement.replace(":count", str(count)).replace(":devices", str(devices))
            conn.execute(done.encode())
    print(f"{count:,} tickets in {time.monotonic() - began:.0f} s", flush=True)


@contextmanager
def _city(count: int) -> Iterator[tuple[TestDatabase, Actor]]:
    """A database with so many tickets, and an operator of the whole city."""
    with (
        tempfile.TemporaryDirectory(prefix="cc-lookup-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder), fsync=True) as cluster,
        cluster.database() as database,
    ):
        town = found_town(database)
        fill(database, count)
        yield database, town.people["operator"]


def _area(conn: Connection, name: str, code: str, operator: Actor) -> None:
    now = datetime.now(UTC)
    area_id = lookup.area_id_of(conn, code)
    assert area_id is not None
    _say(f"area: {name}", partial(panel._read, conn, area_id, operator, now))
    place = figures.place(conn, area_id)
    assert place is not None
    _say(f"share in time of {name}", partial(on_time, conn, place, now=now))


def _explain(database: TestDatabase, questions: list[str], operator: Actor) -> None:
    engine = make_engine(database.superuser_url())  # nobody else is told of plans
    with reading(engine) as conn:
        conn.connection.dbapi_connection.add_notice_handler(  # type: ignore[union-attr]  # it is open
            lambda notice: print(notice.message_primary)
        )
        for statement in _PLANS.split(";\n"):
            conn.exec_driver_sql(statement)
        for said in questions:
            print(f"\n=== {said}")
            api._found(conn, said, operator)
    engine.dispose()


if __name__ == "__main__":
    main()
