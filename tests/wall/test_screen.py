"""The wall as a screen: what it is set to, alarms, several tickets, pictures, both languages."""

import asyncio
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, Route, expect

from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.support.watched import serious_faults
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, until

PAINT = "cc_wall.city.map.getPaintProperty('background', 'background-color')"
HOUR_AHEAD = """(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3600000;
})()"""
NO_WEBGL = """(() => {
    const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
    };
})()"""


async def test_cells_theme_and_language_change_on_the_spot(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0)
    ticket = filed(town)
    filed(town, "street_lamp", lon=ticket.lon, lat=ticket.lat)
    cell = (
        "cc_wall.city.map.getFeatureState({source: 'cells', sourceLayer: 'cells',"
        f" id: {ticket.cell_id}}}).severity"
    )
    async with open_page(f"/?ticket={ticket.number}&cells=open") as page:
        await map_ready(page)
        await page.evaluate("window.stayed = true")
        await until(page, f"{cell} === 2")  # two tickets: the second step
        await expect(page.locator(".cc-cells-by li")).to_have_text(["1", "2–4", "5–9", "10+"])
        await page.select_option("[name=cells]", "on_time")
        await expect(page.locator(".cc-cells-by li").first).to_have_text("≥ 95%")
        await until(page, f"{cell} === 0")
        await until(page, "location.search.includes('cells=on_time')")

        dark = await page.evaluate(PAINT)
        await page.click("#theme")
        assert await page.get_attribute("html", "data-theme") == "light"
        assert await page.evaluate(PAINT) != dark
        assert await serious_faults(page) == []

        await page.click("#language button")
        await expect(page.locator("#attention h2")).to_contain_text("最急在前")
        await expect(page.locator("#nav")).to_contain_text("调度台")
        await expect(page.locator("[data-story]")).to_contain_text("已派遣")
        assert await page.get_attribute("html", "lang") == "zh-Hans"
        assert await page.title() == "城市运行指挥墙"
        assert await page.evaluate("window.stayed") is True
        assert await page.evaluate(
            "JSON.stringify(cc_wall.city.map.getLayoutProperty('place-name', 'text-field'))"
            ".indexOf('name_zh') < 40"
        )
        for button in (".cc-box-button", ".cc-polygon-button"):
            assert "案卷" in (await page.get_attribute(button, "aria-label") or "")
        assert await page.get_attribute(".maplibregl-ctrl-zoom-in", "title") == "放大"
        await expect(page.locator(".cc-past-open")).to_have_text("时光回放")


async def test_an_alarm_sounds_until_it_is_acknowledged(open_page: OpenPage, town: Town) -> None:
    sounded = "cc_wall.alarms.state.sounded"
    async with open_page("/") as page:
        await expect(page.locator("#attention")).to_contain_text("No open tickets")
        await page.click(".cc-bell")
        late = datetime.now(UTC) - timedelta(hours=2)
        filed(town, "street_lamp", severity=4, occurred_at=late, late=True)
        await expect(page.locator("#attention .cc-item")).to_have_count(1)
        assert await page.evaluate("cc_wall.alarms.open().length") == 0
        await page.click("[data-layer=flood]")  # what is not shown alarms all the same
        grave = filed(town, severity=4)
        seen = page.locator(f"[data-acknowledge='{grave.number}']")
        await expect(seen).to_be_visible()
        await until(page, f"{sounded} === 1")
        await seen.click()
        await expect(seen).to_have_count(0)
        await page.click("[data-layer=flood]")
        await until(page, "!location.search.includes('off=')")
        await page.reload()
        await expect(page.locator("#attention .cc-item")).to_have_count(2)
        assert await page.evaluate("cc_wall.alarms.open().length") == 0
        assert await page.get_attribute(".cc-bell", "aria-checked") == "true"


