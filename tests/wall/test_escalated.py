"""A supervisor sees at the desk what was escalated to them, and who has read it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from events.actions.escalate import escalate
from events.actions.upkeep import mark_overdue
from events.model.access import DISPATCH
from tests.events.test_escalation import with_ladder
from tests.events.town import Town
from tests.wall.conftest import OpenPage, filed


@pytest.mark.parametrize(("language", "show", "unread", "read"), [
    ("en", "Told to me", "level 4, unread", "read by"),
    ("zh", "上报给我", "已上报第 4 级，未读", "已读"),
])  # fmt: skip
async def test_what_was_told_to_a_supervisor_is_shown_and_read(
    open_page: OpenPage, town: Town, language: str, show: str, unread: str, read: str
) -> None:
    with_ladder(town)
    ticket = filed(town)
    later = datetime.now(UTC) + timedelta(hours=9)
    mark_overdue(town.dispatch, by=DISPATCH, now=later)
    escalate(town.dispatch, by=DISPATCH, now=later)
    row = f".cc-queue tbody tr[data-ticket='{ticket.number}']"
    async with open_page("/desk?show=escalated", "supervisor", language=language) as page:
        await expect(page.locator("#show label:has(input:checked)")).to_have_text(show)
        await expect(page.locator(row)).to_contain_text(unread)
        await page.locator(row).click()
        await expect(page.locator("[data-level='4']")).to_contain_text(read)
        await expect(page.locator("[data-level]")).to_have_count(4)
    assert town.rows("SELECT count(*) FROM events.read_receipts") == [(1,)]
