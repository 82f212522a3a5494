"""The desk and the evaluation in a real browser."""

from datetime import UTC, datetime

from playwright.async_api import expect

from events.actions.count import catch_up
from events.actions.report import report
from events.actions.suggest import suggest
from events.model.access import DISPATCH
from events.model.event import Source
from events.model.report import ReportDraft
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.wall.conftest import OpenPage, filed


async def test_the_queue_is_filtered_opened_and_refreshed(open_page: OpenPage, town: Town) -> None:
    lamp = filed(town, "street_lamp")
    water = filed(town)
    rows = ".cc-queue tbody tr"
    async with open_page("/desk") as page:
        await expect(page.locator(rows)).to_have_count(1)  # only the lamp waits for a decision
        await expect(page.locator(rows)).to_contain_text(lamp.number)
        # the deadline of the next step, wherever the ticket is shown
        await expect(page.locator(f"{rows} .cc-due")).to_contain_text("to file")
        await page.locator("#show").get_by_text("All open").click()
        await expect(page.locator(rows)).to_have_count(2)
        assert "show=open" in page.url
        await page.fill("#text", water.number)
        await expect(page.locator(rows)).to_have_count(1)
        await page.locator(rows).click()
        story = page.locator(f"[data-story='{water.number}']")
        await expect(story).to_contain_text("Water Bureau")
        await expect(story.locator(".cc-due")).to_contain_text("to finish")
        await page.fill("#text", "")
        await expect(page.locator(rows)).to_have_count(2)
        later = filed(town, "garbage", lon=WEST + 3.5 * SIDE)
        await expect(page.locator(f"{rows}[data-ticket='{later.number}']")).to_be_visible()


async def test_a_call_becomes_an_event_or_says_what_is_missing(
    open_page: OpenPage, town: Town
) -> None:
    async with open_page("/desk") as page:
        await page.click("#hotline-open")
        await page.click("#hotline-send")
        told = page.locator("#hotline-told")
        await expect(told).to_contain_text("Write down")
        await page.fill("#hotline-words", "The lamp at the school is out")
        await page.click("#hotline-category")
        await page.get_by_text("Street lamp").click()
        await page.fill("#hotline-place", "10, 10")
        await page.click("#hotline-send")
        await expect(told).to_contain_text("outside the city")
        await page.fill("#hotline-place", f"{WEST + SIDE / 2}, {SOUTH + SIDE / 2}")
        await page.click("#hotline-send")
        await expect(told).to_contain_text("350500001001001")
    assert town.rows("SELECT source, description FROM events.events") == [
        ("hotline", "The lamp at the school is out")
    ]


async def test_the_evaluation_leads_to_the_tickets(open_page: OpenPage, town: Town) -> None:
    ticket = filed(town)
    catch_up(town.dispatch, by=DISPATCH)
    async with open_page("/evaluation", "supervisor") as page:
        water = page.locator(".compared tbody tr").filter(has_text="Water Bureau")
        await expect(water).to_be_visible()
        await water.locator("a", has_text="1").first.click()
        await expect(page.locator(f"tr[data-ticket='{ticket.number}']")).to_be_visible()
        await expect(page.locator(".chip.here")).to_contain_text("1")
        address = page.url  # can be sent
        await page.get_by_text("Back to the figures").click()
        await page.locator("[data-figure=reports] td.fact a").click()
        await page.goto(address)
        await page.get_by_text(ticket.number, exact=True).click()
        await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()


async def test_the_evaluation_is_asked_by_its_form(open_page: OpenPage, town: Town) -> None:
    filed(town)
    filed(town, "garbage", lon=WEST + 1.5 * SIDE)
    catch_up(town.dispatch, by=DISPATCH)
    reports = "[data-figure=reports] td.fact"
    async with open_page("/evaluation", "supervisor", language="zh") as page:
        await expect(page.locator(reports)).to_have_text("2")
        await page.select_option("[name=category]", "garbage")
        await expect(page.locator(reports)).to_have_text("1")
        assert "category=garbage" in page.url
        await page.get_by_role("link", name="辖区", exact=True).click()
        await page.get_by_role("link", name="东区").click()
        await expect(page.locator(".cc-where")).to_contain_text("试城")
        await page.get_by_role("link", name="昨天").click()
        await expect(page.locator(reports)).to_have_text("0")


async def test_a_second_person_decides_at_the_desk(open_page: OpenPage, town: Town) -> None:
    lamp = filed(town, "street_lamp")
    row = f".cc-queue tbody tr[data-ticket='{lamp.number}']"
    async with open_page("/desk", "operator") as page:
        await page.locator(row).click()
        await page.click("[data-verb=decline]")
        await page.fill("[name=why]", "No lamp there")
        await page.click(".cc-form button[type=submit]")
        await expect(page.locator(".cc-proposals .pending")).to_contain_text("No lamp there")
        await expect(page.locator("[data-verb=withdraw]")).to_be_visible()
        await expect(page.locator("[data-verb=approve]")).to_have_count(0)
    async with open_page("/desk?show=decisions") as page:
        await expect(page.locator(row)).to_contain_text("Needs your decision: Decline")
        await page.locator(row).click()
        await page.click("[data-verb=approve]")
        await page.fill("[name=why]", "Seen as well")
        await page.click(".cc-form button[type=submit]")
        await expect(page.locator(".cc-proposals .approved")).to_contain_text("Seen as well")
    assert town.again(lamp).state == "declined"


