"""Past tickets as they were to be routed, and what back-tests found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.model.backtest import PastRouting
from events.model.event import Source
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)
_CHUNK = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptBacktest:
    """A row of events.duty_backtests; ``result`` as ``Backtest.as_dict``."""

    version: int
    against: int
    since: datetime
    until: datetime
    result: Mapping[str, Any]
    made_by: str
    made_at: datetime


def count_routed(conn: Connection, since: datetime, until: datetime) -> int:
    """How many tickets ``routed`` gives."""
    found: int = _SQL.value(conn, "count_routed", since=since, until=until)
    return found


def routed(conn: Connection, since: datetime, until: datetime) -> Iterator[list[PastRouting]]:
    """The tickets that were routed between two instants, in helpings, not all in memory."""
    sources = {one.value: one for one in Source}
    result = conn.execution_options(stream_results=True, max_row_buffer=_CHUNK).execute(
        _SQL.text("routed"), {"since": since, "until": until}
    )
    for rows in result.partitions(_CHUNK):
        yield [
            PastRouting(number, category, area_id, severity, sources[source], at, kind, owner, by)
            for number, category, area_id, severity, source, at, kind, owner, by in rows
        ]


def paths(conn: Connection) -> dict[int, tuple[int, ...]]:
    """area_id -> the ids from the city down to it."""
    return {row.area_id: tuple(row.path) for row in _SQL.rows(conn, "paths")}


def keep(
    conn: Connection, result: Mapping[str, Any], since: datetime, until: datetime, *, now: datetime
) -> None:
    """Keep what a back-test found, as ``Backtest.as_dict``."""
    _SQL.run(conn, "keep", version=result["version"], against=result["against"], since=since,
             until=until, result=json.dumps(result), now=now)  # fmt: skip


def last(conn: Connection, version: int) -> KeptBacktest | None:
    """The last back-test of a version."""
    row = _SQL.maybe(conn, "last", version=version)
    return None if row is None else KeptBacktest(**row._mapping)
