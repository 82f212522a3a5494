"""The duties in a real browser: read, see what a draft would change, put it in force by two."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.async_api import expect

from events.actions import duties
from events.actions.duty_watch import Read, watch_duties
from events.model.access import DISPATCH
from events.model.duty import DutyRule, TimeClass, When
from grid.store import heartbeats
from grid.store.postgis import transaction
from tests.events.town import ADMIN, Town
from tests.wall.conftest import OpenPage, filed
from tests.wall.test_registry import no_serious_fault

NIGHT = When(times=frozenset({TimeClass.AFTER_HOURS, TimeClass.REST_DAYS}))


def drafted(town: Town) -> int:
    rules = (
        DutyRule(position=1, department_code="works", family="flood"),
        DutyRule(position=2, department_code="water", family="garbage", when=NIGHT),
        DutyRule(position=3, department_code="works"),
    )
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        return duties.draft(conn, rules, note="三定调整", now=datetime.now(UTC))


async def test_two_people_put_a_draft_in_force(open_page: OpenPage, town: Town) -> None:
    flood = filed(town, "river_level")
    version = drafted(town)
    async with open_page("/duties", "supervisor") as page:
        await expect(page.locator("[data-verdict=ok]")).to_be_visible()
        rows = page.locator(".cc-rows tbody tr")
        await expect(rows).to_have_count(3)
        await rows.nth(1).click()
        await expect(page.locator("[data-rule='2']")).to_be_visible()
        await page.locator("#which").select_option(str(version))
        panel = page.locator(f"[data-duties='{version}']")
        await expect(panel.locator("[data-finding=gap]").first).to_be_visible()
        await panel.locator("[data-deed=backtest]").click()
        await expect(panel).to_contain_text("1 of 1 tickets (100.0%) would go")
        await expect(panel.get_by_role("link", name=flood.number)).to_be_visible()
        await panel.locator("textarea").first.fill("三定")
        await panel.locator("[data-deed=propose]").click()
        await expect(page.locator("#told")).to_contain_text("why they are accepted")
        await panel.locator("textarea").nth(1).fill("known")
        await panel.locator("[data-deed=propose]").click()
        await expect(panel.locator("[data-deed=withdraw]")).to_be_visible()
        await no_serious_fault(page)
    async with open_page("/duties", "admin", language="zh") as page:
        await page.locator("#which").select_option(str(version))
        panel = page.locator(f"[data-duties='{version}']")
        await panel.locator("textarea").first.fill("同意")
        await panel.locator("[data-deed=approve]").click()
        await expect(panel).to_contain_text("现行")
        await expect(panel.locator("[data-deed=approve]")).to_have_count(0)
        await page.locator(".cc-rows tbody tr").nth(1).click()
        rule = page.locator("[data-rule='2']")
        await expect(rule).to_contain_text("工作日的非工作时间")


async def test_a_link_to_a_rule_opens_it(open_page: OpenPage, town: Town) -> None:
    async with open_page("/duties?rule=2", "supervisor") as page:
        await expect(page.locator("#which")).to_have_value("1")
        await expect(page.locator("[data-rule='2']")).to_be_visible()
        await page.locator("#which").select_option("")  # the one in force, whichever it is
        await expect(page.locator("[data-duties='1']")).to_be_visible()


async def test_the_desk_is_told_of_a_broken_rule(open_page: OpenPage, town: Town) -> None:
    town.rows("UPDATE events.departments SET disabled_at = now() WHERE code = 'water' RETURNING 1")
    now = datetime.now(UTC)
    ticket = filed(town, "river_level")
    assert watch_duties(town.dispatch, by=DISPATCH, now=now, read=Read()) == 1
    with transaction(town.dispatch, DISPATCH.key) as conn:
        heartbeats.beat(conn, "dispatch", now, now, {"duty_alerts": 1})
    async with open_page("/desk", "dispatcher") as page:
        await page.locator("#banner").get_by_role("link").click()
        await page.wait_for_url("**/duties")
        alert = page.locator("[data-alert=disabled_department]")
        await expect(alert).to_contain_text(ticket.number)
        broken = page.locator(".cc-rows tbody tr").nth(1)
        await expect(broken.locator(".cc-dot.bad")).to_be_visible()
        await expect(page.locator("[data-deed]")).to_have_count(0)
