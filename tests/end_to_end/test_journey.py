"""One flood reading and one resident's report, through to closure, seen on the wall."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import Browser, expect

from command_center.demo.photo import draw_photo
from command_center.machine.doors import broker_url
from iot_ingest.model.device import readings_topic
from tests.end_to_end.demo import Demo
from tests.end_to_end.wall import open_wall, states_seen

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(240)]

SPEED = 5.0


def client_of(demo: Demo, user: str) -> mqtt.Client:
    url = httpx.URL(broker_url(demo.settings, user))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user)
    client.username_pw_set(user, url.password)
    client.connect(url.host, url.port or 1883)
    client.loop_start()
    return client


class Gauge:
    """A street gauge under water until a crew relieves it."""

    def __init__(self, demo: Demo, device_id: str) -> None:
        self.device_id = device_id
        self.depth_m = 0.0
        self._sender = client_of(demo, "cc_replay")
        self._radio = client_of(demo, "cc_demo")
        self._radio.on_message = self._relieved
        self._radio.subscribe(f"cc/demo/relief/{device_id}", qos=1)

    def _relieved(self, _client: mqtt.Client, _userdata: Any, _message: mqtt.MQTTMessage) -> None:
        self.depth_m = 0.0

    def measure(self) -> None:
        payload = json.dumps(
            {"ts": round(time.time() * 1000), "values": {"water_depth": self.depth_m}}
        )
        self._sender.publish(readings_topic(self.device_id), payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        for client in (self._sender, self._radio):
            client.disconnect()
            client.loop_stop()


def ticket_of(demo: Demo, device_id: str) -> str | None:
    rows = demo.ask(
        "SELECT t.number FROM events.tickets t JOIN iot.devices d USING (device_no)"
        " WHERE d.device_id = :device_id ORDER BY t.ticket_id DESC LIMIT 1",
        device_id=device_id,
    )
    return rows[0][0] if rows else None


def state_of(demo: Demo, number: str) -> str:
    rows = demo.ask("SELECT state FROM events.tickets WHERE number = :number", number=number)
    return str(rows[0][0])


def test_an_empty_folder_is_a_city_in_less_than_a_minute(
    demo: Demo, figures: Callable[[str], None]
) -> None:
    figures(f"the demo city was ready after {demo.whole.ready_s:.1f} s")
    assert demo.whole.ready_s < 60


async def test_a_flood_is_measured_handled_and_closed_by_its_recovery(
    demo: Demo, browser: Browser, figures: Callable[[str], None]
) -> None:
    gauge = Gauge(demo, demo.gauge)
    async with open_wall(browser, demo) as page:
        with demo.crews(SPEED):
            begun = time.monotonic()
            gauge.depth_m = 0.33
            gauge.measure()
            shown_s = demo.wait(
                "a ticket", lambda: ticket_of(demo, gauge.device_id) is not None, 10
            )
            number = ticket_of(demo, gauge.device_id)
            assert number is not None
            await expect(page.locator(f"[data-ticket='{number}']")).to_be_visible(timeout=10_000)

            def closed() -> bool:
                gauge.measure()
                time.sleep(0.4)
                return state_of(demo, number) == "closed"

            demo.wait("the ticket's closure", closed, 90)
        took_s = time.monotonic() - begun
        await page.wait_for_timeout(1_000)
        seen = await states_seen(page, number)
        await expect(page.locator(f"[data-ticket='{number}']")).to_have_count(0)
    gauge.close()
    with demo.signed_in("operator") as client:
        story = client.get(f"/api/v1/tickets/{number}").json()
    verbs = [entry["verb"].removeprefix("ticket.") for entry in story["history"]]
    figures(f"flood {number}: ticket after {shown_s:.1f} s, closed after {took_s:.1f} s at speed 5")
    figures(f"  the wall saw {' > '.join(seen)}")
    assert seen[-2:] == ["verified", "closed"] or seen[-1] == "closed"
    moves = [verb for verb in verbs if verb in
             ("dispatch", "accept", "dispose", "recover", "verify", "close")]  # fmt: skip
    assert [one for one in moves if one != "recover"] == [
        "dispatch", "accept", "dispose", "verify", "close",
    ]  # fmt: skip
    assert "recover" in moves
    assert moves.index("recover") < moves.index("verify")


def send_report(demo: Demo, photo: bytes, lon: float, lat: float) -> httpx.Response:
    return httpx.post(
        f"{demo.whole.address}/api/v1/reports",
        data={
            "category": "manhole_cover",
            "lon": str(lon),
            "lat": str(lat),
            "description": "a cover is missing",
            "contact": "13800000000",
        },
        files={"photos": ("cover.jpg", io.BytesIO(photo), "image/jpeg")},
        timeout=10,
    )


async def test_a_residents_report_gets_a_number_and_is_followed_to_its_end(
    demo: Demo, browser: Browser, figures: Callable[[str], None]
) -> None:
    lon, lat = demo.places[-7]
    photo = draw_photo("manhole", solved=False, seed=1)
    async with open_wall(browser, demo) as page:
        with demo.crews(SPEED):
            begun = time.monotonic()
            answer = send_report(demo, photo, lon, lat)
            answered_s = time.monotonic() - begun
            assert answer.status_code == 201, answer.text
            receipt = answer.json()
            assert receipt["number"].startswith("R")
            assert receipt["cell"].startswith("990101")

            def progress() -> dict[str, Any]:
                found = httpx.get(f"{demo.whole.address}/api/v1/reports/{receipt['token']}")
                assert found.status_code == 200
                return dict(found.json())

            demo.wait("a ticket", lambda: progress()["ticket"] is not None, 10)
            number = progress()["ticket"]
            await expect(page.locator(f"[data-ticket='{number}']")).to_be_visible(timeout=10_000)
            demo.wait("the report's end", lambda: progress()["state"] == "closed", 120)
        took_s = time.monotonic() - begun
        told = [step["kind"] for step in progress()["history"]]
        seen = await states_seen(page, number)
    figures(
        f"report {receipt['number']}: 201 after {answered_s * 1000:.0f} ms with a photo, closed"
        f" after {took_s:.1f} s at speed 5; the wall saw {' > '.join(seen)}"
    )
    assert len(told) >= 4
    assert seen[-1] == "closed"
    with demo.signed_in("operator") as client:
        story = client.get(f"/api/v1/tickets/{number}").json()
    # The picture is shown only re-encoded, and who reported is told to nobody by accident.
    ready = [one for one in story["evidence"] if one["state"] == "ready"]
    assert ready
    assert "13800000000" not in json.dumps(story)
