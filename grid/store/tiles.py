"""Vector tiles (Mapbox Vector Tile 2) of the grid, cut by PostGIS."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)

DEEPEST_ZOOM = 22


class TileLayer(StrEnum):
    """The layers that exist as tiles; a tile's only layer has the same name."""

    CELLS = "cells"
    AREAS = "areas"
    BASEMAP = "basemap"
    COMPONENTS = "components"


# Below, the base map is drawn without what is small.
_NEAR = 13
# Below, a layer has nothing to show (tiles.sql says why); nobody needs to ask the database.
_SHOWN_FROM = {TileLayer.CELLS: 11, TileLayer.COMPONENTS: 14}


class NoSuchTile(LookupError):
    """A layer or a tile address that does not exist."""


def tile(conn: Connection, layer: str, z: int, x: int, y: int) -> bytes:
    """One tile in Web Mercator; b"" where nothing is. Raises NoSuchTile.

    Feature ids are cell_id, area_id, feature_id and component_id.
    """
    if layer not in frozenset(TileLayer) or not 0 <= z <= DEEPEST_ZOOM:
        raise NoSuchTile(f"{layer}/{z}")
    if not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise NoSuchTile(f"{layer}/{z}/{x}/{y}")
    if z < _SHOWN_FROM.get(TileLayer(layer), 0):
        return b""
    far = layer == TileLayer.BASEMAP and z < _NEAR
    return bytes(_SQL.value(conn, "basemap_far" if far else layer, z=z, x=x, y=y))
