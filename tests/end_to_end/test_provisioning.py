"""A device is added by page and heard over the real broker; what was put aside is used."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import Browser, Page, expect

from command_center.machine.doors import broker_url, read_doors
from iot_ingest.model.device import readings_topic
from tests.end_to_end.demo import Demo

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(240)]

_PATIENT_MS = 30_000


@asynccontextmanager
async def administrator(browser: Browser, demo: Demo, path: str) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="en-GB", reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(_PATIENT_MS)
    await page.goto(f"{demo.whole.address}/login?next={path}")
    await page.fill("#name", "admin")
    await page.fill("#password", demo.passwords["admin"])
    await page.click("button.primary")
    yield page
    await context.close()


async def publish(demo: Demo, device_id: str, secret: str, topic: str, values: object) -> None:
    """Speak as the device itself does; the broker learns of it within a second or two."""
    doors = read_doors(demo.whole.folder)
    assert doors is not None
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device_id)
    client.username_pw_set(device_id, secret)
    client.connect_async("127.0.0.1", doors.broker_port or 0)
    client.reconnect_delay_set(1, 1)
    client.loop_start()
    payload = json.dumps({"ts": round(time.time() * 1000), "values": values})
    try:
        deadline = time.monotonic() + 20
        while not client.is_connected():
            assert time.monotonic() < deadline, "the broker does not let the device in"
            await asyncio.sleep(0.1)
        await asyncio.to_thread(client.publish(topic, payload, qos=1).wait_for_publish, 10)
    finally:
        client.disconnect()
        client.loop_stop()


async def add(page: Page, demo: Demo, device_id: str) -> dict[str, str]:
    """Add a device by the form; what its secret page shows, by label."""
    lon, lat = demo.places[0]
    form = page.locator("#device-new")
    for name, value in (
        ("device_id", device_id), ("model", "gauge"), ("name_en", "Added by page"),
        ("lon", str(lon)), ("lat", str(lat)),
    ):  # fmt: skip
        await form.locator(f"[name={name}]").fill(value)
    await form.locator("[name=layer]").select_option("flood")
    await form.locator("[name=metric-water_depth]").check()
    await form.get_by_role("button", name="Save").click()
    rows = page.locator("#secret .cc-copyable")
    await expect(rows.first).to_be_visible(timeout=_PATIENT_MS)
    told = {
        await row.locator("span").inner_text(): await row.locator("code").inner_text()
        for row in await rows.all()
    }
    await page.get_by_role("button", name="I have kept").click()
    return told


async def test_a_device_added_by_page_speaks_with_its_secret(demo: Demo, browser: Browser) -> None:
    async with administrator(browser, demo, "/devices") as page:
        await page.click("#device-add")
        told = await add(page, demo, "PAGE-1")
        await publish(demo, "PAGE-1", told["Secret"], told["Topic"], {"water_depth": 0.07})
        await page.fill("#text", "PAGE-1")
        rows = page.locator(".cc-rows tbody tr")
        await expect(rows).to_have_count(1, timeout=_PATIENT_MS)
        await rows.first.click()
        panel = page.locator("[data-device='PAGE-1']")
        await expect(panel).to_contain_text("0.07", timeout=_PATIENT_MS)


def say_unknown(demo: Demo, device_id: str, depth: float) -> None:
    """What a device says that nobody registered; the broker lets only a replay say it."""
    url = httpx.URL(broker_url(demo.settings, "cc_replay"))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=url.username)
    client.username_pw_set(url.username, url.password)
    client.connect(url.host, url.port or 1883)
    client.loop_start()
    payload = json.dumps({"ts": round(time.time() * 1000), "values": {"water_depth": depth}})
    client.publish(readings_topic(device_id), payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def test_what_was_put_aside_is_mended_replayed_and_gone(demo: Demo, browser: Browser) -> None:
    await asyncio.to_thread(say_unknown, demo, "PAGE-2", 0.05)
    async with administrator(browser, demo, "/quarantine?of=PAGE-2") as page:
        rows = page.locator(".cc-rows tbody tr")
        await expect(rows).to_have_count(1, timeout=_PATIENT_MS)
        await rows.first.click()
        await page.get_by_role("link", name="Register this device").click()
        await page.wait_for_url("**/devices?add=*")
        named = page.locator("#device-new [name=device_id]")
        await expect(named).to_have_value("PAGE-2", timeout=_PATIENT_MS)
        await add(page, demo, "PAGE-2")
        await page.goto(f"{demo.whole.address}/quarantine?of=PAGE-2")
        await expect(rows).to_have_count(1, timeout=_PATIENT_MS)
        await page.click("#these [data-act=replay]")
        await expect(rows).to_have_count(0, timeout=_PATIENT_MS)
        await expect(page.locator("#replays li").first).to_contain_text("1 can be used now")
    found = demo.ask(
        "SELECT r.value FROM iot.readings r JOIN iot.devices d USING (device_no)"
        " WHERE d.device_id = 'PAGE-2'"
    )
    assert [one[0] for one in found] == [0.05]
