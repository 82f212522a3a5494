"""What anyone may know of the city: its name, its extent, what can be reported."""

from typing import Any

from fastapi import APIRouter

from command_center.errors import Missing
from command_center.services import Services
from events.store import rules
from grid.store import city
from grid.store.postgis import reading


def router(services: Services) -> APIRouter:
    """The route /api/v1/city."""
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

    return routes
