"""Two plain ways to bring readings from the broker into the database, to compare ours with.

``python -m benchmarks.baselines one``: one INSERT and one COMMIT for each message.
``python -m benchmarks.baselines many``: batches of up to 1,000 through executemany, one COMMIT.

Both acknowledge after the commit, and know their devices, but check nothing.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_MOST = 1_000
_INSERT = (
    "INSERT INTO iot.readings (device_no, metric_no, ts, value, received_at)"
    " VALUES (%s, %s, %s, %s, now()) ON CONFLICT DO NOTHING"
)


def main(way: str) -> None:
    """Store and acknowledge until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    conn = psycopg.connect(os.environ["COMMAND_CENTER_DATABASE_URL"])
    devices: dict[str, int] = dict(conn.execute("SELECT device_id, device_no FROM iot.devices"))
    metrics: dict[str, int] = dict(conn.execute("SELECT name, metric_no FROM iot.metrics"))
    conn.commit()
    waiting: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
    client = _connect(waiting)
    while True:
        batch = [waiting.get()]
        while way == "many" and len(batch) < _MOST and not waiting.empty():
            batch.append(waiting.get())
        rows = [row for message in batch for row in _rows(message, devices, metrics)]
        with conn.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
        conn.commit()
        for message in batch:
            client.ack(message.mid, message.qos)


def _rows(
    message: MQTTMessage, devices: dict[str, int], metrics: dict[str, int]
) -> list[tuple[int, int, datetime, float]]:
    reading = json.loads(message.payload)
    ts = datetime.fromtimestamp(reading["ts"] / 1000, UTC)
    device_no = devices[message.topic.split("/")[3]]
    return [(device_no, metrics[name], ts, value) for name, value in reading["values"].items()]


def _connect(waiting: queue.SimpleQueue[MQTTMessage]) -> Client:
    url = urlsplit(os.environ["COMMAND_CENTER_BROKER_URL"])
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=url.username or "",
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=True,
    )
    client.username_pw_set(url.username or "", unquote(url.password or ""))
    client.on_message = lambda _client, _userdata, message: waiting.put(message)
    client.on_connect = lambda client, *_: client.subscribe("cc/v1/+/+/readings", 1)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # of paho
    properties.SessionExpiryInterval = 0xFFFF_FFFF
    properties.ReceiveMaximum = 4_000
    client.connect(
        url.hostname or "127.0.0.1", url.port or 1883, clean_start=False, properties=properties
    )
    client.loop_start()
    return client


if __name__ == "__main__":
    main(sys.argv[1])
