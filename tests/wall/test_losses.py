"""The ledger of losses in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.events.town import Town
from tests.wall.conftest import Gauge, OpenPage
from tests.wall.test_registry import no_serious_fault


async def test_what_did_not_come_is_said_by_hour_and_device(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    with town.database.superuser() as conn:
        conn.execute("UPDATE iot.due SET since = %s", (begin,))
        conn.execute(
            "UPDATE iot.history SET rolled_from = %s, rolled_until = %s",
            (begin - timedelta(days=2), begin),
        )
    gauge.says(1.0, until=begin + timedelta(minutes=1))
    async with open_page("/losses", "supervisor") as page:
        await page.locator("#span").get_by_text("Seven days").click()
        await expect(page.locator("[data-verdict=missing]")).to_contain_text("never came")
        row = page.locator(".cc-rows tbody tr")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("Gauge 1")
        await expect(page.locator(".cc-bars .missing").last).to_be_attached()
        await row.click()
        panel = page.locator("[data-sender='WL-1']")
        await expect(panel.locator(".cc-hour-table tbody tr").first).to_be_visible()
        await expect(panel).to_contain_text("See the device")
        await no_serious_fault(page)
