"""Take the pictures of this folder from a running demo city.

``.venv/bin/python docs/screenshots/take.py ADDRESS ACCOUNTS [NAME ...]``: ``ADDRESS`` is what
`command-center run --demo-login` said was ready, ``ACCOUNTS`` its ``secrets/demo-accounts.json``;
names choose pictures, all when none is given. Start the city with
``COMMAND_CENTER_OPEN=figures,streets,layers``, so that ``/city`` has something to show. Waits until
each map has drawn itself. One report is made by hand as a resident would, so that its progress can
be shown, and some devices send what cannot be used, so that the quarantine has something to show.
"""

import argparse
import asyncio
import io
import json
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from PIL import Image
from playwright.async_api import Browser, async_playwright

from iot_ingest.model.device import readings_topic

FOLDER = Path(__file__).parent
MOST_BYTES = 600_000
COLOURS = 256
_RARE = 64


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One file: who looks at what, how large, and what is opened first."""

    name: str
    path: str
    account: str | None = "operator"
    size: tuple[int, int] = (1920, 1080)
    scale: int = 1
    shown: int = 1600  # width in the file
    open: str | None = None  # clicked when the page stands
    run: str | None = None  # said to the page then

    @property
    def language(self) -> str:
        """The last part of the name."""
        return self.name.rsplit("-", 1)[1]


_PHONE: dict[str, Any] = {"size": (390, 844), "scale": 2, "shown": 780}
_ROW = ".cc-rows tbody tr"
# What the screen shows of a map may be a frame behind it.
_STILL = "!(window.cc_wall && cc_wall.city) || cc_wall.city.frames.still()"
_URGENT = ".cc-attention .cc-item"
_RIVER = """() => {
  const all = [...cc_wall.live.devices.values()];
  const river = all.find((one) => one.metrics.includes("water_level"));
  cc_wall.live.select({ kind: "device", id: river.id });
}"""
_STREET = """() => {
  const street = [...cc_wall.areas.values()].find((one) => one.kind === "street");
  cc_wall.live.select({ kind: "area", id: street.code });
}"""

PICTURES = (
    Picture(name="wall-zh", path="/"),
    Picture(name="wall-en", path="/"),
    Picture(name="wall-4k-zh", path="/", scale=2, shown=1920),
    Picture(name="wall-story-zh", path="/", open=_URGENT),
    Picture(name="wall-device-en", path="/", run=_RIVER),
    Picture(name="wall-area-zh", path="/", run=_STREET),
    Picture(name="wall-light-en", path="/", run="() => cc_wall.theme.choose('light')"),
    Picture(name="wall-small-en", path="/", size=(1024, 768), shown=1024),
    Picture(name="wall-past-zh", path="/", open=".cc-past-open"),
    Picture(name="wall-flood-zh", path="/?layer=flood"),
    Picture(name="wall-dust-en", path="/?layer=construction_dust"),
    Picture(name="wall-outfall-zh", path="/?layer=outfall"),
    Picture(name="wall-epidemic-en", path="/?layer=epidemic_control"),
    Picture(name="city-zh", path="/city", account=None),
    Picture(name="desk-zh", path="/desk"),
    Picture(name="desk-en", path="/desk", open=".cc-desk [data-ticket], tbody tr"),
    Picture(
        name="projects-zh",
        path="/rectification?kind=outfall&stage=rectify",
        account="supervisor",
        open=_ROW,
    ),
    Picture(
        name="projects-en", path="/rectification?kind=root_cause", account="supervisor", open=_ROW
    ),
    Picture(name="evaluation-zh", path="/evaluation", account="supervisor"),
    Picture(name="evaluation-en", path="/evaluation", account="supervisor"),
    Picture(name="duties-zh", path="/duties", account="supervisor"),
    Picture(name="duties-en", path="/duties", account="admin", open=_ROW),
    Picture(name="devices-zh", path="/devices", account="admin", open=_ROW),
    Picture(name="devices-en", path="/devices", account="supervisor", open=_ROW),
    Picture(name="devices-form-zh", path="/devices", account="admin", open="#device-add"),
    Picture(name="quarantine-zh", path="/quarantine", account="admin", open=_ROW),
    Picture(name="quarantine-en", path="/quarantine", account="admin", open=_ROW),
    Picture(name="losses-zh", path="/losses", account="supervisor", open=_ROW),
    Picture(name="losses-en", path="/losses", account="supervisor"),
    Picture(name="report-zh", path="/report", account=None, **_PHONE),
    Picture(name="report-en", path="/report", account=None, **_PHONE),
    Picture(name="report-progress-zh", path="{progress}", account=None, **_PHONE),
    Picture(name="field-zh", path="/field", account="field", **_PHONE),
    Picture(name="field-en", path="/field", account="field", **_PHONE),
)


async def take(browser: Browser, picture: Picture, base: str, city: dict[str, str]) -> None:
    """Open the page, wait until it has drawn itself, keep what is seen."""
    path = picture.path.format(**city)
    context = await browser.new_context(
        viewport={"width": picture.size[0], "height": picture.size[1]},
        device_scale_factor=picture.scale,
        locale="zh-CN" if picture.language == "zh" else "en-GB",
        timezone_id="Asia/Shanghai",
        permissions=["geolocation"],
        geolocation={"longitude": float(city["lon"]), "latitude": float(city["lat"])},
    )
    await context.add_cookies([{"name": "cc_language", "value": picture.language, "url": base}])
    page = await context.new_page()
    page.set_default_timeout(90_000)
    if picture.account:
        await page.goto(f"{base}/login?next={quote(path, safe='/')}")
        await page.fill("[name=name]", picture.account)
        await page.fill("[name=password]", city[picture.account])
        await page.press("[name=password]", "Enter")
        await page.wait_for_load_state()
    else:
        await page.goto(base + path)
    if picture.path.split("?")[0] == "/":
        await page.wait_for_selector(".cc-map-canvas[data-ready]")
    await page.wait_for_timeout(5_000)
    if picture.open:
        await page.click(picture.open)
        await page.wait_for_timeout(6_000)
    if picture.run:
        await page.evaluate(picture.run)
        if "select" in picture.run:
            await page.wait_for_selector("#chart .main-svg, #area-on-time")
        await page.wait_for_timeout(3_000)
    while not await page.evaluate(_STILL):
        await page.wait_for_timeout(100)
    keep(await page.screenshot(), FOLDER / f"{picture.name}.png", picture.shown)
    await context.close()


def keep(png: bytes, path: Path, width: int) -> None:
    """Write a PNG of at most ``width`` pixels and few colours, below the limit."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > width:
        height = round(image.height * width / image.width)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    few = image.quantize(palette=_palette(image), dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path.name} is larger than {MOST_BYTES} bytes")


