"""Files below assets/: read and compressed once, kept for ever where the address has a digest."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from command_center.packed import takes_packed
from command_center.pages.html import ASSETS

_FOR_EVER = "public, max-age=31536000, immutable"
# Already compressed.
_PACKED = (".png", ".jpg", ".webp", ".woff2", ".gz")

_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".pbf": "application/x-protobuf",
}


def router() -> APIRouter:
    """The routes of static files."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
    def assets(path: str, request: Request) -> Response:
        return serve_file(path, request)

    @routes.api_route("/favicon.ico", methods=["GET", "HEAD"])
    def favicon(request: Request) -> Response:
        return serve_file("icon.svg", request)

    return routes


def serve_file(path: str, request: Request, *, headers: dict[str, str] | None = None) -> Response:
    """A file below assets/, 404 when there is none; answers If-None-Match and takes gzip."""
    file = _find(path)
    if file is None:
        return Response(status_code=404)
    plain, packed, etag = _file(file, file.stat().st_mtime_ns)
    told = {"ETag": etag, "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if request.query_params.get("v"):
        told["Cache-Control"] = _FOR_EVER
    told |= headers or {}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=told)
    body = plain
    if packed is not None and takes_packed(request):
        body = packed
        told["Content-Encoding"] = "gzip"
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    return Response(body, media_type=media_type or "application/octet-stream", headers=told)


def _find(path: str) -> Path | None:
    try:
        file = (ASSETS / path).resolve()
        return file if file.is_relative_to(ASSETS) and file.is_file() else None
    except OSError:  # e.g. a name that is longer than file systems allow
        return None


@lru_cache(maxsize=256)
def _file(file: Path, _changed_ns: int) -> tuple[bytes, bytes | None, str]:
    data = file.read_bytes()
    packed = None if file.suffix in _PACKED else gzip.compress(data, 6, mtime=0)
    return data, packed, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
