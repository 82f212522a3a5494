"""What can be measured: names, units and the bounds of what can be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredMetric:
    """A metric as the database knows it; None bounds bound nothing."""

    metric_no: int
    name: str
    unit: str
    name_zh: str
    name_en: str
    lowest: float | None
    highest: float | None


def all(conn: Connection) -> dict[str, StoredMetric]:  # noqa: A001 - metrics.all(conn) reads well
    """Every metric, by name."""
    return {row.name: StoredMetric(**row._mapping) for row in _SQL.rows(conn, "metrics")}


def put(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add metrics, or bring them up to date: name, unit, name_zh, name_en, lowest, highest."""
    _SQL.run_many(conn, "put_metric", [dict(row) for row in rows])
