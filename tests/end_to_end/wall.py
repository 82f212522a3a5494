"""The wall in a real browser, with a note of when each message of its socket arrived."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from playwright.async_api import Browser, Page

from tests.end_to_end.demo import Demo

# Notes every message with the page's clock, before the page's own listener works on it.
_NOTE_FRAMES = """
window.__frames = [];
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (message) => {
      window.__frames.push([Date.now(), message.data]);
    });
  }
};
"""


@asynccontextmanager
async def signed_in(
    browser: Browser,
    demo: Demo,
    path: str,
    script: str,
    followed: Callable[[Page], None] | None = None,
) -> AsyncIterator[Page]:
    """The operator's page at ``path``, through the login page, with a script of its own.

    ``followed`` is given the page before it loads anything.
    """
    context = await browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="en-GB", timezone_id="Asia/Shanghai"
    )
    page = await context.new_page()
    if followed is not None:
        followed(page)
    await page.add_init_script(script)
    await page.goto(f"{demo.whole.address}/login?next={quote(path, safe='')}")
    await page.fill("#name", "operator")
    await page.fill("#password", demo.passwords["operator"])
    await page.click("button.primary")
    await page.wait_for_url(lambda url: "/login" not in url)
    yield page
    await context.close()


@asynccontextmanager
async def open_wall(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """Log in as the operator through the login page and wait until the wall is live."""
    async with signed_in(browser, demo, "/", _NOTE_FRAMES) as page:
        await page.wait_for_function(
            "() => window.__frames.some(([, text]) => text.includes('\"snapshot\"'))",
            timeout=60_000,
        )
        yield page


async def frames(page: Page) -> list[tuple[float, dict[str, Any]]]:
    """(ms when it arrived, message) of everything the wall heard so far."""
    heard = await page.evaluate("() => window.__frames")
    return [(at, json.loads(message)) for at, message in heard]


async def states_seen(page: Page, number: str) -> list[str]:
    """The states in which the wall heard of a ticket, in their order, without repeats."""
    seen: list[str] = []
    for _, message in await frames(page):
        for ticket in message.get("tickets", ()):
            if ticket["number"] == number and (not seen or seen[-1] != ticket["state"]):
                seen.append(ticket["state"])
    return seen
