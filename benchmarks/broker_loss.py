"""What a killed broker loses of what it acknowledged: `python -m benchmarks.broker_loss`.

A device sends with QoS 1 at a steady rate, for an ingester that is away; the broker, configured as
shipped, gets SIGKILL and is started again; then the ingester takes what is there. Lost is what was
acknowledged to the device before the kill and does not come. The window is the age, at the kill, of
the oldest acknowledgement that was not kept. (A machine that loses power may lose more: nothing
here throws away what the operating system has not written yet.) With ``--no-kill`` the broker
lives: then nothing may be lost at all.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from iot_ingest.model.device import readings_topic
from tests.support.broker import TestBroker, running_broker

_DEVICE = "WL-1"
_QUIET_S = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """Of one kill: messages acknowledged, lost, and the window in seconds."""

    acknowledged: int
    lost: int
    window_s: float


def _client(url: str) -> Client:
    """A client that is not connected yet: whoever listens must be there when the first comes."""
    user, _, rest = url.removeprefix("mqtt://").partition(":")
    client = Client(CallbackAPIVersion.VERSION2, client_id=user, clean_session=False)
    client.username_pw_set(user, rest.partition("@")[0])
    client.max_inflight_messages_set(1_000)
    return client


def _connect(broker: TestBroker, client: Client) -> Client:
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    return client


def _listen(broker: TestBroker, heard: dict[int, float]) -> Client:
    client = _client(broker.url("cc_ingest"))
    subscribed: list[int] = []

    def on_message(_client: Client, _data: Any, message: Any) -> None:
        heard[int(message.payload)] = time.monotonic()

    client.on_message = on_message
    client.on_subscribe = lambda _client, _data, mid, *_: subscribed.append(mid)
    _connect(broker, client)
    client.subscribe("cc/v1/+/+/readings", 1)
    while not subscribed:
        time.sleep(0.01)
    return client


def _close(client: Client) -> None:
    client.disconnect()
    client.loop_stop()


def measure(broker: TestBroker, rate: float, seconds: float, *, kill: bool = True) -> Loss:
    """Send at ``rate`` a second, kill the broker after ``seconds``, count what is left."""
    _close(_listen(broker, {}))
    device = _client(broker.device_url(_DEVICE))
    numbers: dict[int, int] = {}
    acknowledged: dict[int, float] = {}
    device.on_publish = lambda _client, _data, mid, *_: acknowledged.setdefault(
        mid, time.monotonic()
    )
    _connect(broker, device)
    began = time.monotonic()
    topic = readings_topic(_DEVICE)
    while (sent := len(numbers)) < 60_000 and time.monotonic() - began < seconds:
        time.sleep(max(0.0, began + sent / rate - time.monotonic()))
        numbers[device.publish(topic, str(sent), qos=1).mid] = sent
    if kill:
        broker.stop(signal.SIGKILL)
    killed = time.monotonic()
    told = {numbers[mid]: at for mid, at in acknowledged.items() if at <= killed}
    device.loop_stop()
    if kill:
        broker.start()
    heard: dict[int, float] = {}
    listener = _listen(broker, heard)
    until = time.monotonic() + _QUIET_S
    while time.monotonic() < max(until, max(heard.values(), default=0.0) + _QUIET_S):
        time.sleep(0.1)
    _close(listener)
    lost = [at for number, at in told.items() if number not in heard]
    return Loss(
        acknowledged=len(told), lost=len(lost), window_s=killed - min(lost) if lost else 0.0
    )


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.broker_loss",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=3, help="for each line of the table")
    parser.add_argument("--rates", type=float, nargs="+", default=[5, 50, 1000])
    parser.add_argument("--seconds", type=float, default=5.0, help="of traffic before each kill")
    parser.add_argument("--no-kill", action="store_true", help="only the ingester is away")
    parser.add_argument("--brokers", nargs="+", default=["mosquitto", "nats"])
    options = parser.parse_args()
    print("broker       messages/s  runs  with losses  acknowledged   lost (most)  window, s")
    for kind in options.brokers:
        for rate in options.rates:
            found = [
                _one(kind, rate, options.seconds, kill=not options.no_kill)
                for _ in range(options.kills)
            ]
            troubled = sum(one.lost > 0 for one in found)
            total = sum(one.acknowledged for one in found)
            lost, most = sum(one.lost for one in found), max(one.lost for one in found)
            window = max(one.window_s for one in found)
            print(
                f"{kind:12} {rate:10.0f} {len(found):5d} {troubled:12d} {total:13d} {lost:6d}"
                f" {most:7d} {window:9.2f}",
                flush=True,
            )
    return 0


def _one(kind: str, rate: float, seconds: float, *, kill: bool) -> Loss:
    with (
        tempfile.TemporaryDirectory(prefix="cc-loss-") as folder,
        running_broker(Path(folder), kind) as broker,
    ):
        broker.add_devices(_DEVICE)
        return measure(broker, rate, seconds, kill=kill)


if __name__ == "__main__":
    raise SystemExit(main())
