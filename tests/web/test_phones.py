"""The phone pages in a real browser: report and field, online and offline, in both languages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Geolocation, Page, Route, expect

from events.model.ticket import Ticket
from tests.events.town import SOUTH, WEST, Town, draft
from tests.web.conftest import PASSWORD
from tests.web.pictures import jpeg
from tests.web.serving import Served

HERE: Geolocation = {"longitude": WEST + 0.0005, "latitude": SOUTH + 0.0005, "accuracy": 9}

# A phone tries again after half a second, one, two, four, eight: on a busy machine some are lost.
SENT_WITHIN_MS = 20_000


@asynccontextmanager
async def _phone(
    browser: Browser, served: Served, *, locale: str = "zh-CN", located: bool = True
) -> AsyncIterator[tuple[BrowserContext, Page]]:
    context = await browser.new_context(
        base_url=served.url,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        locale=locale,
        geolocation=HERE if located else None,
        permissions=["geolocation"] if located else [],
    )
    page = await context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda one: troubles.append(one.text) if "Content Security" in one.text
            else None)  # fmt: skip
    yield context, page
    assert troubles == []
    await context.close()


async def _assert_accessible(page: Page) -> None:
    found = await Axe().run(page)
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


async def _log_in(page: Page, name: str) -> None:
    await page.goto("/login?next=/field")
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.click("button.primary")
    await page.wait_for_url("**/field")


async def _controlled(page: Page) -> None:
    # wait_for_function would evaluate a string in the page, which our policy forbids
    await page.evaluate(
        "async () => { while (!navigator.serviceWorker.controller)"
        " await new Promise((done) => setTimeout(done, 50)); }"
    )


async def test_one_tap_to_a_number(
    browser: Browser, served: Served, town: Town, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(4000, 3000, exif=True))
    async with _phone(browser, served) as (_, page):
        await page.goto("/report")
        await expect(page.locator("#place-told")).to_have_class("place-told good")
        await _assert_accessible(page)
        await page.click(".kind:has([value=flooding])")
        await page.set_input_files("#photo", photo)
        await expect(page.locator(".photo img")).to_be_visible()
        await page.fill("#description", "路口积水")
        await page.click("#send")
        number = await page.locator("#number").inner_text()
        await _assert_accessible(page)
        assert town.rows("SELECT number FROM events.reports") == [(number,)]
        # shrunk on the phone, and without what the camera wrote
        size = town.rows("SELECT original_bytes FROM events.attachments")[0][0]
        assert isinstance(size, int)
        assert size < 1_000_000
        town.work()
        await page.click(".receipt a")
        await expect(page.locator(".timeline li").first).to_be_visible()
        await expect(page.locator("[aria-current=step]")).to_have_text("已派遣")
        await _assert_accessible(page)


async def test_report_by_hand_in_english(browser: Browser, served: Served, town: Town) -> None:
    async with _phone(browser, served, locale="en-GB", located=False) as (_, page):
        await page.goto("/report")
        await expect(page.locator("#by-hand-box")).to_be_visible()
        await page.click("#send")
        await expect(page.locator("#category-trouble")).to_have_text("Choose what is wrong first.")
        await expect(page.locator("#place-trouble")).to_have_text("Mark the place first.")
        await _assert_accessible(page)
        await page.click(".kind:has([value=garbage])")
        await page.select_option("#community", label="East End")
        await page.click("#send")
        await expect(page.locator(".receipt-place")).to_contain_text("East End")
        assert town.rows("SELECT count(*) FROM events.reports") == [(1,)]


async def test_the_pin_is_set_by_tapping_the_map(
    browser: Browser, served: Served, town: Town
) -> None:
    async with _phone(browser, served) as (_, page):
        await page.goto("/report")
        await expect(page.locator("#map .pin")).to_have_attribute("visibility", "visible")
        await page.locator("#map svg").click(position={"x": 100, "y": 60})
        await expect(page.locator("#place-told")).to_contain_text("已在地图上选定位置")
        await page.click(".kind:has([value=garbage])")
        await page.click("#send")
        # the view is wider than this small town, so the tap may be outside of it
        told = page.locator("#number, #send-told:not([hidden])").first
        await expect(told).to_be_visible()


async def test_offline_report_with_photo_is_sent_once(
    browser: Browser, served: Served, town: Town, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(1200, 900))
    async with _phone(browser, served) as (context, page):
        await page.goto("/report")
        await _controlled(page)
        await context.set_offline(True)
        # the phone was locked, the page is opened anew without a network
        await page.close()
        dark = await context.new_page()
        await dark.goto("/report")
        await dark.click(".kind:has([value=flooding])")
        await dark.set_input_files("#photo", photo)
        await expect(dark.locator(".photo img")).to_be_visible()
        await expect(dark.locator("#place-told")).to_have_class("place-told good")
        await dark.click("#send")
        await expect(dark.locator(".receipt h2")).to_contain_text("联网后自动提交")
        await expect(dark.locator("#outbox")).to_contain_text("1 条上报待发送")
        assert town.rows("SELECT count(*) FROM events.reports") == [(0,)]
        await dark.close()
        await context.set_offline(False)
        # two tabs at once
        one, other = await context.new_page(), await context.new_page()
        await one.goto("/report")
        await other.goto("/report")
        await expect(other.locator("#mine-list li")).to_have_count(1, timeout=SENT_WITHIN_MS)
        await expect(other.locator("#outbox")).to_be_hidden(timeout=SENT_WITHIN_MS)
        assert town.rows("SELECT count(*) FROM events.reports") == [(1,)]
        assert town.rows("SELECT count(*) FROM events.attachments") == [(1,)]


async def test_a_lost_answer_makes_no_second_report(
    browser: Browser, served: Served, town: Town
) -> None:
    async with _phone(browser, served) as (context, page):

        async def lose(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await context.route("**/api/v1/reports", lose, times=1)
        await page.goto("/report")
        await expect(page.locator("#place-told")).to_have_class("place-told good")
        await page.click(".kind:has([value=flooding])")
        await page.click("#send")
        await expect(page.locator("#outbox")).to_contain_text("1 条上报待发送")
        await page.click("#outbox button")
        await expect(page.locator("#mine-list li")).to_have_count(1)
        assert town.rows("SELECT count(*) FROM events.reports") == [(1,)]


async def test_a_refused_report_says_why(browser: Browser, served: Served) -> None:
    async with _phone(browser, served) as (_, page):
        await page.goto("/report")
        await expect(page.locator("#place-told")).to_have_class("place-told good")
        await page.evaluate("document.querySelector('[value=flooding]').value = 'nothing'")
        await page.click(".kind:has([value=nothing])")
        await page.click("#send")
        await expect(page.locator("#send-told")).to_contain_text("请从列表中选择")
        await expect(page.locator("#report")).to_be_visible()


def _for_w1(town: Town) -> Ticket:
    return town.filed(draft("flooding", occurred_at=datetime.now(UTC)), now=datetime.now(UTC))


async def test_a_crew_accepts_and_disposes(
    browser: Browser, served: Served, town: Town, tmp_path: Path
) -> None:
    ticket = _for_w1(town)
    photo = tmp_path / "after.jpg"
    photo.write_bytes(jpeg())
    async with _phone(browser, served) as (_, page):
        await _log_in(page, "w1")
        card = page.locator(f"#t-{ticket.number}")
        await expect(card).to_contain_text("西社区")
        await _assert_accessible(page)
        await card.get_by_role("button", name="受理").click()
        await card.get_by_role("button", name="处置完成").click()
        await page.locator("#sheet-do").click()
        await expect(page.locator("#sheet-trouble")).to_have_text("请填写内容。")
        await page.fill("#why", "已疏通雨水口")
        await page.set_input_files("#photo", photo)
        await expect(page.locator("#sheet .photo img")).to_be_visible()
        await _assert_accessible(page)
        await page.locator("#sheet-do").click()
        await expect(card).to_contain_text("已处置")
        # the photo appears when the child has re-encoded it
        await expect(card.locator(".evidence img")).to_be_visible()
    assert town.again(ticket).disposed_by == "account:w1"


async def test_offline_actions_are_sent_later_and_conflicts_are_shown(
    browser: Browser, served: Served, town: Town
) -> None:
    first = _for_w1(town)
    now = datetime.now(UTC)
    # far enough from the first one to be a ticket of its own, in the same department's area
    second = town.filed(draft("river_level", lon=WEST + 3.5 * 0.001, occurred_at=now), now=now)
    assert second.ticket_id != first.ticket_id
    second_crew = second.crew_code
    async with _phone(browser, served, locale="en-GB") as (context, page):
        await _log_in(page, "w1")
        await _controlled(page)
        card = page.locator(f"#t-{first.number}")
        await expect(card).to_be_visible()
        await context.set_offline(True)
        await page.reload()
        await expect(page.locator("#net")).to_contain_text("You are offline")
        await card.get_by_role("button", name="Accept").click()
        await expect(page.locator("#waiting")).to_contain_text(f"Accept {first.number}")
        assert town.again(first).state.value == "dispatched"
        # meanwhile somebody at the desk gives it to the other crew
        town.act(first, "assign", "dispatcher", now=now, crew="w2")
        await context.set_offline(False)
        await expect(page.locator("#waiting .bad")).to_contain_text(
            "was not done", timeout=SENT_WITHIN_MS
        )
        await page.locator("#waiting .bad button").click()
        await expect(page.locator("#waiting")).to_be_hidden()
        await expect(card).to_have_count(0)
    assert second_crew in ("w1", "w2")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
async def test_login_page_is_accessible(browser: Browser, served: Served, locale: str) -> None:
    async with _phone(browser, served, locale=locale) as (_, page):
        await page.goto("/login")
        await _assert_accessible(page)
        await page.check("#show")
        await expect(page.locator("#password")).to_have_attribute("type", "text")
        await page.goto("/api/v1/docs")
        await _assert_accessible(page)


async def test_notices_are_read(browser: Browser, served: Served, town: Town) -> None:
    from events.model.access import DISPATCH
    from events.notices.deliver import deliver
    from events.notices.inbox import InboxChannel

    _for_w1(town)
    deliver(town.dispatch, {"inbox": InboxChannel()}, by=DISPATCH, now=datetime.now(UTC))
    async with _phone(browser, served) as (_, page):
        await _log_in(page, "w1")
        await expect(page.locator("#count-notices")).not_to_be_empty()
        await page.click("#tab-notices")
        await expect(page.locator(".notice.unread").first).to_be_visible()
        await _assert_accessible(page)
        await expect(page.locator("#count-notices")).to_be_empty()
    assert town.rows("SELECT count(*) > 0 FROM events.read_receipts") == [(True,)]
