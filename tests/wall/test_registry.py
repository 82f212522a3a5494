"""The registry and the quarantine in a real browser."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from grid.store.postgis import transaction
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.store import quarantine
from iot_ingest.store.quarantine import SetAside
from iot_ingest.store.registration import register_devices
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.wall.conftest import GAUGE, Gauge, OpenPage

MARKUP = b'<img src=x onerror=alert(1)><script>alert("x")</script>\x00\xff'
LONG = "名" * 200
ROWS = ".cc-rows tbody tr"


def refused(status: int) -> object:
    """Lets the browser note that the server refused what was meant to be refused."""
    return lambda trouble: f"status of {status}" in trouble


def put_aside(town: Town, payloads: Iterable[bytes]) -> None:
    with transaction(town.database.engine("cc_ingest"), "system:test") as conn:
        quarantine.put_aside(
            conn,
            [
                SetAside(
                    received_at=datetime.now(UTC), protocol="mqtt", topic=f"cc/{n}",
                    device_id="WL-1", payload=payload,
                    trouble=Trouble(reason=Reason.NOT_JSON, detail="<b>bad</b>"),
                )
                for n, payload in enumerate(payloads)
            ],
        )  # fmt: skip


async def no_serious_fault(page: Page) -> None:
    found = await Axe().run(page)
    serious = [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


async def test_devices_are_found_turned_over_and_opened(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    more = [GAUGE | {"device_id": f"X-{n:03d}", "name_en": f"Extra {n}"} for n in range(60)]
    register_devices(town.database.engine("cc_admin"), more, by="system:test")
    gauge.says(3.25)
    async with open_page("/devices", "operator") as page:
        await expect(page.locator(ROWS)).to_have_count(50)
        await expect(page.locator("#count")).to_contain_text("61 devices")
        await page.get_by_role("button", name="Next").click()
        await expect(page.locator(ROWS)).to_have_count(11)
        await page.get_by_role("button", name="Back").click()
        await expect(page.locator(ROWS)).to_have_count(50)
        await page.fill("#text", "gauge 1")
        await expect(page.locator(ROWS)).to_have_count(1)
        await page.click(ROWS)
        panel = page.locator("[data-device='WL-1']")
        await expect(panel).to_contain_text("3.25")
        await expect(panel).to_contain_text("Rules and limits")
        await expect(panel).to_contain_text("cc/v1/")
        await expect(page.locator("#device-add")).to_have_count(0)
        await expect(page.locator("#device-actions")).to_have_count(0)
        await no_serious_fault(page)


async def test_a_device_is_added_changed_and_given_a_new_secret(
    open_page: OpenPage, town: Town, gauge: Gauge
) -> None:
    async with open_page("/devices", "admin", allowed=refused(422)) as page:
        await page.click("#device-add")
        form = page.locator("#device-new")
        await form.get_by_role("button", name="Save").click()
        await expect(form.locator("[role=alert]").first).to_be_visible()
        for name, value in (
            ("device_id", "NEW-1"), ("model", "gauge"), ("name_zh", LONG),
            ("name_en", "<script>alert(1)</script>"), ("lon", str(WEST + SIDE / 2)),
            ("lat", str(SOUTH + SIDE / 2)), ("attributes", "warning_m = 3.5\nnote = x"),
        ):  # fmt: skip
            await form.locator(f"[name={name}]").fill(value)
        await form.locator("[name=layer]").select_option("flood")
        await form.locator("[name=metric-water_level]").check()
        await no_serious_fault(page)
        await form.get_by_role("button", name="Save").click()
        secret = page.locator("#secret")
        await expect(secret).to_contain_text("shown this once")
        first = await secret.locator("code").first.inner_text()
        await no_serious_fault(page)
        await secret.get_by_role("button", name="I have kept").click()
        await expect(page.locator(ROWS)).to_have_count(2)
        assert first not in await page.content()
        await page.locator(ROWS).first.click()
        await page.click("[data-act=renew]")
        await page.locator("#ask").get_by_role("button", name="New secret").click()
        await expect(secret).to_contain_text("old secret")
        assert await secret.locator("code").first.inner_text() != first
        await secret.get_by_role("button", name="I have kept").click()
        await page.click("[data-act=disable]")
        await page.locator("#ask").get_by_role("button", name="Disable").click()
        await expect(page.locator("[data-act=enable]")).to_be_visible()
        await page.click("[data-act=edit]")
        edit = page.locator("#device-edit")
        await expect(edit.locator("[name=attributes]")).to_have_value("note = x\nwarning_m = 3.5")
        await edit.locator("[name=name_en]").fill("Gauge 2")
        await edit.get_by_role("button", name="Save").click()
        await expect(page.locator("[data-device='NEW-1'] h2")).to_have_text("Gauge 2")
        await expect(page.locator("[data-act=enable]")).to_be_visible()
    verbs = town.rows("SELECT verb FROM events.ledger WHERE object_key = 'NEW-1' ORDER BY 1")
    assert verbs == [("device.disable",), ("device.put",), ("device.put",), ("device.secret",)]


async def test_a_bad_file_is_refused_row_by_row(
    open_page: OpenPage, town: Town, tmp_path: Path
) -> None:
    file = tmp_path / "devices.csv"
    head = "device_id,model,layer,name_zh,name_en,metrics,interval_s,lon,lat\n"
    place = f"{WEST + SIDE / 2},{SOUTH + SIDE / 2}"
    good = f"UP-1,gauge,flood,站,Station,water_level,60,{place}\n"
    file.write_text(f"{head}{good}UP 2,gauge,lava,站,S,water_level,60,{place}\n")
    async with open_page("/devices", "admin", language="zh", allowed=refused(422)) as page:
        await page.click("#device-upload")
        dialog = page.locator("#upload")
        await dialog.locator("[name=file]").set_input_files(file)
        await dialog.get_by_role("button", name="导入").click()
        await expect(dialog).to_contain_text("1 行被拒绝")
        await expect(dialog.locator(".cc-refused tbody tr").first).to_contain_text("2")
        await no_serious_fault(page)
        assert town.rows("SELECT count(*) FROM iot.devices") == [(0,)]
        file.write_text(head + good)
        await dialog.locator("[name=file]").set_input_files(file)
        await dialog.get_by_role("button", name="导入").click()
        await expect(dialog).to_contain_text("已导入 1 台设备，其中 1 台是新设备")
        async with page.expect_download() as download:
            await dialog.get_by_role("button", name="下载").click()
        saved = await (await download.value).path()
        assert saved.read_text().startswith("device_id,secret\nUP-1,")
        await dialog.get_by_role("button", name="关闭").click()
        await expect(page.locator(ROWS)).to_have_count(1)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_what_was_put_aside_is_shown_harmless_and_set_aside(
    open_page: OpenPage, town: Town, gauge: Gauge, language: str
) -> None:
    put_aside(town, [MARKUP, b"A" * 9_000, b"{}"])
    async with open_page("/quarantine", "admin", language=language) as page:
        await expect(page.locator(ROWS)).to_have_count(3)
        await page.locator(ROWS).last.click()
        panel = page.locator("[data-message='1']")
        await expect(panel.locator(".cc-raw").first).to_contain_text("<script>alert")
        await expect(panel.locator(".cc-raw").first).to_contain_text("\\x00\\xff")
        await expect(panel.locator(".cc-raw.hex")).to_contain_text("3c 69 6d 67")
        await expect(panel).to_contain_text("<b>bad</b>")
        assert await page.locator(".cc-raw img, .cc-raw script, .cc-story b b").count() == 0
        await no_serious_fault(page)
        await page.locator(ROWS).nth(1).click()
        await expect(page.locator("[data-message='2']")).to_contain_text("4096")
        await panel_seen(page, "厂家已知 <i>")
        await expect(page.locator(ROWS)).to_have_count(2)
        await page.goto(page.url.split("?")[0] + "?of=WL-1&reason=not_json")
        await expect(page.locator("#count")).to_contain_text("2")
        await page.click("#these [data-act=replay]")
        await expect(page.locator("#replays li")).to_have_count(1)
    assert town.rows(
        "SELECT quarantine_id, resolution, resolved_by FROM iot.quarantine"
        " WHERE resolved_at IS NOT NULL"
    ) == [(2, "厂家已知 <i>", "account:admin")]


async def panel_seen(page: Page, why: str) -> None:
    """Set the message of the panel aside."""
    await page.click("#message-actions [data-act=seen]")
    dialog = page.locator("#seen")
    await dialog.locator("textarea").fill(why)
    await dialog.locator("button[type=submit]").click()
