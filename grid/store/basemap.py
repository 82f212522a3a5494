"""The base map: laid as a whole, read through tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from grid.store.named_sql import Statements
from grid.store.postgis import copy_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from grid.model.basemap import BasemapFeature

_SQL = Statements.beside(__file__)


def count(conn: Connection) -> int:
    """How many shapes the base map has."""
    return int(_SQL.value(conn, "count"))


def replace(conn: Connection, features: Iterable[BasemapFeature]) -> int:
    """Lay a new base map in place of the old one; the number of its shapes."""
    _SQL.run(conn, "clear")
    return copy_rows(
        conn,
        "grid.basemap",
        ("kind", "name_zh", "name_en", "geometry"),
        (
            (
                one.kind.value,
                one.name_zh,
                one.name_en,
                shapely.to_wkb(shapely.set_srid(one.geometry, 4326), hex=True, include_srid=True),
            )
            for one in features
        ),
    )
