"""Reading what is sent: small JSON, or a form with photos that go to the disk piece by piece."""

from collections.abc import Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import orjson
from anyio import to_thread
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from command_center.errors import Invalid
from command_center.photos.files import MOST_BYTES, MOST_PHOTOS, PhotoFiles, PhotoTooLarge
from events.model.report import PhotoDraft

_MOST_JSON = 100_000
_MEGABYTE = 1_000_000

Model = TypeVar("Model", bound=BaseModel)


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
