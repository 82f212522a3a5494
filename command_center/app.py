"""The composition root: settings in, one ASGI application out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

import layers
from command_center.access.gate import ALLOWANCES, Gate, GateSettings
from command_center.access.headers import security_policy
from command_center.access.limits import Allowance
from command_center.access.sessions import Sessions
from command_center.access.table import RULES, page_rules
from command_center.api import routers
from command_center.errors import add_handlers
from command_center.live.hub import Hub
from command_center.live.pulse import Pulse
from command_center.machine.doors import database_url
from command_center.pages import api_docs, field, login, open_city, record, report, static
from command_center.pages.html import refusal_page
from command_center.pages.page import PageApp, discover
from command_center.photos.worker import PhotoWorker
from command_center.services import Services
from command_center.settings import Settings
from grid.store.postgis import make_engine

_LOG = logging.getLogger(__name__)

# A request that takes longer than this is given up by the database, not by the caller.
_STATEMENT_TIMEOUT_MS = 15_000


class Application:
    """The web application with its parts; called as an ASGI application.

    ``api`` is the FastAPI application behind the gate, ``pages`` the Dash applications on it:
    tests walk both.
    """

    def __init__(
        self, settings: Settings, *, allowances: dict[str, Allowance] | None = None
    ) -> None:
        """Put it together; nothing connects before start-up. Raises Problem without a database."""
        url = database_url(settings, "cc_web")
        self.engine = make_engine(
            url,
            role="cc_web",
            pool_size=12,
            application_name="command-center web",
            statement_timeout_ms=_STATEMENT_TIMEOUT_MS,
        )
        self.hub = Hub(engine=self.engine, database_url=url, now=_now)
        self.services = Services(
            settings=settings,
            engine=self.engine,
            live=self.hub,
            layers=layers.discover(),
            now=_now,
            version=version("command-center"),
        )
        self.sessions = Sessions(self.engine)
        self.photos = PhotoWorker(engine=self.engine, data=settings.data)
        self._pulse_engine = make_engine(
            url, role="cc_web", pool_size=1, application_name="command-center web pulse"
        )
        self.api = FastAPI(
            title="City Command Center",
            version=self.services.version,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            lifespan=self._lifespan,
        )
        add_handlers(self.api)
        self._add_routes()
        self.pages = [self._attach(PageApp(page)) for page in discover()]
        self.rules = (
            *RULES,
            *(
                rule
                for one in self.pages
                for rule in page_rules(one.page.prefix, one.page.permission)
            ),
        )
        self._gate = self._guard(self.api, allowances or ALLOWANCES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        await self._gate(scope, receive, send)

    def _add_routes(self) -> None:
        for router in routers(self.services, self.sessions, self.hub, self.photos):
            self.api.include_router(router)
        self.api.include_router(static.router())
        self.api.include_router(login.router(self.services, self.sessions))
        self.api.include_router(report.router(self.services))
        self.api.include_router(field.router(self.services))
        self.api.include_router(open_city.router(self.services))
        self.api.include_router(record.router(self.services))
        self.api.include_router(api_docs.router(self.api, self.services))

    def _attach(self, page_app: PageApp) -> PageApp:
        page = page_app.page
        page_app.attach(self.api, self.services)
        page.register(page_app, self.services)
        return page_app

    def _guard(self, app: ASGIApp, allowances: dict[str, Allowance]) -> Gate:
        hashes = sorted({one for page_app in self.pages for one in page_app.csp_hashes()})
        settings = GateSettings(
            rules=self.rules,
            callbacks={
                f"{one.page.prefix}_dash-update-component": one.declared() for one in self.pages
            },
            policy=security_policy(hashes),
            default_language=self.services.settings.language,
            refusal_page=refusal_page,
            allowances=allowances,
        )
        packed = GZipMiddleware(app, minimum_size=1_000, compresslevel=4)
        return Gate(packed, settings=settings, sessions=self.sessions)

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        pulse = Pulse(self._pulse_engine, now=_now, detail=lambda: {"walls": self.hub.walls})
        await asyncio.to_thread(pulse.start)
        await self.hub.start()
        self.photos.start()
        try:
            yield
        finally:
            await asyncio.to_thread(pulse.stop)
            await asyncio.to_thread(self.photos.stop)
            await self.hub.stop()
            self.engine.dispose()
            self._pulse_engine.dispose()


def create_app(settings: Settings) -> Application:
    """The whole web application for ``settings``. Raises Problem when a setting is missing."""
    return Application(settings)


def main_serve(app: Application, *, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    server = make_server(app, host=host, port=port)
    server.run()
    return 0 if server.started else 1


def make_server(app: Application, *, host: str, port: int) -> uvicorn.Server:
    """A server for ``app``, with limits for slow and stalled clients."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="on",
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        # a wall's messages are small and many: compressing them per client costs more than it saves
        ws_per_message_deflate=False,
        ws_max_size=64_000,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        limit_concurrency=2_000,
        backlog=2_048,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        server_header=False,
        access_log=False,
        log_level="info",
    )
    return uvicorn.Server(config)


def _now() -> datetime:
    return datetime.now(UTC)
