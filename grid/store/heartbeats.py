"""Signs of life: each process writes its row every second, /api/health reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """The last sign of life of a process; ``age_s`` seconds ago by the database's clock."""

    process: str
    started_at: datetime
    at: datetime
    detail: Mapping[str, Any]
    age_s: float


def beat(
    conn: Connection,
    process: str,
    started_at: datetime,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the process's row. ``detail`` must be JSON."""
    _SQL.run(
        conn,
        "beat",
        process=process,
        started_at=started_at,
        at=now,
        detail=json.dumps(detail or {}),
    )


def all(conn: Connection) -> list[Heartbeat]:  # noqa: A001 - read as heartbeats.all(conn)
    """The last beat of every process, by name."""
    return [Heartbeat(**row._mapping) for row in _SQL.rows(conn, "all")]
