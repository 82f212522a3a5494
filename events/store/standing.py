"""How areas stand: what is open in them and where, what came to an end, how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.standing import Standing
from events.model.urgency import DESK_STATES
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def open_by_cell(conn: Connection, area_ids: Sequence[int], now: datetime) -> list[Standing]:
    """What is open in each cell of some areas; a ticket is overdue when its clock ran out."""
    rows = _SQL.rows(
        conn, "open_by_cell", area_ids=list(area_ids), desk=sorted(DESK_STATES), now=now
    )
    return [Standing(**row._mapping) for row in rows]


def summed(
    conn: Connection, area_ids: Sequence[int], now: datetime, *, most: int
) -> tuple[list[Standing], list[Standing]]:
    """What is open in each of some areas, and in so many of their cells, the worst first.

    A cell that lies in two areas is told once, of the one with the smaller id.
    """
    rows = _SQL.rows(
        conn, "summed", area_ids=list(area_ids), desk=sorted(DESK_STATES), now=now, most=most
    )
    found = [Standing(**row._mapping) for row in rows]
    cells = [one for one in found if one.cell_id is not None]
    return [one for one in found if one.cell_id is None], cells


def closed_since(conn: Connection, area_ids: Sequence[int], since: datetime) -> int:
    """How many tickets of some areas were closed since an instant."""
    return int(_SQL.value(conn, "closed_since", area_ids=list(area_ids), since=since))
