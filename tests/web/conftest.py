"""The web application on a town's database: in this process, or behind a real server."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from command_center.access.limits import Allowance
from command_center.app import Application
from command_center.settings import Settings
from tests.events.town import Town
from tests.web.serving import Served, serve

PASSWORD = "correct horse battery"  # the town's accounts all have it
# Tests send much from one address.
PLENTY = {
    "login": Allowance(burst=10_000, per_minute=10_000),
    "report": Allowance(burst=10_000, per_minute=10_000),
}

ClientOf = Callable[[str | None], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def settings(town: Town, tmp_path: Path) -> Settings:
    """Settings of a web process in the town."""
    return Settings(
        database_url=town.database.url("cc_web"), data=tmp_path, language="zh", secret=b"s" * 32
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Application]:
    """The application, not started: no live hub, no photo worker."""
    made = Application(settings, allowances=PLENTY)
    yield made
    made.engine.dispose()


@pytest.fixture
def client_of(app: Application) -> ClientOf:
    """A function: name of an account (None: nobody) -> a client that is logged in."""

    @asynccontextmanager
    async def client(name: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as found:
            if name is not None:
                await log_in(found, name)
            yield found

    return client


@pytest.fixture
def served(app: Application) -> Iterator[Served]:
    """The application behind a real server on a free port."""
    with serve(app) as found:
        yield found


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> None:
    """Log in; the client keeps the cookie."""
    answer = await client.post("/login", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.text
