"""The spool: what was acknowledged survives everything, in order, in bounded space."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from grid.store import heartbeats
from iot_ingest.client import Session
from iot_ingest.ingester import Ingester
from iot_ingest.message import Message
from iot_ingest.model.device import readings_topic
from iot_ingest.pipeline import Pipeline
from iot_ingest.spool import Spool, SpoolFull, SpoolInUse
from tests.iot_ingest.place import NOW, item, message, rows_of, until
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase


def messages(first: int, count: int, size: int = 100) -> list[Message]:
    return [
        Message(f"t/{n}", b"x" * size, 1_000_000 + n, 1, n % 65_535 + 1, 3)
        for n in range(first, first + count)
    ]


def drained(spool: Spool, most: int = 7) -> list[str]:
    """Read everything, storing each slice."""
    found = []
    while taken := spool.read(most):
        found += [one.topic for one in taken.messages]
        spool.done(taken)
    return found


def is_full(spool: Spool) -> bool:
    return spool.full


def topics(*spans: range) -> list[str]:
    return [f"t/{n}" for span in spans for n in span]


def test_what_goes_in_comes_out_once_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=1_000)
    for first in range(0, 100, 10):
        spool.append(messages(first, 10))
    assert len(list(tmp_path.glob("*.spool"))) > 5
    assert (spool.messages, spool.oldest_us) == (100, 1_000_000)
    taken = spool.read(3)
    assert taken is not None
    one = taken.messages[1]
    assert one == Message("t/1", b"x" * 100, 1_000_001, 0, 0, 0)
    # not stored yet: it comes again
    assert drained(spool) == topics(range(100))
    assert (spool.messages, spool.size, spool.oldest_us) == (0, 0, None)
    assert list(tmp_path.glob("*.spool")) == []
    spool.append(messages(100, 1))
    assert drained(spool) == ["t/100"]
    spool.close()


def test_another_process_finds_what_one_left(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=1_000)
    spool.append(messages(0, 25))
    spool.append(messages(25, 25))
    with pytest.raises(SpoolInUse):
        Spool(tmp_path)
    taken = spool.read(10)
    assert taken is not None
    spool.done(taken)
    spool.close()
    again = Spool(tmp_path)
    # the segment that was begun is read again from its start
    assert again.messages == 50
    again.append(messages(50, 5))
    assert drained(again) == topics(range(55))
    again.close()


@pytest.mark.parametrize("torn", [1, 7, 8, 9, 60, 200])
def test_a_torn_end_is_cut_off_and_nothing_before_it(tmp_path: Path, torn: int) -> None:
    spool = Spool(tmp_path)
    spool.append(messages(0, 10))
    (path,) = tmp_path.glob("*.spool")
    whole = path.stat().st_size
    spool.append(messages(10, 2))
    spool.close()
    os.truncate(path, whole + torn)
    again = Spool(tmp_path)
    kept = 11 if torn == 200 else 10
    assert again.messages == kept
    again.append(messages(20, 2))
    assert drained(again) == topics(range(kept), range(20, 22))
    again.close()


def test_zeros_at_the_end_are_no_messages(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(messages(0, 10))
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    with path.open("ab") as file:
        file.write(bytes(5_000))
    again = Spool(tmp_path)
    assert drained(again) == topics(range(10))
    again.close()


def test_a_damaged_record_is_kept_aside_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=1_000)
    spool.append(messages(0, 10))
    spool.append(messages(10, 10))
    spool.close()
    first = min(tmp_path.glob("*.spool"))
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 0xFF
    first.write_bytes(data)
    again = Spool(tmp_path)
    found = drained(again)
    assert found == topics(range(5), range(10, 20))
    assert again.damaged == 1
    (aside,) = tmp_path.glob("*.damaged")
    assert bytes(data).endswith(aside.read_bytes())
    again.close()


def test_a_full_spool_refuses_a_batch_whole_and_takes_the_next_when_there_is_room(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path, most_bytes=5_000, segment_bytes=2_000)
    spool.append(messages(0, 30))
    with pytest.raises(SpoolFull):
        spool.append(messages(30, 30))
    assert is_full(spool)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.spool")) == spool.size <= 5_000
    assert drained(spool) == topics(range(30))
    assert not is_full(spool)
    spool.append(messages(30, 30))
    assert drained(spool) == topics(range(30, 60))
    spool.close()


def test_kill_at_any_point_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    """A writer says on a pipe what is synced, and is killed in the middle, ten times."""
    program = (
        "import sys; from pathlib import Path; from iot_ingest.spool import Spool;"
        "from iot_ingest.message import Message;"
        "spool = Spool(Path(sys.argv[1]), segment_bytes=20_000); n = int(sys.argv[2])\n"
        "while True:\n"
        "    batch = [Message(f't/{i}', b'x' * 100, i, 1, 1, 1) for i in range(n, n + 20)]\n"
        "    spool.append(batch); n += 20; print(n, flush=True)\n"
    )
    promised: list[range] = []
    begin = 0
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(begin)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(0.05)
        writer.kill()
        lines = [first, *writer.stdout.read().splitlines()]
        writer.wait()
        writer.stdout.close()
        end = int([line for line in lines if line.strip()][-1])
        promised.append(range(begin, end))
        begin = end + 1_000
    spool = Spool(tmp_path)
    found = [int(topic[2:]) for topic in drained(spool, 1_000)]
    assert found == sorted(set(found))
    assert set().union(*promised) <= set(found)
    spool.close()


# --- with processes ----------------------------------------------------------------------------


def start(village: TestDatabase, broker: TestBroker, data: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "COMMAND_CENTER_DATABASE_URL": village.url("cc_ingest"),
        "COMMAND_CENTER_BROKER_URL": broker.url("cc_ingest"),
        "COMMAND_CENTER_DATA": str(data),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "iot_ingest", "--no-judge"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def database_away(village: TestDatabase) -> Iterator[None]:
    with village.cluster.connect("postgres") as conn:
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS false")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (village.name,),
        )
        try:
            yield
        finally:
            conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS true")


class Load(threading.Thread):
    """Publishes numbered readings of WL-1 at a steady rate until it is ended."""

    def __init__(self, broker: TestBroker, rate: float) -> None:
        super().__init__(daemon=True)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="WL-1")
        self._client.username_pw_set("WL-1", broker.add_devices("WL-1")["WL-1"])
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._rate = rate
        self._end = threading.Event()
        self.sent = 0

    def run(self) -> None:
        began = time.monotonic()
        while not self._end.wait(0.01):
            while self.sent < (time.monotonic() - began) * self._rate:
                at = NOW - timedelta(hours=3) + timedelta(seconds=self.sent)
                payload = json.dumps(item(at, voltage=12.0))
                self._client.publish(readings_topic("WL-1"), payload, qos=1)
                self.sent += 1

    def end(self) -> int:
        """Stop; how many were sent and taken by the broker."""
        self._end.set()
        self.join()
        last = self._client.publish(
            readings_topic("WL-1"), json.dumps(item(NOW, voltage=12.0)), qos=1
        )
        last.wait_for_publish(30)
        self._client.disconnect()
        self._client.loop_stop()
        return self.sent + 1


def test_a_message_the_database_refuses_for_good_does_not_hold_up_the_spool(
    village: TestDatabase, pipeline: Pipeline, tmp_path: Path
) -> None:
    with village.superuser() as conn:
        conn.execute("ALTER TABLE iot.readings ADD CHECK (value <> 66.6)")
    spool = Spool(tmp_path)
    batch = [message("WL-1", item(NOW - timedelta(minutes=n), voltage=n)) for n in range(40)]
    batch[13] = message("WL-2", item(NOW, voltage=66.6))
    spool.append(batch)
    stop = threading.Event()
    worker = Ingester(Session("mqtt://nobody@127.0.0.1:1", "nobody"), pipeline, stop, spool)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: spool.messages == 0)
    finally:
        stop.set()
        thread.join()
        spool.close()
    assert stored(village) == 39
    assert rows_of(village.engine("cc_web"), "SELECT device_id, reason FROM iot.quarantine") == [
        ("WL-2", "refused_by_database")
    ]
    assert worker.detail()["trouble"] is None


def stored(village: TestDatabase) -> int:
    found: int = rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.readings")[0][0]
    return found


def on_disk(data: Path) -> int:
    return sum(path.stat().st_size for path in (data / "spool").glob("*.spool"))


def detail(village: TestDatabase) -> dict[str, object]:
    with village.engine("cc_web").connect() as conn:
        found = {one.process: one.detail for one in heartbeats.all(conn) if one.age_s < 3}
    return dict(found.get("ingest", {}))


@pytest.mark.parametrize("killed", [False, True], ids=["alone", "with kill -9"])
def test_ten_seconds_without_a_database_lose_nothing(
    village: TestDatabase, broker: TestBroker, tmp_path: Path, killed: bool
) -> None:
    process = start(village, broker, tmp_path)
    try:
        until(lambda: detail(village).get("broker") is True, 60)
        load = Load(broker, 300)
        load.start()
        until(lambda: stored(village) > 100, 20)
        with database_away(village):
            until(lambda: on_disk(tmp_path) > 0, 20)
            for _ in range(2):
                time.sleep(4)
                if killed:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    before = on_disk(tmp_path)
                    process = start(village, broker, tmp_path)
                    until(lambda before=before: on_disk(tmp_path) > before, 60)  # type: ignore[misc]
            # messages go on being acknowledged: the broker's queue does not grow
            assert on_disk(tmp_path) > 100_000
        until(lambda: stored(village) > 1_000, 30)
        sent = load.end()
        until(lambda: stored(village) == sent, 30)
        until(lambda: on_disk(tmp_path) == 0, 10)
        until(lambda: (detail(village).get("spool") or {}).get("state") == "empty", 10)  # type: ignore[attr-defined]
        assert rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.quarantine") == [(0,)]
    finally:
        process.terminate()
        assert process.wait(30) == 0