async def test_a_polygon_selects_and_what_is_set_up_is_kept_and_shown(
    open_page: OpenPage, town: Town
) -> None:
    inside = filed(town)
    filed(town, "street_lamp", lon=WEST + SIDE * 3.5, lat=SOUTH + SIDE * 3.5)
    east, north = WEST + SIDE * 2, SOUTH + SIDE * 2
    async with open_page("/") as page:
        await map_ready(page)
        await page.click(".cc-polygon-button")
        for lon, lat in ((WEST, SOUTH), (east, SOUTH), (east, north)):
            point = await _point(page, lon, lat)
            await page.mouse.click(*point)
        await page.keyboard.press("Space")  # the middle of the map, by keyboard
        await page.keyboard.press("Backspace")
        await page.mouse.click(*(await _point(page, WEST, north)))
        await page.keyboard.press("Enter")
        panel = page.locator("[data-polygon]")
        await expect(panel.locator("[data-pick]")).to_have_count(1)
        await panel.locator("[name=verb]").select_option("comment")
        await panel.locator("[name=why]").fill("seen from above")
        await panel.locator("[type=submit]").click()
        await expect(panel).to_contain_text("1 done, 0 not")

        await page.click("#screen > button")
        await page.fill("[name=view]", "<b>west</b>" + "长" * 60)
        await page.click(".cc-screen-menu form button")
        await expect(page.locator(".cc-screen-menu .name")).to_have_count(1)
        await page.click("[name=start]")
        await expect(page.locator(".cc-screen-menu [role=status]")).to_have_text("Saved")
        assert await serious_faults(page) == []
        picture = await page.evaluate(
            "(() => { const c = cc_wall.picture(cc_wall.city.config);"
            " const at = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " return new Set(new Uint32Array(at.buffer)).size; })()"
        )
        assert picture > 100  # colours: the map is on it
        high = "cc_wall.picture(cc_wall.city.config, {}).height"
        on_paper = await page.evaluate(high.format("true"))
        assert 0 < on_paper < await page.evaluate(high.format("false"))
        # single keys do nothing for who has switched them off
        await page.uncheck("[name=shortcuts]")
        await page.click("#attention h2")
        await page.keyboard.press("t")
        await page.keyboard.press("/")
        assert await page.evaluate("cc_wall.past.wanted") is None
        assert await page.evaluate("document.activeElement.closest('.cc-search')") is None
        await page.click("#screen > button")
        await page.check("[name=shortcuts]")
        await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert await page.get_attribute("html", "data-theme") == "light"
        await expect(page.locator("img.cc-print-map")).to_have_count(1)
        await page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert await page.get_attribute("html", "data-theme") == "dark"

        base = page.url.split("?")[0]
        await page.goto(base)
        await expect(page.locator("[data-polygon]")).to_be_visible()  # the start view
        await page.click("[data-layer=flood]")
        await page.click("#screen > button")
        await page.click(".turns button")
        await expect(page.locator(".cc-presenting")).to_contain_text("<b>west</b>")
        await until(page, "cc_wall.live.hidden.size === 0")
        await page.keyboard.press("Escape")
        await expect(page.locator(".cc-presenting")).to_have_count(0)
    assert "seen from above" in str(town.rows("SELECT payload FROM events.ledger"))
    commented = town.rows(
        "SELECT DISTINCT ticket_id FROM events.ledger WHERE verb = 'ticket.comment'"
    )
    assert commented == [(inside.ticket_id,)]


async def _kept(page: Page, screen: str) -> None:
    """Set up the wall from elsewhere."""
    told = (
        "fetch('/api/v1/screen', {method: 'POST', headers: {'Content-Type': 'application/json'},"
        f" body: JSON.stringify({screen})}}).then((answer) => answer.status)"
    )
    assert await page.evaluate(told) == 200


async def test_a_view_is_what_its_link_says_whatever_was_shown_before(
    open_page: OpenPage, town: Town
) -> None:
    ticket = filed(town)
    lon, lat = WEST + SIDE * 3, SOUTH + SIDE * 3
    view = f"?ticket={ticket.number}&at={lon:.4f},{lat:.4f},15.00"
    there = (
        "(() => { const { clientWidth, clientHeight } = cc_wall.city.map.getContainer();"
        " const at = cc_wall.city.map.unproject([clientWidth / 2, clientHeight / 2]);"
        f" return Math.hypot(at.lng - {lon:.4f}, at.lat - {lat:.4f}) < 2e-4; }})()"
    )

    async def later(route: Route) -> None:
        await asyncio.sleep(1.5)
        await route.continue_()

    async with open_page("/") as page:
        await map_ready(page)
        base = page.url.split("?")[0]
        await _kept(page, f"{{start: '{view}'}}")
        await page.route("**/maplibre-gl.mjs*", later)  # the map comes after what is set up
        await page.goto(base)
        await map_ready(page)
        await until(page, there)
        area = page.locator("[data-area]")
        await page.evaluate("cc_wall.live.select({ kind: 'area', id: '350500001001' })")
        await expect(area.first).to_be_visible()
        await until(page, f"!({there})")
        await page.evaluate(f"cc_wall.showView('{view}')")
        await until(page, there)
        assert await page.evaluate("cc_wall.live.area") is None
        assert "area=" not in page.url


async def test_what_is_set_up_at_two_computers_is_all_kept_and_asked_for_again(
    open_page: OpenPage,
) -> None:
    answers = iter([503])

    async def once_away(route: Route) -> None:
        status = next(answers, None)
        await (route.continue_() if status is None else route.fulfill(status=status))

    async with open_page("/", allowed=lambda trouble: "503" in trouble) as page:
        await map_ready(page)
        await page.click("#screen > button")
        await _kept(page, "{views: [{name: 'elsewhere', query: ''}], every_s: 9}")
        await page.fill("[name=view]", "here")
        await page.click(".cc-screen-menu form button")
        await expect(page.locator(".cc-screen-menu .name")).to_have_text(["elsewhere", "here"])
        kept = await page.evaluate("fetch('/api/v1/screen').then((answer) => answer.json())")
        assert kept["every_s"] == 9
        base = page.url.split("?")[0]
        await page.route("**/api/v1/screen", once_away)
        await page.goto(f"{base}?present=1")
        await expect(page.locator(".cc-presenting")).to_be_visible(timeout=25_000)


