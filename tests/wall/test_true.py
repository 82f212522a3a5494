"""What a wall tells is so: silence is noticed, clocks may be set, days and sums say whose."""

from __future__ import annotations

from playwright.async_api import WebSocketRoute, expect

from tests.events.town import Town
from tests.wall.conftest import OpenPage, filed, until


async def test_a_connection_that_falls_silent_is_given_up_and_made_anew(
    open_page: OpenPage, town: Town
) -> None:
    """As after a sleep, or where the network swallows everything: nobody closes the socket."""
    async with open_page("/") as page:
        opened = 0
        silent = False

        async def between(socket: WebSocketRoute) -> None:
            nonlocal opened
            opened += 1
            server = socket.connect_to_server()
            first = opened == 1
            server.on_message(lambda text: None if first and silent else socket.send(text))

        await page.route_web_socket("**/live/wall", between)
        await page.reload()
        await expect(page.locator("#attention")).to_contain_text("No open tickets")
        silent = True
        filed(town)
        await until(page, "document.querySelector('#banner').textContent.includes('lost')")
        await expect(page.locator("#attention .cc-item")).to_have_count(1)
        await expect(page.locator("#banner")).not_to_contain_text("lost")
        assert opened == 2


async def test_a_clock_that_is_set_back_stops_nothing(open_page: OpenPage, town: Town) -> None:
    grave = filed(town, severity=4)
    async with open_page("/") as page:
        await expect(page.locator("#attention .cc-item")).to_have_count(1)
        before = await page.evaluate("cc_wall.live.present()")
        await page.evaluate(
            "const real = Date.now.bind(Date); Date.now = () => real() - 3600000; void 0"
        )
        assert -5_000 < await page.evaluate("cc_wall.live.present()") - before < 60_000
        # a silent server is missed as soon as ever
        await page.evaluate("cc_wall.live.socket.onmessage = null")
        await until(page, "cc_wall.live.connection === 'lost'", within_s=15)
        await until(page, "cc_wall.live.connection === 'live'")
        # and an alarm that was raised stays one, however long nobody takes it
        await page.evaluate(
            "for (const one of cc_wall.live.tickets.values()) one.created_at -= 3600000"
        )
        raised = "cc_wall.alarms.open().map((one) => one.number).join()"
        assert await page.evaluate(raised) == grave.number


async def test_days_begin_where_the_city_is(open_page: OpenPage) -> None:
    async with open_page("/") as page:
        await until(page, "window.cc_wall && cc_wall.moment && true")
        for zone, instant in (
            ("Asia/Shanghai", "2026-11-28T16:00:00.000Z"),
            ("America/New_York", "2026-11-29T05:00:00.000Z"),
        ):
            told = f"new Date(cc_wall.cityInstant('2026-11-29T00:00:00', '{zone}')).toISOString()"
            assert await page.evaluate(told) == instant
        moment = (
            "cc_wall.moment(Date.UTC(2026, 10, {}, 15), Date.UTC(2026, 10, 29, 17), 'UTC', 'en')"
        )
        assert await page.evaluate(moment.format(29)) == "15:00:00"
        assert await page.evaluate(moment.format(28)) == "2026-11-28 15:00:00"


async def test_figures_of_the_whole_city_say_so_to_who_sees_a_part(open_page: OpenPage) -> None:
    for who, said, links in (("operator", "Closed today", 1), ("west", "whole city", 0)):
        async with open_page("/", who) as page:
            figure = page.locator(".cc-figure", has=page.locator("[data-figure=closed_today]"))
            await expect(figure).to_contain_text(said)
            await expect(page.locator("a.cc-figure [data-figure=closed_today]")).to_have_count(
                links
            )
            await expect(page.locator("a.cc-figure [data-figure=open]")).to_have_count(1)
