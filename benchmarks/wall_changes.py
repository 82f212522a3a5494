"""What changes cost an open wall, and how late it shows them.

Latency is measured in the page, from outside of its code: from the time a reading was taken to
the first frame after the open side panel named it (a MutationObserver on ``data-at``, then the
task after the next animation frame: it is on the screen). ``arrived`` is when the page's main
thread received the frame. Both begin before the commit, so that they say more than is promised.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.async_api import CDPSession, Page

from benchmarks.wall_sheet import Sheet
from tests.end_to_end.demo import Demo, Tally
from tests.soak.course import changing
from tests.soak.page import WatchedWall, watched_wall
from tests.support.browser import chromium

_SETTLE_S = 6.0
_FRAMES_S = 4.0
# Zoomed in so far that marks carry their values.
_NEAR = 14.2

_AFRESH = """() => {
  window.__soak_lags = {arrived: [], shown: []};
  window.__drawn = cc_wall.city.frames.drawn;
}"""
# How often the page can show a frame, were there something to show.
_SCREEN_FRAMES = """(ms) => new Promise((resolve) => {
  const began = performance.now();
  let frames = 0;
  const one = () => {
    frames += 1;
    const took = performance.now() - began;
    if (took < ms) requestAnimationFrame(one);
    else resolve(frames * 1000 / took);
  };
  requestAnimationFrame(one);
})"""


def calm(index: int, since: float) -> float:
    """Dry streets, every value another one."""
    return 0.01 + 0.001 * ((index + int(since * 10)) % 20)


@dataclass(frozen=True, kw_only=True)
class _Row:
    name: str
    rate: float
    depth: Callable[[int, float], float]
    zoom: float | None = None


def changes(demo: Demo, sheet: Sheet, *, rate: float, seconds: float, profile: Path | None) -> None:
    """Rows of so many seconds each; ``profile`` is given a CPU profile of the last one."""
    sheet.begin("changes", "an open wall at 1920x1080, no graphics card, the panel of a gauge open")
    asyncio.run(_changes(demo, sheet, rate=rate, seconds=seconds, profile=profile))


async def _changes(
    demo: Demo, sheet: Sheet, *, rate: float, seconds: float, profile: Path | None
) -> None:
    rows = (
        _Row(name=f"{rate / 10:g}/s", rate=rate / 10, depth=calm),
        _Row(name=f"{rate:g}/s, values", rate=rate, depth=calm),
        _Row(name=f"{rate:g}/s, marks change", rate=rate, depth=changing),
        _Row(name=f"{rate:g}/s, zoomed in", rate=rate, depth=calm, zoom=_NEAR),
    )
    async with chromium() as browser, watched_wall(browser, demo) as wall:
        await wall.page.wait_for_timeout(_SETTLE_S * 1000)
        for row in rows:
            flow = Tally(demo=demo, rate=row.rate, depth=row.depth)
            flow.start()
            if row.zoom:
                await wall.page.evaluate(f"cc_wall.city.map.jumpTo({{zoom: {row.zoom}}})")
            await wall.page.wait_for_timeout(_SETTLE_S * 1000)
            if profile and row is rows[-1]:
                await wall.session.send("Profiler.enable")
                await wall.session.send("Profiler.start")
            await _span(wall, sheet, row, flow, seconds)
            if profile and row is rows[-1]:
                told = await wall.session.send("Profiler.stop")
                profile.write_text(json.dumps(told["profile"]))
            await asyncio.to_thread(flow.stop)


async def _span(wall: WatchedWall, sheet: Sheet, row: _Row, flow: Tally, seconds: float) -> None:
    """Figures of some seconds from now."""
    page = wall.page
    before = await wall.look()
    await page.evaluate(_AFRESH)
    spent, sent, began = await _processors(page), flow.messages, time.monotonic()
    busy_s = await _busy_s(wall.session)
    await page.wait_for_timeout(seconds * 1000)
    took = time.monotonic() - began
    busy = (await _busy_s(wall.session) - busy_s) / took
    spent_after = await _processors(page)
    lags = await page.evaluate("window.__soak_lags")
    drawn = await page.evaluate("cc_wall.city.frames.drawn - window.__drawn") / took
    sent = flow.messages - sent
    frames = float(await page.evaluate(_SCREEN_FRAMES, _FRAMES_S * 1000))
    after = await wall.look()
    full = row.rate >= 500
    sheet.add(f"{row.name}: messages", sent / took, "/s", least=0.95 * row.rate)
    sheet.add(f"{row.name}: main thread", busy * 100, "%", most=40.0 if full else None)
    sheet.add(f"{row.name}: frames the page can show", frames, "/s", least=30.0 if full else None)
    sheet.add(f"{row.name}: oldest data in the page", after.held_s, "s", most=5.0)
    sheet.add(f"{row.name}: oldest data on screen", after.shown_s, "s", most=5.0)
    sheet.add(
        f"{row.name}: heap after, against before", after.heap_mb - before.heap_mb, "MB", most=5.0
    )
    for name in ("arrived", "shown"):
        p50, p95 = np.percentile(lags[name], (50, 95)) / 1000
        bound = 1.0 if name == "shown" and row.rate <= 50 else None
        sheet.add(f"{row.name}: {name} p50", p50, "s")
        sheet.add(f"{row.name}: {name} p95", p95, "s", most=bound)
    sheet.add(f"{row.name}: frames of the map drawn", drawn, "/s")
    for name in spent_after:
        share = (spent_after[name] - spent.get(name, 0)) / took * 100
        sheet.add(f"{row.name}: processor, {name}", share, "%")


async def _busy_s(session: CDPSession) -> float:
    told = await session.send("Performance.getMetrics")
    return float(next(one["value"] for one in told["metrics"] if one["name"] == "TaskDuration"))


async def _processors(page: Page) -> dict[str, float]:
    """Processor seconds so far of the browser's page and of its drawing process."""
    browser = page.context.browser
    assert browser is not None
    session = await browser.new_browser_cdp_session()
    told = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    spent: dict[str, float] = {}
    for one in told["processInfo"]:
        if one["type"] in ("renderer", "GPU"):
            spent[one["type"]] = spent.get(one["type"], 0) + one["cpuTime"]
    return spent