async def test_joint_handling_and_more_time_at_the_desk(open_page: OpenPage, town: Town) -> None:
    water = filed(town)
    async with open_page(f"/desk?ticket={water.number}", "dispatcher") as page:
        await page.click("[data-verb=assist]")
        await page.select_option("[name=department]", "works")
        await page.fill("[name=why]", "Cut the power")
        await page.click(".cc-form button[type=submit]")
        await expect(page.locator(".cc-parties")).to_contain_text("Public Works")
        await page.click("[data-verb=extend]")
        await page.fill("[name=hours]", "2")
        await page.fill("[name=why]", "A second pump is on its way")
        await page.click(".cc-form button[type=submit]")
        await expect(page.locator(".cc-proposals .pending")).to_contain_text("2 h more")
        await page.click("[data-verb=split]")
        await page.select_option("[name=department]", "works")
        await page.fill("[name=why]", "The railing is broken")
        await page.click(".cc-form button[type=submit]")
        await expect(page.locator(".cc-parties a")).to_have_count(1)


async def test_resident_and_desk_talk_and_the_end_is_rated(open_page: OpenPage, town: Town) -> None:
    sent = ReportDraft(category="flooding", lon=WEST + SIDE / 2, lat=SOUTH + SIDE / 2)
    receipt = report(town.web, sent, idempotency_key=None, secret=b"s" * 32, now=datetime.now(UTC))
    town.work(datetime.now(UTC))
    ticket = town.ticket_of(receipt.event_id)
    async with open_page("/desk") as page:
        await page.goto(page.url.split("/desk")[0] + f"/report/{receipt.token}")
        await page.fill("[name=text]", "The water is rising")
        await page.click("#message button")
        await expect(page.locator(".talk .mine")).to_contain_text("The water is rising")
        await page.goto(page.url.split("/report")[0] + f"/desk?ticket={ticket.number}")
        await expect(page.locator(".cc-talk .resident")).to_contain_text("The water is rising")
        await page.click("[data-verb=comment]")
        await page.select_option("[name=audience]", "resident")
        await page.fill("[name=why]", "A crew is on its way")
        await page.click(".cc-form button[type=submit]")
        await expect(page.locator(".cc-talk .resident")).to_have_count(2)
        ticket = town.act(town.act(ticket, "accept", "w1"), "dispose", "w1")
        town.act(town.act(ticket, "verify", "operator"), "close", "operator",
                 now=datetime.now(UTC))  # fmt: skip
        await page.goto(page.url.split("/desk")[0] + f"/report/{receipt.token}")
        await expect(page.locator(".talk .theirs")).to_contain_text("on its way")
        await page.check("[name=solved][value=no]")
        await page.check("[name=satisfied][value=no]")
        await page.check("[name=stars][value='2']")
        await page.click("#rating button")
        await expect(page.locator("#rating")).to_have_count(0)
    assert town.again(ticket).state == "filed"


async def test_what_may_be_the_same_is_merged_or_told_apart(
    open_page: OpenPage, town: Town
) -> None:
    place = {"lat": SOUTH + SIDE / 2, "description": "中山路45号路灯不亮"}
    first, second, third = (
        filed(town, "street_lamp", source=Source.HOTLINE, lon=WEST + east, **place)
        for east in (0.0005, 0.0011, 0.0017)
    )
    for one in (first, second, third):
        town.act(one, "file", "operator", now=datetime.now(UTC))
    while suggest(town.dispatch, by=DISPATCH, now=datetime.now(UTC)):
        pass
    async with open_page(f"/desk?ticket={second.number}", "dispatcher") as page:
        same = page.locator(".cc-same > li")
        await expect(same).to_have_count(2)
        pair = page.locator(f"[data-suggestion='{first.number}']")
        await expect(pair).to_contain_text("texts 100% alike")
        await pair.locator("[data-verdict=merge]").click()
        await expect(page.locator("#suggestion-told")).to_contain_text("somebody else decides")
        # what was told goes with the story that is read again
        await expect(page.locator(".cc-proposals .pending")).to_be_visible()
        other = page.locator(f"[data-suggestion='{third.number}']")
        await other.locator("[data-verdict=apart]").click()
        await expect(page.locator("#suggestion-told")).to_contain_text("not suggested again")
    (proposal,) = town.proposals(second)
    assert (proposal.verb, proposal.given) == ("merge", {"into": first.number})
    async with open_page(f"/desk?ticket={third.number}", "dispatcher") as page:
        await expect(page.locator(f"[data-story='{third.number}']")).to_be_visible()
        await expect(page.locator(".cc-same")).to_have_count(0)
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.tickets SET state = 'accepted'")
    async with open_page(f"/desk?ticket={second.number}", "dispatcher") as page:
        pair = page.locator(f"[data-suggestion='{first.number}']")
        await expect(pair).to_contain_text("As they stand they cannot be merged")
        await expect(pair.locator("[data-verdict=merge]")).to_have_count(0)
