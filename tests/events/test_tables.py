"""The described tables are those that the migrations make."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from events.store.wall_tables import METADATA
from tests.support.cluster import TestDatabase

SHORT = {
    "timestamp with time zone": "timestamptz", "time without time zone": "time",
    "double precision": "float8",
}  # fmt: skip


def normal(kind: str) -> str:
    """One name for a type that SQLAlchemy and PostgreSQL write differently."""
    kind = kind.lower().replace(", ", ",")
    return SHORT.get(kind, kind)


def described(column: Column[Any]) -> tuple[str, str, bool]:
    kind = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's
    return column.name, normal(kind), bool(column.nullable)


def test_described_tables_are_the_migrated_ones(database: TestDatabase) -> None:
    with database.superuser() as conn:
        rows = conn.execute(
            "SELECT n.nspname || '.' || c.relname, a.attname,"
            " format_type(a.atttypid, a.atttypmod), NOT a.attnotnull"
            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('events', 'contact') AND c.relkind IN ('r', 'p')"
            " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
        ).fetchall()
    migrated: dict[str, list[tuple[str, str, bool]]] = {}
    for table, column, kind, nullable in rows:
        migrated.setdefault(table, []).append((column, normal(kind), nullable))
    assert migrated == {
        table.fullname: [described(column) for column in table.columns]
        for table in METADATA.tables.values()
    }
