"""Warnings of others: those that stand, and taking in a CAP file."""

from __future__ import annotations

from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from command_center.access.context import current_language, logged_in
from command_center.errors import Answer, problem
from command_center.services import Services
from command_center.views.problem import FieldError
from events.actions.take_warning import Taken, take_warning
from events.model.cap import NotCap, read_cap
from events.model.warning import Standing
from events.store import warnings
from grid.store.postgis import reading, transaction

_FIELDS = Answer(status=422, kind="fields")


def router(services: Services) -> APIRouter:
    """The route /api/v1/warnings."""
    routes = APIRouter(prefix="/api/v1", tags=["warnings"])

    @routes.get("/warnings", summary="Warnings that stand, as GeoJSON, the gravest first")
    def get_warnings() -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = warnings.standing(conn, now=services.now())
        return {"type": "FeatureCollection", "features": [_feature(one) for one in found]}

    @routes.post(
        "/warnings",
        summary="Take in a CAP 1.2 message (XML); the same one again changes nothing",
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/xml": {"schema": {}}}}
        },
    )
    async def post_warning(request: Request) -> Response:
        by = logged_in().key
        content = await request.body()  # the gate has bounded it
        try:
            taken, told = await to_thread.run_sync(lambda: _take(services, content, by=by))
        except NotCap as trouble:
            zh = current_language() == "zh"
            errors = tuple(
                FieldError(field=one.field, reason=one.reason_zh if zh else one.reason_en)
                for one in trouble.refusals
            )
            return problem(request, _FIELDS, errors[0].reason, errors=errors)
        return JSONResponse(
            {"identifier": told, "new": taken.new, "inside": taken.inside},
            status_code=201 if taken.new else 200,
        )

    return routes


def _take(services: Services, content: bytes, *, by: str) -> tuple[Taken, str]:
    message = read_cap(content)
    with transaction(services.engine, by) as conn:
        return take_warning(conn, message, now=services.now()), message.identifier


def _feature(one: Standing) -> dict[str, Any]:
    shapes = [orjson.loads(shape) for shape in one.shapes]
    return {
        "type": "Feature",
        "id": one.info_id,
        "geometry": {"type": "GeometryCollection", "geometries": shapes} if shapes else None,
        "properties": {
            "sender": one.sender, "identifier": one.identifier, "status": one.status,
            "language": one.language, "event": one.event, "headline": one.headline,
            "level": one.level, "urgency": one.urgency, "severity": one.severity,
            "certainty": one.certainty, "areas": one.areas, "inside": one.inside,
            "sent_at": one.sent_at.isoformat(), "onset_at": one.onset_at.isoformat(),
            "ends_at": one.ends_at.isoformat(),
        },
    }  # fmt: skip
