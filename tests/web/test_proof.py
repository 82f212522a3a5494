"""Proof of closure over HTTP, on the phone and at the desk."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Geolocation, Page, expect

from command_center.app import Application
from command_center.photos.worker import Decoded
from tests.events.test_proof import BOTH, ask
from tests.events.town import SIDE, SOUTH, WEST, Town, draft
from tests.web.conftest import PASSWORD, ClientOf
from tests.web.pictures import jpeg
from tests.web.serving import Served

HERE: Geolocation = {"longitude": WEST + SIDE / 2, "latitude": SOUTH + SIDE / 2}


def told_jpeg(at: datetime, lon: float, lat: float) -> bytes:
    """A photo that says when (on its own clock) and where it was taken."""
    exif = Image.Exif()
    camera, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    camera[0x9003] = at.strftime("%Y:%m:%d %H:%M:%S")
    camera[0x9011] = at.strftime("%z")[:3] + ":00"
    gps.update({1: "N", 2: (lat, 0.0, 0.0), 3: "E", 4: (lon, 0.0, 0.0)})
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


async def test_what_is_missing_is_told_field_by_field(
    client_of: ClientOf, town: Town, app: Application
) -> None:
    ask(town, BOTH)
    now = datetime.now(UTC)
    ticket = town.act(town.filed(draft("flooding", occurred_at=now), now=now), "accept", "w1",
                      now=now)  # fmt: skip
    address = f"/api/v1/tickets/{ticket.number}/actions"
    body = {"verb": "dispose", "version": str(ticket.version), "why": "已疏通"}
    east = now.astimezone(timezone(timedelta(hours=8)))
    photos = [("photos", (name, told_jpeg(east, ticket.lon, ticket.lat))) for name in "ab"]
    async with client_of("w1") as crew, client_of("operator") as desk:
        refused = await crew.post(address, json=body, headers={"Accept-Language": "en"})
        assert refused.status_code == 422
        errors = {one["field"]: one["reason"] for one in refused.json()["errors"]}
        assert errors["before"] == "A photo from before the work is missing: add one."
        assert set(errors) == {"before", "after", "place", "time"}
        # a phone that is a year ahead, and says nothing of where it is
        ahead = (now + timedelta(days=365)).isoformat()
        facts = json.dumps([{"kind": "before", "taken_at": ahead}, {"kind": "after"}])
        answer = await crew.post(
            address, data={**body, "photo_facts": facts, "phone_at": ahead}, files=photos
        )
        assert answer.status_code == 200, answer.text
        story = (await desk.get(f"/api/v1/tickets/{ticket.number}")).json()
        assert {one["item"]: one["waits"] for one in story["proof"]}["before"] is True
        first = next(one for one in story["evidence"] if one["kind"] == "before")
        assert first["taken_from"] == "phone"
        assert abs(first["clock_off_s"] - 365 * 86_400) < 60
        assert app.photos.work_one()
        assert app.photos.work_one()
        story = (await desk.get(f"/api/v1/tickets/{ticket.number}")).json()
        assert [one["placed_from"] for one in story["evidence"]] == ["photo", "photo"]
        # the clock of the photos is right, that of the phone is not: it counts for both
        found = {one["item"]: one["met"] for one in story["proof"]}
        assert found == {"before": True, "after": True, "place": True, "time": False}


def test_what_a_photo_says_of_itself_is_read_and_not_shown(app: Application) -> None:
    app.photos.files.make_folders()
    at = datetime(2026, 6, 1, 10, 30, tzinfo=timezone(timedelta(hours=8)))
    kept = app.photos.files.keep(io.BytesIO(told_jpeg(at, 118.25, 24.5)), kind="after")
    found = app.photos.decode(kept.attachment_id)
    assert (found.lon, found.lat, found.taken(UTC)) == (118.25, 24.5, at)
    shown = app.photos.files.ready(kept.attachment_id).read_bytes()
    assert b"Exif" not in shown
    assert Decoded(taken_at="2026:06:01 10:30:00").taken(at.tzinfo or UTC) == at
    assert Decoded(taken_at="a long time ago").taken(UTC) is None


async def test_the_phone_asks_for_what_is_missing_and_the_desk_shows_the_list(
    browser: Browser, served: Served, town: Town, tmp_path: Path
) -> None:
    ask(town, BOTH)
    now = datetime.now(UTC)
    ticket = town.act(town.filed(draft("flooding", occurred_at=now), now=now), "accept", "w1",
                      now=now)  # fmt: skip
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(jpeg())
    context = await browser.new_context(
        base_url=served.url, locale="zh-CN", viewport={"width": 390, "height": 844},
        geolocation=HERE,
        permissions=["geolocation"],
    )  # fmt: skip
    page = await context.new_page()
    await _log_in(page, "w1", "/field")
    await page.locator(f"#t-{ticket.number}").get_by_role("button", name="处置完成").click()
    listed = page.locator("#sheet-proof li")
    await expect(listed).to_have_text(
        ["处置前照片缺少处置前照片，请补拍后再提交。", "处置后照片缺少处置后照片，请补拍后再提交。",
         "位置", "时间"]
    )  # fmt: skip
    await page.fill("#why", "已疏通雨水口")
    await page.set_input_files("#photo", picture)
    await expect(page.locator("#sheet-proof [data-proof=after]")).to_have_class("met")
    await page.locator("#sheet-do").click()
    await expect(page.locator("#sheet-trouble")).to_have_text(
        "还缺少：处置前照片。请补拍后再提交。"
    )
    await page.set_input_files("#photo-before", picture)
    await expect(page.locator("#sheet-proof .met")).to_have_count(4)
    await page.locator("#sheet-do").click()
    await expect(page.locator(f"#t-{ticket.number}")).to_contain_text("已处置")
    await context.close()
    desk = await browser.new_context(base_url=served.url, locale="en-GB")
    page = await desk.new_page()
    await _log_in(page, "operator", "/desk")
    await page.goto(f"/desk?q={ticket.number}")
    await page.get_by_text(ticket.number).first.click()
    rows = page.locator(".cc-proof li")
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("Photo before")
    with town.database.superuser() as conn:  # nothing more is asked of what became another's
        conn.execute("UPDATE events.tickets SET state = 'merged'")
    await page.reload()
    await expect(page.locator(f"[data-story='{ticket.number}']")).to_be_visible()
    await expect(page.locator(".cc-proof")).to_have_count(0)
    await desk.close()
    kinds = town.rows("SELECT kind, placed_from, taken_from FROM events.attachments ORDER BY 1")
    assert kinds == [("after", "phone", "phone"), ("before", "phone", "phone")]


async def _log_in(page: Page, name: str, path: str) -> None:
    await page.goto(f"/login?next={path}")
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.click("button.primary")
    await page.wait_for_url(f"**{path}")
