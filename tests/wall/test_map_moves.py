"""The map on a slow screen: it waits for the story, and is coarse only while it moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page

from tests.events.town import Town
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, until

# How many pixels are drawn for one of the screen's, each way.
SHARPNESS = "(() => { const c = cc_wall.city.map.getCanvas(); return c.width / c.clientWidth; })()"
AT_REST = f"cc_wall.city.map.loaded() && !cc_wall.city.map.isMoving() && {SHARPNESS} === 1"
# At each frame of a move: how sharp the map is, and whether the asked story could be read.
WATCH = f"""
window.__moves = [];
cc_wall.city.map.on("move", () => {{
  if (cc_wall.city.frames.changing) return;
  __moves.push([{SHARPNESS}, Boolean(document.querySelector("#story [data-area='350500001002']"))]);
}});
"""
# At each frame: whether the story of an area could be read, or came late (the map waits for it a
# second); and when the map was sharp again.
DRAWN = """([code]) => {
  const { city, live } = cc_wall;
  const drawn = { read: [], late: [], began: performance.now(), sharp: null };
  window.__drawn = drawn;
  city.map.on("render", () => {
    drawn.read.push(Boolean(document.querySelector(`#story [data-area='${code}']`)));
    drawn.late.push(performance.now() - drawn.began > 1000);
    if (drawn.sharp === null && city.frames.share === 1) drawn.sharp = performance.now();
  });
  live.select({ kind: "area", id: code });
  city.map.triggerRepaint();
}"""
RESTED = "cc_wall.city.frames.nextAt < performance.now()"
OPEN = "cc_wall.live.select({ kind: 'area', id: '350500001002' })"
BY_HAND = "cc_wall.city.map.jumpTo({ zoom: 12.5 })"
GRAPHICS_CARD = """
const told = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === 0x9246 ? "A graphics card" : told.call(this, name);
};
"""


@pytest.fixture
def at_rest(open_page: OpenPage, town: Town, gauge: Gauge) -> OpenPage:
    """Like `open_page`, in a town with a device and a ticket; the map has come to rest."""
    gauge.says(1.0)
    filed(town)

    @asynccontextmanager
    async def opened(path: str, *, script: str = "") -> AsyncIterator[Page]:
        async with open_page(path, script=script) as page:
            await map_ready(page)
            await until(page, AT_REST)
            yield page

    return opened


@pytest.mark.parametrize(("script", "moving"), [("", 0.5), (GRAPHICS_CARD, 1)])
async def test_the_map_moves_when_the_story_can_be_read_and_rests_as_sharp_as_the_screen(
    at_rest: OpenPage, script: str, moving: float
) -> None:
    async with at_rest("/", script=script) as page:
        assert await page.evaluate("location.search") == ""  # nobody moved the map
        await page.evaluate(WATCH)
        await page.evaluate(OPEN)
        await until(page, f"__moves.length && {AT_REST}")
        assert await page.evaluate("__moves") == [[moving, True]]
        await until(page, "location.search.includes('at=')")


async def test_what_was_asked_for_is_read_before_the_map_draws_again(at_rest: OpenPage) -> None:
    async with at_rest("/") as page:
        await until(page, RESTED)
        await page.evaluate(DRAWN, ["350500001002"])
        await until(page, f"__drawn.sharp && {AT_REST} && {RESTED}")
        assert await page.evaluate("__drawn.read.every((read, n) => read || __drawn.late[n])")
        assert await page.evaluate("__drawn.sharp - __drawn.began") >= 1_000
        # who moves the map by hand does not wait
        await page.evaluate(f"({DRAWN})(['350500001001']); {BY_HAND}")
        await until(page, f"__drawn.sharp && {AT_REST}")
        assert not (await page.evaluate("__drawn.read"))[0]


async def test_who_moves_the_map_meanwhile_knows_better_than_a_story_that_comes_late(
    at_rest: OpenPage,
) -> None:
    async with at_rest("/?at=118.2000,24.6000,12") as page:
        await page.evaluate(f"{OPEN}; {BY_HAND}")
        await page.wait_for_selector("[data-area='350500001002']")
        await until(page, "cc_wall.city.map.getFilter('area-chosen')[2] === '350500001002'")
        await until(page, AT_REST)
        assert await page.evaluate("cc_wall.city.map.getZoom()") == 12.5


@pytest.mark.parametrize("script", ["", GRAPHICS_CARD])
async def test_a_drag_moves_the_map_with_the_hand_and_opens_nothing(
    at_rest: OpenPage, gauge: Gauge, script: str
) -> None:
    async with at_rest("/", script=script) as page:
        box = await page.locator(".cc-map-canvas").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        was = await page.evaluate("cc_wall.city.map.getCenter()")
        # changes meanwhile: the map may be resting from a frame of theirs
        gauge.says(1.1)
        await page.evaluate("cc_wall.city.map.triggerRepaint()")
        await page.mouse.move(x, y)
        await page.mouse.down()
        for step in range(1, 11):
            await page.mouse.move(x + 20 * step, y)
            await page.wait_for_timeout(60)
        await page.wait_for_timeout(400)
        await page.mouse.up()
        await until(page, AT_REST)
        moved = await page.evaluate(
            "([lng, lat]) => { const at = cc_wall.city.map.project([lng, lat]);"
            " return at.x - cc_wall.city.map.project(cc_wall.city.map.getCenter()).x; }",
            [was["lng"], was["lat"]],
        )
        assert moved == pytest.approx(200, abs=3)
        assert await page.evaluate("cc_wall.live.selected") is None


async def test_a_map_that_rests_draws_another_instant_at_once(at_rest: OpenPage) -> None:
    left = "cc_wall.city.frames.left()"
    rest = "cc_wall.city.frames.nextAt = performance.now() + 60_000"
    async with at_rest("/") as page:
        await page.evaluate(rest)
        assert await page.evaluate(left) > 0
        assert await page.evaluate(f"(cc_wall.live.tell('snapshot'), {rest}, {left})") == 0
        await page.wait_for_timeout(1_200)
        await page.evaluate(rest)
        assert await page.evaluate(left) > 0
