"""What the city is configured with: metrics, layers, categories, departments."""

from typing import Any

from fastapi import APIRouter

from command_center.services import Services
from events.store import departments, rules
from grid.store.postgis import reading
from iot_ingest.store import metrics


def router(services: Services) -> APIRouter:
    """The routes /api/v1/metrics, /layers, /categories, /departments."""
    routes = APIRouter(prefix="/api/v1", tags=["configuration"])

    @routes.get("/metrics", summary="What devices may measure, with units")
    def get_metrics() -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = metrics.all(conn)
        return {
            "metrics": [
                {
                    "name": name,
                    "unit": one.unit,
                    "names": {"zh": one.name_zh, "en": one.name_en},
                    "lowest": one.lowest,
                    "highest": one.highest,
                }
                for name, one in sorted(found.items())
            ]
        }

    @routes.get("/layers", summary="The scenario layers, with style and legend")
    def get_layers() -> dict[str, Any]:
        return {
            "layers": [
                {
                    "code": one.code,
                    "name": one.names.as_dict(),
                    "purpose": one.purpose.as_dict(),
                    "metrics": [metric.name for metric in one.metrics],
                    "categories": sorted(set(one.categories.values())),
                    "style": {
                        "colour": one.style.colour,
                        "shape": one.style.shape.value,
                        "icon": one.style.icon,
                    },
                    "legend": [
                        {"level": line.level, "text": line.text.as_dict()} for line in one.legend
                    ],
                }
                for one in services.layers.values()
            ]
        }

    @routes.get("/categories", summary="What kinds of problem there are, with their time limits")
    def get_categories() -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = rules.categories(conn)
        return {
            "categories": [
                {
                    "code": one.code,
                    "name": {"zh": one.name_zh, "en": one.name_en},
                    "kind": one.kind,
                    "family": one.family,
                    "layer": one.layer,
                    "for_residents": one.for_residents,
                    "severity": one.severity,
                    "clock": one.clock,
                    "dispose_limit_s": one.dispose_limit.total_seconds(),
                    "verify_limit_s": one.verify_limit.total_seconds(),
                    "filing_policy": one.filing_policy,
                }
                for one in found
            ]
        }

    @routes.get("/departments", summary="Who answers")
    def get_departments() -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = departments.all(conn)
        return {
            "departments": [
                {"code": one.code, "name": {"zh": one.name_zh, "en": one.name_en}} for one in found
            ]
        }

    return routes
