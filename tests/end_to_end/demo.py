"""A running demo city without simulator, with probe devices that the tests publish for."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from command_center.machine.account import service_account
from command_center.machine.doors import broker_url, database_url
from command_center.settings import Settings
from grid.store import areas, cells
from grid.store.postgis import make_engine, reading
from iot_ingest.model.device import readings_topic
from iot_ingest.store.registration import register_devices
from tests.support.whole import WholeCity

PROBES = 100
# Where two street gauges stand further apart than this, their tickets are never one.
_APART_CELLS = 3


class Demo:
    """A running demo city: passwords, database, probes."""

    def __init__(self, whole: WholeCity) -> None:
        self.whole = whole
        self.settings = Settings(data=whole.folder)
        accounts = whole.folder / "secrets" / "demo-accounts.json"
        self.passwords: dict[str, str] = json.loads(accounts.read_text())
        self.engine: Engine = make_engine(
            database_url(self.settings, "cc_admin"), role="cc_admin", pool_size=4
        )
        self.places = self._places()
        self.probes = [f"PROBE-{number:03d}" for number in range(PROBES)]
        self.gauge = "GAUGE-001"
        rows = [self._probe(*one) for one in zip(self.probes, self.places, strict=True)]
        rows.append(self._probe(self.gauge, self.places[-1]))
        register_devices(self.engine, rows, by="system:test")

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _places(self) -> list[tuple[float, float]]:
        """The middles of cells that are far from one another, all over the district."""
        with reading(self.engine) as conn:
            district = areas.by_code(conn, "990101")
            assert district is not None
            every = cells.inside(conn, district.area_id)
        step = max(1, len(every) // PROBES)
        chosen = every[::step][:PROBES]
        points = [one.geometry.representative_point() for one in chosen]
        return [(round(point.x, 6), round(point.y, 6)) for point in points]

    @staticmethod
    def _probe(device_id: str, place: tuple[float, float]) -> dict[str, Any]:
        return {
            "device_id": device_id, "model": "street-gauge", "layer": "flood",
            "name_zh": f"测试 {device_id}", "name_en": f"Test {device_id}",
            "metrics": ["water_depth"], "interval_s": 1.0, "lon": place[0], "lat": place[1],
            "attributes": {"water": "street", "warning_m": 0.15, "guarantee_m": 0.27,
                           "record_m": 0.5},
        }  # fmt: skip

    def ask(self, sql: str, **params: Any) -> list[Any]:
        """Rows of a query, in a transaction of its own."""
        with self.engine.connect() as conn:
            return list(conn.execute(text(sql), params).all())

    def wait(self, what: str, holds: Callable[[], bool], within_s: float) -> float:
        """Wait until something holds; the seconds that it took. The database may be away."""
        begun = time.monotonic()
        while True:
            try:
                if holds():
                    return time.monotonic() - begun
            except (SQLAlchemyError, httpx.HTTPError):
                self.engine.dispose()
            if time.monotonic() - begun > within_s:
                raise AssertionError(f"{what}: not within {within_s} s\n{self.whole.errors()}")
            # (not oftener: who asks takes from those that are waited for)
            time.sleep(0.1)

    @contextmanager
    def signed_in(self, name: str) -> Iterator[httpx.Client]:
        """An HTTP client with the session of a demo account."""
        with httpx.Client(base_url=self.whole.address, timeout=20) as client:
            client.headers["Origin"] = self.whole.address
            answer = client.post("/login", data={"name": name, "password": self.passwords[name]})
            assert answer.status_code == 303, answer.text
            yield client

    @contextmanager
    def crews(self, speed: float) -> Iterator[None]:
        """The demo's simulated crews (without residents), as a process of the service account."""
        environment = {
            "PATH": os.environ["PATH"],
            "COMMAND_CENTER_DATABASE_URL": database_url(self.settings, "cc_web"),
            "COMMAND_CENTER_BROKER_URL": broker_url(self.settings, "cc_crews"),
            "COMMAND_CENTER_DATA": str(self.whole.folder),
            "COMMAND_CENTER_LANGUAGE": "en",
        }
        module = (sys.executable, "-m", "command_center.demo.crews", "--speed", str(speed))
        child = subprocess.Popen([*service_account().prefix(), *module], env=environment)
        try:
            yield
        finally:
            child.terminate()
            assert child.wait(10) == 0


