"""The described tables are those of the migrations; hot statements use their indexes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Column, Connection, text
from sqlalchemy.dialects import postgresql

from grid.store.named_sql import Statements
from iot_ingest.model.hour import HOUR, hour_of
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import arrays, dirty, findings, hourly, past, readings, series
from iot_ingest.store.binary import INCOMING, parameters
from iot_ingest.store.tables import METADATA
from tests.iot_ingest.place import NOW, item, message, minutes, pipeline_of, rows_of
from tests.support.cluster import TestCluster, TestDatabase

SPELLINGS = {"timestamp with time zone": "timestamptz", '"char"': "char"}


def described(column: Column[Any]) -> tuple[str, str, str, bool]:
    kind = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call] # of SQLAlchemy
    return column.table.name, column.name, SPELLINGS.get(kind, kind), bool(column.nullable)


def test_described_tables_are_the_migrated_ones(database: TestDatabase) -> None:
    with database.superuser() as conn:
        rows = conn.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull"
            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'iot' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
        ).fetchall()
    migrated = [
        (table, column, SPELLINGS.get(kind.lower(), kind.lower()), null)
        for table, column, kind, null in rows
    ]
    tables = sorted(METADATA.tables.values(), key=lambda one: one.name)
    assert [described(column) for table in tables for column in table.columns] == migrated


@pytest.fixture(scope="module")
def full(cluster: TestCluster, settled: TestDatabase) -> Iterator[TestDatabase]:
    """Readings of some days, so that a plan has something to choose; nobody changes them."""
    with cluster.database(settled.name) as village:
        fill(village)
        yield village


def fill(village: TestDatabase) -> None:
    pipeline_of(village).flush(
        [message("WL-1", item(NOW - timedelta(days=n), water_level=1)) for n in range(5)]
    )
    with village.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.readings SELECT n %% 50 + 1, n %% 7 + 1,"
            " %s - n / 350 * interval '10 s', 1, 'N', now() FROM generate_series(1, 60000) AS n"
            " ON CONFLICT DO NOTHING",
            (NOW,),
        )
        conn.execute(
            "INSERT INTO iot.findings SELECT 'f' || n, 'river_level', 'flood', n % 200, 1,"
            " now() - n * interval '1 min', CASE WHEN n > 100 THEN now() END, 2, 1, now(), 1, 'c',"
            " 1, false, now() FROM generate_series(1, 20000) AS n"
        )
        conn.execute(
            "INSERT INTO iot.dirty (device_no, metric_no, from_ts, to_ts)"
            " SELECT n % 50 + 1, 1, now(), now() FROM generate_series(1, 20000) AS n"
        )
        conn.execute("ANALYZE")


def scanned(plan: dict[str, Any]) -> list[str]:
    """Tables that a plan reads from end to end."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for inner in plan.get("Plans", ()) for name in scanned(inner)]


@pytest.mark.parametrize(
    ("module", "name", "params"),
    [
        (
            series,
            "by_step",
            {"device_no": 1, "metric_no": 1, "first": NOW - minutes(60), "until": NOW,
             "step": minutes(10), "most": 100},
        ),
        (readings, "newest_before", {"device_nos": [1], "metric_nos": [1], "moments": [NOW]}),
        (findings, "current", {"device_nos": [1], "metric_nos": [1], "firsts": [NOW]}),
        (findings, "known_ids", {"ids": ["f1", "f2"]}),
        (findings, "open", {}),
        (findings, "of_device", {"device_no": 1, "first": NOW - minutes(60), "until": NOW}),
        (dirty, "claim", {"most": 1_000}),
        (dirty, "take", {"dirty_ids": [1, 2]}),
    ],
)  # fmt: skip
def test_hot_statements_use_their_indexes(
    full: TestDatabase, module: Any, name: str, params: dict[str, Any]
) -> None:
    statement = Statements.beside(module.__file__).statements[name]
    with full.engine("cc_ingest").connect() as conn:
        (plan,) = conn.execute(text(f"EXPLAIN (FORMAT json) {statement.sql}"), params).scalar_one()
    assert scanned(plan["Plan"]) == [], json.dumps(plan, indent=1)


