"""`scripts/tour`: every page of a running demo city, at every size, in both languages.

Opens each in Chromium as its user would, keeps a picture of it, and says what is wrong: an error in
the console, a request to anywhere else, a fault that axe calls serious (WCAG 2.2 AA), a page wider
than its window, or that what was opened does not appear. The pictures are to be looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from playwright.async_api import Browser, BrowserContext, Error, Page, expect

from tests.support.browser import chromium
from tests.support.watched import Watched, serious_faults
from tests.tour.stops import STOPS, Stop

_LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
_PATIENCE_MS = 60_000
_SETTLE_MS = 2_500
_LIGHT = "localStorage.setItem('cc_theme', 'light')"
_STILL = (
    "() => !window.cc_wall || !cc_wall.city"
    " || (cc_wall.city.map.areTilesLoaded() && cc_wall.city.frames.still())"
)
_WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One stop at one size in one language."""

    stop: Stop
    size: tuple[int, int]
    language: str

    @property
    def name(self) -> str:
        """Of its picture."""
        return f"{self.stop.name}-{self.size[0]}-{self.language}"


def main() -> int:
    """0: nothing is wrong; 1: something is."""
    options = _parser().parse_args()
    base = options.address.rstrip("/")
    accounts: dict[str, str] = json.loads(options.accounts.read_text())
    options.to.mkdir(parents=True, exist_ok=True)
    every = [
        Visit(stop=stop, size=size, language=language)
        for stop, language in itertools.product(STOPS, _LANGUAGES)
        for size in stop.sizes
    ]
    stops = [visit for visit in every if _wanted(options, visit)]
    expect.set_options(timeout=_PATIENCE_MS)
    wrong = asyncio.run(_tour(stops, base, accounts, options.to))
    print(f"{len(stops)} looked at, {wrong} with something wrong; pictures in {options.to}")
    return 1 if wrong else 0


def _wanted(options: argparse.Namespace, visit: Visit) -> bool:
    wide, high = visit.size
    return (
        (not options.only or visit.stop.name in options.only)
        and (not options.size or f"{wide}x{high}" in options.size)
        and (not options.language or visit.language == options.language)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/tour", description=__doc__)
    parser.add_argument("address", help="of the city, as `command-center run` says it")
    parser.add_argument("accounts", type=Path, help="its secrets/demo-accounts.json")
    parser.add_argument("--to", type=Path, default=Path("tour"), help="folder of the pictures")
    parser.add_argument("--only", action="append", help="a stop's name; may be given again")
    parser.add_argument("--size", action="append", help="like 1920x1080; may be given again")
    parser.add_argument("--language", choices=list(_LANGUAGES))
    return parser


async def _tour(stops: list[Visit], base: str, accounts: dict[str, str], to: Path) -> int:
    wrong = 0
    async with chromium() as browser:
        known = await _known(browser, base, accounts)
        for n, visit in enumerate(stops, 1):
            began_s = time.monotonic()
            troubles = await _look(browser, base, visit, known, to)
            print(f"{n}/{len(stops)} {visit.name}: {time.monotonic() - began_s:.1f} s", flush=True)
            for one in troubles:
                print(f"    {one}", flush=True)
            wrong += bool(troubles)
    return wrong


async def _known(browser: Browser, base: str, accounts: dict[str, str]) -> dict[str, str]:
    """The accounts' passwords, and what stands in paths: the number of an open ticket."""
    context = await browser.new_context()
    await _log_in(context, base, "operator", accounts)
    answer = await context.request.get(f"{base}/api/v1/tickets")
    tickets: list[dict[str, Any]] = (await answer.json())["features"]
    await context.close()
    return {**accounts, "number": tickets[0]["properties"]["number"] if tickets else ""}


async def _log_in(context: BrowserContext, base: str, name: str, accounts: dict[str, str]) -> None:
    answer = await context.request.post(
        f"{base}/login", form={"name": name, "password": accounts[name]}, max_redirects=0
    )
    if answer.status != httpx.codes.SEE_OTHER:
        raise SystemExit(f"{name} cannot log in: {answer.status}")


async def _look(
    browser: Browser, base: str, visit: Visit, known: dict[str, str], to: Path
) -> list[str]:
    """What is wrong at a stop; keeps the picture."""
    stop, (wide, high) = visit.stop, visit.size
    context = await browser.new_context(
        viewport={"width": wide, "height": high}, locale=_LANGUAGES[visit.language],
        timezone_id="Asia/Shanghai", reduced_motion="reduce",
    )  # fmt: skip
    await context.add_cookies([{"name": "cc_language", "value": visit.language, "url": base}])
    if stop.account:
        await _log_in(context, base, stop.account, known)
    if stop.light:
        await context.add_init_script(_LIGHT)
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    watched = Watched(base=base)
    watched.follow(page)
    try:
        await page.goto(base + quote(stop.path.format(**known), safe="/?=&"))
        await _act(page, stop)
        faults = await serious_faults(page)
        if (wider := await page.evaluate(_WIDER)) > 0:
            faults.append(f"{wider} px wider than the window")
    except (Error, AssertionError) as error:
        faults = [str(error).splitlines()[0]]
    await page.screenshot(path=to / f"{visit.name}.png")
    await context.close()
    return [*watched.troubles, *faults]


async def _act(page: Page, stop: Stop) -> None:
    if stop.path.split("?")[0] == "/":
        await page.wait_for_selector(".cc-map-canvas[data-ready]")
    await page.wait_for_timeout(_SETTLE_MS)
    for verb, what in stop.do:
        if verb == "click":
            await page.locator(what).first.click()
        elif verb == "key":
            await page.keyboard.press(what)
        elif verb == "type":
            await page.keyboard.type(what)
        else:
            await page.evaluate(what)
    if stop.shows:
        await expect(page.locator(stop.shows).first).to_be_visible()
    await page.wait_for_timeout(_SETTLE_MS)
    began_s = time.monotonic()
    while not await page.evaluate(_STILL) and time.monotonic() - began_s < _PATIENCE_MS / 1000:
        await page.wait_for_timeout(100)


if __name__ == "__main__":
    sys.exit(main())