@dataclass(slots=True)
class Flow:
    """Messages of the probes at a steady rate, and what the broker acknowledged of them.

    ``depth(probe index, seconds since the start)`` is what a probe measures (m). Every message is
    kept, by a number that begins anew after 65,535: for more of them see `Tally`.
    """

    demo: Demo
    rate: float
    depth: Callable[[int, float], float]
    probes: int = PROBES
    sent: dict[int, tuple[str, int, float]] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _client: mqtt.Client | None = None

    def start(self) -> None:
        """Connect and begin."""
        url = httpx.URL(broker_url(self.demo.settings, "cc_replay"))
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=url.username)
        client.username_pw_set(url.username, url.password)
        client.max_inflight_messages_set(2_000)
        client.on_publish = lambda _c, _u, mid, _r, _p: self._heard(mid)
        client.connect(url.host, url.port or 1883)
        client.loop_start()
        self._client = client
        self._thread = threading.Thread(target=self._publish, name="flow")
        self._thread.start()

    def stop(self) -> None:
        """Stop sending and wait until the broker has acknowledged everything."""
        self._stop.set()
        assert self._thread is not None
        assert self._client is not None
        self._thread.join(20)
        deadline = time.monotonic() + 30
        while self.unheard() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._client.disconnect()
        self._client.loop_stop()

    def readings(self) -> set[tuple[str, int, float]]:
        """(device_id, ts in ms, value) of every acknowledged message."""
        return {self.sent[mid] for mid in self.acknowledged}

    def unheard(self) -> int:
        """How many messages were sent and not acknowledged yet."""
        return len(self.sent) - len(self.acknowledged)

    def _note(self, mid: int, reading_: tuple[str, int, float]) -> None:
        self.sent[mid] = reading_

    def _heard(self, mid: int) -> None:
        self.acknowledged.add(mid)

    def _publish(self) -> None:
        assert self._client is not None
        begun, wall = time.monotonic(), time.time()
        number, due = 0, begun
        while not self._stop.is_set():
            wait_s = due - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            # (who stood still for long goes on from there: all that at once would be a flood)
            due = max(due, time.monotonic() - 1.0) + 1 / self.rate
            index = number % self.probes
            since = time.monotonic() - begun
            probe = self.demo.probes[index]
            reading_ = (probe, round((wall + since) * 1000), round(self.depth(index, since), 3))
            payload = json.dumps({"ts": reading_[1], "values": {"water_depth": reading_[2]}})
            info = self._client.publish(readings_topic(probe), payload, qos=1)
            self._note(info.mid, reading_)
            number += 1


@dataclass(slots=True)
class Tally(Flow):
    """A flow for hours, which keeps no message: by probe their number and sums of what they said.

    ``sums[device_id]``: messages, times in ms, values in mm.
    """

    sums: dict[str, list[int]] = field(default_factory=dict)
    messages: int = 0
    heard: int = 0

    def unheard(self) -> int:
        """How many messages were sent and not acknowledged yet."""
        return self.messages - self.heard

    def _note(self, mid: int, reading_: tuple[str, int, float]) -> None:
        device_id, ts, value = reading_
        sums = self.sums.setdefault(device_id, [0, 0, 0])
        for n, one in enumerate((1, ts, round(value * 1000))):
            sums[n] += one
        self.messages += 1

    def _heard(self, mid: int) -> None:
        self.heard += 1


def p95(values: list[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
