"""How fast readings get from the broker into the database, beside a plain way to do it.

``.venv/bin/python -m benchmarks.ingest``: a private broker and PostgreSQL (fsync on), 200 devices,
messages of one reading (about 120 bytes).

1. drain: messages wait in the broker's queue; how many a second are stored and acknowledged,
   by our ingester and by the plain one: one INSERT and one COMMIT for each message.
2. latency: messages come at a steady rate; from publishing to being visible to another session.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from command_center.replay.publish import Publisher
from command_center.replay.table import DeviceMessage
from grid.store.postgis import listen
from iot_ingest.client import SUBSCRIPTIONS, Session
from iot_ingest.model.device import readings_topic
from iot_ingest.store.readings import ensure_partition
from tests.iot_ingest.place import row, rows_of, settle
from tests.support.broker import TestBroker, running_broker
from tests.support.cluster import TestDatabase, running_cluster

_DEVICES = 200


def main() -> int:
    """Run both measurements and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="to drain")
    parser.add_argument("--baseline", type=int, default=3_000, help="to drain one by one")
    parser.add_argument("--rate", type=float, default=500, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20, help="at that rate")
    options = parser.parse_args()
    with _services() as (database, broker):
        ours = _drain(database, broker, options.messages, _our_ingester)
        plain = _drain(database, broker, options.baseline, _plain_ingester)
        waits = _latency(database, broker, options.rate, options.seconds)
    print(f"{'drain':34}{'messages/s':>12}{'ratio':>8}")
    print(f"{'one commit per message':34}{plain:12,.0f}{1:8.1f}")
    print(f"{'iot_ingest, with judge':34}{ours:12,.0f}{ours / plain:8.1f}")
    p50, p95, p99 = np.percentile(waits, (50, 95, 99)) * 1000
    print(
        f"published to visible at {options.rate:g}/s, {len(waits)} readings:"
        f" p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
    )
    return 0


@contextmanager
def _services() -> Iterator[tuple[TestDatabase, TestBroker]]:
    folders = [Path(tempfile.mkdtemp(prefix="cc-bench-")) for _ in range(2)]
    try:
        with (
            running_cluster(folders[0], fsync=True) as cluster,
            cluster.database() as database,
            running_broker(folders[1]) as broker,
        ):
            settle(database.engine("cc_admin"), [row(f"B-{n}") for n in range(_DEVICES)])
            with database.engine("cc_ingest").begin() as conn:
                ensure_partition(conn, datetime.now(UTC).date())
            yield database, broker
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


# --- drain ---------------------------------------------------------------------------------


def _drain(
    database: TestDatabase,
    broker: TestBroker,
    count: int,
    ingester: Callable[[TestDatabase, TestBroker], subprocess.Popen[bytes]],
) -> float:
    """Messages stored a second, the start of the process left out."""
    _open_session(broker)
    base_ms = time.time_ns() // 1_000_000 - count
    messages = [
        DeviceMessage(ts_ms=base_ms + n, device_id=f"B-{n % _DEVICES}",
                      values={"water_level": 1 + n % 100 / 100}, flags={})
        for n in range(count)
    ]  # fmt: skip
    Publisher(broker.url("cc_replay")).play(messages, 0)
    before = _stored(database)
    process = ingester(database, broker)
    try:
        while (first := _stored(database)) == before:
            time.sleep(0.01)
        began = time.monotonic()
        while (now := _stored(database)) < before + count:
            time.sleep(0.02)
        return (now - first) / (time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _stored(database: TestDatabase) -> int:
    return int(rows_of(database.engine("cc_ingest"), "SELECT count(*) FROM iot.readings")[0][0])


def _open_session(broker: TestBroker) -> None:
    """Leave a session with its subscriptions behind, so that the broker queues for it."""
    session = Session(broker.url("cc_ingest"), client_id="cc_ingest")
    session.start()
    while not session.connected:
        time.sleep(0.01)
    time.sleep(0.5)
    session.stop()


def _environment(database: TestDatabase, broker: TestBroker) -> dict[str, str]:
    return {
        **os.environ,
        "COMMAND_CENTER_DATABASE_URL": database.url("cc_ingest"),
        "COMMAND_CENTER_BROKER_URL": broker.url("cc_ingest"),
    }


def _our_ingester(database: TestDatabase, broker: TestBroker) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "iot_ingest"],
        env=_environment(database, broker),
        stderr=subprocess.DEVNULL,
    )


