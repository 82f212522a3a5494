"""The time machine in a real browser: never mistaken for live, nor overwritten; sent as a link."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, Route, expect

from tests.events.town import Town
from tests.support.watched import serious_faults
from tests.wall.conftest import Gauge, OpenPage, filed, map_ready, until

NUMBERS = "[...cc_wall.live.tickets.values()].map((t) => t.number).join()"


def said(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _age(town: Town, hours: int) -> None:
    """Let all that happened until now have happened so many hours before."""
    for table, columns in {
        "events.ledger": ("at",),
        "events.events": ("recorded_at", "occurred_at"),
        "events.ticket_events": ("linked_at",),
        "iot.due": ("since",),
    }.items():
        moved = ", ".join(f"{one} = {one} - interval '{hours} hours'" for one in columns)
        with town.database.superuser() as conn:
            conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
            conn.execute(f"UPDATE {table} SET {moved}".encode())
            conn.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    town.rows("SELECT events.write_past()")


async def _shows(page: Page, at: datetime) -> None:
    await until(page, f"cc_wall.live.then === {_ms(at)}"
                      " && cc_wall.live.at === cc_wall.live.then")  # fmt: skip


async def test_the_past_is_shown_as_it_was_known_and_never_as_live(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    old = filed(town)
    old = town.act(old, "accept", "w1", now=datetime.now(UTC))
    _age(town, 3)
    now = datetime.now(UTC).replace(microsecond=0)
    gauge.says(1.0, 2.5, until=now - timedelta(hours=2))
    new = filed(town, "street_lamp")
    then = now - timedelta(hours=2)
    async with open_page(f"/?then={said(then)}") as page:
        await map_ready(page)
        await _shows(page, then)
        strip = page.locator(".cc-not-live")
        await expect(strip).to_contain_text("NOT LIVE")
        await expect(page.locator(f"[data-ticket='{old.number}']")).to_be_visible()
        await expect(page.locator(f"[data-ticket='{new.number}']")).to_have_count(0)
        await expect(page.locator(".cc-figure")).not_to_have_count(0)
        assert await page.locator("a.cc-figure").count() == 0  # they lead to what is now
        assert await serious_faults(page) == []

        # a story of then: nothing to press, and what came afterwards is not in it
        await page.click(f"[data-ticket='{old.number}']")
        story = page.locator(f"[data-story='{old.number}']")
        await expect(story).to_contain_text("nothing can be done here")
        await expect(page.locator("#story .cc-actions")).to_have_count(0)
        assert f"then={said(then)}" in page.url
        assert f"ticket={old.number}" in page.url
        await page.keyboard.press("Escape")

        # what is pushed meanwhile changes nothing
        newest = filed(town, "garbage")
        await page.wait_for_timeout(1_500)
        assert await page.evaluate(NUMBERS) == old.number

        # the slider by keyboard: four steps on, then to before anything was known
        await page.focus("#past-slider")
        await page.keyboard.press("PageUp")
        await _shows(page, then + timedelta(hours=1))
        await page.keyboard.press(",")
        await _shows(page, then + timedelta(minutes=45))
        await until(page, f"location.search.includes('{said(then + timedelta(minutes=45))}')")
        before = now - timedelta(days=9)
        await page.evaluate(f"cc_wall.past.goTo({_ms(before)})")
        await _shows(page, before)
        await expect(page.locator(".cc-past-notice")).to_contain_text("Nothing had been recorded")
        await expect(page.locator(".cc-past-text")).to_contain_text("No alarm was raised")
        await page.get_by_role("button", name="Go to the first record").click()
        await until(page, f"{NUMBERS} === '{old.number}'")

        # back: a fresh snapshot, and live again
        await page.keyboard.press("l")
        await expect(strip).to_have_count(0)
        await expect(page.locator(f"[data-ticket='{newest.number}']")).to_be_visible()
        assert "then=" not in page.url
        latest = filed(town, "garbage", severity=4)
        await expect(page.locator(f"[data-ticket='{latest.number}']")).to_be_visible()
        await expect(page.locator("a.cc-figure").first).to_be_visible()


async def test_it_plays_in_both_languages_on_small_screens(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    filed(town)
    _age(town, 20)
    now = datetime.now(UTC).replace(microsecond=0)
    then = now - timedelta(hours=19)
    link = f"/?then={said(then)}%26span=hour"
    async with open_page(link, language="zh", size=(1024, 768)) as page:
        await map_ready(page)
        await _shows(page, then)
        await expect(page.locator(".cc-not-live")).to_contain_text("非实时画面")
        await page.click("[data-past=play]")
        await until(page, f"cc_wall.live.then >= {_ms(then) + 600_000}")
        await page.keyboard.press("ArrowLeft")
        await page.click("[data-past=play]")
        await until(page, "cc_wall.past.playing === null")
        assert "span=hour" in page.url
        await page.select_option("[data-past=span]", "month")
        await expect(page.locator(".cc-past-busiest")).to_contain_text("立案 1")
        assert await page.evaluate(
            "['.cc-past-bar', '.cc-not-live'].map((one) => document.querySelector(one))"
            ".every((one) => one.getBoundingClientRect().right <= innerWidth)"
        )

    def refused(trouble: str) -> bool:
        return "422" in trouble

    for said_then, told in (
        ("2999-01-01T00:00:00Z", "still to come"),
        ("2026-13-45T99:00:00Z", "cannot be read"),
    ):
        async with open_page(f"/?then={said_then}", allowed=refused) as page:
            await expect(page.locator(".cc-past-notice")).to_contain_text(told)
            await expect(page.locator("#attention .cc-item")).to_have_count(1)
            await expect(page).to_have_url(re.compile(r"/$"))
            await expect(page.locator(".cc-not-live")).to_have_count(0)


async def test_what_will_be_wanted_next_is_fetched_before_it_is_asked_for(
    open_page: OpenPage, town: Town
) -> None:
    filed(town)
    _age(town, 30)
    then = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    step = timedelta(minutes=15)
    asked: list[str] = []

    def unfetched(trouble: str) -> bool:
        return "503" in trouble

    async with open_page(f"/?then={said(then)}", allowed=unfetched) as page:
        await map_ready(page)
        await _shows(page, then)
        page.on("request", lambda one: asked.append(one.url) if "past?then" in one.url else None)

        def only(*instants: datetime) -> bool:
            return [url.split("then=")[1].split("&")[0] for url in asked] == [*map(said, instants)]

        # a pointer rests on the slider: its frame is there, and not shown, before it is clicked
        box = await page.locator("#past-slider").bounding_box()
        assert box is not None
        shown = then
        for part in (0.3, 0.55):
            asked.clear()
            await page.mouse.move(box["x"] + box["width"] * part, box["y"] + 20)
            await until(page, f"cc_wall.past.pointed !== {_ms(shown)}"
                              " && cc_wall.past.frames.has(cc_wall.past.pointed)"
                              " && !cc_wall.past.ahead")  # fmt: skip
            pointed = await page.evaluate("cc_wall.past.pointed")
            assert await page.evaluate("cc_wall.live.then") == _ms(shown)
            await page.mouse.down()
            await page.mouse.up()
            shown = datetime.fromtimestamp(pointed / 1000, UTC)
            await _shows(page, shown)
            assert only(shown)
        await page.mouse.move(box["x"], box["y"] - 200)
        await until(page, "cc_wall.past.pointed === null && !cc_wall.past.busy")

        # what could not be fetched ahead is fetched when it is asked for
        async def away(route: Route) -> None:
            await route.fulfill(status=503)

        await page.route("**/api/v1/past?then**", away, times=1)
        asked.clear()
        await page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20)
        await until(page, f"![null, {_ms(shown)}].includes(cc_wall.past.pointed)"
                          " && !cc_wall.past.ahead && !cc_wall.past.busy")  # fmt: skip
        shown = datetime.fromtimestamp(await page.evaluate("cc_wall.past.pointed") / 1000, UTC)
        assert only(shown)
        assert not await page.evaluate("cc_wall.past.frames.has(cc_wall.past.pointed)")
        await page.mouse.down()
        await page.mouse.up()
        await _shows(page, shown)
        assert only(shown, shown)
        await page.mouse.move(box["x"], box["y"] - 200)
        await until(page, "cc_wall.past.pointed === null && !cc_wall.past.busy")

        # who steps goes on
        asked.clear()
        await page.keyboard.press(".")
        await until(page, f"cc_wall.past.frames.has({_ms(shown + 2 * step)})")
        await _shows(page, shown + step)
        await page.keyboard.press(".")
        await until(page, f"cc_wall.past.frames.has({_ms(shown + 3 * step)})")
        await _shows(page, shown + 2 * step)
        assert only(shown + step, shown + 2 * step, shown + 3 * step)


async def test_no_frame_of_another_instant_is_drawn_before_its_marks_are_there(
    open_page: OpenPage, town: Town
) -> None:
    filed(town)
    _age(town, 30)
    then = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    before = then - timedelta(hours=15)
    async with open_page(f"/?then={said(then)}") as page:
        await map_ready(page)
        await _shows(page, then)
        await page.wait_for_timeout(3_000)  # the sharp frame, too
        await page.evaluate("""(() => {
            const { frames, map } = cc_wall.city;
            const bring = frames.bring.bind(frames);
            window.early = [];
            frames.bring = (...args) => {
                const late = performance.now() > frames.hurriedUntil - 500;
                window.early.push(!late && !map.isStyleLoaded());
                return bring(...args);
            };
        })()""")
        for _ in range(3):
            for at in (before, then):  # the ticket's mark goes, and comes again
                await page.evaluate(f"cc_wall.past.goTo({_ms(at)})")
                await _shows(page, at)
                await until(page, "!cc_wall.past.busy")
        early = await page.evaluate("window.early")
        assert len(early) >= 6
        assert not any(early)


async def test_who_goes_to_the_past_while_the_present_is_still_being_drawn_sees_the_past(
    open_page: OpenPage, town: Town
) -> None:
    filed(town)
    _age(town, 30)
    before = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=40)
    marks = "cc_wall.city.map.queryRenderedFeatures({layers: ['ticket-mark']}).length"
    async with open_page("/") as page:
        await map_ready(page)
        await until(page, f"{marks} === 1")
        # a turn that does not end, as long as a machine may take for it
        await page.evaluate("""(() => {
            const { pace } = cc_wall.city.marks;
            const { work } = pace;
            pace.work = () => new Promise(() => {});
            pace.turn();
            pace.work = work;
        })()""")
        await page.evaluate(f"cc_wall.past.goTo({_ms(before)})")
        await _shows(page, before)
        await until(page, f"{marks} === 0")
