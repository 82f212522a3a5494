"""How the system is: for people, for load balancers, for Prometheus."""

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from command_center.errors import Missing
from command_center.live.hub import Hub
from command_center.services import Services

_VALUES = {"ok": 2, "degraded": 1, "down": 0}


def router(services: Services, hub: Hub) -> APIRouter:
    """The routes /api/health and /metrics."""
    routes = APIRouter(tags=["health"])

    @routes.head("/api/health", include_in_schema=False)
    @routes.get("/api/health", summary="200 while it works, 503 when it is down")
    async def get_health() -> JSONResponse:
        health = hub.health()
        return JSONResponse(
            {**health, "version": services.version},
            status_code=503 if health["status"] == "down" else 200,
        )

    @routes.get("/metrics", include_in_schema=False)
    async def get_metrics(request: Request) -> Response:
        if not _may_read(request, services.settings.metrics_token):
            raise Missing
        return Response(
            _prometheus(hub.health(), hub.walls), media_type="text/plain; version=0.0.4"
        )

    return routes


def _may_read(request: Request, token: str) -> bool:
    """From this machine, or with the bearer token of COMMAND_CENTER_METRICS_TOKEN."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _prometheus(health: Mapping[str, Any], walls: int) -> str:
    lines = [
        "# HELP command_center_component 2 ok, 1 degraded, 0 down.",
        "# TYPE command_center_component gauge",
    ]
    for name, one in health["components"].items():
        lines.append(f'command_center_component{{name="{name}"}} {_VALUES[one["status"]]}')
    lines += [
        "# HELP command_center_component_lag_seconds Age of the last sign of life.",
        "# TYPE command_center_component_lag_seconds gauge",
    ]
    for name, one in health["components"].items():
        if one["lag_s"] is not None:
            lines.append(f'command_center_component_lag_seconds{{name="{name}"}} {one["lag_s"]}')
    lines += [
        "# HELP command_center_duty_alerts Broken rules and matters nobody answers for.",
        "# TYPE command_center_duty_alerts gauge",
        f"command_center_duty_alerts {health['duties']['alerts']}",
        "# HELP command_center_open_walls Walls that are pushed to.",
        "# TYPE command_center_open_walls gauge",
        f"command_center_open_walls {walls}",
        "",
    ]
    return "\n".join(lines)
