"""Rows of events.figure_samples: what the wall's figures were, every ten minutes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)

EVERY = timedelta(minutes=10)
_KEPT_FOR = timedelta(days=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The figures at an instant; ``on_time`` None where nothing was due."""

    at: datetime
    open: int
    overdue: int
    needs_decision: int
    closed_today: int
    on_time: float | None


def slot(now: datetime) -> datetime:
    """The sampled instant that ``now`` belongs to."""
    return datetime.fromtimestamp(now.timestamp() // EVERY.total_seconds()
                                  * EVERY.total_seconds(), now.tzinfo)  # fmt: skip


def note(conn: Connection, sample: Sample) -> None:
    """Keep a sample, unless its instant has one; forget those of a week ago."""
    _SQL.run(conn, "note", **asdict(sample))
    _SQL.run(conn, "forget", before=sample.at - _KEPT_FOR)


def since(conn: Connection, instant: datetime) -> list[Sample]:
    """The samples from an instant on, the oldest first."""
    return [Sample(**row._mapping) for row in _SQL.rows(conn, "since", since=instant)]
