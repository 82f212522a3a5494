"""The whole way on real processes: broker -> ingest -> database -> judge -> events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from grid.store import heartbeats
from iot_ingest.model.device import readings_topic, status_topic
from tests.iot_ingest.place import item, rows_of, until
from tests.support.broker import TestBroker, on_both_brokers
from tests.support.cluster import TestDatabase


def start(village: TestDatabase, broker: TestBroker, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "COMMAND_CENTER_DATABASE_URL": village.url("cc_ingest"),
        "COMMAND_CENTER_BROKER_URL": broker.url("cc_ingest"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "iot_ingest", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def ingest(village: TestDatabase, broker: TestBroker) -> Iterator[subprocess.Popen[bytes]]:
    process = start(village, broker)
    until(lambda: beating(village) == {"ingest", "judge"}, 60)
    yield process
    process.terminate()
    process.wait(30)


def beating(village: TestDatabase) -> set[str]:
    with village.engine("cc_web").connect() as conn:
        return {
            one.process
            for one in heartbeats.all(conn)
            if one.age_s < 3 and one.detail.get("broker", True)
        }


def publisher(broker: TestBroker, user: str, secret: str) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=user)
    client.username_pw_set(user, secret)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    return client


@pytest.fixture
def device(broker: TestBroker) -> Iterator[Client]:
    """WL-1, connected."""
    client = publisher(broker, "WL-1", broker.add_devices("WL-1")["WL-1"])
    yield client
    client.disconnect()
    client.loop_stop()


def send(client: Client, payload: object, device_id: str = "WL-1") -> None:
    info = client.publish(readings_topic(device_id), json.dumps(payload), qos=1)
    info.wait_for_publish(30)
    assert info.is_published()


def count(village: TestDatabase, table: str = "iot.readings", where: str = "true") -> int:
    found: int = rows_of(village.engine("cc_web"), f"SELECT count(*) FROM {table} WHERE {where}")[
        0
    ][0]
    return found


def spread(number: int) -> Mapping[str, object]:
    """The reading with this number: no two have the same time."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3) + timedelta(seconds=number)
    return item(at, voltage=12.0)


@pytest.mark.alone
def test_a_high_level_becomes_an_event_within_half_a_second(
    village: TestDatabase, device: Client, ingest: subprocess.Popen[bytes]
) -> None:
    took = []
    for n in range(10):
        began = time.monotonic()
        send(device, item(datetime.now(UTC), water_level=3.2 if n % 2 == 0 else 1.0))
        until(lambda n=n: count(village, "events.events") > n)  # type: ignore[misc]
        took.append(time.monotonic() - began)
    # (the median, because others may be busy on the machine that tests)
    assert sorted(took)[5] < 0.5


@on_both_brokers
def test_the_last_will_tells_that_a_device_is_gone(
    village: TestDatabase, broker: TestBroker, ingest: subprocess.Popen[bytes]
) -> None:
    def online(wanted: bool) -> bool:
        return count(village, "iot.device_status", f"online = {wanted}") == 1

    client = Client(CallbackAPIVersion.VERSION2, client_id="WL-1")
    client.username_pw_set("WL-1", broker.add_devices("WL-1")["WL-1"])
    client.will_set(status_topic("WL-1"), b"offline", qos=1, retain=True)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(status_topic("WL-1"), b"online", qos=1, retain=True).wait_for_publish(5)
    until(lambda: online(True))
    client.loop_stop()
    sock = client.socket()
    assert sock is not None
    sock.close()
    until(lambda: online(False))


@on_both_brokers
def test_nothing_is_lost_or_doubled_when_ingest_broker_and_database_are_killed(
    village: TestDatabase, broker: TestBroker
) -> None:
    client = publisher(broker, "WL-1", broker.add_devices("WL-1")["WL-1"])
    sent = 0

    def some(number: int) -> None:
        nonlocal sent
        infos = []
        for _ in range(number):
            infos.append(client.publish(readings_topic("WL-1"), json.dumps(spread(sent)), qos=1))
            sent += 1
        for info in infos:
            info.wait_for_publish(30)

    process = start(village, broker, "--no-judge")
    until(lambda: "ingest" in beating(village), 60)
    some(300)
    for _ in range(2):
        process.send_signal(signal.SIGKILL)
        process.wait()
        some(300)
        process = start(village, broker, "--no-judge")
        some(300)
    with village.cluster.connect("postgres") as conn:
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS false")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (village.name,),
        )
        some(300)
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS true")
    some(100)
    until(lambda: count(village) == sent, 20)
    broker.stop()
    broker.start()
    until(client.is_connected, 20)
    some(100)
    took = until(lambda: count(village) == sent, 20)
    assert took < 10
    client.disconnect()
    client.loop_stop()
    process.terminate()
    assert process.wait(30) == 0
    assert count(village, "iot.quarantine") == 0
    with village.engine("cc_web").connect():
        rows = rows_of(village.engine("cc_web"), "SELECT sum(stored) FROM iot.intake")
    assert rows[0][0] == sent


@on_both_brokers
def test_sigterm_stores_and_acknowledges_what_is_here_and_ends_the_judge(
    village: TestDatabase, broker: TestBroker
) -> None:
    process = start(village, broker)
    until(lambda: beating(village) == {"ingest", "judge"}, 60)
    client = publisher(broker, "WL-1", broker.add_devices("WL-1")["WL-1"])
    for n in range(200):
        send(client, spread(n))
    process.terminate()
    assert process.wait(30) == 0
    client.disconnect()
    client.loop_stop()
    assert count(village) == 200
    until(lambda: not children(process.pid), 20)


def test_a_judge_ends_when_its_parent_is_killed_and_is_started_again_when_it_dies(
    village: TestDatabase, broker: TestBroker
) -> None:
    process = start(village, broker)
    try:
        # A heartbeat may still be that of a process before: wait for this one's judge.
        until(lambda: len(children(process.pid)) == 1, 60)
        until(lambda: beating(village) == {"ingest", "judge"}, 60)
        (first,) = children(process.pid)
        os.kill(first, signal.SIGKILL)
        until(lambda: bool(_others(process.pid, first)), 30)
        (second,) = _others(process.pid, first)
    finally:
        process.kill()
        process.wait()
    until(lambda: not _alive(second), 20)


def _others(pid: int, first: int) -> list[int]:
    return [one for one in children(pid) if one != first]


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=False)
    return [int(one) for one in found.stdout.split()]


def _alive(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return told.rsplit(b") ", 1)[1][:1] != b"Z"
