"""Rows of events.inbox: events that still wait for their ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What waits in the inbox: how many, since when, how many of them in trouble."""

    waiting: int
    since: datetime | None
    in_trouble: int


def claim(conn: Connection, *, now: datetime, limit: int) -> list[tuple[int, int]]:
    """The next events and how often each failed before; their rows are held."""
    rows = _SQL.rows(conn, "claim", now=now, limit=limit)
    return [(row.event_id, row.attempts) for row in rows]


def done(conn: Connection, event_ids: Sequence[int]) -> None:
    """These events have their tickets."""
    _SQL.run(conn, "done", event_ids=list(event_ids))


def trouble(conn: Connection, event_id: int, *, trouble: str, not_before: datetime) -> None:
    """Keep the event, with the reason, for another try."""
    _SQL.run(conn, "trouble", event_id=event_id, trouble=trouble, not_before=not_before)


def waiting(conn: Connection) -> Waiting:
    """What waits in the inbox."""
    return Waiting(**_SQL.one(conn, "waiting")._mapping)


def crowded(conn: Connection, *, after_s: float) -> bool:
    """Whether an event that is not in trouble has waited longer than so many seconds."""
    return bool(_SQL.value(conn, "crowded", after_s=after_s))
