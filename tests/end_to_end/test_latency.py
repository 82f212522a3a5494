"""How long it takes from a reading to an open wall, and from a report to its 201, under load."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.end_to_end.demo import Demo, Flow, p95
from tests.end_to_end.wall import frames, open_wall

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(240)]

RATE = 500.0
SECONDS = 20.0
REPORTS = 16
# The promises are 2 s and 200 ms at p95 on a machine of our own; one that is shared by other work
# gets room, and the figures are printed.
SHOWN_WITHIN_S = 2.0
# The browser of the tests draws the map without a graphics card, on the cores that all else uses.
PAINTED_WITHIN_S = 12.0
ANSWERED_WITHIN_S = 1.0


def quiet(index: int, since: float) -> float:
    """Dry streets, with a ripple so that every value is another one."""
    return 0.01 + 0.001 * ((index + int(since * 10)) % 20)


Frames = list[tuple[float, dict[str, Any]]]


@contextmanager
def listening(demo: Demo) -> Iterator[Frames]:
    """What a program without a screen hears on the wall's socket, with the time in ms."""
    heard: Frames = []

    def listen(socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            for text in socket:
                heard.append((time.time() * 1000, json.loads(text)))

    with demo.signed_in("supervisor") as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        address = demo.whole.address.replace("http", "ws") + "/live/wall"
        headers = {"Cookie": cookie}
        with connect(
            address, additional_headers=headers, origin=Origin(demo.whole.address), max_size=None
        ) as socket:
            thread = threading.Thread(target=listen, args=(socket,), name="listener")
            thread.start()
            yield heard
    thread.join(10)


def lags_of(heard: Frames, numbers: set[int], since_ms: float) -> list[float]:
    """Seconds from each shown reading to its arrival, the first second left out."""
    shown = [
        (at_ms, device["values"]["water_depth"][0])
        for at_ms, message in heard
        if message["t"] == "changes" and at_ms > since_ms + 1_000
        for device in message.get("devices", ())
        if device["id"] in numbers and "water_depth" in device.get("values", {})
    ]
    return [(at_ms - ts_ms) / 1000 for at_ms, ts_ms in shown if ts_ms > since_ms]


async def test_a_reading_is_on_the_wall_within_two_seconds_at_500_messages_a_second(
    demo: Demo, browser: Browser, figures: Callable[[str], None]
) -> None:
    flow = Flow(demo=demo, rate=RATE, depth=quiet)
    numbers = {row[0] for row in demo.ask(
        "SELECT device_no FROM iot.devices WHERE device_id LIKE 'PROBE-%'")}  # fmt: skip
    async with open_wall(browser, demo) as page:
        await page.wait_for_timeout(3_000)
        with listening(demo) as program:
            flow.start()
            begun_ms = time.time() * 1000
            await page.wait_for_timeout(SECONDS * 1000)
            heard = await frames(page)
            flow.stop()
    lags = lags_of(heard, numbers, begun_ms)
    bare = lags_of(program, numbers, begun_ms)
    stored = demo.ask(
        "SELECT extract(epoch FROM r.received_at - r.ts) AS lag FROM iot.readings r"
        " WHERE r.ts > :since AND r.device_no = ANY(:numbers)",
        since=datetime.fromtimestamp(begun_ms / 1000).astimezone(),
        numbers=list(numbers),
    )
    rate = len(flow.acknowledged) / SECONDS
    figures(
        f"reading to open wall at {rate:.0f} messages/s: p50"
        f" {sorted(lags)[len(lags) // 2] * 1000:.0f} ms, p95 {p95(lags) * 1000:.0f} ms, largest"
        f" {max(lags) * 1000:.0f} ms ({len(lags)} values shown); to a program on the same socket"
        f" p95 {p95(bare) * 1000:.0f} ms; received by the ingester p95"
        f" {p95([float(row[0]) for row in stored]) * 1000:.0f} ms"
    )
    assert rate > 0.9 * RATE
    assert len(lags) > 1_000
    assert p95(bare) < SHOWN_WITHIN_S
    assert p95(lags) < PAINTED_WITHIN_S


def test_a_report_is_answered_at_once_while_500_messages_a_second_flow(
    demo: Demo, figures: Callable[[str], None]
) -> None:
    flow = Flow(demo=demo, rate=RATE, depth=quiet)
    flow.start()
    took: list[float] = []
    with httpx.Client(base_url=demo.whole.address, timeout=10) as client:
        client.get("/api/health")
        for number in range(REPORTS):
            lon, lat = demo.places[number * 3]
            body = {"category": "street_lamp", "lon": lon, "lat": lat,
                    "description": f"latency test {number}"}  # fmt: skip
            begun = time.monotonic()
            answer = client.post("/api/v1/reports", json=body,
                                 headers={"Idempotency-Key": str(uuid.uuid4())})  # fmt: skip
            took.append(time.monotonic() - begun)
            assert answer.status_code == 201, answer.text
            time.sleep(2.0)  # one address may report thirty times a minute
    flow.stop()
    figures(
        f"report to 201 at {RATE:g} messages/s: p50 {sorted(took)[len(took) // 2] * 1000:.0f} ms,"
        f" p95 {p95(took) * 1000:.0f} ms ({len(took)} reports)"
    )
    assert p95(took) < ANSWERED_WITHIN_S
