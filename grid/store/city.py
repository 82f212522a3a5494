"""The city that this database governs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.model.city import City
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def get(conn: Connection) -> City | None:
    """The city, or None while the database is empty."""
    row = _SQL.maybe(conn, "get")
    if row is None:
        return None
    return City(
        name_zh=row.name_zh,
        name_en=row.name_en,
        time_zone=row.time_zone,
        center=(row.lon, row.lat),
        bbox=(row.west, row.south, row.east, row.north),
        demo=row.demo,
    )


def put(conn: Connection, city: City) -> None:
    """Store the city, replacing what was known of it."""
    west, south, east, north = city.bbox
    _SQL.run(
        conn,
        "put",
        name_zh=city.name_zh,
        name_en=city.name_en,
        time_zone=city.time_zone,
        lon=city.center[0],
        lat=city.center[1],
        west=west,
        south=south,
        east=east,
        north=north,
        demo=city.demo,
    )
