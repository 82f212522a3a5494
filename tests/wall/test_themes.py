"""The thematic views of the wall, opened by a click on a layer and by link."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from events.actions import configure
from events.actions.count_supplies import count_supplies
from events.model.category import Category
from events.model.supply import SupplyCount
from grid.actions.import_elevations import import_elevations
from grid.store.postgis import transaction
from iot_ingest.store import metrics, readings
from iot_ingest.store.registration import register_devices
from tests.events.cap import alert
from tests.events.rectifying import Work, with_places
from tests.events.town import ADMIN, SIDE, SOUTH, WEST, Town
from tests.support.watched import serious_faults
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, until

DRAWN = (
    "cc_wall.city.map.querySourceFeatures('overlay').map((one) => one.properties)"
    ".filter((one) => one.kind === '{}').map((one) => one.colour)"
)
SHORT = Category(
    code="epidemic_supplies", family="epidemic", layer="epidemic_control", name_zh="物资不足",
    name_en="Short", dispose_limit=timedelta(hours=24), pack="x", effective_from=date(2026, 1, 1),
)  # fmt: skip
FAINT = "cc_wall.city.map.getPaintProperty('device-mark', 'icon-opacity')"


def register(town: Town, device_id: str, layer: str, names: list[str], at: tuple[float, float],
             **more: object) -> int:  # fmt: skip
    """A device in the town, ``at`` cells east and north of its corner; its number."""
    row = {
        "device_id": device_id, "model": "x", "layer": layer, "name_zh": f"测点{device_id}",
        "name_en": f"Point {device_id}", "metrics": names, "interval_s": 60,
        "lon": WEST + SIDE * at[0], "lat": SOUTH + SIDE * at[1], **more,
    }  # fmt: skip
    register_devices(town.database.engine("cc_admin"), [row], by="system:test")
    (found,) = town.rows(f"SELECT device_no FROM iot.devices WHERE device_id = '{device_id}'")
    number = found[0]
    assert isinstance(number, int)
    return number


def say(town: Town, device: int, values: dict[str, float], minutes: int = 12) -> None:
    """Store the same values every minute until now."""
    now = datetime.now(UTC)
    engine = town.database.engine("cc_admin")
    with transaction(engine, "system:test") as conn:
        known = metrics.all(conn)
        times = [now - timedelta(minutes=n) for n in range(minutes)]
        for day in {at.date() for at in times}:
            readings.ensure_partition(conn, day)
        rows = [(device, known[name].metric_no, at, value)
                for name, value in values.items() for at in times]  # fmt: skip
        readings.copy_history(conn, rows)


async def open_layer(page: Page, name: str) -> None:
    await page.locator(".cc-layer-open", has_text=name).click()


async def test_the_flood_view_shows_warnings_rain_levels_cells_pumps_and_who_was_told(
    open_page: OpenPage, town: Town, gauge: Gauge, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    gauge.says(3.1, until=now - timedelta(minutes=50))
    gauge.says(4.2)
    rain = register(town, "RG-1", "flood", ["rain"], (0.5, 0.5))
    say(town, rain, {"rain": 1.5}, minutes=40)  # 60 mm within 3 hours, and less than was expected
    street = register(town, "SG-1", "flood", ["water_depth"], (3.5, 3.5))
    say(town, street, {"water_depth": 0.3}, minutes=1)
    pump = register(town, "PS-1", "sewage_station", ["wet_well_level", "pump_running"], (2.5, 2.5),
                    attributes={"warning_m": 3.2, "overflow_m": 4.0})  # fmt: skip
    say(town, pump, {"wet_well_level": 3.4, "pump_running": 1.0}, minutes=2)
    ticket = filed(town, title_en="Water below the bridge")
    bad, good = tmp_path / "bad.xml", tmp_path / "good.xml"
    bad.write_bytes(b"<alert>no</alert>")
    good.write_bytes(alert(sent=now, severity="Extreme", language="en-US", event="Rainstorm",
                           expires=now + timedelta(hours=2)))  # fmt: skip
    async with open_page("/", allowed=lambda told: "status of 422" in told) as page:
        await map_ready(page)
        await open_layer(page, "Flood")
        theme = page.locator("[data-theme=flood]")
        await expect(theme).to_contain_text("No warning stands")
        level = theme.locator("[data-station='WL-1']")
        await expect(level).to_have_attribute("data-trend", "up")
        await expect(level).to_have_attribute("data-level", "2")
        await expect(level).to_contain_text("0.80 m below guarantee level 5.00 m")
        sums = theme.locator("[data-gauge='RG-1']")
        await expect(sums.locator("[data-hours='3']")).to_have_text("≥ 60.0 O")
        await expect(sums.locator("[data-hours='24']")).to_have_attribute("data-level", "0")
        await expect(theme).to_contain_text("CMA Order 16")
        await expect(theme.locator("[data-pump='PS-1']")).to_have_attribute("data-state", "high")
        await expect(theme.locator(".cc-endangered")).to_contain_text("0.30 m of water")
        await expect(theme).to_contain_text("no heights of its cells")
        told = theme.locator("tr.unread")
        await expect(told.first).to_contain_text(ticket.number)
        door = theme.locator("[name=warning]")
        await door.set_input_files(bad)
        await expect(theme.locator(".cc-notice.bad")).to_contain_text("no CAP 1.2")
        await door.set_input_files(good)
        warning = theme.locator("[data-warning='A-1']")
        await expect(warning).to_contain_text("Red")
        await until(page, f"{DRAWN.format('area')}.includes('#ff4d4f')")
        await until(page, f"{DRAWN.format('cell')}.length > 1")
        assert (
            await page.evaluate(
                "cc_wall.city.map.getPaintProperty('device-mark', 'icon-opacity')[0]"
            )
            == "case"
        )
        assert await serious_faults(page) == []
        longer = "(one => one.clientHeight < 1080 && one.scrollHeight > one.clientHeight)"
        await until(page, f"{longer}(document.querySelector('#story'))")
        await warning.locator("button").click()
        await until(page, "Math.abs(cc_wall.city.map.getCenter().lat - 24.601) < 0.002"
                          " && cc_wall.city.map.getZoom() > 14")  # fmt: skip
        await page.keyboard.press("Escape")
        await until(page, f"{FAINT} === 1")
        pale = "JSON.stringify(cc_wall.city.map.getPaintProperty('ticket-mark', 'icon-opacity'))"
        await until(page, f"{pale} === JSON.stringify(cc_wall.TICKET_OPACITY)")
        await page.goto(page.url.partition("?")[0] + "?layer=flood")
        await expect(theme.locator("[data-warning='A-1']")).to_be_visible()


async def test_where_heights_are_known_low_cells_are_in_danger(
    open_page: OpenPage, town: Town, gauge: Gauge, tmp_path: Path
) -> None:
    heights = tmp_path / "heights.csv"
    heights.write_text("cell,elevation_m\n350500001001001,3.9\n350500001001002,4.3\n")
    import_elevations(town.database.engine("cc_admin"), heights, by="system:test")
    gauge.says(4.2)  # above its warning level
    async with open_page("/?layer=flood") as page:
        await map_ready(page)
        theme = page.locator("[data-theme=flood]")
        await expect(theme).to_contain_text("dikes and walls are not known")
        row = theme.locator(".cc-endangered li")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("350500001001001ground 0.30 m below the water · Gauge 1")
        await until(page, f"{DRAWN.format('cell')}.length > 0")


@pytest.fixture
def places(town: Town) -> Town:
    return with_places(town)


def trace(town: Town) -> None:
    """The first outfall's water comes from the second one's."""
    project = Work.begin(town, now=datetime.now(UTC) - timedelta(days=3)).project
    with town.database.superuser() as conn:
        conn.execute(
            "INSERT INTO events.project_sources (project_id, source, party, upstream_id,"
            " created_at, actor) SELECT %s, 'upstream_outfall', '上游', component_id, now(),"
            " 'system:test' FROM grid.components WHERE code = 'OF-2'",
            (project.project_id,),
        )


async def test_dust_outfalls_and_epidemic_control_have_views_of_their_own(
    open_page: OpenPage, places: Town, gauge: Gauge
) -> None:
    town = places
    gauge.says(1.0)
    names = ["pm10", "wind_speed", "wind_direction"]
    for number, east, pm10 in ((1, 2.2, 60.0), (2, 2.8, 160.0)):
        device = register(town, f"CD-{number}", "construction_dust", names, (east, 2.5),
                          component_code="CS-1")  # fmt: skip
        say(town, device, {"pm10": pm10, "wind_speed": 3.0, "wind_direction": 270.0})
    with town.database.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.findings (finding_id, rule, layer, device_no, metric_no, onset, level,"
            " peak, peak_at, bound, clause, revision, changed_at)"
            " SELECT 'one', 'pm10_spread', 'construction_dust', device_no, metric_no, now(), 2,"
            " 160, now(), 10, '', 1, now() FROM iot.devices, iot.metrics"
            " WHERE name = 'pm10' AND device_id = 'CD-2'"
        )
        conn.execute("UPDATE grid.components SET kind = 'control_site' WHERE code = 'LP-1'")
    outfall = register(town, "OF-1", "outfall", ["cod"], (0.5, 0.5),
                       attributes={"water_class": "III"})  # fmt: skip
    say(town, outfall, {"cod": 35.0})
    trace(town)
    now = datetime.now(UTC)
    count = SupplyCount(component_code="LP-1", item="n95", name_zh="口罩", name_en="Masks",
                        unit="只", stock=20, least=100, counted_at=now)  # fmt: skip
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        configure.put_categories(conn, [SHORT], now=now)
        count_supplies(conn, [count], by=ADMIN, now=now)
    town.work(now)
    async with open_page("/?layer=construction_dust", language="zh") as page:
        theme = page.locator("[data-theme=construction_dust]")
        await expect(theme).to_contain_text("风自西来（270°），3.0 m/s")
        await expect(theme.locator("[data-pair='Site 1']")).to_have_attribute("data-gain", "100")
        cause = theme.locator("[data-cause='CD-2']")
        await expect(cause).to_have_attribute("data-likely", "Site 1")
        await expect(cause).to_contain_text("下风向比上风向高 100")
        await expect(theme).to_contain_text("DB13/2934-2019")
        await map_ready(page)
        await until(page, f"{DRAWN.format('line')}.length >= 3")
        assert await serious_faults(page) == []
        await open_layer(page, "入河入海排口")
        theme = page.locator("[data-theme=outfall]")
        row = theme.locator("[data-outfall='OF-1']")
        await expect(row).to_have_attribute("data-found", "V")
        await expect(row).to_have_attribute("data-worse", "true")
        await expect(theme.locator(".cc-upstream")).to_contain_text("二号排口")
        await expect(theme.locator("#layer-board tbody td a")).to_have_text("1")
        await expect(theme).to_contain_text("GB 3838-2002")
        lines = DRAWN.format("line")  # twice where it crosses the edge of a tile
        await until(page, f"{lines}.length > 0 && {lines}.every((one) => one === '#e39bc6')")
        await open_layer(page, "疫情防控")
        theme = page.locator("[data-theme=epidemic_control]")
        community = theme.locator("[data-community='350500001001']")
        await expect(community).to_have_attribute("data-short", "1")
        await expect(community).to_have_attribute("data-tasks", "1")
        await expect(theme.locator("[data-short='LP-1:n95']")).to_contain_text("20 / 100 只")
        await expect(theme.locator("#layer-tickets")).to_contain_text("口罩剩 20 只")
        assert await serious_faults(page) == []
        await open_layer(page, "水面漂浮物")  # a layer without data, and without a view
        await expect(page.locator("#layer-devices")).to_be_visible()


async def test_views_without_any_data_say_so(open_page: OpenPage, town: Town) -> None:
    town.work()
    async with open_page("/?layer=flood", "operator", size=(1024, 768)) as page:
        await map_ready(page)
        for layer, says in (
            ("flood", "There are no rain gauges"),
            ("construction_dust", "No monitor measures wind"),
            ("outfall", "There are no outfall stations"),
            ("epidemic_control", "There are no control sites"),
        ):
            await page.evaluate(f"cc_wall.live.select({{kind: 'layer', id: '{layer}'}})")
            await expect(page.locator(f"[data-theme={layer}]")).to_contain_text(says)
