"""What the ingest benchmark measures, one function each."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import tracemalloc
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.ingest_bench import DEVICES, FULL, JUDGED, OURS, PLAIN, WARM_UP, Bench, end
from iot_ingest.model.device import bucket
from iot_ingest.recent import Held

_LIVE_RATE = 1_000.0
# Each so-many-th message is to raise an alarm (not a divisor of the number of devices).
_LOUD = 503


@dataclass(kw_only=True, slots=True)
class Throughput:
    """``live``, ``drain``: messages a second. ``cpu_us``: processor time of the ingester's
    processes for a message; ``rss_mb``: the most memory. ``findings``: what the rules found."""

    live: float
    drain: float
    cpu_us: float
    rss_mb: float
    findings: int


def metric_of(name: str) -> str:
    """What is published for a line of the table."""
    return JUDGED if name == FULL else PLAIN


def throughput(bench: Bench, name: str, count: int) -> Throughput:
    """Messages that come as fast as the broker takes them, and out of the broker's queue.

    Of the judged line the rules have looked at everything at the end.
    """
    metric, loud = metric_of(name), _LOUD if name == FULL else 0
    with bench.running(name) as process:
        cpu, began = _cpu_s(process.pid), time.monotonic()
        publishing = bench.publish(count, metric=metric, loud=loud)
        last_at = _all_done(bench, name, WARM_UP + count)
        live, used_s = count / (last_at - began), _cpu_s(process.pid) - cpu
        rss_mb = sum(_rss_mb(one) for one in _family(process.pid))
        _finish(publishing)
    with bench.running(name):
        pass
    bench.publish(count, metric=metric, loud=loud).wait(120)
    process = bench.start(name)
    try:
        first_at = bench.wait_for(WARM_UP + 1, 0.005)
        first = bench.counted()
        last_at = _all_done(bench, name, WARM_UP + count)
        found = bench.ask("SELECT count(*) FROM iot.findings")
    finally:
        end(process)
    return Throughput(
        live=live,
        drain=(WARM_UP + count - first) / (last_at - first_at),
        cpu_us=used_s / count * 1e6,
        rss_mb=rss_mb,
        findings=int(str(found[0][0])),
    )


def latency(bench: Bench, name: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from publishing to being visible, of a sample of the devices."""
    metric = metric_of(name)
    with bench.running(name):
        # a second for the publishers to connect and the path to settle is not counted
        publishing = bench.publish(round(rate * (seconds + 1)), rate, metric=metric)
        time.sleep(1.3)
        found = _watched(bench.watch(seconds - 0.5, metric), seconds)
        _finish(publishing)
    return found


def alarms(bench: Bench, rate: float, seconds: float) -> list[float]:
    """Milliseconds from publishing an excess to its event."""
    with bench.running(FULL):
        # (the judge starts beside the ingester, and is there when it has judged the first ones)
        _all_done(bench, FULL, WARM_UP)
        (before,) = bench.ask("SELECT coalesce(max(event_id), 0) FROM events.events")
        publishing = bench.publish(round(rate * seconds), rate, metric=JUDGED, loud=_LOUD)
        found: list[float] = []
        last, until = int(str(before[0])), time.monotonic() + seconds + 2
        while time.monotonic() < until:
            rows = bench.ask(
                "SELECT event_id, change, extract(epoch FROM occurred_at)::double precision"
                f" FROM events.events WHERE event_id > {last} ORDER BY event_id"
            )
            now = time.time()
            found += [(now - float(str(at))) * 1e3 for _, change, at in rows if change == "raised"]
            last = max([last, *(int(str(one[0])) for one in rows)])
            time.sleep(0.005)
        _finish(publishing)
    return found


@dataclass(kw_only=True, slots=True)
class Crowd:
    """``start_s``: until the first message is stored; ``bytes_each``: memory a device, of ingest
    and judge together, when each of them has spoken and was judged; ``window_bytes``: what of it
    is the readings that rules look back at, here one."""

    start_s: float
    bytes_each: float
    window_bytes: float


def crowd(bench: Bench, devices: int) -> Crowd:
    """Start with many registered devices, then let each of them speak."""
    with bench.running(FULL) as process:
        # as many messages as later, of few devices
        bench.publish(devices, metric=JUDGED).wait(120)
        _all_done(bench, FULL, WARM_UP + devices)
        few = sum(_rss_now(one) for one in _family(process.pid))
    _register(bench, devices)
    try:
        with bench.running(FULL) as process:
            bench.publish(devices, metric=JUDGED, devices=devices).wait(120)
            _all_done(bench, FULL, WARM_UP + devices)
            many = sum(_rss_now(one) for one in _family(process.pid))
    finally:
        with bench.database.superuser() as conn:
            conn.execute("DELETE FROM iot.devices WHERE model = 'crowd'")
    return Crowd(
        start_s=bench.started_s,
        bytes_each=(many - few) / (devices - DEVICES),
        window_bytes=_window_bytes(),
    )


