"""Rows of events.facts and events.tallies: what counts of each ticket, and its sums by day."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def may_count(conn: Connection, *, wait: bool = False) -> bool:
    """Whether it is this transaction that counts; nobody else does then until its end.

    ``wait``: until it is.
    """
    if wait:
        _SQL.rows(conn, "let_me_count")
        return True
    return bool(_SQL.value(conn, "one_counts"))


def claim(conn: Connection, *, limit: int) -> list[int]:
    """Take the tickets of the oldest changes off the list, each once."""
    return sorted({row.ticket_id for row in _SQL.rows(conn, "claim", limit=limit)})


def waits(conn: Connection) -> int:
    """How many changes are not counted yet; 10,000 for more."""
    found: int = _SQL.value(conn, "waits")
    return found


def count(
    conn: Connection, ticket_ids: Sequence[int], *, sums: bool = True
) -> dict[str, list[int]]:
    """Count tickets anew: the tickets whose facts changed, by ground.

    Without ``sums`` the caller writes them anew in the same transaction (`sum_up`).
    """
    changed: dict[str, list[int]] = defaultdict(list)
    for row in _SQL.rows(conn, "count", ticket_ids=list(ticket_ids), sums=sums):
        changed[row.ground].append(row.ticket_id)
    return dict(changed)


def pending(conn: Connection, ticket_ids: Sequence[int]) -> set[int]:
    """Which of the tickets changed and are not counted yet, or wait for neighbours that did."""
    rows = _SQL.rows(conn, "pending", ticket_ids=list(ticket_ids))
    return {row.ticket_id for row in rows}


def neighbours(conn: Connection, ticket_ids: Sequence[int]) -> list[int]:
    """Other tickets whose closings are to be counted anew, because the given ones are, or are no
    longer, a relapse of them."""
    return [row.ticket_id for row in _SQL.rows(conn, "neighbours", ticket_ids=list(ticket_ids))]


def put_to_count(conn: Connection, ticket_ids: Sequence[int]) -> None:
    """Have tickets counted anew."""
    _SQL.run(conn, "put_to_count", ticket_ids=list(ticket_ids))


def forget_changes(conn: Connection) -> None:
    """Take all changes until now off the list."""
    _SQL.run(conn, "forget_changes")


def ids_after(conn: Connection, after: int, *, limit: int) -> list[int]:
    """Ticket ids above ``after``, in order."""
    return [row.ticket_id for row in _SQL.rows(conn, "ids_after", after=after, limit=limit)]


def sum_up(conn: Connection) -> None:
    """Write all sums anew, from the facts."""
    _SQL.run(conn, "forget_tallies")
    _SQL.run(conn, "sum_up")


def wrong_tallies(conn: Connection) -> list[str]:
    """Sums that are not those of the facts, told for a person; at most 100."""
    return [
        f"{row.day} {row.ground} by {row.by} {row.key!r} in area {row.area_id}:"
        f" {row.told} told, {row.counted} counted"
        for row in _SQL.rows(conn, "wrong_tallies")
    ]
