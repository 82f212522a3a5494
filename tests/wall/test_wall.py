"""The wall in a real browser: what is pushed, what a click opens, what can be done."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.support.watched import serious_faults
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, patrol, until

DRAWN = "cc_wall.city.map.querySourceFeatures('values').some(f => f.properties.value === '{text}')"


async def test_a_reading_changes_its_mark_without_reload(open_page: OpenPage, gauge: Gauge) -> None:
    gauge.says(1.0)
    async with open_page("/") as page:
        await map_ready(page)
        await until(page, DRAWN.format(text="1.00 m"))
        gauge.says(3.21)
        await until(page, DRAWN.format(text="3.21 m"))


async def test_a_ticket_appears_by_push_and_leaves_when_it_is_closed(
    open_page: OpenPage, town: Town
) -> None:
    async with open_page("/") as page:
        await expect(page.locator("#attention")).to_contain_text("No open tickets")
        ticket = filed(town)
        row = page.locator(f"[data-ticket='{ticket.number}']")
        await expect(row).to_contain_text("Water Bureau")
        await expect(page.locator("[data-figure=open]")).to_have_text("1")
        now = datetime.now(UTC)
        ticket = town.act(town.again(ticket), "accept", "w1", now=now)
        ticket = town.act(ticket, "dispose", "w1", now=now)
        await expect(page.locator("[data-figure=needs_decision]")).to_have_text("1")
        ticket = town.act(ticket, "verify", "operator", now=now)
        town.act(ticket, "close", "operator", now=now)
        await expect(row).to_have_count(0)
        await expect(page.locator("[data-figure=open]")).to_have_text("0")


async def test_the_first_of_the_list_and_the_last_events_say_how_it_goes(
    open_page: OpenPage, town: Town
) -> None:
    async with open_page("/") as page:
        first, events = page.locator(".cc-item-forecast"), page.locator(".cc-ticker li")
        await expect(page.locator("#attention")).to_contain_text("No open tickets")
        town.record([patrol(category_code="flooding")], now=datetime.now(UTC))
        await expect(events.first).to_contain_text("new")  # nobody has filed it yet
        await expect(first).to_have_count(0)
        town.work(now=datetime.now(UTC))
        await expect(events.first).to_contain_text("Dispatched")
        await expect(first).to_contain_text("expected to be done in")
        await expect(first).to_have_class(re.compile("in-time"))
        # the second of one thing has the same ticket, whose state does not change by it
        ticket = filed(town)
        await expect(events).to_have_count(2)
        for n in range(2):
            await expect(events.nth(n)).to_contain_text("Dispatched")
        now = datetime.now(UTC)
        ticket = town.act(town.again(ticket), "accept", "w1", now=now)
        await expect(events.first).to_contain_text("Accepted")
        await expect(first).to_contain_text("expected to be done in")
        ticket = town.act(ticket, "dispose", "w1", now=now)
        await expect(events.last).to_have_class("over")
        await expect(first).to_have_count(0)
        town.act(town.act(ticket, "verify", "operator", now=now), "close", "operator", now=now)
        await expect(events.first).to_contain_text("Closed")


async def test_the_last_events_stand_the_newest_first(open_page: OpenPage, town: Town) -> None:
    def told(numbers: range) -> str:
        common = {"source": "patrol", "change": "raised", "severity": 2}
        at = "2026-01-01T00:{:02d}:00Z"
        events = [{**common, "id": n, "occurred_at": at.format(n), "title_en": f"event {n}"}
                  for n in numbers]  # fmt: skip
        return f"cc_wall.live.takeChanges({{events: {json.dumps(events)}}})"

    async with open_page("/") as page:
        await expect(page.locator("#attention")).to_contain_text("No open tickets")
        await page.evaluate(told(range(1, 51)))
        await page.evaluate(told(range(51, 54)))
        kept = await page.evaluate("cc_wall.live.events.map((one) => one.id)")
        assert kept == list(range(53, 3, -1))
        await expect(page.locator(".cc-ticker .title").first).to_have_text("event 53")


async def test_what_is_done_stands_back_on_the_map(open_page: OpenPage, town: Town) -> None:
    ticket = filed(town)
    filed(town, "garbage", lon=WEST + 1.5 * SIDE)
    now = datetime.now(UTC)
    town.act(town.act(ticket, "accept", "w1", now=now), "dispose", "w1", now=now)
    drawn = "cc_wall.city.map.queryRenderedFeatures({layers: ['ticket-mark']})"
    async with open_page(f"/?at={WEST + SIDE},{SOUTH + SIDE / 2},17") as page:
        await map_ready(page)
        await until(page, f"{drawn}.map((one) => one.properties.done).sort().join() === '0,1'")
        _, of_done, done, burning = await page.evaluate(
            "cc_wall.city.map.getPaintProperty('ticket-mark', 'icon-opacity')"
        )
        assert (of_done, burning) == (["==", ["get", "done"], 1], 1)
        assert done < 0.5
        await expect(page.locator(".cc-legend-done")).to_contain_text("to be checked1")
        burning = await page.locator(".cc-legend b").all_text_contents()
        assert sorted(burning) == ["0", "0", "0", "1", "1"]  # four severities, and what is done


async def test_a_cell_takes_the_colour_of_its_worst_ticket(open_page: OpenPage, town: Town) -> None:
    ticket = filed(town, severity=4)
    state = (
        f"cc_wall.city.map.getFeatureState({{source: 'cells', sourceLayer: 'cells',"
        f" id: {ticket.cell_id}}}).severity === 4"
    )
    async with open_page("/") as page:
        await map_ready(page)
        await until(page, state)


async def test_clicking_marks_opens_their_stories(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0, 1.1, 1.2)
    ticket = filed(town)
    async with open_page("/") as page:
        await map_ready(page)
        await until(
            page, "cc_wall.city.map.queryRenderedFeatures({layers: ['ticket-mark']}).length === 1"
        )
        await _click_map(page, ticket.lon, ticket.lat, up=20)
        story = page.locator(f"[data-story='{ticket.number}']")
        await expect(story).to_contain_text("Dispatched")
        await expect(story).to_contain_text("Why they were chosen")
        assert f"?ticket={ticket.number}" in page.url
        await page.keyboard.press("Escape")
        await expect(page.locator("#side")).not_to_be_visible()
        assert "ticket=" not in page.url

        place = await page.evaluate(
            "(() => { const d = [...cc_wall.live.devices.values()][0]; return [d.lon, d.lat]; })()"
        )
        await _click_map(page, place[0], place[1])
        await expect(page.locator("[data-device='WL-1']")).to_contain_text("1.20 m")
        await expect(page.locator("#chart .main-svg").first).to_be_visible()
        await expect(page.locator("#chart .annotation")).not_to_have_count(0)
        await expect(page.locator(".cc-limits li").first).to_contain_text(" m ")
        camera = page.get_by_role("link", name="Open its picture")
        assert await camera.get_attribute("href") == "https://cam.example/1"


async def test_a_row_of_the_list_and_its_mark_show_each_other(
    open_page: OpenPage, town: Town
) -> None:
    grave = filed(town, severity=4)
    ticket = filed(town, "garbage", lon=WEST + 2.5 * SIDE)
    async with open_page(f"/?at={WEST + 1.5 * SIDE},{SOUTH + SIDE / 2},16.5") as page:
        await map_ready(page)
        await until(
            page, "cc_wall.city.map.queryRenderedFeatures({layers: ['ticket-mark']}).length === 2"
        )
        ring = page.locator(".cc-pointed")
        await _rings(page, grave.lon, grave.lat)  # the most urgent one, by itself
        row = page.locator(f"[data-ticket='{ticket.number}']")
        await row.hover()
        await _rings(page, ticket.lon, ticket.lat)
        x, y = await _on_screen(page, ticket.lon, ticket.lat, up=20)
        await page.mouse.move(x, y)
        await expect(row).to_have_class(re.compile("pointed"))
        await _rings(page, grave.lon, grave.lat)
        await page.mouse.move(x + 200, y)
        await expect(row).not_to_have_class(re.compile("pointed"))
        await row.focus()
        await _rings(page, ticket.lon, ticket.lat)
        await row.click()
        await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()
        await page.mouse.move(x + 200, y)
        await page.evaluate("document.activeElement.blur()")
        await expect(ring).to_have_count(0)


async def _rings(page: Page, lon: float, lat: float) -> None:
    """Wait until the ring of the list stands around the mark of a place."""
    x, y = await _on_screen(page, lon, lat, up=20)
    await until(
        page,
        "[...document.querySelectorAll('.cc-pointed')].map((one) => one.getBoundingClientRect())"
        f".some((one) => one.left < {x} && {x} < one.right && one.top < {y} && {y} < one.bottom)",
    )


async def _on_screen(page: Page, lon: float, lat: float, *, up: int = 0) -> tuple[float, float]:
    """Where a place stands, ``up`` pixels above it, when the map has come to rest."""
    await until(page, "!cc_wall.city.map.isMoving() && cc_wall.city.map.loaded()")
    point = await page.evaluate(
        f"(() => {{ const p = cc_wall.city.map.project([{lon}, {lat}]); return [p.x, p.y]; }})()"
    )
    return point[0], point[1] - up


async def _click_map(page: Page, lon: float, lat: float, *, up: int = 0) -> None:
    """Click the map at a place, ``up`` pixels above it, when it has come to rest."""
    await page.mouse.click(*await _on_screen(page, lon, lat, up=up))


async def test_a_link_opens_the_story_it_names(open_page: OpenPage, town: Town) -> None:
    ticket = filed(town)
    async with open_page(f"/?ticket={ticket.number}") as page:
        story = page.locator(f"[data-story='{ticket.number}']")
        await expect(story).to_be_visible()
        foreseen = page.locator("[data-forecast]")
        await expect(foreseen).to_have_attribute("data-forecast", "in_time")
        await expect(foreseen).to_contain_text(
            "before it is due (nothing that its crew has is more pressing)"
        )
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET due_at = now() + interval '10 minutes'")
        await page.reload()
        await expect(foreseen).to_have_attribute("data-forecast", "late")
        await expect(foreseen).to_contain_text(" min late")
        now = datetime.now(UTC)
        accepted = town.act(town.again(ticket), "accept", "w1", now=now)
        town.act(accepted, "dispose", "w1", now=now)
        await expect(foreseen).to_have_count(0)
    async with open_page("/?ticket=20990101-00001") as page:
        await expect(page.locator("#story")).to_contain_text("There is no ticket")


async def test_a_story_that_does_not_change_is_not_read_again(
    open_page: OpenPage, town: Town
) -> None:
    ticket = filed(town, "street_lamp")
    asked: list[str] = []
    async with open_page(f"/?ticket={ticket.number}") as page:
        await page.wait_for_selector("[data-verb=decline]")
        await page.wait_for_timeout(3_000)  # it is read once more when the wall is connected
        page.on("request", lambda request: asked.append(request.url))
        await page.wait_for_timeout(3_000)
    assert [url for url in asked if "_dash-update-component" in url] == []


async def test_two_clicks_act_on_a_ticket(open_page: OpenPage, town: Town) -> None:
    ticket = filed(town, "street_lamp")
    async with open_page(f"/?ticket={ticket.number}") as page:
        await page.click("[data-verb=file]")
        await expect(page.locator("#story")).to_contain_text("Done: File")
        await page.click("[data-verb=dispatch]")
        form = page.locator(".cc-form")
        await expect(form.locator("[name=department]")).to_have_value("works")
        await form.locator("[type=submit]").click()
        await expect(page.locator(".cc-way .now")).to_contain_text("Dispatched")
        await page.click("[data-verb=supervise]")
        await page.fill(".cc-form [name=why]", "the mayor lives here")
        await page.click(".cc-form [type=submit]")
        await expect(page.locator(".cc-timeline").first).to_contain_text("the mayor lives here")
    found = town.again(ticket)
    assert (found.state, found.supervised) == ("dispatched", True)
    assert found.department_code == "works"


async def test_who_comes_second_is_told_and_sees_the_present_state(
    open_page: OpenPage, town: Town
) -> None:
    ticket = filed(town, "street_lamp")
    conflict = re.compile("409")
    async with open_page(
        f"/?ticket={ticket.number}", allowed=lambda told: bool(conflict.search(told))
    ) as page:
        # a story that was opened before the wall is connected is read once more: let that pass
        await page.wait_for_selector("[data-verb=decline]")
        await until(page, "cc_wall.live.at !== null")
        await page.wait_for_timeout(3_000)
        await page.click("[data-verb=decline]")
        await page.fill(".cc-form [name=why]", "nothing to see")
        await page.evaluate("cc_wall.live.connect = () => {}; cc_wall.live.socket.close()")
        town.act(ticket, "file", "operator", now=datetime.now(UTC))
        await page.click(".cc-form [type=submit]")
        await expect(page.locator(".cc-notice.bad")).not_to_be_empty()
        await expect(page.locator(".cc-way .now")).to_contain_text("Filed")
    assert town.again(ticket).state == "filed"


async def test_what_is_typed_survives_a_change_from_elsewhere(
    open_page: OpenPage, town: Town
) -> None:
    ticket = filed(town)
    async with open_page(f"/?ticket={ticket.number}") as page:
        await page.click("[data-verb=comment]")
        await page.fill(".cc-form [name=why]", "half a sentence")
        town.act(ticket, "accept", "w1", now=datetime.now(UTC))
        await expect(page.locator(".cc-way .now")).to_contain_text("Accepted")
        await expect(page.locator(".cc-form [name=why]")).to_have_value("half a sentence")


async def test_markup_is_shown_not_obeyed(open_page: OpenPage, town: Town) -> None:
    nasty = "<img src=x onerror=alert(1)> {name} " + "很长的名字" * 40
    ticket = filed(town, title_zh=nasty, title_en=nasty, description=nasty)
    async with open_page(f"/?ticket={ticket.number}") as page:
        await expect(page.locator("#story h2")).to_contain_text("<img src=x")
        assert await page.locator("#attention img, #story h2 img").count() == 0


async def test_layers_are_switched_off_and_on(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    gauge.says(1.0)
    filed(town)
    marks = "cc_wall.city.map.queryRenderedFeatures({layers: ['device-mark']}).length === "
    async with open_page("/") as page:
        await map_ready(page)
        await until(page, marks + "1")
        switch = page.locator("[data-layer=flood]")
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", "false")
        await until(page, marks + "0")
        await expect(page.locator(".cc-attention .cc-item")).to_have_count(0)
        await switch.click()
        await until(page, marks + "1")


async def test_a_lost_connection_is_said_and_mended(open_page: OpenPage, town: Town) -> None:
    refused = re.compile("WebSocket|ERR_")
    async with open_page("/", allowed=lambda told: bool(refused.search(told))) as page:
        await expect(page.locator("[data-figure=open]")).to_have_text("0")
        await page.evaluate(
            "(() => { const live = cc_wall.live; const path = live.path; live.path = '/nowhere';"
            " live.socket.close(); setTimeout(() => { live.path = path; }, 4000); })()"
        )
        banner = page.locator(".cc-banner.shown")
        lost = re.compile(r"server lost.*Data as of \d\d:\d\d:\d\d")
        await expect(banner).to_contain_text(lost)
        await expect(banner).not_to_contain_text(lost)
        ticket = filed(town)
        await expect(page.locator(f"[data-ticket='{ticket.number}']")).to_be_visible()


async def test_a_deadline_that_passes_is_shown_without_any_message(
    open_page: OpenPage, town: Town
) -> None:
    ticket = filed(town)
    async with open_page("/") as page:
        await expect(page.locator("[data-figure=overdue]")).to_have_text("0")
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET due_at = now() + interval '8 s'")
            conn.execute(
                'SELECT pg_notify(\'cc_live\', format(\'{"t": "ticket", "ids": [%s]}\','
                " ticket_id)) FROM events.tickets"
            )
        row = page.locator(f"[data-ticket='{ticket.number}'] .cc-due")
        await expect(row).to_have_class(re.compile("yellow"))
        await expect(page.locator("[data-figure=overdue]")).to_have_text("1")
        await expect(row).to_have_class(re.compile("red"))


@pytest.mark.parametrize(("ago", "rings"), [(timedelta(hours=2), 0), (timedelta(minutes=5), 1)])
async def test_what_is_told_late_makes_its_ticket_and_is_not_announced_as_new(
    open_page: OpenPage, town: Town, ago: timedelta, rings: int
) -> None:
    async with open_page("/") as page:
        await map_ready(page)
        ticket = filed(town, severity=4, occurred_at=datetime.now(UTC) - ago, late=not rings)
        await expect(page.locator(f"[data-ticket='{ticket.number}']")).to_be_visible()
        await expect(page.locator(".cc-ticker .late")).to_have_count(0 if rings else 1)
        assert await page.evaluate("cc_wall.live.tickets.size") == 1
        assert await page.evaluate("cc_wall.city.pulses.wanted().length") == rings


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [(1920, 1080), (1024, 768)])
async def test_anybody_can_use_it(
    open_page: OpenPage,
    town: Town,
    gauge: Gauge,
    language: str,
    size: tuple[int, int],
) -> None:
    gauge.says(1.0, 4.5)
    ticket = filed(town)
    async with open_page("/", language=language, size=size) as page:
        await map_ready(page)
        html = await page.get_attribute("html", "lang")
        assert html == ("zh-Hans" if language == "zh" else "en")
        assert await serious_faults(page) == []
        await page.focus(f"[data-ticket='{ticket.number}']")
        await page.keyboard.press("Enter")
        await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()
        assert await page.evaluate("document.activeElement.id") == "side"
        assert await serious_faults(page) == []
