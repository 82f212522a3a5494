"""What an open wall costs, and how late it shows a reading, while readings flow.

``.venv/bin/python -m benchmarks.wall``: a demo city of its own (``command-center run`` without
simulator), 100 street gauges that send ``--rate`` messages a second through the broker, and the
wall in Chromium at 1920x1080 without a graphics card, on the same machine.

Latency is measured in the page, from outside of its code: from the time a reading was taken to
the first frame after the open side panel named it (a MutationObserver on ``data-at``, then the
task after the next animation frame: it is on the screen). ``arrived`` is when the page's main
thread received the frame. ``--save FILE`` keeps the figures, ``--beside FILE`` prints the ratio
to those.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import CDPSession, Page

from tests.end_to_end.demo import PROBES, Demo, Flow
from tests.support.browser import chromium
from tests.support.whole import whole_city

_SETTLE_S = 6.0
# Zoomed in so far that marks carry their values; and how far the map shows all of the district.
_NEAR = 14.2

_WATCH = """
window.__arrived = [];
window.__shown = [];
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (message) => {
      window.__arrived.push([Date.now(), message.data]);
    });
  }
};
new MutationObserver((changes) => {
  const found = changes.map((one) => one.target).filter((one) => one.dataset && one.dataset.at);
  if (!found.length) return;
  const at = Math.max(...found.map((one) => Number(one.dataset.at)));
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.__shown.push([Date.now(), at]);
    channel.port2.postMessage(0);
  });
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-at"] });
"""

_AFRESH = """() => {
  window.__arrived.length = window.__shown.length = 0;
  if (window.__frames === undefined) cc_wall.city.map.on("render", () => (window.__frames += 1));
  window.__frames = 0;
}"""


def main() -> int:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall", description=__doc__)
    parser.add_argument("--rate", type=float, default=500, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20, help="for each row")
    parser.add_argument("--save", type=Path, help="keep the figures in this file")
    parser.add_argument("--beside", type=Path, help="print ratios to the figures of this file")
    parser.add_argument("--profile", type=Path, help="also write a CPU profile of the second row")
    options = parser.parse_args()
    with _city() as demo:
        rows = asyncio.run(_measure(demo, options.rate, options.seconds, options.profile))
    if options.save:
        options.save.write_text(json.dumps(rows, indent=1))
    _print(rows, json.loads(options.beside.read_text()) if options.beside else {})
    return 0


@contextmanager
def _city() -> Iterator[Demo]:
    folder = Path(tempfile.mkdtemp(prefix="cc-bench-wall-"))
    try:
        with whole_city(folder, "--city", "demo", "--no-simulator", "--demo-login") as whole:
            demo = Demo(whole)
            yield demo
            demo.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _calm(index: int, since: float) -> float:
    return 0.01 + 0.001 * ((index + int(since * 10)) % 20)


def _restless(index: int, since: float) -> float:
    """Every tenth street goes under water and dry again, every 20 s: its mark changes."""
    wet = index % 10 == 0 and int(since / 10 + index / 100) % 2 == 0
    return 0.2 if wet else _calm(index, since)


async def _measure(demo: Demo, rate: float, seconds: float, profile: Path | None) -> dict[str, Any]:
    rows = {}
    async with _wall(demo) as page:
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        rows["still"] = await _span(page, session, seconds)
        for name, depth, zoom in (
            ("values, whole city", _calm, None),
            ("marks change, whole city", _restless, None),
            ("values, zoomed in", _calm, _NEAR),
        ):
            flow = Flow(demo=demo, rate=rate, depth=depth)
            flow.start()
            if zoom:
                await page.evaluate(f"cc_wall.city.map.jumpTo({{zoom: {zoom}}})")
            await page.wait_for_timeout(_SETTLE_S * 1000)
            if profile and name.startswith("values, whole"):
                await session.send("Profiler.enable")
                await session.send("Profiler.start")
            sent, begun = len(flow.acknowledged), time.monotonic()
            rows[name] = await _span(page, session, seconds)
            rows[name]["rate"] = (len(flow.acknowledged) - sent) / (time.monotonic() - begun)
            if profile and name.startswith("values, whole"):
                told = await session.send("Profiler.stop")
                profile.write_text(json.dumps(told["profile"]))
            flow.stop()
    return rows


@asynccontextmanager
async def _wall(demo: Demo) -> AsyncIterator[Page]:
    """The wall of a supervisor, the panel of a gauge open."""
    (number,) = demo.ask("SELECT device_no FROM iot.devices WHERE device_id = 'PROBE-050'")[0]
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1920, "height": 1080})
        page = await context.new_page()
        await page.add_init_script(_WATCH)
        address = demo.whole.address
        await page.goto(f"{address}/login?next=/%3Fdevice={number}")
        await page.fill("#name", "operator")
        await page.fill("#password", demo.passwords["operator"])
        await page.click("button.primary")
        await page.wait_for_selector(".cc-map-canvas[data-ready]", timeout=60_000)
        await page.wait_for_timeout(_SETTLE_S * 1000)
        yield page


async def _span(page: Page, session: CDPSession, seconds: float) -> dict[str, float]:
    """Figures of some seconds from now."""
    begun_ms, begun = time.time() * 1000, time.monotonic()
    await page.evaluate(_AFRESH)
    before, spent = await _metrics(session), await _processors(page)
    await page.wait_for_timeout(seconds * 1000)
    took = time.monotonic() - begun
    after, spent_after = await _metrics(session), await _processors(page)
    arrived = _arrivals(await page.evaluate("window.__arrived"), begun_ms)
    shown = [(at - ts) / 1000 for at, ts in await page.evaluate("window.__shown")]
    found = {
        "main_thread": (after["TaskDuration"] - before["TaskDuration"]) / took,
        "script": (after["ScriptDuration"] - before["ScriptDuration"]) / took,
        "map_frames": await page.evaluate("window.__frames") / took,
        "heap_mb": after["JSHeapUsedSize"] / 1e6,
        **{f"cpu_{name}": (spent_after[name] - spent.get(name, 0)) / took for name in spent_after},
    }
    for name, lags in (("arrived", arrived), ("shown", shown)):
        if lags:
            found[f"{name}_p50"], found[f"{name}_p95"] = np.percentile(lags, (50, 95)).tolist()
            found[f"{name}_n"] = len(lags)
    return found


def _arrivals(heard: list[tuple[float, str]], since_ms: float) -> list[float]:
    """Seconds from each reading to its arrival on the page's main thread."""
    return [
        (at - ts) / 1000
        for at, message in ((at, json.loads(text)) for at, text in heard)
        if message["t"] == "changes"
        for device in message.get("devices", ())
        for ts, *_ in device.get("values", {}).values()
        if ts > since_ms
    ]


