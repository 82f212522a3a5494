"""The services of a run of the ingest benchmark, and how to start what is measured."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from grid.store.postgis import dsn
from iot_ingest.store.readings import ensure_partition
from tests.iot_ingest.place import row, rows_of, settle
from tests.support.broker import TestBroker, running_broker
from tests.support.cluster import TestDatabase, running_cluster

DEVICES = 200
WARM_UP = 400
# A metric that no rule looks at, and one with several rules.
PLAIN, JUDGED = "voltage", "water_level"

FLOOR = "floor"
ONE = "one commit each"
MANY = "executemany"
OURS = "iot_ingest"
FULL = "iot_ingest, judged"

_PUBLISHERS = 8
_GIVE_UP_S = 60.0


class Bench:
    """A private broker and a private database with devices in it."""

    def __init__(self, folder: Path, database: TestDatabase, broker: TestBroker) -> None:
        self.database = database
        self.broker = broker
        self.spool = folder / "spool"
        # how long the last one needed until its first message was stored
        self.started_s = 0.0
        self._floor = _build_floor(folder)
        self._data = folder
        self._password = _admit_publishers(broker)

    def start(self, name: str, *, spool: bool = False) -> subprocess.Popen[bytes]:
        """Start an ingester by its name in the table."""
        database, broker = self.database.url("cc_ingest"), self.broker.url("cc_ingest")
        parts = urlsplit(broker)
        python = [sys.executable, "-m"]
        command = {
            FLOOR: [
                str(self._floor), "ingest", "127.0.0.1", str(self.broker.port),
                parts.username or "", unquote(parts.password or ""), dsn(database, None)[0],
            ],
            ONE: [*python, "benchmarks.baselines", "one"],
            MANY: [*python, "benchmarks.baselines", "many"],
            OURS: [*python, "iot_ingest", "--no-judge"],
            FULL: [*python, "iot_ingest"],
        }[name]  # fmt: skip
        environment = {
            **os.environ,
            "COMMAND_CENTER_DATABASE_URL": database,
            "COMMAND_CENTER_BROKER_URL": broker,
        }
        environment.pop("COMMAND_CENTER_DATA", None)
        if spool:
            environment["COMMAND_CENTER_DATA"] = str(self._data)
        return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def publish(
        self,
        count: int,
        rate: float = 0.0,
        *,
        metric: str = PLAIN,
        loud: int = 0,
        devices: int = DEVICES,
    ) -> subprocess.Popen[bytes]:
        """Start the publishers; each ``loud``-th message is one to raise an alarm."""
        arguments = ["127.0.0.1", self.broker.port, self._password, _PUBLISHERS, devices,
                     count, rate, metric, loud]  # fmt: skip
        return subprocess.Popen(
            [str(self._floor), "publish", *map(str, arguments)], stdout=subprocess.DEVNULL
        )

    def watch(self, seconds: float, metric: str = PLAIN) -> subprocess.Popen[bytes]:
        """Start the watcher; it prints latencies."""
        url = dsn(self.database.url("cc_web"), None)[0]
        return subprocess.Popen(
            [str(self._floor), "watch", url, str(seconds), metric], stdout=subprocess.PIPE
        )

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Look into the database."""
        return rows_of(self.database.engine("cc_web"), sql)

    def stored(self) -> int:
        """How many readings are stored."""
        return int(str(self.ask("SELECT count(*) FROM iot.readings")[0][0]))

    def counted(self) -> int:
        """How many readings ours says it has stored: what is told at once, of a million, too."""
        return int(str(self.ask("SELECT coalesce(sum(stored), 0) FROM iot.intake")[0][0]))

    def judged(self) -> bool:
        """Whether the rules have looked at everything."""
        return self.ask("SELECT count(*) FROM iot.dirty") == [(0,)]

    def forget(self) -> None:
        """Begin with empty tables and an empty broker."""
        self.clear()
        self.broker.forget()

    def clear(self) -> None:
        """Empty the tables."""
        with self.database.superuser() as conn:
            conn.execute(
                "TRUNCATE iot.readings, iot.latest, iot.dirty, iot.findings, iot.stale, iot.intake"
            )

    def wait_for(self, count: int, pause_s: float = 0.05, within_s: float = _GIVE_UP_S) -> float:
        """Wait until so many are stored; the moment it was seen."""
        began = time.monotonic()
        while self.stored() < count:
            if time.monotonic() - began > within_s:
                raise RuntimeError(f"only {self.stored()} of {count} readings were stored in time")
            time.sleep(pause_s)
        return time.monotonic()

    @contextmanager
    def running(self, name: str, *, spool: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        """An ingester that has stored its first messages."""
        self.forget()
        process = self.start(name, spool=spool)
        metric = JUDGED if name == FULL else PLAIN
        try:
            began = time.monotonic()
            # until it has a session the broker keeps nothing for it
            while not self.stored():
                if time.monotonic() - began > _GIVE_UP_S:
                    raise RuntimeError(f"{name} stores nothing")
                self.publish(8, metric=metric).wait(20)
                time.sleep(0.2)
            self.started_s = time.monotonic() - began
            time.sleep(0.5)
            self.clear()
            self.publish(WARM_UP, metric=metric).wait(20)
            self.wait_for(WARM_UP)
            yield process
        finally:
            end(process)

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Nobody can connect, and who was connected is not any more."""
        name = self.database.name
        with self.database.cluster.connect("postgres") as conn:
            conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (name,),
            )
            try:
                yield
            finally:
                conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop what was started, cleanly if it does so in time."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def services() -> Iterator[Bench]:
    """Start broker and database, the broker as it is shipped."""
    folders = [Path(tempfile.mkdtemp(prefix="cc-bench-")) for _ in range(3)]
    try:
        with (
            running_cluster(folders[0], fsync=True) as cluster,
            cluster.database() as database,
            running_broker(folders[1]) as broker,
        ):
            settle(database.engine("cc_admin"), [row(f"B-{n}") for n in range(DEVICES)])
            with database.superuser() as conn:
                # each of them speaks for many: none is to be taken for a flood
                conn.execute("UPDATE iot.devices SET interval_s = 0.01")
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