def _palette(image: Image.Image) -> Image.Image:
    """Most colours by area, so that the ground keeps its tone; some for the few bright marks."""
    broad = image.quantize(COLOURS - _RARE, method=Image.Quantize.MEDIANCUT).getpalette() or []
    rare = image.quantize(_RARE, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((broad[: 3 * (COLOURS - _RARE)] + rare)[: 3 * COLOURS])
    return palette


def prepare(base: str, accounts: Path) -> dict[str, str]:
    """Passwords by account, where the phones are, and the path of a new report's progress."""
    city: dict[str, str] = json.loads(accounts.read_text())
    with httpx.Client(base_url=base, timeout=30, headers={"Origin": base}) as client:
        bounds = client.get("/api/v1/city").raise_for_status().json()["bbox"]
        lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
        city |= {"lon": str(lon), "lat": str(lat)}
        report = {
            "category": "street_lamp",
            "lon": lon,
            "lat": lat,
            "description": "路口的路灯不亮，晚上看不清路。",
        }
        key = f"picture-{uuid.uuid4()}"
        told = client.post("/api/v1/reports", json=report, headers={"Idempotency-Key": key})
        city["progress"] = f"/report/{told.raise_for_status().json()['token']}"
    return city


def misbehave(data: Path) -> None:
    """Some devices send a metric that nobody knows, a time of long ago, and half a message."""
    secrets: dict[str, str] = json.loads((data / "secrets" / "devices.json").read_text())
    port = json.loads((data / "run" / "doors.json").read_text())["broker_port"]
    now = int(time.time() * 1000)
    bad = [
        *({"ts": now - n * 60_000, "values": {"snow_depth": n}} for n in range(6)),
        {"ts": 86_400_000, "values": {"pm10": 41.5}},
        {"ts": now, "values": {"pm10": "high"}},
    ]
    sent = [(n % 3, json.dumps(one)) for n, one in enumerate(bad)]
    for number, payload in [*sent, (3, '{"ts": "2026-11-28T08:00:00+08:00", "values": {"water_le')]:
        device = sorted(secrets)[number]
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device)
        client.username_pw_set(device, secrets[device])
        client.connect("127.0.0.1", port)
        client.loop_start()
        client.publish(readings_topic(device), payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()


async def take_all(pictures: list[Picture], base: str, city: dict[str, str]) -> None:
    """One after another: drawing maps without a graphics card takes all of a machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for picture in pictures:
            await take(browser, picture, base, city)
            print(picture.name, flush=True)
        await browser.close()


def main() -> int:
    """Take the pictures that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("accounts", type=Path)
    parser.add_argument("names", nargs="*", help="pictures; all when none is given")
    given = parser.parse_args()
    base = given.address.rstrip("/")
    chosen = [one for one in PICTURES if not given.names or one.name in given.names]
    if any(one.path == "/quarantine" for one in chosen):
        misbehave(given.accounts.parents[1])
    asyncio.run(take_all(chosen, base, prepare(base, given.accounts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
