"""The base map: laid as a whole, read through tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from grid.model.basemap import BasemapKind
from grid.store.named_sql import Statements
from grid.store.postgis import copy_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely import Geometry
    from sqlalchemy import Connection

    from grid.model.basemap import BasemapFeature

_SQL = Statements.beside(__file__)


def count(conn: Connection) -> int:
    """How many shapes the base map has."""
    return int(_SQL.value(conn, "count"))


def outlines(
    conn: Connection, kinds: Sequence[BasemapKind], *, tolerance: float, limit: int
) -> list[tuple[BasemapKind, Geometry]]:
    """At most ``limit`` shapes of ``kinds``, in the order of kinds, simplified by ``tolerance``
    degrees: a map for the eye, not for measuring.
    """
    rows = _SQL.rows(
        conn, "outlines", kinds=[one.value for one in kinds], tolerance=tolerance, limit=limit
    )
    shapes = shapely.from_wkb([bytes(row.geometry) for row in rows])
    return [(BasemapKind(row.kind), shape) for row, shape in zip(rows, shapes, strict=True)]


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
