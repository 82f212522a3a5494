"""Down into the city: search by keyboard, areas by click and link, the view in the address."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from events.actions.import_households import import_households
from grid.actions.put import put_components
from grid.model.component import ComponentDraft
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.support.watched import serious_faults
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, until

CENTRE = "(() => { const c = cc_wall.city.map.getCenter(); return [c.lng, c.lat]; })()"


async def test_a_ticket_is_found_and_opened_by_keyboard_alone(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0)
    ticket = filed(town, title_zh="桥下积水", title_en="Water below the bridge")
    async with open_page("/?at=118.3000,24.6035,13") as page:
        await map_ready(page)
        await page.keyboard.press("/")
        field = page.locator("#search input")
        await expect(field).to_be_focused()
        await page.keyboard.type("1")
        options = page.locator("#search [role=option]")
        await expect(options.first).to_contain_text(ticket.number)
        assert await field.get_attribute("aria-expanded") == "true"
        await expect(page.get_by_role("group", name="Devices")).to_contain_text("Gauge 1")
        await page.keyboard.press("ArrowDown")
        chosen = page.locator("[role=option][aria-selected=true]")
        await expect(chosen).not_to_contain_text(ticket.number)
        await page.keyboard.press("ArrowUp")
        await expect(chosen).to_contain_text(ticket.number)
        assert await serious_faults(page) == []
        await page.keyboard.press("Enter")
        await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()
        await expect(options).to_have_count(0)
        await until(page, f"Math.abs({CENTRE}[0] - {ticket.lon}) < 0.002"
                          f" && cc_wall.city.focus.getLngLat().lng === {ticket.lon}")  # fmt: skip
        await page.keyboard.press("Control+k")
        await page.keyboard.type("nobody is called so")
        await expect(page.locator("#search [role=listbox]")).to_contain_text("Nothing is called")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")  # the field is empty now, and the story still open
        await expect(field).to_have_value("")
        await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()


async def test_a_link_opens_the_view_it_was_sent_from(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0)
    ticket = filed(town)
    link = f"/?ticket={ticket.number}%26at=118.2012,24.6034,15.25%26off=flood,nonsense"
    seen = f"{CENTRE}.map((one) => one.toFixed(4)).join() === '118.2012,24.6034'"
    async with open_page(link) as page:
        for language in ("en", "zh"):
            await map_ready(page)
            await until(page, seen)
            assert await page.evaluate("cc_wall.city.map.getZoom()") == 15.25
            off = page.locator("[data-layer=flood]")
            await expect(off).to_have_attribute("aria-checked", "false")
            story = page.locator(f"[data-story='{ticket.number}']")
            await expect(story).to_be_visible()
            if language == "en":
                await page.click("#language button")
                await page.wait_for_selector("html[lang=zh-Hans]", state="attached")
        await page.locator("[data-layer=flood]").click()
        await page.evaluate("cc_wall.city.map.jumpTo({center: [118.2022, 24.6011], zoom: 14})")
        wanted = f"?ticket={ticket.number}&at=118.20220,24.60110,14.00"
        await until(page, f"location.search === '{wanted}'")
    async with open_page("/?at=999,north,3%26off=,%26area=35%26ticket=") as page:
        await map_ready(page)
        await until(page, f"{CENTRE}[0] > 118.19 && {CENTRE}[0] < 118.21")
        await expect(page.locator("#side")).not_to_be_visible()


async def test_the_way_leads_down_from_the_city_to_a_ticket_and_back(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0, 4.5)
    late = filed(town, title_en="Water on the road", lon=WEST + 2.5 * SIDE)
    now = datetime.now(UTC)
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.tickets SET due_at = %s", (now - timedelta(minutes=5),))
        conn.execute(
            "INSERT INTO iot.findings (finding_id, rule, layer, device_no, metric_no, onset, level,"
            " peak, peak_at, bound, clause, revision, changed_at)"
            " SELECT 'one', 'x', 'flood', device_no, metric_no, now(), 2, 4.5, now(), 4, '', 1,"
            " now() FROM iot.devices, iot.metrics WHERE name = 'water_level'"
        )
    filed(town, "street_lamp", title_en="Dark lamp")
    async with open_page("/?area=3505") as page:
        await map_ready(page)
        await page.wait_for_selector("[data-area='3505']")
        await _figures(page, "3505", open=2, overdue=1, needs_decision=1, closed_today=0)
        await page.locator(".cc-below a", has_text="East").click()
        await page.locator(".cc-below a", has_text="First Street").click()
        await _figures(page, "350500001", open=2, overdue=1)
        await expect(page.locator(".cc-below a").first).to_contain_text("East End")  # it is late
        await page.locator(".cc-below a").first.click()
        await _figures(page, "350500001002", open=1, overdue=1)
        await expect(page.locator("#area-on-time")).to_have_text("–")
        shown = "cc_wall.city.map.getFilter('area-chosen')[2] === '350500001002'"
        await until(page, f"{shown} && cc_wall.city.map.getZoom() > 15")
        assert await serious_faults(page) == []
        await page.locator("#area-tickets [data-ticket]").click()
        story = page.locator(f"[data-story='{late.number}']")
        await expect(story.locator(".cc-crumbs")).to_contain_text(
            "TesttownEastFirst StreetEast End"
        )
        await until(page, f"location.search.startsWith('?area=350500001002&ticket={late.number}')")
        await page.keyboard.press("Escape")
        await expect(page.locator("[data-area='350500001002']")).to_be_visible()
        await page.locator(".cc-cells a").click()
        await expect(page.locator(f"[data-cell='{late.cell_code}']")).to_contain_text("Water on")
        await page.locator(".cc-crumbs a", has_text="First Street").click()
        await expect(page.locator("#area-devices")).to_contain_text("Gauge 1")
        await page.keyboard.press("Escape")
        await expect(page.locator("#side")).not_to_be_visible()
        await until(page, "!location.search.includes('area') && "
                          "cc_wall.city.map.getFilter('area-chosen')[2] === ''")  # fmt: skip


async def test_from_a_cell_to_a_building_and_to_who_lives_there(
    open_page: OpenPage, town: Town, tmp_path: Path
) -> None:
    admin = town.database.engine("cc_admin")
    house = ComponentDraft(
        code="B-1", kind="building", name_zh="一号楼", name_en="House 1", lon=WEST + SIDE / 2,
        lat=SOUTH + SIDE / 2,
    )  # fmt: skip
    put_components(admin, [house], by="system:test")
    table = tmp_path / "households.csv"
    table.write_text("building,unit,residents,contact,phone\nB-1,101,3,<b>Li</b>,13800138000\n")
    import_households(admin, table, by="system:test", now=datetime.now(UTC))
    ((cell,),) = town.rows("SELECT cell_id FROM grid.components")
    async with open_page(f"/?cell={cell}") as page:
        await map_ready(page)
        side = page.locator("#story")
        await side.get_by_role("link", name="House 1").click()
        await expect(side.locator("[data-component='B-1']")).to_be_visible()
        await side.get_by_role("link", name="101").click()
        await expect(side.locator("[data-household]")).to_contain_text("13800138000")
        await expect(side).to_contain_text("<b>Li</b>")
        assert await serious_faults(page) == []
        await until(page, "location.search.includes('household=')")
        await page.reload()
        await expect(side.locator(".cc-crumbs")).to_contain_text("House 1")
        link = page.url
    (read,) = town.rows("SELECT count(*) FROM events.ledger WHERE verb = 'household.read'")
    assert read[0] == 2
    # an operator, who only watches, finds the building, and no doors
    async with open_page("/?component=B-1", "operator") as page:
        await expect(page.locator("[data-component='B-1']")).to_be_visible()
        await expect(page.locator(".cc-doors")).to_have_count(0)
        await page.goto(link)
        await expect(page.locator("#story")).to_contain_text("you may not read it")


async def _figures(page: Page, area: str, **wanted: int) -> None:
    panel = page.locator(f"[data-area='{area}']")
    for name, count in wanted.items():
        await expect(panel.locator(f"[data-count={name}]")).to_have_text(str(count))


async def test_what_is_in_a_box_is_acted_on_and_each_result_is_told(
    open_page: OpenPage, town: Town
) -> None:
    lamps = [filed(town, "street_lamp", lon=WEST + n * SIDE) for n in (0.4, 1.6)]
    far = filed(town, "street_lamp", lon=WEST + 3.5 * SIDE)
    refused = re.compile("status of 4")
    async with open_page(
        "/?at=118.2010,24.6020,16", allowed=lambda told: bool(refused.search(told))
    ) as page:
        await map_ready(page)
        await until(page, "cc_wall.live.tickets.size === 3")
        await _drag_box(page, (WEST, SOUTH), (WEST + 2 * SIDE, SOUTH + SIDE))
        panel = page.locator("[data-box]")
        await expect(panel.locator("[data-pick]")).to_have_count(2)
        assert await serious_faults(page) == []
        await panel.locator("[name=why]").fill("the mayor comes")
        await panel.locator("[type=submit]").click()
        await expect(panel.locator(".cc-notice")).to_have_text("2 done, 0 not")
        await panel.locator("[name=verb]").select_option("dispatch")
        await panel.locator("[name=department]").select_option("works")
        await panel.locator(f"[data-pick='{lamps[0].number}']").uncheck()
        await panel.locator("[type=submit]").click()  # not filed yet: it cannot be dispatched
        await expect(panel.locator(".cc-notice")).to_have_text("0 done, 1 not")
        await expect(panel.locator(".cc-picks .bad")).to_have_count(1)
        await page.click(".cc-box-button")  # what no panel covers: the first of them
        await expect(panel.locator("[data-pick]")).to_have_count(1)
        await expect(panel.locator(".cc-picks .bad")).to_have_count(0)
    assert [town.again(one).supervised for one in (*lamps, far)] == [True, True, False]


async def _drag_box(page: Page, one: tuple[float, float], other: tuple[float, float]) -> None:
    project = "(() => {{ const p = cc_wall.city.map.project([{}, {}]); return [p.x, p.y]; }})()"
    begin, end = [await page.evaluate(project.format(*at)) for at in (one, other)]
    await page.keyboard.down("Shift")
    await page.mouse.move(*begin)
    await page.mouse.down()
    await page.mouse.move(*end, steps=3)
    await page.mouse.up()
    await page.keyboard.up("Shift")


async def test_the_outline_of_a_cell_is_drawn_and_no_tile_is_read_anew(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0)
    (cell_id,) = town.rows("SELECT cell_id FROM grid.cells ORDER BY cell_id LIMIT 1")[0]
    drawn = "cc_wall.city.map.querySourceFeatures('cell-selected').length"
    async with open_page("/?at=118.2012,24.6034,14") as page:
        await map_ready(page)
        await page.evaluate("""() => {
          window.__read = [];
          cc_wall.city.map.on("data", (event) => event.tile && __read.push(event.sourceId));
        }""")
        assert await page.evaluate(drawn) == 0
        await page.evaluate(f"cc_wall.live.select({{ kind: 'cell', id: {cell_id} }})")
        await until(page, drawn)
        await page.evaluate("cc_wall.live.select(null)")
        await until(page, f"{drawn} === 0")
        assert "cells" not in await page.evaluate("__read")
        await page.evaluate("cc_wall.city.map.setFilter('cell-line', ['==', ['id'], -1])")
        await until(page, "__read.includes('cells')")  # (that is what would be seen)
    # a link draws it, too: its story is there before the map
    async with open_page(f"/?cell={cell_id}") as page:
        await map_ready(page)
        await until(page, drawn)
