"""Several ingest processes share the devices; their number changes while devices send."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessageInfo

from grid.store import heartbeats
from iot_ingest.model import worker
from iot_ingest.model.device import readings_topic
from tests.iot_ingest.place import item, row, rows_of, settle, until
from tests.iot_ingest.test_ingest_process import children, publisher, start
from tests.support.broker import TestBroker, on_both_brokers
from tests.support.cluster import TestDatabase

DEVICES = [f"WL-{n}" for n in range(12)]


class Traffic(threading.Thread):
    """Devices that send some 200 readings a second, each once, until they are told to stop."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        super().__init__()
        self.sent = 0
        self._clients = clients
        self._enough = threading.Event()
        self._infos: list[MQTTMessageInfo] = []

    def run(self) -> None:
        first = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
        for name in itertools.cycle(self._clients):
            payload = json.dumps(item(first + timedelta(seconds=self.sent), voltage=12.0))
            topic = readings_topic(name)
            self._infos.append(self._clients[name].publish(topic, payload, qos=1))
            self.sent += 1
            if self._enough.wait(0.005):
                return

    def stop(self) -> int:
        """Stop, wait for the broker's answers; how many were sent."""
        self._enough.set()
        self.join()
        for info in self._infos:
            info.wait_for_publish(30)
        return self.sent


@contextmanager
def traffic(broker: TestBroker) -> Iterator[Traffic]:
    secrets = broker.add_devices(*DEVICES)
    clients = {name: publisher(broker, name, secrets[name]) for name in DEVICES}
    found = Traffic(clients)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        for one in clients.values():
            one.disconnect()
            one.loop_stop()


@pytest.fixture
def river(database: TestDatabase) -> TestDatabase:
    """A village with twelve gauges, whose buckets are spread."""
    settle(database.engine("cc_admin"), [row(name) for name in DEVICES])
    return database


def beats(river: TestDatabase) -> dict[str, Mapping[str, Any]]:
    with river.engine("cc_web").connect() as conn:
        return {one.process: one.detail for one in heartbeats.all(conn) if one.age_s < 3}


def shared_by(river: TestDatabase, number: int) -> bool:
    """Whether so many processes have their shares, and nobody has more."""
    found = beats(river)
    wanted = {worker.process_name(n) for n in range(number)}
    return wanted <= set(found) and all(
        found[name]["held"] == [number] and found[name]["subscribed"] for name in wanted
    )


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    assert process.wait(30) == 0


@pytest.mark.timeout(180)
@on_both_brokers
def test_nothing_is_lost_or_doubled_when_their_number_changes_under_load(
    river: TestDatabase, broker: TestBroker
) -> None:
    process = start(river, broker, "--no-judge")
    until(lambda: shared_by(river, 1), 60)
    with traffic(broker) as devices:
        time.sleep(1)
        end(process)
        process = start(river, broker, "--no-judge", "--processes", "3")
        until(lambda: shared_by(river, 3), 60)
        victim = children(process.pid)[1]
        subprocess.run(["kill", "-9", str(victim)], check=True)
        time.sleep(1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = start(river, broker, "--no-judge", "--processes", "2")
        until(lambda: shared_by(river, 2), 60)
        # the third ends what it had begun, and then itself
        until(lambda: last_words(river, "ingest-2").get("left") is True, 60)
        time.sleep(0.5)
        twice = rows_of(river.engine("cc_web"), "SELECT sum(duplicates) FROM iot.intake")
        time.sleep(1)
        sent = devices.stop()
    sql = "SELECT count(*), (SELECT sum(stored) FROM iot.intake) FROM iot.readings"
    engine = river.engine("cc_web")
    until(lambda: rows_of(engine, sql)[0][0] == sent, 30)
    assert rows_of(engine, sql) == [(sent, sent)]
    # nobody listens to another's share any more
    assert rows_of(engine, "SELECT sum(duplicates) FROM iot.intake") == twice
    assert rows_of(engine, "SELECT count(*) FROM iot.quarantine") == [(0,)]
    took_part = rows_of(engine, "SELECT process FROM iot.intake WHERE stored > 0 ORDER BY 1")
    assert [name for (name,) in took_part] == ["ingest", "ingest-1", "ingest-2"]
    end(process)


def last_words(river: TestDatabase, process: str) -> Mapping[str, Any]:
    with river.engine("cc_web").connect() as conn:
        found = {one.process: one.detail for one in heartbeats.all(conn)}
    return found.get(process, {})


@pytest.mark.parametrize("processes", [1, 2, 3, 7, 16])
def test_every_bucket_has_one_owner(processes: int) -> None:
    shares = [worker.filters(number, processes) for number in range(processes)]
    together = [one for share in shares for one in share]
    assert len(together) == len(set(together)) == (2 if processes == 1 else 128)
    assert set(together) <= worker.every_filter()
    assert worker.filters(processes, processes) == ()


def test_a_mark_comes_through_the_filter_it_stands_for() -> None:
    wildcards, third = worker.filters(0, 1), worker.filters(0, 3)
    assert worker.marks(wildcards, third) == {
        "cc/v1/00/cc_mark/readings": 2,
        "cc/v1/00/cc_mark/status": 2,
    }
    found = worker.marks(worker.filters(1, 3), worker.filters(1, 2))
    assert found["cc/v1/0a/cc_mark/status"] == 1
    assert set(found) <= worker.mark_topics()