def _window_bytes(count: int = 20_000) -> float:
    """Memory of what the judge remembers of a device and metric with one reading."""
    tracemalloc.start()
    held: OrderedDict[tuple[int, int], Held] = OrderedDict()
    for no in range(count):
        one = held[1_000_000 + no, 1] = Held()
        one.add((np.array([no]), np.array([1.0]), np.array([b"N"])), 0)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(held)


@dataclass(kw_only=True, slots=True)
class Outage:
    """``drain``: stored a second until the backlog was gone; ``live_ms``: latencies meanwhile."""

    backlog: int
    drain: float
    live_ms: Sequence[float]


def database_outage(bench: Bench, count: int) -> Outage:
    """So many messages go into the spool; then the database is back, and live ones go on."""
    with bench.running(OURS, spool=True):
        with bench.without_database():
            bench.publish(count).wait(600)
            _wait_until_spooled(bench)
        return _catch_up(bench, count)


def ingester_outage(bench: Bench, count: int) -> Outage:
    """So many messages wait in the broker's queue; then the ingester is back."""
    with bench.running(OURS):
        pass
    bench.publish(count).wait(600)
    process = bench.start(OURS)
    try:
        return _catch_up(bench, count)
    finally:
        end(process)


def _catch_up(bench: Bench, count: int) -> Outage:
    first_at = bench.wait_for(WARM_UP + 1, 0.02)
    first = bench.counted()
    done = threading.Event()
    live = bench.publish(10_000_000, _LIVE_RATE)
    latencies: list[float] = []

    def look() -> None:
        while not done.is_set():
            latencies.extend(_watched(bench.watch(3), 3))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        # those that are sent meanwhile are stored besides
        while (stored := bench.counted()) < WARM_UP + count + _sent(first_at):
            if time.monotonic() - first_at > 900:
                raise RuntimeError(f"{stored} stored after 15 minutes of catching up")
            time.sleep(0.5)
        took_s = time.monotonic() - first_at
    finally:
        live.terminate()
        live.wait()
        done.set()
        watching.join()
    return Outage(backlog=count, drain=(stored - first) / took_s, live_ms=latencies)


def _sent(since: float) -> int:
    """How many live messages were published by half a second ago, about."""
    return round(max(0.0, time.monotonic() - since - 1.5) * _LIVE_RATE)


def _wait_until_spooled(bench: Bench) -> None:
    """Wait until the spool does not grow any more."""
    before, size = -1, 0
    while size != before:
        time.sleep(2)
        before, size = size, sum(one.stat().st_size for one in bench.spool.glob("*.spool"))


def _register(bench: Bench, devices: int) -> None:
    with bench.database.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics,"
            " interval_s, position, area_id, attributes, changed_by)"
            " SELECT 'B-' || n, '00', 'crowd', layer, '站' || n, 'Station ' || n, metrics,"
            " interval_s, position, area_id, attributes, 'system:bench'"
            " FROM generate_series(%s::integer, %s::integer) AS n, iot.devices"
            " WHERE device_id = 'B-0'",
            (DEVICES, devices - 1),
        )
        # (the bucket is a part of the topic)
        names = [f"B-{n}" for n in range(DEVICES, devices)]
        with conn.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE buckets (device_id text, bucket text)")
            with cursor.copy("COPY buckets FROM STDIN") as copy:
                for name in names:
                    copy.write_row((name, bucket(name)))
        conn.execute(
            "UPDATE iot.devices d SET bucket = b.bucket FROM buckets b"
            " WHERE b.device_id = d.device_id"
        )


def _all_done(bench: Bench, name: str, count: int) -> float:
    """Wait until so many are stored, and judged if they are to be."""
    done_at = bench.wait_for(count, 0.02, 180)
    while name == FULL and not bench.judged():
        time.sleep(0.02)
        done_at = time.monotonic()
    return done_at


def _watched(watching: subprocess.Popen[bytes], seconds: float) -> list[float]:
    output, _ = watching.communicate(timeout=seconds + 60)
    return [float(one) for one in output.split()]


def _finish(publishing: subprocess.Popen[bytes]) -> None:
    """Let the publishers finish; they only wait for last answers of the broker."""
    try:
        publishing.wait(5)
    except subprocess.TimeoutExpired:
        publishing.kill()
        publishing.wait()


def _family(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [pid, *map(int, found.stdout.split())]


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process and its children so far."""
    ticks = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    """The most memory a process had, in megabytes."""
    return _status(pid, "VmHWM:") / 1024**2


def _rss_now(pid: int) -> int:
    """Bytes of memory that a process has."""
    return _status(pid, "VmRSS:")


def _status(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0
