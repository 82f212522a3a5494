"""Residents' reports: sent by anyone, followed by whoever has the token."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from command_center.access.context import current_language
from command_center.api.uploads import checked, is_form, keep_photos, read_form, read_json, texts_of
from command_center.errors import Missing
from command_center.photos.files import PhotoFiles
from command_center.photos.worker import PhotoWorker
from command_center.services import Services
from events.actions.converse import rate, say
from events.actions.report import report, token_digest
from events.model.problems import Refused
from events.model.rating import RatingDraft
from events.model.report import PhotoDraft, Receipt, ReportDraft, ReportProgress
from events.model.workflow import STATE_WORDS
from events.store import reports
from grid.store.postgis import reading


class ReportIn(BaseModel):
    """A report as it is sent. ``crs`` names the coordinate system of ``lon``, ``lat``."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    category: Annotated[str, Field(max_length=64)]
    lon: FiniteFloat
    lat: FiniteFloat
    crs: Annotated[str, Field(max_length=32)] = "EPSG:4326"
    description: Annotated[str, Field(max_length=2_000)] = ""
    contact: Annotated[str, Field(max_length=200)] = ""


class MessageIn(BaseModel):
    """What a resident writes to those who handle the report."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    text: Annotated[str, Field(max_length=2_000)]


class RatingIn(BaseModel):
    """What a resident says of the end: ``stars`` 1 (bad) to 5 (good)."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    solved: bool
    satisfied: bool
    stars: Annotated[int, Field(ge=1, le=5)]
    words: Annotated[str, Field(max_length=2_000)] = ""


_PHOTOS = {"type": "array", "maxItems": 3, "items": {"type": "string", "format": "binary"}}


def _body() -> dict[str, Any]:
    schema = ReportIn.model_json_schema()
    form = {**schema, "properties": {**schema["properties"], "photos": _PHOTOS}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": schema},
                "multipart/form-data": {"schema": form},
            },
        }
    }


def router(services: Services, photos: PhotoWorker) -> APIRouter:
    """The routes /api/v1/reports and /api/v1/reports/{token}."""
    routes = APIRouter(prefix="/api/v1", tags=["reports"])

    @routes.post(
        "/reports",
        status_code=201,
        summary="Report a hazard; answered after it is stored",
        openapi_extra=_body(),
    )
    async def post_report(
        request: Request,
        idempotency_key: Annotated[str | None, Header(max_length=128)] = None,
    ) -> JSONResponse:
        if not is_form(request):
            sent = checked(ReportIn, await read_json(request))
            receipt = await _record(services, photos.files, sent, (), idempotency_key)
        else:
            async with read_form(request) as form:
                sent = checked(ReportIn, texts_of(form))
                kept = await keep_photos(form, photos.files, kind="report")
            receipt = await _record(services, photos.files, sent, kept, idempotency_key)
            if kept:
                photos.wake()
        return JSONResponse(_receipt_json(receipt, services, request), status_code=201)

    @routes.get("/reports/{token}", summary="How a report stands, for the holder of its token")
    def get_report(token: str) -> dict[str, Any]:
        return _progress(services, token)

    @routes.post("/reports/{token}/messages", summary="Write to those who handle the report")
    def post_message(token: str, sent: MessageIn) -> dict[str, Any]:
        say(services.engine, token, sent.text, now=services.now())
        return _progress(services, token)

    @routes.post("/reports/{token}/rating", summary="Say whether it was solved, once it is closed")
    def post_rating(token: str, sent: RatingIn) -> dict[str, Any]:
        draft = RatingDraft(
            solved=sent.solved, satisfied=sent.satisfied, stars=sent.stars, words=sent.words
        )
        rate(services.engine, token, draft, now=services.now())
        return _progress(services, token)

    return routes


def _progress(services: Services, token: str) -> dict[str, Any]:
    with reading(services.engine) as conn:
        found = reports.progress(conn, token_digest(token))
    if found is None:
        raise Missing
    return progress_json(found)


async def _record(
    services: Services,
    files: PhotoFiles,
    sent: ReportIn,
    kept: tuple[PhotoDraft, ...],
    key: str | None,
) -> Receipt:
    draft = ReportDraft(
        category=sent.category,
        lon=sent.lon,
        lat=sent.lat,
        crs=sent.crs,
        description=sent.description,
        contact=sent.contact,
        language=current_language(),
        photos=kept,
    )
    try:
        receipt = await to_thread.run_sync(
            lambda: report(
                services.engine,
                draft,
                idempotency_key=key,
                secret=services.settings.secret,
                now=services.now(),
            )
        )
    except Refused:
        # (any other error may come after the commit: the row may know these photos)
        files.forget(kept)
        raise
    if not receipt.new:
        files.forget(kept)
    return receipt


def _receipt_json(receipt: Receipt, services: Services, request: Request) -> dict[str, Any]:
    base = services.settings.public_url or str(request.base_url).rstrip("/")
    return {
        "number": receipt.number,
        "token": receipt.token,
        "cell": receipt.cell_code,
        "area": {"zh": receipt.area_name_zh, "en": receipt.area_name_en},
        "status_url": f"{base}/report/{receipt.token}",
    }


def progress_json(progress: ReportProgress) -> dict[str, Any]:
    """A report's progress as JSON values."""
    return {
        "number": progress.number,
        "state": progress.state.value,
        "state_name": STATE_WORDS[progress.state].as_dict(),
        "category": {"zh": progress.category_name_zh, "en": progress.category_name_en},
        "cell": progress.cell_code,
        "area": {"zh": progress.area_name_zh, "en": progress.area_name_en},
        "ticket": progress.ticket_number,
        "created_at": progress.created_at.isoformat(),
        "history": [
            {"at": one.at.isoformat(), "kind": one.kind, "text": {"zh": one.zh, "en": one.en}}
            for one in progress.steps
        ],
        "messages": [
            {"at": one.created_at.isoformat(), "mine": one.by_resident, "text": one.body}
            for one in progress.messages
        ],
        "may_rate": progress.may_rate,
    }
