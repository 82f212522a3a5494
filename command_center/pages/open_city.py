"""`/city`: how the city stands, for anyone: sums, no words of reporters, no people, no places.

What is shown is what the city opens (COMMAND_CENTER_OPEN); nothing is by itself.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from command_center.access.context import current_language
from command_center.evaluation.on_time import on_time
from command_center.pages.html import page
from command_center.problem import Language
from command_center.remembered import Kept
from command_center.services import Services
from command_center.views.moments import clock_text
from command_center.views.open_city import by_layer, by_street, legend, size
from command_center.wording import words
from events.model.access import Scope
from events.store import figures, standing, statistics
from grid.store import areas, city
from grid.store.postgis import reading

# Sums of the whole city, counted once for all who look.
_FRESH_S = 60.0
# Anyone may ask, so nobody waits while they are counted anew; the page says of when they are.
_STALE = 10.0


def router(services: Services) -> APIRouter:
    """The page /city."""
    routes = APIRouter(include_in_schema=False)
    kept = Kept(_FRESH_S, stale=_STALE)

    @routes.get("/city")
    def show_city() -> Response:
        language = current_language()
        told = kept.get(language, lambda: _read(services, language))
        return page("open_city.html", here="/city", **told)

    return routes


def _read(services: Services, language: Language) -> dict[str, Any]:
    with reading(services.engine) as conn:
        return _told(conn, services, language)


def _told(conn: Connection, services: Services, language: Language) -> dict[str, Any]:
    """What the template needs; parts that are not open are neither read nor told."""
    open_parts, now = services.settings.open_parts, services.now()
    known = city.get(conn)
    place = figures.place(conn, None)
    told: dict[str, Any] = {
        "city": "" if known is None else (known.name_zh if language == "zh" else known.name_en),
        "figures": [], "streets": [], "layers": [], "legend": legend(), "size": (0, 0),
        "at": "" if known is None else clock_text(now, ZoneInfo(known.time_zone), now=now),
    }  # fmt: skip
    if place is None or not open_parts:
        return told
    counts = statistics.open_counts(conn, Scope(), now)
    if "figures" in open_parts:
        share = on_time(conn, place, now=now)
        told["figures"] = [
            ("figure_open", counts.open), ("figure_overdue", counts.overdue),
            ("figure_closed_today", counts.closed_today),
            ("figure_on_time", "–" if share is None else f"{round(share * 100)}%"),
        ]  # fmt: skip
    if "streets" in open_parts:
        found = areas.all_areas(conn)
        rows = standing.open_by_cell(conn, place.inside, now)
        told["streets"] = by_street(found, rows, f"name_{language}")
        told["size"] = size(found)
    if "layers" in open_parts:
        names = {
            code: layer.name_zh if language == "zh" else layer.name_en
            for code, layer in services.layers.items()
        }
        names["other"] = words("wall.layer_other", language)
        told["layers"] = by_layer(counts.by_layer, names)
    return told
