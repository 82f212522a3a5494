"""`/field`: a crew's tickets on the phone. Works offline: actions wait and are sent in order."""

from typing import Any

import orjson
from fastapi import APIRouter, Response

from command_center.access.context import current_language, logged_in
from command_center.pages.html import page
from command_center.pages.installable import Installable
from command_center.services import Services
from command_center.wording import page_words
from events.model.workflow import STATE_WORDS
from events.store import departments, rules
from grid.store import city
from grid.store.postgis import reading

APP = Installable(
    name="field",
    path="/field",
    title="field.title",
    short="field.short",
    modules=("field", "ticket", "outbox", "proof", "shrink", "common"),
    styles=("plain.css", "report.css", "field.css"),
    kept=("/api/v1/field",),
)


def router(services: Services) -> APIRouter:
    """The page /field, its manifest and its service worker."""
    routes = APIRouter(include_in_schema=False)
    APP.add_routes(routes)

    @routes.get("/field")
    def show_field() -> Response:
        actor, language = logged_in(), current_language()
        chinese = language == "zh"
        with reading(services.engine) as conn:
            found = city.get(conn)
            crew = next((c for c in rules.crews(conn) if c.crew_id == actor.crew_id), None)
            department = next(
                (one for one in departments.all(conn) if one.department_id == actor.department_id),
                None,
            )
        data: dict[str, Any] = {
            "words": page_words("field", language) | page_words("photos", language),
            "language": language,
            "account": actor.name,
            "worker": APP.worker_address,
            "states": {one.value: words.as_dict() for one, words in STATE_WORDS.items()},
            "time_zone": found.time_zone if found else "UTC",
        }
        return page(
            "field.html",
            data=orjson.dumps(data),
            person=actor.name_zh if chinese else actor.name_en,
            crew=_name(crew, chinese=chinese),
            department=_name(department, chinese=chinese),
        )

    return routes


def _name(one: Any, *, chinese: bool) -> str:
    if one is None:
        return ""
    name: str = one.name_zh if chinese else one.name_en
    return name
