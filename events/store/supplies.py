"""Control sites, what they have in store, and the tasks of their communities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.supply import ControlSite, Supply, SupplyCount, Tasks, is_short
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.access import Scope

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A facility, as far as its stock needs it."""

    component_id: int
    code: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    cell_id: int | None
    area_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Put:
    """``changed``: no later count was there; ``was_short``: it was short before."""

    changed: bool
    was_short: bool


def lock(conn: Connection) -> None:
    """One count after the other, until the end of the transaction."""
    _SQL.value(conn, "lock")


def put(conn: Connection, component_id: int, count: SupplyCount) -> Put:
    """Keep a count, unless a later one is there."""
    row = _SQL.one(
        conn, "put", component_id=component_id, item=count.item, name_zh=count.name_zh,
        name_en=count.name_en, unit=count.unit, stock=count.stock, least=count.least,
        counted_at=count.counted_at,
    )  # fmt: skip
    was_short = row.stock is not None and is_short(row.stock, row.least)
    return Put(changed=row.changed, was_short=was_short)


def places(conn: Connection, codes: Sequence[str]) -> Mapping[str, Place]:
    """Where some facilities are, by code; those that are not known are missing."""
    rows = _SQL.rows(conn, "places", codes=list(codes))
    return {row.code: Place(**row._mapping) for row in rows}


def sites(
    conn: Connection, kinds: Sequence[str], inside: Scope, *, limit: int = 5_000
) -> list[ControlSite]:
    """The facilities of some kinds in a scope, by area."""
    rows = _SQL.rows(conn, "sites", kinds=list(kinds), scope_area=inside.area_id, limit=limit)
    return [ControlSite(**row._mapping) for row in rows]


def of_sites(conn: Connection, component_ids: Sequence[int]) -> list[Supply]:
    """What some facilities have in store."""
    rows = _SQL.rows(conn, "of_sites", component_ids=list(component_ids))
    return [Supply(**row._mapping) for row in rows]


def tasks(conn: Connection, layer: str, inside: Scope, *, now: datetime) -> list[Tasks]:
    """The open tickets of a layer, by area."""
    rows = _SQL.rows(conn, "tasks", layer=layer, scope_area=inside.area_id, now=now)
    return [Tasks(**row._mapping) for row in rows]
