"""How long the wall of a big city takes to open, and what comes over the wire for it."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, Page, Request

from benchmarks.wall_city import PASSWORD, BigCity
from benchmarks.wall_sheet import Sheet
from tests.support.browser import chromium

_TIMES = 3
_QUIET_S = 2.0
_LONGEST_S = 60.0

# Notes when the first figures are on the screen, and when the map last came to rest, ms since the
# navigation began. `idle` of the map comes when all tiles and marks are there and drawn.
_WATCH = """
window.__load = {figures: null, ready: null, idle: null, snapshot: null};
const framed = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { channel.port1.close(); then(performance.now()); };
  channel.port2.postMessage(0);
});
const wait = setInterval(() => {
  const told = window.__load, box = document.querySelector(".cc-figures");
  if (told.figures === null && box && /\\d/.test(box.textContent)) {
    told.figures = 0;
    framed((at) => { told.figures = at; });
  }
  const live = window.cc_wall && cc_wall.live;
  if (told.snapshot === null && live && live.frames) told.snapshot = performance.now();
  const map = window.cc_wall && cc_wall.city && cc_wall.city.map;
  if (!map || told.ready !== null) return;
  told.ready = performance.now();
  map.on("idle", () => cc_wall.city.frames.shown().then(() => { told.idle = performance.now(); }));
}, 20);
"""


@dataclass
class Wire:
    """Bytes as they came over the wire (compressed, with headers), by kind."""

    kinds: Counter[str] = field(default_factory=Counter)
    socket: int = 0
    finished: list[Request] = field(default_factory=list)
    largest: Counter[str] = field(default_factory=Counter)

    def follow(self, page: Page) -> None:
        """Listen to the network of a page and of its workers, who fetch the tiles."""
        page.on("requestfinished", self._done)
        page.on("websocket", lambda one: one.on("framereceived", self._frame))

    def _done(self, request: Request) -> None:
        self.finished.append(request)

    def _frame(self, payload: str | bytes) -> None:
        self.socket += len(payload.encode() if isinstance(payload, str) else payload)

    async def weigh(self) -> None:
        """Sum up what came."""
        for request in self.finished:
            sizes = await request.sizes()
            size = sizes["responseHeadersSize"] + sizes["responseBodySize"]
            self.kinds["tiles" if "/tiles/" in request.url else "code"] += size
            self.largest[request.url] += size


def load(city: BigCity, sheet: Sheet) -> None:
    """Open the wall with an empty cache, then again."""
    sheet.begin(
        "load", f"20,000 cells, {100_000 + city.devices:,} points, 1920x1080, no graphics card"
    )
    asyncio.run(_load(city, sheet))


async def _load(city: BigCity, sheet: Sheet) -> None:
    firsts, agains = [], []
    async with chromium() as browser:
        for number in range(_TIMES):
            context = await browser.new_context(viewport={"width": 1920, "height": 1080})
            await context.add_init_script(_WATCH)
            await sign_in(context, city)
            page = await context.new_page()
            firsts.append(await _visit(page, city))
            agains.append(await _visit(page, city))
            sheet.say(f"{number + 1} of {_TIMES}: " + _told(firsts[-1]))
            await context.close()
    _add(sheet, firsts, "first")
    sheet.add("first: code", _most(firsts, "code") / 1e6, "MB", most=2.0)
    sheet.add("first: tiles", _most(firsts, "tiles") / 1e6, "MB", most=0.8)
    sheet.add("first: the snapshot on the socket", _most(firsts, "socket") / 1e6, "MB")
    _add(sheet, agains, "again")
    wire = _most(agains, "code") + _most(agains, "tiles")
    sheet.add("again: code and tiles", wire / 1e3, "kB", most=60.0)


def _add(sheet: Sheet, visits: list[dict[str, Any]], name: str) -> None:
    figures = statistics.median(one["figures"] for one in visits) / 1000
    idle = statistics.median(one["idle"] for one in visits) / 1000
    sheet.add(f"{name}: figures visible", figures, "s", most=3.0)
    sheet.add(f"{name}: map settled", idle, "s", most=6.0)


def _most(visits: list[dict[str, Any]], kind: str) -> float:
    return max(float(one[kind]) for one in visits)


def _told(visit: dict[str, Any]) -> str:
    largest = ", ".join(
        f"{url.split('/', 3)[-1][:40]} {size // 1000} kB" for url, size in visit["largest"]
    )
    return (
        f"figures {visit['figures']:.0f} ms, snapshot {visit['snapshot']:.0f}, map made"
        f" {visit['ready']:.0f}, settled {visit['idle']:.0f} ms; {visit['code']} + {visit['tiles']}"
        f" + {visit['socket']} bytes; largest: {largest}"
    )


async def sign_in(context: BrowserContext, city: BigCity) -> None:
    """Log a browser in, without its login page."""
    answer = await context.request.post(
        f"{city.address}/login", form={"name": "operator", "password": PASSWORD}, max_redirects=0
    )
    assert answer.status == 303


async def _visit(page: Page, city: BigCity) -> dict[str, Any]:
    """Open the wall; the figures of it once the map has been at rest for some time."""
    wire = Wire()
    wire.follow(page)
    await page.goto(f"{city.address}/", wait_until="commit")
    for _ in range(round(_LONGEST_S / 0.5)):
        await page.wait_for_timeout(500)
        told = await page.evaluate("({...window.__load, now: performance.now()})")
        if told["idle"] and told["figures"] and told["now"] - told["idle"] > _QUIET_S * 1000:
            break
    else:
        told = {**told, "idle": told["now"], "figures": told["figures"] or told["now"]}
    await wire.weigh()
    return {
        **told,
        "code": wire.kinds["code"],
        "tiles": wire.kinds["tiles"],
        "socket": wire.socket,
        "largest": wire.largest.most_common(6),
    }
