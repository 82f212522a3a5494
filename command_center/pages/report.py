"""`/report`: one tap for anyone; `/report/{token}`: how it goes on. Works offline, installable."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Response

from command_center.access.context import current_language
from command_center.pages.html import page, refusal_page
from command_center.pages.installable import Installable
from command_center.services import Services
from command_center.wording import page_words, words
from events.actions.report import token_digest
from events.model.report import ReportProgress
from events.model.workflow import State
from events.store import reports, rules
from grid.model.city import City
from grid.store import city
from grid.store.postgis import reading

# What a resident is shown of the ticket's states.
STAGES: tuple[tuple[str, frozenset[State]], ...] = (
    ("received", frozenset({State.REPORTED, State.FILED, State.MERGED, State.SUSPENDED})),
    ("assigned", frozenset({State.DISPATCHED})),
    ("working", frozenset({State.ACCEPTED})),
    ("done", frozenset({State.DISPOSED, State.VERIFIED})),
    ("closed", frozenset({State.CLOSED})),
)

_ICONS = frozenset({
    "flooding", "outfall_discharge", "construction_dust", "sewage_overflow", "floating_debris",
    "road_damage", "manhole_cover", "garbage", "street_lamp",
})  # fmt: skip

APP = Installable(
    name="report",
    path="/report",
    title="report.title",
    short="report.short",
    modules=("report", "place", "map", "outbox", "shrink", "common"),
    styles=("plain.css", "report.css"),
    kept=("/api/v1/city", "/api/v1/places"),
)


def router(services: Services) -> APIRouter:
    """The pages /report and /report/{token}, manifest and service worker."""
    routes = APIRouter(include_in_schema=False)
    APP.add_routes(routes)

    @routes.get("/report")
    def show_form() -> Response:
        language = current_language()
        with reading(services.engine) as conn:
            found = city.get(conn)
            categories = rules.categories(conn) if found is not None else ()
        data: dict[str, Any] = {
            "words": page_words("report", language),
            "language": language,
            "center": found.center if found else None,
            "bbox": found.bbox if found else None,
            "worker": APP.worker_address,
        }
        return page(
            "report.html",
            data=orjson.dumps(data),
            city_name=_name(found),
            categories=[
                {
                    "code": one.code,
                    "icon": one.code if one.code in _ICONS else "other",
                    "name": one.name_zh if language == "zh" else one.name_en,
                }
                for one in categories
                if one.for_residents
            ],
        )

    @routes.get("/report/{token}")
    def show_progress(token: str) -> Response:
        with reading(services.engine) as conn:
            found = reports.progress(conn, token_digest(token))
            governed = city.get(conn)
        if found is None:
            return _unknown()
        return _progress_page(found, governed, token)

    return routes


def _progress_page(found: ReportProgress, governed: City | None, token: str) -> Response:
    language = current_language()
    zone = ZoneInfo(governed.time_zone if governed else "UTC")
    chinese = language == "zh"
    return page(
        "progress.html",
        report=found,
        city_name=_name(governed),
        category=found.category_name_zh if chinese else found.category_name_en,
        area=found.area_name_zh if chinese else found.area_name_en,
        declined=found.state is State.DECLINED,
        stages=stages(found.state),
        steps=[
            {
                "at": one.at,
                "told_at": told_at(one.at.astimezone(zone)),
                "text": one.zh if chinese else one.en,
            }
            for one in reversed(found.steps)
        ],
        messages=[
            {
                "mine": one.by_resident,
                "text": one.body,
                "told_at": told_at(one.created_at.astimezone(zone)),
            }
            for one in found.messages
        ],
        may_write=found.state is not State.DECLINED,
        here=f"/report/{token}",
        api=f"/api/v1/reports/{token}",
    )


def stages(state: State) -> list[dict[str, str]]:
    """The stages with how they look: past, now or ahead; all ahead for a declined report."""
    at = next((i for i, (_, states) in enumerate(STAGES) if state in states), -1)
    last = len(STAGES) - 1
    looks = [
        "past" if i < at or i == at == last else "now" if i == at else "ahead"
        for i in range(len(STAGES))
    ]
    return [{"code": code, "look": look} for (code, _), look in zip(STAGES, looks, strict=True)]


def told_at(at: datetime) -> str:
    """A local time as people of either language read it."""
    return at.strftime("%Y-%m-%d %H:%M")


def _name(found: City | None) -> str:
    if found is None:
        return ""
    return found.name_zh if current_language() == "zh" else found.name_en


def _unknown() -> Response:
    language = current_language()
    html = refusal_page(
        404,
        words("errors.missing_title", language),
        words("errors.no_report", language),
        language,
    )
    return Response(html, status_code=404, media_type="text/html")
