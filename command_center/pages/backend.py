"""Dash's FastAPI backend, held to our rules: no catch-all route, no socket, no mounted assets,
callbacks off the event loop, library files compressed once.
"""

import asyncio
import gzip
import hashlib
import mimetypes
import pkgutil
from functools import lru_cache
from typing import Any

from anyio import to_thread
from dash import _validate
from dash.backends._fastapi import DashMiddleware, FastAPIDashServer
from dash.exceptions import PreventUpdate
from dash.fingerprint import check_fingerprint
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from command_center.packed import takes_packed

_FOR_EVER = "private, max-age=31536000, immutable"


class ThreadedBackend(FastAPIDashServer):
    """A backend for several Dash applications on one FastAPI application."""

    # Our pages are pushed to over a plain WebSocket (/live/wall).
    websocket_capability = False

    def _setup_catchall(self) -> None:
        """Leave unknown paths to the gate: Dash would answer 200 to any of them."""

    def register_assets_blueprint(self, *_names: str) -> None:
        """Assets are served once for all pages, by ourselves."""

    def setup_backend(self, dash_app: Any) -> None:
        """Put Dash's request context around its own routes."""
        self.server.add_middleware(
            _Context,
            dash_app=dash_app,
            dash_server=self,
            before_request_funcs=self._before_request_funcs,
        )

    def serve_callback(self, dash_app: Any) -> Any:
        """The endpoint of callbacks; a plain callback that reads the database must not hold up
        the event loop, which pushes to every wall.
        """
        dispatch = super().serve_callback(dash_app)

        async def dispatch_in_thread(request: Request) -> Response:
            # Dash's dispatch awaits nothing but the callback itself, so a loop of its own will do
            answer: Response = await to_thread.run_sync(lambda: asyncio.run(dispatch(request)))
            return answer

        return dispatch_in_thread

    def serve_component_suites(
        self, dash_app: Any, package_name: str, fingerprinted_path: str, request: Request
    ) -> Response:
        """A file of a component library, compressed once and then kept."""
        path, fingerprinted = check_fingerprint(fingerprinted_path)
        if path not in dash_app.registered_paths.get(package_name, ()):
            return Response(status_code=404)
        _validate.validate_js_path(dash_app.registered_paths, package_name, path)
        plain, packed, etag = _library_file(package_name, path)
        headers = {"ETag": etag, "Vary": "Accept-Encoding", "Cache-Control": "private, no-cache"}
        if fingerprinted:
            headers["Cache-Control"] = _FOR_EVER
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        body = plain
        if takes_packed(request):
            body = packed
            headers["Content-Encoding"] = "gzip"
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Response(body, media_type=media_type, headers=headers)


class _Context(DashMiddleware):
    """Dash's middleware, which would answer errors by itself and tell nobody."""

    async def _handle_error(
        self, error: Exception, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not isinstance(error, PreventUpdate):
            raise error
        await super()._handle_error(error, scope, receive, send)


@lru_cache(maxsize=256)
def _library_file(package_name: str, path: str) -> tuple[bytes, bytes, str]:
    data = pkgutil.get_data(package_name, path) or b""
    digest = hashlib.sha256(data).hexdigest()[:32]
    return data, gzip.compress(data, 6, mtime=0), f'"{digest}"'