def days_read(plan: dict[str, Any]) -> set[str]:
    """Partitions that a plan really looked into."""
    own = {plan["Relation Name"]} if plan.get("Actual Loops") and "Relation Name" in plan else set()
    own = {name for name in own if name.startswith("readings_")}
    return own.union(*(days_read(inner) for inner in plan.get("Plans", ())))


def explained(conn: Connection, module: Any, name: str, params: dict[str, Any]) -> dict[str, Any]:
    sql = Statements.beside(module.__file__).statements[name].sql
    analyzed = text(f"EXPLAIN (ANALYZE, FORMAT json) {sql}")
    found: dict[str, Any] = conn.execute(analyzed, params).scalar_one()[0]["Plan"]
    return found


def test_history_and_rare_ways_read_no_more_days_than_they_must(full: TestDatabase) -> None:
    """With one reading of today and one of days ago in a batch; and hours of these two days."""
    old = NOW - timedelta(days=3)
    rows = [(n, 1, 1, round(at.timestamp() * 1e6), 7.0, b"N", 0) for n, at in enumerate((old, NOW))]
    which = {"device_no": 1, "metric_no": 1, "most": 1000}
    full_day = f"readings_{NOW:%Y%m%d}"
    both = {full_day, f"readings_{old:%Y%m%d}"}
    hours = {"first": hour_of(old), "until": hour_of(NOW)}
    marks = {"device_nos": [1, 1], "metric_nos": [1, 1], "hours": [hour_of(old), hour_of(NOW)]}
    with full.engine("cc_ingest").connect() as conn:
        batch = np.array(rows, INCOMING)
        readings.keep(conn, batch, judged=())
        sent = {"first": old, "last": NOW, **parameters(batch)}
        for name in ("conflicts", "note_sent_again"):
            plan = explained(conn, readings, name, sent)
            assert days_read(plan) == both
            assert full_day not in scanned(plan)
        plan = explained(conn, hourly, "roll_up_again", marks)
        assert days_read(plan) == both
        assert full_day not in scanned(plan)
        begin = hour_of(old).replace(hour=0)
        plan = explained(conn, hourly, "roll_up", {"first": begin, "until": begin + HOUR})
        assert days_read(plan) == {f"readings_{old:%Y%m%d}"}
        for name, bins in (("hours_by_step", {"step": HOUR}),
                           ("hours_by_calendar", {"unit": "day", "zone": "UTC"})):  # fmt: skip
            plan = explained(conn, series, name, {**which, **hours, **bins, "without": []})
            assert days_read(plan) == set()
        span = {"first": old, "until": old + HOUR}
        one = {"device_nos": [1], "then": old, "since": old - 26 * HOUR, "until": old + HOUR / 6}
        plan = explained(conn, past, "latest", one)
        assert len(days_read(plan)) <= 2
        assert full_day not in days_read(plan)
        for name, bins in (("every", {}), ("by_calendar", {"unit": "day", "zone": "UTC"})):
            plan = explained(conn, series, name, {**which, **span, **bins})
            assert len(days_read(plan)) <= 2
            assert full_day not in scanned(plan)


def test_a_span_is_read_by_index_and_from_its_days_alone(full: TestDatabase) -> None:
    with full.superuser() as conn:
        found = conn.execute(
            f"EXPLAIN (ANALYZE, FORMAT json) {arrays._SPANS}",
            ([1, 2], [1, 1], [NOW - minutes(30)] * 2),
        )
        (plan,) = found.fetchall()[0][0]
    # (the empty partitions of the coming days may be looked through)
    assert f"readings_{NOW:%Y%m%d}" not in scanned(plan["Plan"])
    assert f"readings_{NOW - timedelta(days=2):%Y%m%d}" not in days_read(plan["Plan"])
    assert "_pkey" in json.dumps(plan)


def test_partitions_are_made_ahead(village: TestDatabase, pipeline: Pipeline) -> None:
    days = {f"readings_{NOW + timedelta(days=n):%Y%m%d}" for n in range(3)}
    made = rows_of(
        village.engine("cc_web"),
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'",
    )
    assert days <= {one[0] for one in made}
