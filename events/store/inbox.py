"""Rows of events.inbox: events that still wait for their ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What waits in the inbox: how many, since when, how many of them in trouble."""

    waiting: int
    since: datetime | None
    in_trouble: int


def claim(conn: Connection, *, now: datetime) -> tuple[int, int] | None:
    """The next event and how often it failed before; its row is held. None: nothing waits."""
    row = _SQL.maybe(conn, "claim", now=now)
    return None if row is None else (row.event_id, row.attempts)


def done(conn: Connection, event_id: int) -> None:
    """The event has its ticket."""
    _SQL.run(conn, "done", event_id=event_id)


def trouble(conn: Connection, event_id: int, *, trouble: str, not_before: datetime) -> None:
    """Keep the event, with the reason, for another try."""
    _SQL.run(conn, "trouble", event_id=event_id, trouble=trouble, not_before=not_before)


def waiting(conn: Connection) -> Waiting:
    """What waits in the inbox."""
    return Waiting(**_SQL.one(conn, "waiting")._mapping)
