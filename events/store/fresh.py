"""Tickets that this transaction has made itself: nobody else sees them before its end.

Inside `grid.store.postgis.gathering` what is done to such a ticket is written once, together with
all the others. Whoever reads its row before has it written by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grid.store.postgis import flush, noted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_NOTE = "fresh"


@dataclass(kw_only=True, slots=True)
class Fresh:
    """What is known of one. ``waits``: a save is not written yet; ``reported``: by residents."""

    version: int
    waits: bool = False
    reported: bool = False


def note(conn: Connection, ticket_id: int) -> None:
    """A ticket was made in this transaction. Nothing is noted outside of `gathering`."""
    notes = noted(conn)
    if notes is not None:
        notes.setdefault(_NOTE, {})[ticket_id] = Fresh(version=1)


def known(conn: Connection, ticket_id: int) -> Fresh | None:
    """What is known of a ticket that this transaction has made; None for all others."""
    notes = noted(conn)
    found: Fresh | None = None if notes is None else notes.get(_NOTE, {}).get(ticket_id)
    return found


def written(conn: Connection, ticket_ids: Iterable[int]) -> None:
    """See to it that these rows are as they are said to be: somebody reads them now."""
    if any((one := known(conn, each)) is not None and one.waits for each in ticket_ids):
        flush(conn)
