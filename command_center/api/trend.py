"""How the wall's figures went in the last day."""

from datetime import timedelta
from threading import Lock
from time import monotonic

import orjson
from fastapi import APIRouter, Response
from sqlalchemy import Connection

from command_center.services import Services
from events.store import trend
from grid.store.postgis import reading

_SPAN = timedelta(hours=24)
_FIGURES = ("open", "overdue", "needs_decision", "closed_today", "on_time")
# They are taken every ten minutes.
_FRESH_S = 60.0


def router(services: Services) -> APIRouter:
    """The route /api/v1/figures/trend."""
    routes = APIRouter(prefix="/api/v1", tags=["figures"])
    kept: dict[str, tuple[float, bytes]] = {}
    lock = Lock()

    @routes.get("/figures/trend", summary="The city's figures of the last 24 hours, each 10 min")
    def get_trend() -> Response:
        """``at``: milliseconds since 1970; each figure: its values then, null where unknown."""
        with lock:
            made_s, body = kept.get("all", (0.0, b""))
            if not body or monotonic() - made_s > _FRESH_S:
                with reading(services.engine) as conn:
                    body = orjson.dumps(_trend(conn, services))
                kept["all"] = (monotonic(), body)
        return Response(body, media_type="application/json")

    return routes


def _trend(conn: Connection, services: Services) -> dict[str, list[float | None]]:
    found = trend.since(conn, services.now() - _SPAN)
    told: dict[str, list[float | None]] = {"at": [one.at.timestamp() * 1000 for one in found]}
    for name in _FIGURES:
        told[name] = [getattr(one, name) for one in found]
    return told
