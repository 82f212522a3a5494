"""Where devices say they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.place import Trouble

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a device said it was (WGS-84 as far as we know), ``away_m`` from where it is
    registered; ``trouble`` lasts since ``since``."""

    device_no: int
    lon: float
    lat: float
    reported_at: datetime
    away_m: float
    trouble: Trouble | None = None
    since: datetime | None = None


def known(conn: Connection, device_nos: Iterable[int]) -> dict[int, Position]:
    """What is held of these devices, by number."""
    rows = _SQL.rows(conn, "known", device_nos=list(device_nos))
    return {row.device_no: Position(**row._mapping) for row in rows}


def put(conn: Connection, position: Position) -> None:
    """Keep it, instead of what was held."""
    _SQL.run(conn, "put", **asdict(position))
