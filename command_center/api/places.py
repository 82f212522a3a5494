"""A small map for choosing a place by hand: streets, communities, and what lies between them."""

from threading import Lock
from time import monotonic
from typing import Any

import orjson
import shapely
from fastapi import APIRouter, Response
from shapely import Geometry

from command_center.services import Services
from grid.model.area import Area, AreaKind
from grid.model.basemap import BasemapKind
from grid.store import areas, basemap
from grid.store.postgis import reading

# Degrees: about 10 m for the ground, 40 m for the outlines of communities.
_GROUND_TOLERANCE = 0.0001
_OUTLINE_TOLERANCE = 0.0004
_MOST_SHAPES = 3_000
# The ground changes by imports only.
_FRESH_S = 60.0

_GROUND = (
    BasemapKind.LAND,
    BasemapKind.SEA,
    BasemapKind.GREEN,
    BasemapKind.WATER,
    BasemapKind.RIVER,
    BasemapKind.ROAD_MINOR,
    BasemapKind.ROAD,
    BasemapKind.ROAD_MAJOR,
)


def router(services: Services) -> APIRouter:
    """The route /api/v1/places."""
    routes = APIRouter(prefix="/api/v1", tags=["city"])
    kept: dict[str, tuple[float, bytes]] = {}
    lock = Lock()

    @routes.get("/places", summary="Streets and communities with a coarse map")
    def get_places() -> Response:
        with lock:
            made_s, body = kept.get("all", (0.0, b""))
            if not body or monotonic() - made_s > _FRESH_S:
                body = orjson.dumps(_places(services))
                kept["all"] = (monotonic(), body)
        return Response(body, media_type="application/json")

    return routes


def _places(services: Services) -> dict[str, Any]:
    with reading(services.engine) as conn:
        found = areas.all_areas(conn)
        ground = basemap.outlines(conn, _GROUND, tolerance=_GROUND_TOLERANCE, limit=_MOST_SHAPES)
    codes = {one.area_id: one.code for one in found}
    return {
        "places": [
            _place(one, codes) for one in found if one.kind in (AreaKind.STREET, AreaKind.COMMUNITY)
        ],
        "ground": [
            {"kind": kind.value, "closed": closed, "lines": lines}
            for kind, shape in ground
            for closed, lines in [_lines(shape)]
            if lines
        ],
    }


def _place(area: Area, codes: dict[int, str]) -> dict[str, Any]:
    point = area.geometry.representative_point()
    return {
        "code": area.code,
        "kind": area.kind.value,
        "parent": None if area.parent_id is None else codes.get(area.parent_id),
        "name": {"zh": area.name_zh, "en": area.name_en},
        "at": [round(point.x, 6), round(point.y, 6)],
        "outline": _lines(area.geometry.simplify(_OUTLINE_TOLERANCE))[1],
    }


def _lines(shape: Geometry) -> tuple[bool, list[list[list[float]]]]:
    """Whether the lines enclose something, and the lines: rings of polygons, or plain lines."""
    parts = shapely.get_parts(shape)
    closed = bool(parts.size) and parts[0].geom_type == "Polygon"
    if closed:
        lines = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    else:
        lines = [part for part in parts if part.geom_type == "LineString"]
    return closed, [[[round(x, 5), round(y, 5)] for x, y in line.coords] for line in lines]
