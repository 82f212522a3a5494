"""One search for everything that has a number, a name or a code; and the areas with their names."""

import unicodedata
from threading import Lock
from time import monotonic
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from command_center.access.context import logged_in
from command_center.services import Services
from command_center.views.finding import MOST, device_item, found_item, groups, ticket_item
from command_center.wording import LANGUAGES, words
from events.model.access import Actor
from events.store import finder
from grid.store import lookup
from grid.store.postgis import reading
from iot_ingest.store import directory

# Areas change by imports only.
_FRESH_S = 60.0


def router(services: Services) -> APIRouter:
    """The routes /api/v1/search and /api/v1/areas."""
    routes = APIRouter(prefix="/api/v1", tags=["search"])
    kept: dict[str, tuple[float, bytes]] = {}
    lock = Lock()

    @routes.get("/search", summary="Tickets, devices, areas, cells, facilities, streets by name")
    def get_search(
        q: Annotated[str, Query(max_length=100, description="a number, name or code, or its part")],
    ) -> dict[str, Any]:
        said = plain(q)
        if not said:
            return {"query": "", "groups": []}
        with reading(services.engine) as conn:
            return {"query": said, "groups": groups(_found(conn, said, logged_in()), said)}

    @routes.get("/areas", summary="Every area: code, level, names, place of its name, extent")
    def get_areas() -> Response:
        with lock:
            made_s, body = kept.get("all", (0.0, b""))
            if not body or monotonic() - made_s > _FRESH_S:
                body = orjson.dumps({"areas": _areas(services)})
                kept["all"] = (monotonic(), body)
        return Response(body, media_type="application/json")

    return routes


def plain(q: str) -> str:
    """``q`` without control characters, in half-width forms, with single spaces."""
    folded = unicodedata.normalize("NFKC", q)
    kept = "".join(one if unicodedata.category(one)[0] != "C" else " " for one in folded)
    return " ".join(kept.split())


def _found(conn: Connection, said: str, actor: Actor) -> dict[str, Any]:
    tickets = finder.by_number(conn, said, actor, most=MOST["ticket"])
    known = {one.ticket_id for one in tickets}
    if len(tickets) < MOST["ticket"]:
        more = finder.by_words(conn, said, actor, most=MOST["ticket"])
        tickets += [one for one in more if one.ticket_id not in known]
    digits = said if said.isascii() and said.isdigit() else ""
    return {
        "ticket": [ticket_item(one) for one in tickets],
        "device": [
            device_item(one) for one in directory.called(conn, said, most=MOST["device"])
        ],
        "area": [
            found_item(one, one.code, _kind("area", one.kind))
            for one in lookup.areas(conn, said, most=MOST["area"])
        ],
        "cell": [
            found_item(one, one.key)
            for one in (lookup.cells(conn, digits, most=MOST["cell"]) if digits else [])
        ],
        "component": [
            found_item(one, one.code)
            for one in lookup.components(conn, said, most=MOST["component"])
        ],
        "place": [
            found_item(one, one.key, _kind("place", one.kind))
            for one in lookup.places(conn, said, most=MOST["place"])
        ],
    }  # fmt: skip


def _kind(of: str, kind: str) -> dict[str, str]:
    return {one: words(f"search.{of}_{kind}", one) for one in LANGUAGES}


def _areas(services: Services) -> list[dict[str, Any]]:
    with reading(services.engine) as conn:
        found = lookup.all_areas(conn)
    return [
        {
            "id": one.key,
            "code": one.code,
            "kind": one.kind,
            "name": {"zh": one.name_zh, "en": one.name_en},
            "at": [round(one.lon, 6), round(one.lat, 6)],
            "bbox": [round(edge, 6) for edge in one.bbox],
        }
        for one in found
    ]
