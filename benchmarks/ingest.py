"""How fast readings get from the broker into the database, beside a floor and two plain ways.

``.venv/bin/python -m benchmarks.ingest``, after ``apt-get install gcc libmosquitto-dev libpq-dev``.
A private broker and a private PostgreSQL (fsync on); 200 devices, 8 publishers with
quality of service 1, messages of one reading (about 120 bytes). Publishers, the floor and the
watcher are one small C program (``benchmarks/floor.c``), built at each run.

1. throughput: messages come as fast as the broker takes them; stored a second, publishing included.
2. drain: messages wait in the broker's queue; stored a second, from the first batch to the last.
3. latency: messages come at a steady rate; from publishing to being visible to another session.

The broker is configured as shipped, but saves its queue every second and not every 100 changes:
else it is the broker's disk that is measured, which writes the whole queue again each time
(``--shipped-broker`` shows that).

CPU is that of the ingester's processes alone, without broker and database.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np

from grid.store.postgis import dsn
from iot_ingest.store.readings import ensure_partition
from tests.iot_ingest.place import row, rows_of, settle
from tests.support.broker import TestBroker, running_broker
from tests.support.cluster import TestDatabase, running_cluster

_DEVICES = 200
_PUBLISHERS = 8
_WARM_UP = 400
_GIVE_UP_S = 60.0


@dataclass(kw_only=True, slots=True)
class Result:
    """What one ingester did. ``cpu_us``: processor time a message; ``rss_mb``: the most memory."""

    name: str
    rate: float
    cpu_us: float
    rss_mb: float
    drain: float = 0.0
    latencies_ms: Sequence[float] = ()


class Bench:
    """The services of one run and how to start what is measured."""

    def __init__(self, folder: Path, database: TestDatabase, broker: TestBroker) -> None:
        self.database = database
        self.broker = broker
        self.floor = _build_floor(folder)
        self._password = _admit_publishers(broker)

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start an ingester by its name in the table."""
        database, broker = self.database.url("cc_ingest"), self.broker.url("cc_ingest")
        parts = urlsplit(broker)
        python = [sys.executable, "-m"]
        command = {
            "floor": [
                str(self.floor), "ingest", "127.0.0.1", str(self.broker.port),
                parts.username or "", unquote(parts.password or ""), dsn(database, None)[0],
            ],
            "one commit each": [*python, "benchmarks.baselines", "one"],
            "executemany": [*python, "benchmarks.baselines", "many"],
            "iot_ingest": [*python, "iot_ingest", "--no-judge"],
            "iot_ingest, judged": [*python, "iot_ingest"],
        }[name]  # fmt: skip
        environment = {
            **os.environ,
            "COMMAND_CENTER_DATABASE_URL": database,
            "COMMAND_CENTER_BROKER_URL": broker,
        }
        return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def publish(self, count: int, rate: float = 0.0) -> subprocess.Popen[bytes]:
        """Start the publishers."""
        arguments = ["127.0.0.1", self.broker.port, self._password, _PUBLISHERS, _DEVICES]
        return subprocess.Popen(
            [str(self.floor), "publish", *map(str, [*arguments, count, rate])],
            stdout=subprocess.DEVNULL,
        )

    def watch(self, seconds: float) -> subprocess.Popen[bytes]:
        """Start the watcher; it prints latencies."""
        url = dsn(self.database.url("cc_web"), None)[0]
        return subprocess.Popen(
            [str(self.floor), "watch", url, str(seconds)], stdout=subprocess.PIPE
        )

    def stored(self) -> int:
        """How many readings are stored."""
        engine = self.database.engine("cc_web")
        return int(rows_of(engine, "SELECT count(*) FROM iot.readings")[0][0])

    def forget(self) -> None:
        """Begin with empty tables."""
        with self.database.superuser() as conn:
            conn.execute("TRUNCATE iot.readings, iot.latest, iot.dirty, iot.findings")
        self.broker.forget()

    def wait_for(self, count: int, pause_s: float = 0.05) -> float:
        """Wait until so many are stored; the moment it was seen."""
        began = time.monotonic()
        while self.stored() < count:
            if time.monotonic() - began > _GIVE_UP_S:
                raise RuntimeError(f"only {self.stored()} of {count} readings were stored in time")
            time.sleep(pause_s)
        return time.monotonic()