async def _point(page: Page, lon: float, lat: float) -> tuple[float, float]:
    await until(page, "!cc_wall.city.map.isMoving()")
    x, y = await page.evaluate(
        f"(() => {{ const p = cc_wall.city.map.project([{lon}, {lat}]); return [p.x, p.y]; }})()"
    )
    return x, y


async def test_without_webgl_and_with_a_wrong_clock_it_says_so_and_can_be_used(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0, 6.5)
    ticket = filed(town, title_en="x" * 200)
    async with open_page("/", size=(1024, 768), script=NO_WEBGL + ";" + HOUR_AHEAD) as page:
        await expect(page.locator(".cc-nomap [role=alert]")).to_contain_text("no WebGL")
        await expect(page.locator(".cc-banner.shown")).to_contain_text("1 h 0 min ahead")
        await page.locator(f".cc-nomap [data-ticket='{ticket.number}']").click()
        await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()
        await page.keyboard.press("Escape")
        shown = await page.locator("#clock time").text_content()
        now = datetime.now(UTC) + timedelta(hours=8)  # the server's, in the city's zone
        near = {(now + timedelta(minutes=n)).strftime("%H:%M") for n in (-1, 0, 1)}
        assert shown
        assert shown[:5] in near
        assert await serious_faults(page) == []


async def test_nobody_is_kept_out_of_any_page_in_the_light(open_page: OpenPage, town: Town) -> None:
    ticket = filed(town, severity=4, description="<script>alert(1)</script>")
    found: dict[str, list[str]] = {}
    light = "localStorage.setItem('cc_theme', 'light')"
    pages = ("/desk", "/evaluation", "/duties", "/rectification", f"/desk?ticket={ticket.number}")
    async with open_page("/desk", who="supervisor", language="zh", script=light) as page:
        base = page.url.split("/login")[0].split("/desk")[0]
        for path in pages:
            await page.goto(base + path)
            await page.wait_for_selector(".cc-head")
            await expect(page.locator("#theme")).to_be_visible()
            assert await page.get_attribute("html", "data-theme") == "light"
            if path.startswith("/desk"):  # Dash's own inputs are put right (mend.js)
                await expect(page.locator(".dash-radioitems[role=radiogroup]")).to_have_count(1)
            found[path] = await serious_faults(page)
        for path in ("/report", "/city"):
            await page.goto(base + path)
            found[path] = await serious_faults(page)
    async with open_page("/field", who="w1") as page:
        await page.wait_for_selector("main")
        found["/field"] = await serious_faults(page)
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_a_presentation_turns_by_itself_and_waits_for_who_touches_it(
    open_page: OpenPage, town: Town
) -> None:
    views = [{"name": "one", "query": "?cells=open"}, {"name": "two", "query": "?off=flood"}]
    async with open_page("/") as page:
        await map_ready(page)
        kept = await page.evaluate(
            "(views) => fetch('/api/v1/screen', {method: 'POST',"
            " headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({theme: null, start: '', views, every_s: 5})})"
            ".then((answer) => answer.status)",
            views,
        )
        assert kept == 200
        await page.goto(page.url.partition("?")[0] + "?present=1")
        shown = page.locator(".cc-presenting")
        await expect(shown).to_contain_text("one")
        await until(page, "location.search.includes('cells=open')")
        await expect(shown).to_contain_text("two")
        await until(page, "location.search.includes('off=flood')")
        await expect(shown).to_contain_text("one")  # and round again
        await page.mouse.click(960, 300)
        await page.wait_for_timeout(6_500)
        await expect(shown).to_contain_text("one")
        await page.keyboard.press("Escape")
        await expect(shown).to_have_count(0)


async def test_a_chart_is_as_large_as_all_else_on_a_big_screen(
    open_page: OpenPage, gauge: Gauge
) -> None:
    gauge.says(1.0, 1.1, 1.2)
    sizes = {}
    for wide, high in ((1920, 1080), (3840, 2160)):
        async with open_page(f"/?device={gauge.number}", size=(wide, high)) as page:
            await expect(page.locator("#chart .annotation")).not_to_have_count(0)
            sizes[wide] = await page.evaluate("""(() => {
                const box = document.querySelector("#chart");
                const look = (name) => getComputedStyle(document.querySelector(name));
                const px = (name) => parseFloat(look(name).fontSize);
                const drawn = box.querySelector(".main-svg").getBoundingClientRect();
                return [px("html"), drawn.height,
                    px("#chart .ytick text"), px("#chart .annotation text"),
                    box.clientHeight >= Math.floor(drawn.height)];
            })()""")
    larger = sizes[3840][0] / sizes[1920][0]
    assert larger > 1.5
    for small, big in zip(sizes[1920][1:4], sizes[3840][1:4], strict=True):
        assert abs(big - small * larger) <= 1
    assert sizes[3840][4]