def _plain_ingester(database: TestDatabase, broker: TestBroker) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from benchmarks.ingest import plain; plain()"],
        env=_environment(database, broker),
    )


def plain() -> None:
    """One INSERT and one COMMIT for each message, then its acknowledgement."""
    conn = psycopg.connect(os.environ["COMMAND_CENTER_DATABASE_URL"])
    numbers: dict[str, int] = dict(
        conn.execute("SELECT device_id, device_no FROM iot.devices").fetchall()
    )
    url = os.environ["COMMAND_CENTER_BROKER_URL"]
    user, _, rest = url.removeprefix("mqtt://").partition(":")
    password, _, address = rest.partition("@")
    v5 = MQTTProtocolVersion.MQTTv5
    client = Client(CallbackAPIVersion.VERSION2, client_id=user, protocol=v5,
                    manual_ack=True)  # fmt: skip
    client.username_pw_set(user, password)

    def on_message(client: Client, _userdata: Any, message: MQTTMessage) -> None:
        reading = json.loads(message.payload)
        ts = datetime.fromtimestamp(reading["ts"] / 1000, UTC)
        conn.execute(
            "INSERT INTO iot.readings (device_no, metric_no, ts, value, received_at)"
            " VALUES (%s, 1, %s, %s, now()) ON CONFLICT DO NOTHING",
            (numbers[message.topic.split("/")[3]], ts, reading["values"]["water_level"]),
        )
        conn.commit()
        client.ack(message.mid, message.qos)

    client.on_message = on_message
    client.on_connect = lambda client, *_: client.subscribe([(one, 1) for one in SUBSCRIPTIONS])
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # of paho
    properties.SessionExpiryInterval = 0xFFFF_FFFF
    properties.ReceiveMaximum = 4_000
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host, _, port = address.partition(":")
    client.connect(host, int(port), clean_start=False, properties=properties)
    client.loop_forever()


# --- latency -------------------------------------------------------------------------------


def _latency(
    database: TestDatabase, broker: TestBroker, rate: float, seconds: float
) -> list[float]:
    """Seconds from publishing to being visible, for the newest reading of each notice."""
    process = _our_ingester(database, broker)
    stop = threading.Event()
    waits: list[float] = []
    watcher = threading.Thread(target=_watch, args=(database, stop, waits))
    watcher.start()
    time.sleep(3)
    client = Client(CallbackAPIVersion.VERSION2, client_id="cc_replay")
    user, _, rest = broker.url("cc_replay").removeprefix("mqtt://").partition(":")
    client.username_pw_set(user, rest.partition("@")[0])
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    began = time.monotonic()
    for n in range(round(rate * seconds)):
        time.sleep(max(0.0, began + n / rate - time.monotonic()))
        payload = {"ts": time.time_ns() // 1_000_000, "values": {"voltage": 12 + n % 10 / 10}}
        client.publish(readings_topic(f"B-{n % _DEVICES}"), json.dumps(payload), qos=1)
    time.sleep(1)
    stop.set()
    watcher.join()
    client.disconnect()
    client.loop_stop()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    return waits


def _watch(database: TestDatabase, stop: threading.Event, waits: list[float]) -> None:
    seen: dict[int, datetime] = {}
    with database.engine("cc_web").connect() as conn:
        driver = conn.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        for notices in listen(
            database.url("cc_web"), ["cc_live"], wake_every_s=0.1, stopped=stop.is_set
        ):
            ids = [one for notice in notices for one in json.loads(notice.payload)["ids"]]
            rows = driver.execute(
                "SELECT l.device_no, l.ts FROM iot.latest l JOIN iot.metrics m USING (metric_no)"
                " WHERE m.name = 'voltage' AND l.device_no = ANY(%s)",
                (ids,),
            ).fetchall()
            driver.rollback()
            now = datetime.now(UTC)
            for device_no, ts in rows:
                if seen.get(device_no) != ts:
                    seen[device_no] = ts
                    waits.append((now - ts).total_seconds())


if __name__ == "__main__":
    sys.exit(main())
