"""Where more is open than can be told one by one: the most urgent, and the others in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from events.model.ticket import YELLOW_SHARE
from events.model.urgency import (
    ALARM_FOR,
    CRITICAL,
    DESK_STATES,
    DONE_STATES,
    GRAVE,
    IN_NOBODYS_HANDS,
)
from events.store import scopes
from grid.store.named_sql import Statements
from grid.store.postgis import planned_anew

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from shapely import Polygon
    from sqlalchemy import Connection

    from events.model.access import Scope

_SQL = Statements.beside(__file__)

Box = tuple[float, float, float, float]

# Squares of the grid along a tile of 512 px: of 64 px each.
_SQUARES = 8
# From this zoom on squares are as small as the place of one ticket (some 10 cm), whatever the zoom.
SINGLE_FROM = 16
_SINGLE_SQUARES = 2**28
_EVERYWHERE = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The most urgent open tickets of an area in order, and how many are open there at all."""

    ticket_ids: tuple[int, ...] = ()
    open: int = 0
    overdue: int = 0
    undecided: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrow:
    """Which open tickets of an area are asked for: of a cell, of a device, of some ``layers`` ('':
    of none) or of all ``others``, inside a ``shape`` (WGS-84). None: no matter.
    """

    cell_id: int | None = None
    device_no: int | None = None
    layers: tuple[str, ...] | None = None
    others: bool = False
    shape: Polygon | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Open tickets of one layer that stand close together, around ``lon``, ``lat``.

    ``worst``: the highest severity; ``only_wait``: how many are done and only wait to be verified
    or closed, and are not late with that; ``cell_id``: a cell that one of them is in.
    ``ticket_id`` and ``number`` where it is one ticket.
    """

    layer: str | None
    n: int
    lon: float
    lat: float
    worst: int
    overdue: int
    only_wait: int
    cell_id: int | None
    ticket_id: int | None
    number: str | None


def choose(
    conn: Connection, area_ids: Iterable[int | None], now: datetime, *, most: int,
    narrow: Narrow | None = None,
) -> dict[int | None, Chosen]:  # fmt: skip
    """Of each area (None: everywhere) the ``most`` most urgent, as `events.model.urgency` says."""
    asked = set(area_ids)
    rows = _SQL.rows(
        conn, "chosen", asked=sorted(one or _EVERYWHERE for one in asked),
        only=None if narrow is None else _narrowed(conn, narrow), desk=sorted(DESK_STATES),
        untaken=sorted(IN_NOBODYS_HANDS), done=sorted(DONE_STATES), grave=GRAVE,
        alarms_since=now - ALARM_FOR, yellow_share=YELLOW_SHARE, now=now, most=most,
    )  # fmt: skip
    ids: dict[int | None, list[int]] = {one: [] for one in asked}
    counts = {}
    for row in rows:
        area_id = row.asked or None
        ids[area_id].append(row.ticket_id)
        counts[area_id] = {
            "open": row.open, "overdue": row.overdue, "undecided": row.undecided,
        }  # fmt: skip
    return {one: Chosen(ticket_ids=tuple(ids[one]), **counts.get(one, {})) for one in asked}


def _narrowed(conn: Connection, narrow: Narrow) -> list[int]:
    shape = None if narrow.shape is None else shapely.to_wkb(narrow.shape)
    layers = None if narrow.layers is None else list(narrow.layers)
    with planned_anew(conn):  # a cell, a device, a shape: each is found by an index of its own
        rows = _SQL.rows(
            conn, "narrowed", cell_id=narrow.cell_id, device_no=narrow.device_no, layers=layers,
            others=narrow.others, shape=shape,
        )  # fmt: skip
    return [row.ticket_id for row in rows]


def groups(
    conn: Connection, scope: Scope, box: Box, zoom: int, *, told: Collection[int], now: datetime,
    most: int,
) -> list[Group]:  # fmt: skip
    """The open tickets of a scope in ``box`` (west, south, east, north) that are not in ``told``.

    By squares of 64 px at ``zoom`` (of tiles of 512 px), by place from `SINGLE_FROM` on. Where
    that makes more than ``most`` groups squares are as much larger as they must be: nothing is
    left out.
    """
    west, south, east, north = box
    inside = scopes.area_ids(conn, scope)
    squares = _SINGLE_SQUARES if zoom >= SINGLE_FROM else _SQUARES * 2**zoom
    while True:
        # for any list of those told the plan would go through all of it for each ticket
        with planned_anew(conn):
            rows = _SQL.rows(
                conn, "groups", west=west, south=south, east=east, north=north, area_ids=inside,
                told=sorted(told), squares=float(squares), now=now, most=most + 1,
                done=sorted(DONE_STATES), critical=CRITICAL,
            )  # fmt: skip
        if len(rows) <= most or squares == 1:
            return [Group(**row._mapping) for row in rows]
        squares = _SQUARES * 2 ** (SINGLE_FROM + 2) if squares == _SINGLE_SQUARES else squares // 2
