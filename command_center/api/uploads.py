"""Reading what is sent: small JSON, or a form with photos that go to the disk piece by piece."""

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

import orjson
from anyio import to_thread
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, Field, FiniteFloat, Json, ValidationError
from sqlalchemy import Engine
from starlette.datastructures import FormData, UploadFile

from command_center.errors import Invalid
from command_center.photos.files import MOST_BYTES, MOST_PHOTOS, PhotoFiles, PhotoTooLarge
from events.model.report import PhotoDraft
from events.store import attachments
from grid.store.postgis import reading

# A phone's clock that is further off than this is told so.
_CLOCK_IS_RIGHT = timedelta(minutes=2)
_MOST_JSON = 100_000
_MEGABYTE = 1_000_000

Model = TypeVar("Model", bound=BaseModel)


class PhotoFact(BaseModel):
    """What a phone says about a photo: its kind, when and where (WGS-84) it was taken."""

    kind: Literal["before", "after", "other"] | None = None
    taken_at: AwareDatetime | None = None
    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = None
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)] | None = None


class PhotoFacts(BaseModel):
    """What a phone says with its photos, in their order; ``phone_at``: its clock on sending."""

    photo_facts: Json[Annotated[list[PhotoFact], Field(max_length=MOST_PHOTOS)]] = Field(
        default_factory=list
    )
    phone_at: AwareDatetime | None = None


def with_facts(
    photos: tuple[PhotoDraft, ...], facts: PhotoFacts, *, now: datetime
) -> tuple[PhotoDraft, ...]:
    """The photos with what the phone said about each."""
    off = None if facts.phone_at is None else facts.phone_at - now
    if off is not None and abs(off) <= _CLOCK_IS_RIGHT:
        off = None
    known = [*facts.photo_facts, *[PhotoFact()] * (len(photos) - len(facts.photo_facts))]
    return tuple(
        replace(
            photo,
            kind=fact.kind or photo.kind,
            taken_at=fact.taken_at,
            clock_off=off,
            # half a position is none
            lon=fact.lon if fact.lat is not None else None,
            lat=fact.lat if fact.lon is not None else None,
        )
        for photo, fact in zip(photos, known, strict=False)
    )


async def read_json(request: Request) -> Any:
    """The JSON body, at most 100 kB. Raises Invalid and RequestValidationError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_JSON:
            raise Invalid(("body", "errors.too_large"), status=413, megabytes=0.1)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "msg": str(error), "input": None}]
        ) from error


@asynccontextmanager
async def read_form(request: Request) -> Any:
    """The form, its photos spooled to the disk; they vanish at the end of the block."""
    async with request.form(
        max_files=MOST_PHOTOS + 1, max_fields=30, max_part_size=_MOST_JSON
    ) as form:
        yield form


def is_form(request: Request) -> bool:
    """Whether a multipart form was sent (the gate lets JSON and forms through only)."""
    return request.headers.get("content-type", "").lower().startswith("multipart/")


def checked(model: type[Model], values: Any) -> Model:
    """``values`` as ``model``. Raises RequestValidationError, which names the fields."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = [
            {**one, "loc": ("body", *one["loc"])}
            for one in error.errors(include_url=False, include_context=False)
        ]
        raise RequestValidationError(found) from error


def texts_of(form: FormData) -> Mapping[str, str]:
    """The fields of a form that are no files."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def forget_unknown(engine: Engine, files: PhotoFiles, kept: tuple[PhotoDraft, ...]) -> None:
    """Forget what no row knows: an action that came again kept the photos of the first time."""
    if kept:
        with reading(engine) as conn:
            files.forget(
                tuple(one for one in kept if attachments.by_id(conn, one.attachment_id) is None)
            )


async def keep_photos(form: FormData, files: PhotoFiles, *, kind: str) -> tuple[PhotoDraft, ...]:
    """Keep the form's ``photos``. Raises Invalid for too many or too large ones."""
    sent = [
        one
        for name in ("photos", "photo")
        for one in form.getlist(name)
        if isinstance(one, UploadFile) and (one.size or one.filename)
    ]
    if len(sent) > MOST_PHOTOS:
        raise Invalid(("photos", "errors.too_many_photos"), count=MOST_PHOTOS)
    kept: list[PhotoDraft] = []
    try:
        for one in sent:
            upload = one.file
            kept.append(await to_thread.run_sync(partial(files.keep, upload, kind=kind)))
    except PhotoTooLarge as error:
        files.forget(tuple(kept))
        raise Invalid(
            ("photos", "errors.photo_too_large"), status=413, megabytes=MOST_BYTES // _MEGABYTE
        ) from error
    return tuple(kept)
