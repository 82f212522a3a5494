"""The map on a slow screen: it waits for the story, and never makes the page wait for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page

from tests.events.town import Town
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, until

AT_REST = "cc_wall.city.map.loaded() && !cc_wall.city.map.isMoving() && cc_wall.city.frames.still()"
# At each step of a move: whether the asked story could be read.
WATCH = """
window.__moves = [];
cc_wall.city.map.on("move", () => {
  __moves.push(Boolean(document.querySelector("#story [data-area='350500001002']")));
});
"""
# At each frame: whether the story of an area could be read, or came late (the map waits for it a
# second).
DRAWN = """([code]) => {
  const { city, live } = cc_wall;
  const drawn = { frames: 0, read: [], late: [], began: performance.now() };
  window.__drawn = drawn;
  let seen = city.frames.drawn;
  city.map.on("render", () => {
    if (seen === city.frames.drawn) return;
    seen = city.frames.drawn;
    drawn.frames += 1;
    drawn.read.push(Boolean(document.querySelector(`#story [data-area='${code}']`)));
    drawn.late.push(performance.now() - drawn.began > 1000);
  });
  live.select({ kind: "area", id: code });
  city.map.triggerRepaint();
}"""
# How many of the screen's pixels each frame has from now on, each way, and when it was begun.
SHARES = """() => {
  const { frames } = cc_wall.city;
  const { bring } = frames;
  const began = performance.now();
  window.__shares = [];
  frames.bring = (painter, share) => {
    __shares.push([share, performance.now() - began]);
    return bring.call(frames, painter, share);
  };
}"""
# Where there is a picture it has every pixel of the screen.
SHARP = """[...document.querySelectorAll(".cc-map-picture")]
  .every((one) => one.width === one.clientWidth)"""
RESTED = "cc_wall.city.frames.nextAt < performance.now()"
OPEN = "cc_wall.live.select({ kind: 'area', id: '350500001002' })"
BY_HAND = "cc_wall.city.map.jumpTo({ zoom: 12.5 })"
# A frame is there when this says so, not before.
FRAMES_BY_HAND = """
window.__held = false;
const told = WebGL2RenderingContext.prototype.getSyncParameter;
WebGL2RenderingContext.prototype.getSyncParameter = function (...given) {
  return window.__held ? this.UNSIGNALED : told.apply(this, given);
};
"""
# Moves the map in twenty steps, and gathers how its marks were placed meanwhile.
STEPS = """() => {
  const { map } = cc_wall.city;
  window.__placed = new Set();
  window.__steps = 20;
  const step = () => {
    if (!__steps) return;
    __placed.add(map.style.placement);
    __steps -= 1;
    map.panBy([6, 0], { duration: 0 });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}"""
UNDER_THE_TICKET = """(() => {
  const { city, live } = cc_wall;
  const [ticket] = live.tickets.values();
  const { x, y } = city.map.project([ticket.lon, ticket.lat]);
  const found = city.pointer.under({ point: { x, y: y - cc_wall.MARK_RISE } });
  return found && found.layer;
})()"""
# Whether the picture covers the box of the map, upright, as the map stands.
IN_PLACE = """() => {
  const box = document.querySelector(".cc-map-canvas").getBoundingClientRect();
  const canvas = document.querySelector(".cc-map-picture");
  const at = canvas.getBoundingClientRect();
  const flipped = new DOMMatrix(getComputedStyle(canvas).transform).d < 0;
  const edges = ["left", "top", "right", "bottom"];
  return flipped && edges.every((edge) => Math.abs(at[edge] - box[edge]) < 1);
}"""
CORNER = """() => {
  const at = document.querySelector(".cc-map-picture").getBoundingClientRect();
  return [at.left, at.top, at.right, at.bottom];
}"""
# The share of pixels that the picture has otherwise than a frame of the map that is drawn now.
OTHERWISE = """() => {
  const { frames, map } = cc_wall.city;
  const picture = document.querySelector(".cc-map-picture");
  const [wide, high] = [picture.width, picture.height];
  const pen = Object.assign(document.createElement("canvas"), { width: wide, height: high })
    .getContext("2d");
  frames.force();
  pen.drawImage(map.getCanvas(), 0, 0);
  const drawn = pen.getImageData(0, 0, wide, high).data;
  const shown = picture.getContext("2d").getImageData(0, 0, wide, high).data;
  let other = 0;
  const colours = new Set();
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const [a, b] = [(y * wide + x) * 4, ((high - 1 - y) * wide + x) * 4];
      colours.add((drawn[a] << 16) | (drawn[a + 1] << 8) | drawn[a + 2]);
      if ([0, 1, 2].some((n) => Math.abs(drawn[a + n] - shown[b + n]) > 2)) other += 1;
    }
  }
  return [other / (wide * high), colours.size];
}"""
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


@pytest.mark.parametrize("script", ["", GRAPHICS_CARD])
async def test_the_map_moves_when_the_story_can_be_read(at_rest: OpenPage, script: str) -> None:
    async with at_rest("/", script=script) as page:
        assert await page.evaluate("location.search") == ""  # nobody moved the map
        await page.evaluate(WATCH)
        await page.evaluate(OPEN)
        await until(page, f"__moves.length && {AT_REST}")
        assert await page.evaluate("__moves") == [True]
        await until(page, "location.search.includes('at=')")


async def test_what_was_asked_for_is_read_before_the_map_draws_again(at_rest: OpenPage) -> None:
    async with at_rest("/") as page:
        await until(page, RESTED)
        await page.evaluate(DRAWN, ["350500001002"])
        await until(page, f"__drawn.frames && {AT_REST} && {RESTED}")
        assert await page.evaluate("__drawn.read.every((read, n) => read || __drawn.late[n])")
        # who moves the map by hand does not wait
        waits = "cc_wall.city.frames.left()"
        await page.evaluate(f"window.__waits = ({OPEN.replace('1002', '1001')}, [{waits}])")
        await page.evaluate(f"{OPEN}; __waits = [{waits}]; {BY_HAND}; __waits.push({waits})")
        at_first, by_hand = await page.evaluate("__waits.map((ms) => ms === Infinity ? -1 : ms)")
        assert (at_first, 0 <= by_hand <= 500) == (-1, True)


async def test_frames_are_coarse_while_one_looks_round_and_sharp_a_second_after(
    at_rest: OpenPage,
) -> None:
    async with at_rest("/") as page:
        await page.evaluate(SHARES)
        await page.evaluate(OPEN)
        await until(page, f"__shares.some(([share]) => share === 1) && {AT_REST}")
        shares = [share for share, _ in await page.evaluate("__shares")]
        assert shares[0] == 0.5
        assert shares[-1] == 1
        assert await page.evaluate("__shares.find(([share]) => share === 1)[1]") >= 1_000
        assert await page.evaluate(IN_PLACE)
        # changes at rest are drawn sharply at once
        await page.evaluate("__shares.length = 0; cc_wall.city.map.triggerRepaint()")
        await until(page, f"__shares.length && {AT_REST}")
        assert [share for share, _ in await page.evaluate("__shares")] == [1]
        # and so is what is taken as a picture, whatever one does meanwhile
        await page.evaluate("cc_wall.city.frames.lookRound()")
        other, colours = await page.evaluate(OTHERWISE)
        assert other < 0.001
        assert colours > 50


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
        await page.wait_for_timeout(1_900)  # held still, until nothing is left to be drawn
        await page.mouse.up()
        await until(page, f"{SHARP} && {AT_REST}")
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


async def test_the_page_goes_on_while_a_frame_is_drawn_and_its_picture_follows_the_map(
    at_rest: OpenPage,
) -> None:
    async with at_rest("/", script=FRAMES_BY_HAND) as page:
        assert await page.evaluate(IN_PLACE)
        before = await page.evaluate("cc_wall.city.frames.drawn")
        await page.evaluate("__held = true; cc_wall.city.map.jumpTo({ zoom: 12.5 })")
        await until(page, f"cc_wall.city.frames.drawn === {before} + 1")
        # the frame does not come: no other one is begun, and the picture moves with the map
        was = await page.evaluate(CORNER)
        await page.evaluate("cc_wall.city.map.panBy([200, 30], { duration: 0 })")
        moved = await page.evaluate(CORNER)
        assert [b - a for a, b in zip(was, moved, strict=True)] == pytest.approx(
            [-200, -30, -200, -30], abs=1
        )
        await page.evaluate("cc_wall.live.select({ kind: 'area', id: '350500001002' })")
        await page.wait_for_selector("#story [data-area='350500001002']")
        await page.wait_for_timeout(1_000)
        assert await page.evaluate("cc_wall.city.frames.drawn") == before + 1
        assert not await page.evaluate("cc_wall.city.frames.still()")
        assert not await page.evaluate(IN_PLACE)
        await page.evaluate("__held = false")
        await until(page, AT_REST)
        assert await page.evaluate("cc_wall.city.frames.drawn") > before + 1
        assert await page.evaluate(IN_PLACE)


async def test_marks_are_placed_for_frames_that_are_drawn_and_for_who_points_at_one(
    at_rest: OpenPage,
) -> None:
    async with at_rest("/", script=FRAMES_BY_HAND) as page:
        drawn = await page.evaluate("cc_wall.city.frames.drawn")
        await page.evaluate("__held = true; cc_wall.city.map.jumpTo({ zoom: 12.5 })")
        await until(page, f"cc_wall.city.frames.drawn === {drawn} + 1")
        await page.evaluate(STEPS)
        await until(page, "__placed.size && !__steps")
        assert await page.evaluate("__placed.size") == 1
        assert await page.evaluate(UNDER_THE_TICKET) == "ticket-mark"
        assert await page.evaluate("__placed.has(cc_wall.city.map.style.placement)") is False
        await page.evaluate("__held = false")
        await until(page, AT_REST)


async def test_the_picture_is_what_the_map_draws_sharp_and_upright(at_rest: OpenPage) -> None:
    async with at_rest("/") as page:
        other, colours = await page.evaluate(OTHERWISE)
        assert other < 0.001
        assert colours > 50
        sharp = "(({ width, clientWidth }) => width / clientWidth)"
        assert await page.evaluate(f"{sharp}(document.querySelector('.cc-map-picture'))") == 1
        # the canvas below it is not shown, and still listens
        canvas = page.locator("canvas.maplibregl-canvas")
        assert await canvas.evaluate("(one) => getComputedStyle(one).opacity") == "0"
        was = await page.evaluate("cc_wall.city.map.getCenter().lng")
        await canvas.focus()
        await page.keyboard.press("ArrowRight")
        await until(page, f"cc_wall.city.map.getCenter().lng > {was} && {AT_REST}")
        assert await page.evaluate(IN_PLACE)


async def test_where_a_graphics_card_draws_its_canvas_is_shown(at_rest: OpenPage) -> None:
    async with at_rest("/", script=GRAPHICS_CARD) as page:
        assert await page.locator(".cc-map-picture").count() == 0
        canvas = page.locator("canvas.maplibregl-canvas")
        assert await canvas.evaluate("(one) => getComputedStyle(one).opacity") == "1"


@pytest.mark.parametrize("script", ["", GRAPHICS_CARD])
async def test_a_map_whose_graphics_were_taken_away_is_made_again_where_it_stood(
    at_rest: OpenPage, script: str
) -> None:
    marks = "cc_wall.city.map.queryRenderedFeatures({ layers: ['device-mark', 'ticket-mark'] })"
    async with at_rest("/", script=script) as page:
        # with a story open, whose panel the map keeps clear of
        await page.evaluate(OPEN)
        await until(page, f"location.search.includes('at=') && {AT_REST}")
        where = "cc_wall.city.map.getBounds().toArray().flat()"
        shown, stood = await page.evaluate(f"[{marks}.length, {where}]")
        assert shown == 2
        await page.evaluate(
            "window.__old = cc_wall.city; cc_wall.city.map.getCanvas().getContext('webgl2')"
            ".getExtension('WEBGL_lose_context').loseContext()"
        )
        await until(page, "cc_wall.city && cc_wall.city !== __old && cc_wall.city.marks")
        await map_ready(page)
        await until(page, f"{AT_REST} && {marks}.length === {shown}")
        assert await page.evaluate(where) == pytest.approx(stood, abs=1e-4)
        assert await page.locator(".cc-map-canvas canvas.maplibregl-canvas").count() == 1


async def test_what_does_not_work_stands_above_the_figures_not_over_them(
    at_rest: OpenPage,
) -> None:
    async with at_rest("/") as page:
        await page.wait_for_selector(".cc-banner.shown")  # nothing but the web process runs here
        banner = await page.locator(".cc-banner.shown").bounding_box()
        figures = await page.locator(".cc-figures").bounding_box()
        assert banner is not None and figures is not None  # noqa: PT018
        assert banner["y"] + banner["height"] <= figures["y"]
