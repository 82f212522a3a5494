"""The watched wall: how old what it shows ever was, its heap, what it complained of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, CDPSession, ConsoleMessage, Page, Request, Response

from tests.end_to_end.demo import Demo
from tests.end_to_end.wall import signed_in

# The gauge whose panel is open.
OPEN = "PROBE-050"

# Keeps the largest figures only, so that the watch itself does not grow. `held`: the oldest newest
# value of any gauge, looked at before each message is taken and four times a second. `shown`: how
# old the value in the open panel was just before the frame with the next one was on the screen.
# Who wants every lag (of readings that arrive, of those shown, in ms) sets `__soak_lags`.
_WATCH = """
const fresh = () => ({held: 0, shown: 0, heard: 0, painted: 0});
window.__soak = fresh();
window.__soak_anew = () => { const told = window.__soak; window.__soak = fresh(); return told; };
const look = () => {
  const live = window.cc_wall && cc_wall.live;
  if (!live) return;
  const now = Date.now();
  for (const device of live.devices.values()) {
    if (!device.device_id.startsWith("PROBE-")) continue;
    const [at] = device.values.water_depth || [now];
    if (now - at > window.__soak.held) window.__soak.held = now - at;
  }
};
const arrived = (now, message) => {
  if (message.t !== "changes") return;
  for (const device of message.devices || []) {
    const read = device.values && device.values.water_depth;
    if (read) window.__soak_lags.arrived.push(now - read[0]);
  }
};
setInterval(look, 250);
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (message) => {
      window.__soak.heard += 1;
      look();
      if (window.__soak_lags) arrived(Date.now(), JSON.parse(message.data));
    });
  }
};
let shown = null;
new MutationObserver((changes) => {
  const found = changes.map((one) => one.target).filter((one) => one.dataset && one.dataset.at);
  if (!found.length) return;
  const at = Math.max(...found.map((one) => Number(one.dataset.at)));
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      const told = window.__soak;
      const now = Date.now();
      if (shown !== null) told.shown = Math.max(told.shown, now - shown);
      if (window.__soak_lags) window.__soak_lags.shown.push(now - at);
      told.painted += 1;
      shown = at;
    };
    channel.port2.postMessage(0);
  });
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-at"] });
"""


_READY_MS = 240_000  # beside whatever else this machine has to do


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a look at the page found. Ages in s, of the time since the look before."""

    held_s: float
    shown_s: float
    heard: int
    painted: int
    heap_mb: float
    nodes: int
    busy_s: float


@dataclass
class WatchedWall:
    """An open wall, and everything that a clean page does not do."""

    page: Page
    session: CDPSession
    troubles: list[str] = field(default_factory=list)

    async def look(self) -> Seen:
        """Figures since the last look; the heap after everything unused was given back."""
        told = await self.page.evaluate("window.__soak_anew()")
        # twice: what a finalizer lets go of is garbage of the next time
        for _ in range(2):
            await self.session.send("HeapProfiler.collectGarbage")
        heap = await self.session.send("Runtime.getHeapUsage")
        metrics = await self.session.send("Performance.getMetrics")
        values = {one["name"]: one["value"] for one in metrics["metrics"]}
        return Seen(
            held_s=told["held"] / 1000,
            shown_s=told["shown"] / 1000,
            heard=told["heard"],
            painted=told["painted"],
            heap_mb=heap["usedSize"] / 1e6,
            nodes=int(values["Nodes"]),
            busy_s=values["TaskDuration"],
        )


@asynccontextmanager
async def watched_wall(browser: Browser, demo: Demo) -> AsyncIterator[WatchedWall]:
    """The operator's wall with the panel of a gauge open, drawn for the first time."""
    troubles: list[str] = []
    (number,) = demo.ask(
        "SELECT device_no FROM iot.devices WHERE device_id = :name", name=OPEN
    )[0]  # fmt: skip

    def follow(page: Page) -> None:
        def said(message: ConsoleMessage) -> None:
            # (what Chromium says of its own drawing without a graphics card is not the page's)
            if message.type in ("error", "warning") and "GL Driver Message" not in message.text:
                troubles.append(f"console: {message.text}")

        def failed(request: Request) -> None:
            # (what the map no longer needs when it moves it gives up itself)
            if "/tiles/" in request.url and request.failure == "net::ERR_ABORTED":
                return
            troubles.append(f"{request.url}: {request.failure}")

        def answered(response: Response) -> None:
            if response.status >= 400:
                troubles.append(f"{response.url}: {response.status}")

        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", said)
        page.on("requestfailed", failed)
        page.on("response", answered)

    async with signed_in(browser, demo, f"/?device={number}", _WATCH, follow) as page:
        await page.wait_for_selector(".cc-map-canvas[data-ready]", timeout=_READY_MS)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        yield WatchedWall(page=page, session=session, troubles=troubles)
