"""Ten thousand open tickets in one cell: all counted, all on the map, the most urgent listed."""

import pytest
from playwright.async_api import expect

from command_center.live.choice import MOST_TICKETS
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.support.many import copies
from tests.wall.conftest import OpenPage, filed, map_ready, until
from tests.web.serving import Served

COPIES = 10_000
# How many tickets all circles and marks on the map stand for.
ON_THE_MAP = """(() => {
  const { map } = cc_wall.city;
  const tiles = map.querySourceFeatures("tickets");
  const told = new Map(tiles.map((one) => [JSON.stringify(one.properties), one]));
  return [...told.values()].reduce((sum, one) => sum + (one.properties.n || 0), 0);
})()"""


@pytest.fixture
def crowded(town: Town) -> Town:
    """One cell of the town with 10,001 open tickets: the last copy is the most urgent."""
    copies(
        town, filed(town), COPIES,
        severity=f"CASE n WHEN {COPIES} THEN 4 ELSE 2 END",
        created_at="t.created_at - interval '1 day'",
        updated_at="t.updated_at - n * interval '1 second'",
    )  # fmt: skip
    return town


async def test_ten_thousand_tickets_in_one_cell(
    crowded: Town, served: Served, open_page: OpenPage
) -> None:
    ((cell_id, number),) = crowded.rows(
        "SELECT cell_id, max(number) FROM events.tickets WHERE severity = 4 GROUP BY cell_id"
    )
    async with open_page(f"/?cell={cell_id}") as page:
        await map_ready(page)
        await expect(page.locator("[data-figure=open]")).to_have_text("10001")
        assert await page.evaluate("cc_wall.live.tickets.size") == MOST_TICKETS
        await until(page, f"{ON_THE_MAP} === 10001")
        await expect(page.locator("#cell-tickets [data-open]")).to_contain_text("10001 open in all")
        await expect(page.locator("#cell-tickets [data-ticket]").first).to_have_attribute(
            "data-ticket", str(number)
        )
        link = page.locator("#cell-tickets a.cc-more")
        await expect(link).to_contain_text(str(COPIES + 1 - 60))
        await expect(page.locator(".cc-attention a.cc-more")).to_contain_text(str(COPIES + 1 - 40))
        assert "cell=350500001001001" in str(await link.get_attribute("href"))
        # of the whole city, and of an area of it
        for area in crowded.rows("SELECT code FROM grid.areas ORDER BY area_id LIMIT 2"):
            await page.evaluate("([id]) => cc_wall.live.select({ kind: 'area', id })", list(area))
            of_all = page.locator(f"[data-area='{area[0]}'] #area-tickets")
            await expect(of_all.locator("[data-open]")).to_contain_text("10001 open in all")
            await expect(of_all.locator("[data-ticket]")).to_have_count(8)
            await expect(of_all.locator("[data-ticket]").first).to_have_attribute(
                "data-ticket", str(number)
            )
        # of its layer, and of a box that is drawn around it
        await page.evaluate("cc_wall.live.select({ kind: 'layer', id: 'flood' })")
        await expect(page.locator("#layer-tickets [data-open]")).to_contain_text("10001 open")
        box = f"{WEST},{SOUTH},{WEST + SIDE},{SOUTH + SIDE}"
        await page.evaluate(f"cc_wall.live.select({{ kind: 'box', id: '{box}' }})")
        await expect(page.locator("#bulk .cc-note").first).to_contain_text("10001")
        await expect(page.locator("#bulk [data-pick]")).to_have_count(100)
        # a layer that is switched off hides its groups, and is not counted
        await page.locator("[data-layer=flood]").click()
        await until(page, f"{ON_THE_MAP} === 0")
        await expect(page.locator("#attention h2 b")).to_have_text("0")
        await expect(page.locator("#bulk .cc-note").first).to_contain_text("0 open")


async def test_many_are_acted_on_of_which_the_wall_is_not_told(
    crowded: Town, open_page: OpenPage
) -> None:
    """The last in order: two that are far off, where nothing is that a wall would be told of."""
    away = [filed(crowded, one, lon=WEST + 2.5 * SIDE) for one in ("flooding", "garbage")]
    crowded.rows(
        "UPDATE events.tickets SET severity = 1, due_at = NULL, created_at = created_at - interval"
        f" '2 days' WHERE ticket_id IN ({away[0].ticket_id}, {away[1].ticket_id}) RETURNING 1"
    )
    box = f"{WEST + 2 * SIDE},{SOUTH},{WEST + 3 * SIDE},{SOUTH + SIDE}"
    async with open_page("/") as page:
        await map_ready(page)
        told = f"[...cc_wall.live.tickets.values()].filter((one) => one.lon > {WEST + 2 * SIDE})"
        await until(page, "cc_wall.live.all && cc_wall.live.all.left_out > 0")
        await until(page, f"{told}.length === 0")
        await page.evaluate(f"cc_wall.live.select({{ kind: 'box', id: '{box}' }})")
        panel = page.locator("#bulk")
        await expect(panel.locator("[data-pick]")).to_have_count(2)
        for verb, why in (("supervise", "the mayor comes"), ("comment", "he was here")):
            # what became of them is read again: the second verb finds them as they are now
            await panel.locator("[name=verb]").select_option(verb)
            await panel.locator("[name=why]").fill(why)
            await panel.locator("[type=submit]").click()
            await expect(panel.locator(".cc-notice")).to_have_text("2 done, 0 not")
            await expect(panel.locator(".cc-picks .good")).to_have_count(2)
            await page.wait_for_timeout(3_000)  # (the story is drawn anew)
    assert [crowded.again(one).supervised for one in away] == [True, True]
