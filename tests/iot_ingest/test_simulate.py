"""The simulated devices on a real broker: an episode is found, relieved, and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from iot_ingest.lines import Lines
from iot_ingest.model.behaviour import history
from iot_ingest.store import devices, metrics, readings
from tests.iot_ingest.place import NOW, row, rows_of, settle, until
from tests.iot_ingest.test_ingest_process import beating, start
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase

LEVELS = {"water": "river", "normal_m": 2.0, "warning_m": 3.0, "guarantee_m": 3.5}


@pytest.fixture
def river(database: TestDatabase, broker: TestBroker, tmp_path: Path) -> tuple[TestDatabase, Path]:
    """Three river gauges with a day of history; the file of their secrets."""
    names = [f"WL-{n}" for n in range(3)]
    settle(
        database.engine("cc_admin"),
        [row(one, interval_s=10, attributes=LEVELS) for one in names],
    )
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(dict(broker.add_devices(*names))))
    since = NOW - timedelta(hours=2)
    with database.engine("cc_ingest").begin() as conn:
        known = metrics.all(conn)
        for day in {since.date(), NOW.date()}:
            readings.ensure_partition(conn, day)
        readings.copy_history(
            conn,
            (
                (one.device_no, known[metric].metric_no, at, value)
                for one in devices.all(conn)
                for at, found in history(one, since, NOW - timedelta(minutes=20))
                for metric, value in found.items()
            ),
        )
    return database, secrets


@contextmanager
def simulator(database: TestDatabase, broker: TestBroker, secrets: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "iot_ingest.simulate", "--speed", "4", "--secrets", str(secrets)],
        env={
            **os.environ,
            "COMMAND_CENTER_DATABASE_URL": database.url("cc_web"),
            "COMMAND_CENTER_BROKER_URL": broker.url("cc_demo"),
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def relieve(broker: TestBroker, device_id: str) -> None:
    client = Client(CallbackAPIVersion.VERSION2, client_id="cc_crews")
    user, _, rest = broker.url("cc_crews").removeprefix("mqtt://").partition(":")
    client.username_pw_set(user, rest.partition("@")[0])
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(f"cc/demo/relief/{device_id}", b"", qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


@pytest.mark.system
def test_an_episode_is_found_relieved_and_over(
    river: tuple[TestDatabase, Path], broker: TestBroker
) -> None:
    database, secrets = river

    def changes(change: str) -> list[str]:
        return [
            one[0]
            for one in rows_of(
                database.engine("cc_web"),
                "SELECT attributes->>'device_id' FROM events.events"
                f" WHERE attributes->>'rule' = 'river_level' AND change = '{change}'",
            )
        ]

    ingest = start(database, broker)
    try:
        # before it has a session, the broker has nobody to keep the backlog for
        until(lambda: "ingest" in beating(database), 60)
        with simulator(database, broker, secrets):
            until(lambda: bool(changes("raised")), 60)
            (struck,) = changes("raised")
            time.sleep(2)
            relieve(broker, struck)
            until(lambda: struck in changes("cleared"), 90)
            assert rows_of(
                database.engine("cc_web"), "SELECT count(*) FROM iot.device_status WHERE online"
            ) == [(3,)]
        until(
            lambda: (
                rows_of(
                    database.engine("cc_web"), "SELECT count(*) FROM iot.device_status WHERE online"
                )
                == [(0,)]
            )
        )
        # the twenty minutes that the database missed were sent as a backlog: nobody was silent
        # (who was called so before his backlog came, when it took long to start, is no more)
        until(
            lambda: (
                rows_of(
                    database.engine("cc_web"),
                    "SELECT count(*) FROM iot.findings WHERE rule LIKE '%silent' AND NOT withdrawn",
                )
                == [(0,)]
            )
        )
        assert rows_of(database.engine("cc_web"), "SELECT count(*) FROM iot.quarantine") == [(0,)]
    finally:
        ingest.terminate()
        ingest.wait(15)


def test_what_is_published_while_the_broker_is_away_is_sent_when_it_is_back(
    broker: TestBroker,
) -> None:
    secret = broker.add_devices("A")["A"]
    lines = Lines(f"mqtt://127.0.0.1:{broker.port}")
    line = lines.add("A", secret, "cc/v1/00/A/status")
    arrived: list[bytes] = []
    listener = Client(CallbackAPIVersion.VERSION2, client_id="cc_ingest")
    user, _, rest = broker.url("cc_ingest").removeprefix("mqtt://").partition(":")
    listener.username_pw_set(user, rest.partition("@")[0])
    listener.on_message = lambda _client, _userdata, message: arrived.append(bytes(message.payload))
    listener.on_connect = lambda client, *_: client.subscribe("cc/v1/+/+/readings", 1)
    listener.connect("127.0.0.1", broker.port)
    listener.loop_start()

    def turn_until(count: int) -> None:
        deadline = time.monotonic() + 20
        while len(arrived) < count:
            assert time.monotonic() < deadline
            lines.turn(0.05)

    line.publish("cc/v1/00/A/readings", b"1")
    turn_until(1)
    broker.stop()
    lines.turn(0.1)
    line.publish("cc/v1/00/A/readings", b"2")
    broker.start()
    turn_until(2)
    lines.close()
    listener.disconnect()
    listener.loop_stop()
    assert arrived == [b"1", b"2"]
