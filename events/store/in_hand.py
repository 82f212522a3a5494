"""What crews have in hand: tickets that were given to them and that they have not disposed of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from events.model.roster import InHand
from events.model.workflow import State
from grid.store.named_sql import Statements
from grid.store.postgis import noted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)
_NOTE = "in_hand"


def in_hand(conn: Connection, crew_ids: Sequence[int]) -> InHand:
    """What each of some crews has in hand now, in their order.

    Inside `gathering` a crew is counted once, and what this transaction does to it is added
    (`moved`): it holds the lock of the department, so that no other dispatcher gives the crew
    anything. What people do meanwhile is seen by the next batch, a quarter of a second later.
    """
    known: dict[int, tuple[int, int]] = {}
    notes = noted(conn)
    if notes is not None:
        known = notes.setdefault(_NOTE, known)
    asked = [one for one in crew_ids if one not in known]
    if asked:
        known.update(dict.fromkeys(asked, (0, 0)))
        rows = _SQL.rows(conn, "in_hand", crew_ids=asked)
        known.update((row.crew_id, (row.load, row.fixed)) for row in rows)
    both = np.array([known[one] for one in crew_ids], dtype=np.int64).reshape(-1, 2)
    return InHand(load=both[:, 0], fixed=both[:, 1])


def moved(conn: Connection, before: Ticket, after: Ticket) -> None:
    """Note what a move of a ticket in this transaction does to what crews have in hand."""
    known = (noted(conn) or {}).get(_NOTE)
    if not known:
        return
    for ticket, sign in ((before, -1), (after, 1)):
        if ticket.crew_id in known and ticket.state in (State.DISPATCHED, State.ACCEPTED):
            load, fixed = known[ticket.crew_id]
            known[ticket.crew_id] = load + sign, fixed + sign * _is_fixed(ticket)


def _is_fixed(ticket: Ticket) -> bool:
    by_hand = bool((ticket.routing or {}).get("by_hand"))
    return ticket.state is State.ACCEPTED or by_hand
