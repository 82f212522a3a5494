"""The described tables are those of the migrations; hot statements use their indexes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, text
from sqlalchemy.dialects import postgresql

from grid.store.named_sql import Statements
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import copying, dirty, findings, readings
from iot_ingest.store.tables import METADATA
from tests.iot_ingest.place import NOW, item, message, minutes, rows_of
from tests.support.cluster import TestDatabase

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


@pytest.fixture
def full(village: TestDatabase, pipeline: Pipeline) -> TestDatabase:
    """Readings of some days, so that a plan has something to choose."""
    pipeline.flush(
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
        conn.execute("ANALYZE")
    return village


def scanned(plan: dict[str, Any]) -> list[str]:
    """Tables that a plan reads from end to end."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for inner in plan.get("Plans", ()) for name in scanned(inner)]


@pytest.mark.parametrize(
    ("module", "name", "params"),
    [
        (
            readings,
            "series",
            {"device_no": 1, "metric_no": 1, "first": NOW - minutes(60), "until": NOW,
             "step": minutes(10), "most": 100},
        ),
        (readings, "newest_before", {"device_no": 1, "metric_no": 1, "moment": NOW}),
        (findings, "current", {"device_no": 1, "metric_no": 1, "rule": "x", "first": NOW}),
        (findings, "open", {}),
        (findings, "of_device", {"device_no": 1, "first": NOW - minutes(60), "until": NOW}),
        (dirty, "claim", {"device_no": 1}),
    ],
)  # fmt: skip
def test_hot_statements_use_their_indexes(
    full: TestDatabase, module: Any, name: str, params: dict[str, Any]
) -> None:
    statement = Statements.beside(module.__file__).statements[name]
    with full.engine("cc_ingest").connect() as conn:
        (plan,) = conn.execute(text(f"EXPLAIN (FORMAT json) {statement.sql}"), params).scalar_one()
    assert scanned(plan["Plan"]) == [], json.dumps(plan, indent=1)


def test_a_span_is_read_by_index_and_from_its_days_alone(full: TestDatabase) -> None:
    with full.superuser() as conn:
        inner = copying._COPY_SPAN.removeprefix("COPY (").split(") TO STDOUT")[0]
        found = conn.execute(f"EXPLAIN (FORMAT json) {inner}", (1, 1, NOW - minutes(30)))
        (plan,) = found.fetchall()[0][0]
    # (the empty partitions of the coming days may be looked through)
    assert f"readings_{NOW:%Y%m%d}" not in scanned(plan["Plan"])
    assert f"readings_{NOW - timedelta(days=2):%Y%m%d}" not in json.dumps(plan)
    assert "_pkey" in json.dumps(plan)


def test_partitions_are_made_ahead(village: TestDatabase, pipeline: Pipeline) -> None:
    days = {f"readings_{NOW + timedelta(days=n):%Y%m%d}" for n in range(3)}
    made = rows_of(
        village.engine("cc_web"),
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'",
    )
    assert days <= {one[0] for one in made}
