"""Devices from a file: all of it, or nothing and every refused row."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from shutil import copyfileobj

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from command_center.access.context import current_language, logged_in
from command_center.api.uploads import read_form
from command_center.errors import Answer, Invalid, problem
from command_center.services import Services
from command_center.views.problem import FieldError
from command_center.wording import words
from grid.model.refusal import GridProblem, ImportReport
from iot_ingest.store.import_devices import import_devices

# Kinds of file that `import devices` reads and a browser can send as one.
_SUFFIXES = frozenset({".csv", ".geojson", ".json", ".gpkg", ".zip", ".parquet"})
# Beyond this a person corrects the file and tries again.
_MOST_TOLD = 500
_FIELDS = Answer(status=422, kind="fields")


def router(services: Services) -> APIRouter:
    """The route /api/v1/device-imports."""
    routes = APIRouter(prefix="/api/v1", tags=["devices"])

    @routes.post("/device-imports", summary="Register the devices of a file: all or none")
    async def post_import(request: Request) -> Response:
        by = logged_in().key
        async with read_form(request) as form:
            file, crs = form.get("file"), str(form.get("crs") or "") or None
            if not isinstance(file, UploadFile) or not file.filename:
                raise Invalid(("file", "devices.file_missing"))
            try:
                report, made = await to_thread.run_sync(lambda: _import(services, file, crs, by=by))
            except GridProblem as trouble:
                told = trouble.zh if current_language() == "zh" else trouble.en
                errors = (FieldError(field="file", reason=told),)
                return problem(request, _FIELDS, told, errors=errors)
        return _reported(request, report, made)

    return routes


def _import(
    services: Services, file: UploadFile, crs: str | None, *, by: str
) -> tuple[ImportReport, dict[str, str]]:
    suffix = PurePath(file.filename or "").suffix.lower()
    if suffix not in _SUFFIXES:
        raise Invalid(("file", "devices.file_kind"))
    with tempfile.TemporaryDirectory(prefix="command-center-") as folder:
        # a name of our own: the person's may hold anything
        path = Path(folder) / f"devices{suffix}"
        with path.open("wb") as kept:
            copyfileobj(file.file, kept)
        return import_devices(services.engine, path, by=by, crs=crs, all_metrics=False)


def _reported(request: Request, report: ImportReport, made: dict[str, str]) -> Response:
    language = current_language()
    if not report.refused:
        return JSONResponse({"imported": report.imported, "secrets": made}, status_code=201)
    rows = [
        {
            "row": one.row,
            "field": one.field,
            "reason": one.reason_zh if language == "zh" else one.reason_en,
        }
        for one in report.refused[:_MOST_TOLD]
    ]
    count = len(report.refused)
    detail = words(
        "devices.file_refused", language, rows=len({one.row for one in report.refused}),
        reasons=count,
    )  # fmt: skip
    return problem(request, _FIELDS, detail, more={"refused": rows, "reasons": count})
