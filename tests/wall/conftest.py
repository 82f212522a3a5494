"""A town with a river gauge, behind a real server, looked at through a real browser."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.async_api import Browser, Page

from events.model.event import EventDraft, Source
from events.model.ticket import Ticket
from grid.store.postgis import notify, transaction
from iot_ingest.store import metrics, readings
from iot_ingest.store.registration import register_devices, sync_metrics
from tests.events.town import SIDE, SOUTH, WEST, Town, draft
from tests.support.browser import PATIENCE_MS
from tests.support.watched import Watched
from tests.web.conftest import PASSWORD, app, served, settings
from tests.web.serving import Served

__all__ = ["app", "served", "settings"]

GAUGE = {
    "device_id": "WL-1",
    "model": "gauge",
    "layer": "flood",
    "name_zh": "一号水位站",
    "name_en": "Gauge 1",
    "metrics": ["water_level"],
    "interval_s": 60,
    "lon": WEST + SIDE * 1.5,
    "lat": SOUTH + SIDE * 1.5,
    "attributes": {
        "warning_m": 4.0,
        "guarantee_m": 5.0,
        "record_m": 6.0,
        "camera": "https://cam.example/1",
    },
}


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """A river gauge whose readings are stored as the ingester stores them."""

    town: Town
    number: int

    def says(self, *levels: float, until: datetime | None = None) -> None:
        """Store one reading a second, the last one at ``until`` (now)."""
        last = until or datetime.now(UTC)
        times = [last - timedelta(seconds=len(levels) - 1 - n) for n in range(len(levels))]
        engine = self.town.database.engine("cc_admin")
        for day in {one.date() for one in times}:
            with transaction(engine, "system:test") as conn:
                readings.ensure_partition(conn, day)
        with transaction(engine, "system:test") as conn:
            metric_no = metrics.all(conn)["water_level"].metric_no
            rows = [(self.number, metric_no, at, level)
                    for at, level in zip(times, levels, strict=True)]  # fmt: skip
            readings.copy_history(conn, rows)
            notify(conn, "cc_live", "reading", [self.number])


@pytest.fixture
def gauge(town: Town) -> Gauge:
    """The town's only device."""
    engine = town.database.engine("cc_admin")
    with transaction(engine, "system:test") as conn:
        sync_metrics(conn)
    register_devices(engine, [GAUGE], by="system:test")
    (row,) = town.rows("SELECT device_no FROM iot.devices")
    number = row[0]
    assert isinstance(number, int)
    return Gauge(town=town, number=number)


def filed(town: Town, category: str = "flooding", **values: Any) -> Ticket:
    """A ticket that was filed just now."""
    now = datetime.now(UTC)
    return town.filed(draft(category, **{"occurred_at": now, **values}), now=now)


def patrol(**values: Any) -> EventDraft:
    """Something seen just now, by somebody on patrol."""
    return draft(**{"source": Source.PATROL, "occurred_at": datetime.now(UTC), **values})


OpenPage = Callable[..., AbstractAsyncContextManager[Page]]


@pytest.fixture
def open_page(served: Served, browser: Browser) -> OpenPage:
    """A function: (path, name of the account, language, size) -> the page, logged in.

    At the end the page must not have complained nor asked for anything from elsewhere.
    """

    @asynccontextmanager
    async def opened(
        path: str,
        who: str = "dispatcher",
        *,
        language: str = "en",
        size: tuple[int, int] = (1920, 1080),
        allowed: Callable[[str], bool] = lambda _trouble: False,
        script: str = "",
    ) -> AsyncIterator[Page]:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
        )
        await context.add_cookies([{"name": "cc_language", "value": language, "url": served.url}])
        answer = await context.request.post(
            f"{served.url}/login", form={"name": who, "password": PASSWORD}, max_redirects=0
        )
        assert answer.status == 303
        context.set_default_timeout(PATIENCE_MS)
        if script:  # runs in every page before the page's own
            await context.add_init_script(script)
        page = await context.new_page()
        watched = Watched(base=served.url)
        watched.follow(page)
        await page.goto(f"{served.url}{unquote(path)}", wait_until="commit")
        try:
            yield page
        finally:
            await context.close()
        assert [one for one in watched.troubles if not allowed(one)] == []

    return opened


async def map_ready(page: Page) -> None:
    """Wait until the map has drawn itself."""
    await page.wait_for_selector(".cc-map-canvas[data-ready]", timeout=PATIENCE_MS)


async def until(page: Page, condition: str, *, within_s: float = PATIENCE_MS / 1000) -> float:
    """Wait until an expression is true in the page; how long it took, in seconds.

    Asked from outside, because the page's own rules let nothing be evaluated inside it.
    """
    began = time.monotonic()
    while not await page.evaluate(condition):
        if time.monotonic() - began > within_s:
            raise AssertionError(f"not within {within_s} s: {condition}")
        await asyncio.sleep(0.02)
    return time.monotonic() - began
