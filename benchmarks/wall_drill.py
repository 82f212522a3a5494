"""How long every way down takes in a city of a million tickets: over HTTP, and to the screen."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import httpx
from playwright.async_api import Page

from benchmarks.wall_city import BigCity
from benchmarks.wall_load import sign_in
from benchmarks.wall_sheet import Sheet
from tests.support.browser import chromium

_TIMES = 40
_CLICKS = 40
_WITHIN_MS = 300.0
# What is opened, by kind. Newest, oldest and open tickets alike.
_ASKED = {
    "city": ("area", "code FROM grid.areas WHERE kind = 'city'"),
    "district": ("area", "code FROM grid.areas WHERE kind = 'district'"),
    "street": ("area", "code FROM grid.areas WHERE kind = 'street'"),
    "community": (
        "area",
        "code FROM grid.areas WHERE kind = 'community' AND code > '350500001002'",
    ),
    "cell": ("cell", "cell_id FROM grid.cells WHERE cell_id % 450 = 100"),
    "ticket, open": ("ticket", "number FROM events.tickets WHERE ticket_id % 2050 = 1"),
    "ticket, closed": ("ticket", "number FROM events.tickets WHERE ticket_id % 2003 = 7"),
    "device": ("device", "device_no FROM iot.devices WHERE device_no % 23 = 5"),
    "facility": ("component", "code FROM grid.components WHERE component_id % 2003 = 11"),
    "project": ("project", "number FROM events.projects"),
    "event": ("event", "event_id FROM events.events WHERE event_id % 2003 = 7"),
    "layer, flood": ("layer", "'flood'"),
    "layer, dust": ("layer", "'construction_dust'"),
    "layer, outfalls": ("layer", "'outfall'"),
    "box of a square km": ("box", "'118.06,24.46,118.07,24.47'"),
}
_IN_THE_BROWSER = ("city", "community", "cell", "ticket, open", "ticket, closed", "device",
                   "project")  # fmt: skip

# Opens something as a click does, and resolves with the ms until the frame with it was shown.
_OPEN = """([kind, id]) => new Promise((resolve) => {
  const story = document.getElementById("story");
  const began = performance.now();
  const watch = new MutationObserver(() => {
    watch.disconnect();
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve(performance.now() - began);
      };
      channel.port2.postMessage(0);
    });
  });
  watch.observe(story, { childList: true, subtree: true });
  cc_wall.live.select({ kind, id });
})"""


def drill(city: BigCity, sheet: Sheet) -> None:
    """Open each kind again and again: by the server alone, then in the browser."""
    sheet.begin("drill", f"every way down with {city.tickets:,} tickets")
    asked = {
        name: (kind, [row[0] for row in city.rows(f"SELECT {what} LIMIT {_TIMES}")])
        for name, (kind, what) in _ASKED.items()
    }
    with city.signed_in() as client:
        for name, (kind, keys) in asked.items():
            try:
                took = [_open(client, kind, keys[n % len(keys)]) for n in range(_TIMES)]
            except AssertionError:
                print(city.log())
                raise
            sheet.add(f"server, {name}: p95", _p95(took), "ms", most=_WITHIN_MS)
    asyncio.run(_browser(city, sheet, asked))


def _open(client: httpx.Client, kind: str, key: Any) -> float:
    value = {"kind": kind, "id": key}
    call = {
        "output": "story.children",
        "outputs": {"id": "story", "property": "children"},
        "inputs": [{"id": "selection", "property": "clicked", "value": value}],
        "state": [],
        "changedPropIds": ["selection.clicked"],
    }
    began = time.perf_counter()
    answer = client.post("/_dash-update-component", json=call)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, (kind, key, answer.status_code, answer.text)
    assert "cc-story" in answer.text or kind == "box", (kind, key, answer.text[:400])
    return took


async def _browser(city: BigCity, sheet: Sheet, asked: dict[str, tuple[str, list[Any]]]) -> None:
    async with chromium() as browser:
        context = await browser.new_context(
            viewport={"width": 1920, "height": 1080}, reduced_motion="reduce"
        )
        await sign_in(context, city)
        page = await context.new_page()
        await page.goto(f"{city.address}/?at=118.071,24.471,13", wait_until="commit")
        await page.wait_for_selector(".cc-map-canvas[data-ready]", timeout=120_000)
        await page.wait_for_timeout(6_000)
        for name in _IN_THE_BROWSER:
            took = await _clicks(page, *asked[name])
            told = f"p95 {_p95(took):.0f} ms"
            sheet.add(f"click to shown, {name}: p95", _p95(took), "ms", most=_WITHIN_MS)
            sheet.say(f"{name}: median {statistics.median(took):.0f} ms, {told}")
        await context.close()


async def _clicks(page: Page, kind: str, keys: list[Any]) -> list[float]:
    took = []
    for n in range(_CLICKS):
        found = await page.evaluate(_OPEN, [kind, keys[n % len(keys)]])
        took.append(float(found))
        await page.wait_for_timeout(600)  # the map moves there, and somebody reads
        await page.evaluate("cc_wall.live.select(null)")
        await page.wait_for_timeout(400)
    return took


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]