async def _metrics(session: CDPSession) -> dict[str, float]:
    told = await session.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in told["metrics"]}


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


_COLUMNS = (
    ("messages/s", "rate", 1, ""),
    ("main thread", "main_thread", 100, "%"),
    ("map frames/s", "map_frames", 1, ""),
    ("page CPU", "cpu_renderer", 100, "%"),
    ("GPU CPU", "cpu_GPU", 100, "%"),
    ("arrived p50", "arrived_p50", 1000, " ms"),
    ("p95", "arrived_p95", 1000, " ms"),
    ("shown p50", "shown_p50", 1000, " ms"),
    ("p95", "shown_p95", 1000, " ms"),
)


def _print(rows: dict[str, Any], beside: dict[str, Any]) -> None:
    print(f"{PROBES} devices; shares of one core; from the time of the reading")
    print(f"{'':26}" + "".join(f"{title:>13}" for title, *_ in _COLUMNS))
    for name, row in rows.items():
        print(f"{name:26}" + "".join(_cell(row.get(k), f, u) for _, k, f, u in _COLUMNS))
        old = beside.get(name, {})
        if old:
            print(f"{'  of before':26}" + "".join(_ratio(row, old, k) for _, k, *_ in _COLUMNS))


def _cell(value: float | None, factor: float, unit: str) -> str:
    return f"{'–':>13}" if value is None else f"{f'{value * factor:.0f}{unit}':>13}"


def _ratio(row: dict[str, float], old: dict[str, float], key: str) -> str:
    if not old.get(key) or row.get(key) is None:
        return f"{'–':>13}"
    return f"{f'x {row[key] / old[key]:.2f}':>13}"


if __name__ == "__main__":
    sys.exit(main())
