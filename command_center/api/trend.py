"""How the wall's figures went in the last day."""

from datetime import timedelta

import orjson
from fastapi import APIRouter, Response

from command_center.remembered import Kept
from command_center.services import Services
from events.store import trend
from grid.store.postgis import reading

_SPAN = timedelta(hours=24)
_FIGURES = ("open", "overdue", "needs_decision", "closed_today", "on_time")
# They are taken every ten minutes.
_FRESH_S = 60.0
_STALE = 10.0


def router(services: Services) -> APIRouter:
    """The route /api/v1/figures/trend."""
    routes = APIRouter(prefix="/api/v1", tags=["figures"])
    kept = Kept(_FRESH_S, stale=_STALE)

    @routes.get("/figures/trend", summary="The city's figures of the last 24 hours, each 10 min")
    def get_trend() -> Response:
        """``at``: milliseconds since 1970; each figure: its values then, null where unknown."""
        body = kept.get("all", lambda: _body(services))
        return Response(body, media_type="application/json")

    return routes


def _body(services: Services) -> bytes:
    with reading(services.engine) as conn:
        found = trend.since(conn, services.now() - _SPAN)
    told: dict[str, list[float | None]] = {"at": [one.at.timestamp() * 1000 for one in found]}
    for name in _FIGURES:
        told[name] = [getattr(one, name) for one in found]
    return orjson.dumps(told)
