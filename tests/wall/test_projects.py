"""Projects in the browser: on the wall, in the list, led on through the forms."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.events.rectifying import Work, with_places
from tests.events.town import Town
from tests.wall.conftest import OpenPage


@pytest.fixture
def places(town: Town) -> Town:
    return with_places(town)


async def test_a_project_is_led_on_through_the_page(open_page: OpenPage, places: Town) -> None:
    Work.begin(places, "CS-1", "site", now=datetime.now(UTC))
    async with open_page("/rectification", "dispatcher") as page:
        await expect(page.locator(".cc-rows tbody tr")).to_have_count(1)
        await page.click("#project-add")
        await page.fill("#project-open [name=component]", "OF-1")
        await page.fill("#project-open [name=why]", "found on patrol")
        await page.click("#project-open button[type=submit]")
        story = page.locator(".cc-project")
        await expect(story.locator("h2")).to_have_text("Outfall 1")
        await expect(story.locator(".cc-due")).to_have_text(re.compile(r"\d+ d .* left"))
        await page.click("[data-verb=survey]")
        await page.select_option("[data-form=survey] [name=target_class]", "III")
        await page.fill("[data-form=survey] [name=why]", "seen")
        await page.click("[data-form=survey] button[type=submit]")
        await expect(story.locator(".cc-way .now")).to_contain_text("Monitor")
        await page.click("[data-verb=sample]")
        await page.fill("[data-form=sample] [name='values.cod']", "38")
        await page.click("[data-form=sample] button[type=submit]")
        await expect(story.locator("[data-sample='V']")).to_be_visible()
        await expect(page.locator(".cc-stage-strip [data-stage=monitor] b")).to_have_text("1")
        await page.click(".cc-stage-strip [data-stage=survey]")
        await expect(page.locator(".cc-rows tbody tr")).to_have_count(1)
        await expect(page.locator(".cc-rows tbody tr")).to_contain_text("Site 1")
        assert "stage=survey" in page.url


@pytest.mark.parametrize(("language", "name"), [("zh", "排查"), ("en", "Survey")])
async def test_the_wall_counts_projects_by_stage_and_owner(
    open_page: OpenPage, places: Town, language: str, name: str
) -> None:
    async with open_page("/?layer=rectification", "operator", language=language) as page:
        stage = page.locator(".cc-stages [data-stage=survey]")
        await expect(page.locator(".cc-layer-list")).to_be_visible()
        await expect(stage).to_have_count(0)
        work = Work.begin(places, now=datetime.now(UTC))  # while the wall is open
        await expect(stage.locator("b")).to_have_text("1")
        await expect(stage).to_contain_text(name)
        await expect(page.locator("#layer-board tbody td a")).to_have_text("1")
        await page.click(f"[data-project='{work.project.number}']")
        await expect(page.locator(".cc-project .cc-way .now")).to_contain_text(name)


async def test_field_staff_see_the_projects_of_their_department(
    open_page: OpenPage, places: Town
) -> None:
    work = Work.begin(places, now=datetime.now(UTC))
    Work.begin(places, "CS-1", "site", now=datetime.now(UTC))
    async with open_page("/rectification", "w1", size=(390, 844)) as page:
        rows = page.locator(".cc-rows tbody tr")
        await expect(rows).to_have_count(1)
        await rows.first.click()
        await expect(page.locator(".cc-project")).to_contain_text(work.project.number)
        await expect(page.locator("[data-verb=survey]")).to_be_visible()
        await expect(page.locator("[data-verb=accept]")).to_have_count(0)
