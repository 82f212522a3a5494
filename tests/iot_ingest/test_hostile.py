"""A device that pretends to be another: real broker with the shipped rules, real ingester."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from paho.mqtt.client import Client

from iot_ingest.model.device import readings_topic, status_topic
from tests.iot_ingest import flooder
from tests.iot_ingest.place import NOW, item, rows_of, until
from tests.iot_ingest.test_ingest_process import beating, publisher, send, start
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase

# COMMAND_CENTER_SPOOFS=10000: some minutes.
TOPICS = int(os.environ.get("COMMAND_CENTER_SPOOFS", "400"))
SHAPES = 11


@pytest.fixture
def ingest(village: TestDatabase, broker: TestBroker) -> Iterator[subprocess.Popen[bytes]]:
    process = start(village, broker, "--no-judge")
    until(lambda: "ingest" in beating(village), 60)
    yield process
    process.terminate()
    process.wait(30)


@pytest.fixture
def victim(broker: TestBroker) -> Iterator[Client]:
    """WL-1, connected."""
    client = publisher(broker, "WL-1", broker.add_devices("WL-1")["WL-1"])
    until(client.is_connected)
    yield client
    client.disconnect()
    client.loop_stop()


def spoofed(number: int) -> str:
    """A topic that says another's name, or hides one."""
    other = random.Random(number).choice(["WL-1", "CD-1", "OF-1"])
    shapes = (
        readings_topic(other),
        status_topic(other),
        f"cc/v1/{number % 64:02x}/{other}/readings",
        f"cc/v1/{number:x}/{other}/readings",
        f"cc/v1/00/{other}/WL-2/readings",
        f"cc/v1/WL-2/{other}/readings",
        f"cc/v1/00/wl-2/{number}",
        f"cc/v1/00/WL-2\u200b{number}/readings",
        f"cc/v1/00/{other}/readings/{number}",
        f"cc/demo/{number}",
        f"$SYS/{number}",
    )
    return shapes[number % len(shapes)]


def own_reading(connection: socket.socket, level: int, second: int) -> None:
    """A good reading of WL-2: when it is stored, all before it has been dealt with."""
    at = NOW - timedelta(hours=1, seconds=second)
    payload = json.dumps(item(at, voltage=11.0)).encode()
    connection.sendall(
        flooder.publish(readings_topic("WL-2"), payload, 1, 65_000 + second, level=level)
    )


def _own(village: TestDatabase) -> int:
    found: int = rows_of(
        village.engine("cc_web"), "SELECT count(*) FROM iot.readings WHERE value = 11"
    )[0][0]
    return found


def test_spoofed_topics_change_nothing_of_anybody_else(
    village: TestDatabase, broker: TestBroker, victim: Client, ingest: subprocess.Popen[bytes]
) -> None:
    secret = broker.add_devices("WL-2")["WL-2"]
    send(victim, item(datetime.now(UTC), voltage=12.0))
    payload = json.dumps(item(datetime.now(UTC), voltage=66.0)).encode()
    for level in (4, 5):
        for n in range(TOPICS // 2):
            told = b"offline" if n % SHAPES == 1 else payload
            packet = flooder.publish(spoofed(n), told, n & 1, n + 1, level=level, retain=n % 3 == 0)
            # (this broker ends a connection after what it denies)
            with flooder.connect(broker.port, "WL-2", secret, level=level) as connection:
                connection.sendall(packet * 2)
        with flooder.connect(broker.port, "WL-2", secret, level=level) as connection:
            own_reading(connection, level, level)
            until(lambda: _own(village) == level - 3, 60)  # noqa: B023 - at once
    found = rows_of(
        village.engine("cc_web"),
        "SELECT device_id, value FROM iot.readings JOIN iot.devices USING (device_no)"
        " WHERE value <> 11",
    )
    assert found == [("WL-1", 12.0)]
    online = rows_of(
        village.engine("cc_web"),
        "SELECT device_id, online FROM iot.device_status JOIN iot.devices USING (device_no)"
        " ORDER BY 1",
    )
    assert online == [("WL-1", True), ("WL-2", True)]
    assert rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.quarantine") == [(0,)]
    assert victim.is_connected()


def test_topics_below_its_own_name_are_its_own_trouble(
    village: TestDatabase, broker: TestBroker, ingest: subprocess.Popen[bytes]
) -> None:
    """What the broker must let pass (it knows no buckets) is put aside under the sender's name."""
    secret = broker.add_devices("WL-2")["WL-2"]
    with flooder.connect(broker.port, "WL-2", secret) as connection:
        connection.sendall(
            flooder.publish("cc/v1/WL-1/WL-2/readings", b"{}", 1, 1)
            + flooder.publish("cc/v1/7f/WL-2/status", b"offline", 1, 2)
        )
        own_reading(connection, 4, 4)
        until(lambda: _own(village) == 1, 30)
    aside = "SELECT device_id, reason FROM iot.quarantine"
    assert rows_of(village.engine("cc_web"), aside) == [("WL-2", "wrong_topic")] * 2


def test_last_will_and_client_id_of_another_are_of_no_use(
    village: TestDatabase, broker: TestBroker, victim: Client, ingest: subprocess.Popen[bytes]
) -> None:
    secret = broker.add_devices("WL-2")["WL-2"]
    send(victim, item(datetime.now(UTC), voltage=12.0))
    until(lambda: bool(rows_of(village.engine("cc_web"), "SELECT FROM iot.device_status")))
    for level in (4, 5):
        for name in ("WL-1", "cc_ingest"):
            connection = flooder.connect(
                broker.port, "WL-2", secret, client_id=name, level=level,
                will=(status_topic("WL-1"), b"offline"),
            )  # fmt: skip
            # gone without a word: the broker publishes the will, if it may
            connection.close()
    time.sleep(0.5)
    assert victim.is_connected()
    assert "ingest" in beating(village)
    send(victim, item(datetime.now(UTC), voltage=12.1))
    until(lambda: rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.readings") == [(2,)])
    assert rows_of(village.engine("cc_web"), "SELECT online FROM iot.device_status") == [(True,)]
    with pytest.raises(ConnectionRefusedError):
        flooder.connect(broker.port, "WL-1", secret)