def main() -> int:
    """Run the measurements and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000, help="for the fast ones")
    parser.add_argument("--baseline", type=int, default=3_000, help="for one commit each")
    parser.add_argument("--rate", type=float, default=5_000, help="messages a second, for latency")
    parser.add_argument("--seconds", type=float, default=8, help="at that rate; 0: not at all")
    parser.add_argument("--only", help="names of the table's lines, with ; between them")
    parser.add_argument("--shipped-broker", action="store_true", help="save every 100 changes")
    options = parser.parse_args()
    names = ["floor", "one commit each", "executemany", "iot_ingest", "iot_ingest, judged"]
    if options.only:
        names = [name for name in names if name in options.only.split(";")]
    with _services() as bench:
        if not options.shipped_broker:
            bench.broker.change("autosave_on_changes true", "autosave_on_changes false")
            bench.broker.change("autosave_interval 100", "autosave_interval 1")
        results = []
        for name in names:
            slow = name == "one commit each"
            found = _throughput(bench, name, options.baseline if slow else options.messages)
            found.drain = _drain(bench, name, options.baseline if slow else options.messages)
            if options.seconds and not slow:
                found.latencies_ms = _latency(bench, name, options.rate, options.seconds)
            results.append(found)
    _print(results, options.rate)
    return 0


def _throughput(bench: Bench, name: str, count: int) -> Result:
    """Messages stored a second while the publishers send as fast as the broker takes them."""
    with _running(bench, name) as process:
        cpu, began = _cpu_s(process.pid), time.monotonic()
        publishing = bench.publish(count)
        last_at = bench.wait_for(_WARM_UP + count)
        result = Result(
            name=name,
            rate=count / (last_at - began),
            cpu_us=(_cpu_s(process.pid) - cpu) / count * 1e6,
            rss_mb=_rss_mb(process.pid),
        )
        _end(publishing)
    return result


def _drain(bench: Bench, name: str, count: int) -> float:
    """Messages stored a second out of the broker's queue, from the first batch to the last."""
    with _running(bench, name):
        pass
    bench.publish(count).wait(120)
    process = bench.start(name)
    try:
        first_at = bench.wait_for(_WARM_UP + 1, 0.005)
        first = bench.stored()
        last_at = bench.wait_for(_WARM_UP + count, 0.02)
        return (_WARM_UP + count - first) / (last_at - first_at)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _latency(bench: Bench, name: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from publishing to being visible, of a sample of the devices."""
    with _running(bench, name):
        # a second for the publishers to connect and the path to settle is not counted
        publishing = bench.publish(round(rate * (seconds + 1)), rate)
        time.sleep(1.3)
        watching = bench.watch(seconds - 0.5)
        output, _ = watching.communicate(timeout=seconds + 60)
        _end(publishing)
    return [float(one) for one in output.split()]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the publishers finish; they only wait for last answers of the broker."""
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _running(bench: Bench, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """An ingester that has stored its first messages."""
    bench.forget()
    process = bench.start(name)
    try:
        # the first to come makes the session; the broker has nothing for it before
        time.sleep(3)
        bench.publish(_WARM_UP).wait(20)
        bench.wait_for(_WARM_UP)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def _services() -> Iterator[Bench]:
    folders = [Path(tempfile.mkdtemp(prefix="cc-bench-")) for _ in range(3)]
    try:
        with (
            running_cluster(folders[0], fsync=True) as cluster,
            cluster.database() as database,
            running_broker(folders[1]) as broker,
        ):
            settle(
                database.engine("cc_admin"),
                [row(f"B-{n}", interval_s=0.01) for n in range(_DEVICES)],
            )
            with database.engine("cc_ingest").begin() as conn:
                ensure_partition(conn, datetime.now(UTC).date())
            yield Bench(folders[2], database, broker)
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _build_floor(folder: Path) -> Path:
    """Compile floor.c. Raises RuntimeError with what is missing."""
    source, program = Path(__file__).with_name("floor.c"), folder / "floor"
    include = subprocess.run(
        ["pg_config", "--includedir"], capture_output=True, text=True, check=False
    ).stdout.strip()
    command = ["gcc", "-O2", "-Wall", f"-I{include}", str(source), "-o", str(program)]
    built = subprocess.run(
        [*command, "-lmosquitto", "-lpq"], capture_output=True, text=True, check=False
    )
    if built.returncode:
        hint = "apt-get install gcc libmosquitto-dev libpq-dev"
        raise RuntimeError(f"floor.c could not be built ({hint}):\n{built.stderr}")
    return program


def _admit_publishers(broker: TestBroker) -> str:
    """Let publishers write for every device; their password."""
    names = [f"bench-{n}" for n in range(_PUBLISHERS)]
    password = secrets.token_urlsafe(16)
    rules = "".join(f"\nuser {name}\ntopic write cc/v1/#\n" for name in names)
    broker.admit(dict.fromkeys(names, password), rules)
    return password


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
    """The most memory a process and its children had, in megabytes."""
    kilobytes = 0
    for one in _family(pid):
        for line in Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def _print(results: Sequence[Result], rate: float) -> None:
    drains = {one.name: one.drain for one in results}

    def ratio(to: str, of: float) -> str:
        return f"{of / drains[to]:.2f}" if to in drains else "-"

    def percentile(one: Result, share: int) -> str:
        return f"{np.percentile(one.latencies_ms, share):.1f}" if one.latencies_ms else "-"

    head = ["", "live/s", "drain/s", "of floor", "of one each", "of executemany",
            "CPU us/message", "RSS MB", f"p50 ms at {rate:,.0f}/s", "p99 ms"]  # fmt: skip
    print("| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")
    for one in results:
        fields = [
            one.name, f"{one.rate:,.0f}", f"{one.drain:,.0f}", ratio("floor", one.drain),
            ratio("one commit each", one.drain), ratio("executemany", one.drain),
            f"{one.cpu_us:.0f}", f"{one.rss_mb:.0f}", percentile(one, 50), percentile(one, 99),
        ]  # fmt: skip
        print("| " + " | ".join(fields) + " |")


if __name__ == "__main__":
    sys.exit(main())
