"""What anyone may know of the city: its name, its extent, what can be reported, its places."""

from typing import Any

import shapely
from fastapi import APIRouter

from command_center.errors import Missing
from command_center.services import Services
from events.store import rules
from grid.store import areas, city
from grid.store.postgis import reading


def router(services: Services) -> APIRouter:
    """The routes /api/v1/city and /api/v1/places."""
    routes = APIRouter(prefix="/api/v1", tags=["city"])

    @routes.get("/city", summary="The city and what can be reported")
    def get_city() -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = city.get(conn)
            categories = rules.categories(conn)
        if found is None:
            raise Missing
        return {
            "name": {"zh": found.name_zh, "en": found.name_en},
            "center": list(found.center),
            "bbox": list(found.bbox),
            "time_zone": found.time_zone,
            "report_categories": [
                {"code": one.code, "name": {"zh": one.name_zh, "en": one.name_en}}
                for one in categories
                if one.for_residents
            ],
        }

    @routes.get("/places", summary="Streets and communities, for choosing a place by hand")
    def get_places() -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = areas.all_areas(conn)
        return {
            "places": [
                {
                    "code": one.code,
                    "kind": one.kind.value,
                    "parent": next((up.code for up in found if up.area_id == one.parent_id), None),
                    "name": {"zh": one.name_zh, "en": one.name_en},
                    "at": [round(point.x, 6), round(point.y, 6)],
                    # coarse on purpose: this draws a map of a thumb's width
                    "outline": _rings(one.geometry),
                }
                for one in found
                if one.kind.value in ("street", "community")
                for point in [one.geometry.representative_point()]
            ]
        }

    return routes


def _rings(geometry: Any) -> list[list[list[float]]]:
    coarse = geometry.simplify(0.0004)
    return [
        [[round(x, 5), round(y, 5)] for x, y in part.exterior.coords]
        for part in shapely.get_parts(coarse)
    ]
