"""Keep the facts of the evaluation up to what happened to the tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.figure import Ground
from events.store import facts
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor

_HELPING = 1_000
# What changes of a ticket that becomes a relapse of others, or is none any more. (What is imported
# never was filed here.)
_FILED = (Ground.REPORT, Ground.FILING)


def count_changed(engine: Engine, *, by: Actor, limit: int = 500, wait: bool = False) -> int:
    """Count the tickets of the oldest changes anew, in one transaction; how many tickets.

    Nothing where another process is counting, unless ``wait``. A ticket that is new, is filed, or
    no longer counts as filed, may be a relapse of closed ones: they are counted next.
    """
    with transaction(engine, by.key) as conn:
        if not facts.may_count(conn, wait=wait):
            return 0
        claimed = facts.claim(conn, limit=limit)
        if not claimed:
            return 0
        changed = facts.count(conn, claimed)
        filed = [one for ground in _FILED for one in changed.get(ground, ())]
        relapsed = facts.neighbours(conn, filed) if filed else []
        if relapsed:
            facts.put_to_count(conn, relapsed)
    return len(claimed)


def count_all(engine: Engine, *, by: Actor) -> int:
    """Count every ticket anew, and all sums, in one transaction; how many tickets.

    Tickets go on moving meanwhile; what changes is counted afterwards.
    """
    asked = 0
    with transaction(engine, by.key) as conn:
        facts.may_count(conn, wait=True)
        facts.forget_changes(conn)
        for ids in _all_ids(conn):
            facts.count(conn, ids, sums=False)
            asked += len(ids)
        facts.sum_up(conn)
    catch_up(engine, by=by)
    return asked


def _all_ids(conn: Connection) -> Iterator[list[int]]:
    after = 0
    while ids := facts.ids_after(conn, after, limit=_HELPING):
        yield ids
        after = ids[-1]


def catch_up(engine: Engine, *, by: Actor) -> None:
    """Count whatever changed until now."""
    while count_changed(engine, by=by, limit=_HELPING, wait=True):
        pass


def faults(engine: Engine, *, by: Actor) -> list[str]:
    """What of the facts and sums is not what a plain count of all tickets says: none, ever.

    Changes nothing. What changed a moment ago and is not counted yet is no fault.
    """
    told: list[str] = []
    with transaction(engine, by.key) as conn:
        facts.may_count(conn, wait=True)
        told += facts.wrong_tallies(conn)
        for ids in _all_ids(conn):
            changed = facts.count(conn, ids)
            late = facts.pending(conn, ids) if changed else set()
            told += [
                f"{ground} of ticket {one}"
                for ground, of in changed.items()
                for one in of
                if one not in late
            ]
        conn.rollback()
    return told
