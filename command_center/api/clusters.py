"""Open tickets that are not told one by one, in groups: what the wall draws of them."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from command_center.access.context import logged_in
from command_center.remembered import Kept
from command_center.services import Services
from events.model.access import Scope, scope
from events.store import urgent
from grid.store.postgis import reading

MOST_GROUPS = 2_000
# Of a box that is larger than a screen squares are larger, too.
_MOST_TILES = 256
# So long one answer is everybody's who asks for the same.
_FRESH_S = 5.0
# Where the Mercator map ends.
_MOST_LAT = 85.05112878

Tiles = tuple[int, int, int, int]
Longitude = Annotated[float, Query(ge=-180, le=180)]
Latitude = Annotated[float, Query(ge=-90, le=90)]


def tiles_of(box: urgent.Box, zoom: int) -> Tiles:
    """The columns and rows of tiles that a box touches: first x, first y, last x, last y."""
    west, south, east, north = box
    (left, bottom), (right, top) = _tile(west, south, zoom), _tile(east, north, zoom)
    return left, top, right, bottom


def box_of(tiles: Tiles, zoom: int) -> urgent.Box:
    """West, south, east, north of whole tiles."""
    left, top, right, bottom = tiles
    west, north = _corner(left, top, zoom)
    east, south = _corner(right + 1, bottom + 1, zoom)
    return west, south, east, north


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    tiles = 2**zoom
    angle = math.radians(max(-_MOST_LAT, min(_MOST_LAT, lat)))
    x = (lon + 180) / 360 * tiles
    y = (1 - math.asinh(math.tan(angle)) / math.pi) / 2 * tiles
    return min(max(int(x), 0), tiles - 1), min(max(int(y), 0), tiles - 1)


def _count(tiles: Tiles) -> int:
    left, top, right, bottom = tiles
    return (right - left + 1) * (bottom - top + 1)


def _corner(x: int, y: int, zoom: int) -> tuple[float, float]:
    tiles = 2**zoom
    return x / tiles * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / tiles))))


def _body(services: Services, area_id: int | None, zoom: int, tiles: Tiles) -> bytes:
    """``{"n", "groups": [...]}`` as JSON; one asker counts for all of the same area."""
    told = services.live.told(area_id)
    found: list[urgent.Group] = []
    if told is not None:
        box = box_of(tiles, zoom)
        with reading(services.engine) as conn:
            found = urgent.groups(
                conn, Scope(area_id=area_id), box, zoom, told=told, now=services.now(),
                most=MOST_GROUPS,
            )  # fmt: skip
    groups = [{**asdict(one), "lon": round(one.lon, 6), "lat": round(one.lat, 6)}
              for one in found]  # fmt: skip
    return orjson.dumps({"n": sum(one.n for one in found), "groups": groups})


def router(services: Services) -> APIRouter:
    """The route /api/v1/tickets/clusters."""
    routes = APIRouter(prefix="/api/v1", tags=["tickets"])
    kept = Kept(_FRESH_S)

    @routes.get("/tickets/clusters", summary="Open tickets the wall is not told of, in groups")
    def get_clusters(
        z: Annotated[int, Query(ge=0, le=19, description="zoom, of tiles of 512 px")],
        west: Longitude,
        south: Latitude,
        east: Longitude,
        north: Latitude,
    ) -> Response:
        """By squares of 64 px and layer, in the whole tiles that the box touches: ``n``, mean
        position, ``worst`` severity, how many are ``overdue``, a ``cell_id``; ``ticket_id`` and
        ``number`` where it is one. From z 16 on by place. Empty while all are told one by one.
        """
        box = (min(west, east), min(south, north), max(west, east), max(south, north))
        zoom = z
        while _count(tiles_of(box, zoom)) > _MOST_TILES:
            zoom -= 1
        asked = (scope(logged_in()).area_id, zoom, tiles_of(box, zoom))
        body = kept.get(asked, lambda: _body(services, *asked))
        return Response(body, media_type="application/json")

    return routes
