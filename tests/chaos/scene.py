"""The services of a run: private PostgreSQL, broker and ingest, with links between them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.chaos.background import Background, background
from tests.chaos.devices import METRIC, Device
from tests.chaos.journal import Journal
from tests.chaos.links import Link, to_port, to_socket
from tests.chaos.packets import V5, V311
from tests.chaos.stations import DustStation, RiverStation, Station
from tests.iot_ingest.place import row, settle
from tests.support.broker import TestBroker, running_broker
from tests.support.cluster import TestCluster, TestDatabase, running_cluster
from tests.support.ports import free_port

LIMITS = {"water": "street", "warning_m": 0.15, "guarantee_m": 0.27, "record_m": 0.5}
_LOOK_EVERY_S = 0.02


@dataclass(slots=True)
class Ingest:
    """The ingest process with its judge. ``peaks_mb``: the most memory of each, by its module."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    peaks_mb: dict[str, float] = field(default_factory=dict)
    ended_by_itself: list[int] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a process group of its own."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the whole group."""
        if self._process is not None:
            self.look()
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def kill_judge(self) -> None:
        """Kill the judge alone; its parent starts another."""
        for pid in self._family():
            if _module(pid) == "iot_ingest.judge":
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop it like a service."""
        if self._process is not None:
            self.look()
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def look(self) -> None:
        """Note the memory; start it again if it ended without being killed by us."""
        if self._process is None:
            return
        if self._process.poll() is not None:
            self.ended_by_itself.append(self._process.returncode)
            self.start()
            return
        for pid in self._family():
            name, peak = _module(pid), _peak_mb(pid)
            if name is not None and peak is not None:
                self.peaks_mb[name] = max(peak, self.peaks_mb.get(name, 0.0))

    def _family(self) -> list[int]:
        if self._process is None:
            return []
        own = self._process.pid
        names = (entry.name for entry in Path("/proc").iterdir())
        return [pid for pid in map(int, filter(str.isdigit, names)) if _group(pid) == own]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _module(pid: int) -> str | None:
    """What a process runs with ``-m``; None when it is gone, or has not begun."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return words[words.index(b"-m") + 1].decode() if b"-m" in words else None


def _peak_mb(pid: int) -> float | None:
    """The most memory a process ever had."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) / 1024 if found else None


class NeverHappened(Exception):
    """What was waited for did not come: the run is over, and not well."""


class Eye:
    """A connection of its own to the database; made again when it broke."""

    def __init__(self, database: TestDatabase) -> None:
        self._database = database
        self._conn: psycopg.Connection | None = None

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query. Raises psycopg.OperationalError."""
        try:
            if self._conn is None:
                self._conn = self._database.superuser()
            return self._conn.execute(sql.encode(), values or None).fetchall()
        except psycopg.OperationalError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """The paths that can be cut."""

    devices: Link
    broker: Link
    database: Link
    hj212: Link
    sl651: Link

    def all(self) -> tuple[Link, ...]:
        """Every one."""
        return (self.devices, self.broker, self.database, self.hj212, self.sl651)

    def close(self) -> None:
        """Cut every one, for good."""
        for one in self.all():
            one.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Everything of a run. ``folder``: ingest's data, logs."""

    kind: str
    folder: Path
    cluster: TestCluster
    database: TestDatabase
    broker: TestBroker
    links: Links
    ingest: Ingest
    journal: Journal
    devices: Sequence[Device]
    stations: Sequence[Station]
    loop: Background
    eye: Eye

    @property
    def spool_bytes(self) -> int:
        """What lies in the spool."""
        sizes = []
        for path in (self.folder / "spool").rglob("*.spool"):
            try:
                sizes.append(path.stat().st_size)
            except FileNotFoundError:
                continue
        return sum(sizes)

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database, past every link. Raises psycopg.OperationalError."""
        return self.eye.ask(sql, *values)

    def wait(self, what: str, holds: Callable[[], bool], within_s: float = 60.0) -> float:
        """Wait until something holds; the time of time.time() when it was seen.

        The database may be away, and ingest end by itself. Raises NeverHappened.
        """
        give_up = time.monotonic() + within_s
        while True:
            with suppress(psycopg.OperationalError):
                if holds():
                    return time.time()
            if time.monotonic() > give_up:
                raise NeverHappened(f"{what}: not within {within_s:.0f} s")
            self.ingest.look()
            time.sleep(_LOOK_EVERY_S)


@contextmanager
def set_scene(
    *, kind: str = "mosquitto", devices: int = 20, stations: int = 4, seed: int = 1,
    processes: int = 1, direct: bool = False, fsync: bool = True,
) -> Iterator[Scene]:  # fmt: skip
    """Start everything in a folder of its own; stopped and removed at the end.

    ``direct``: ingest and devices speak to the services without links between them.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="cc-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        rooms = [folder / name for name in ("database", "broker", "ingest")]
        for room in rooms:
            room.mkdir()
        folder.chmod(0o711)
        cluster = stack.enter_context(running_cluster(rooms[0], fsync=fsync))
        database = stack.enter_context(cluster.database())
        broker = stack.enter_context(running_broker(rooms[1]))
        loop = stack.enter_context(background())
        journal = Journal()
        speaking = _register(database, devices, stations, journal, seed)
        secrets = broker.add_devices(*(f"STREET-{n}" for n in range(devices)))
        ports = free_port(), free_port()
        links = _link(loop, cluster, broker, journal, ports)
        stack.callback(loop.call, links.close)
        ingest = _ingest(
            rooms[2], database, broker, links, ports, direct=direct, processes=processes
        )
        stack.callback(ingest.stop)
        eye = Eye(database)
        stack.callback(eye.close)
        yield Scene(
            kind=kind, folder=rooms[2], cluster=cluster, database=database, broker=broker,
            links=links, ingest=ingest, journal=journal, stations=speaking, loop=loop, eye=eye,
            devices=[
                Device(name, secrets[name], journal, level=V5 if n % 2 else V311,
                       careful=n % 4 < 2, seed=f"{seed} {name}")
                for n, name in enumerate(secrets)
            ],
        )  # fmt: skip


def _register(
    database: TestDatabase, devices: int, stations: int, journal: Journal, seed: int
) -> list[Station]:
    kinds = (DustStation, RiverStation)
    speaking: list[Station] = [kinds[n % 2](n + 1, journal, f"{seed} {n}") for n in range(stations)]
    streets = [row(f"STREET-{n}", metrics=[METRIC], attributes=LIMITS) for n in range(devices)]
    settle(database.engine("cc_admin"), [*streets, *(one.registration() for one in speaking)])
    return speaking


def _link(
    loop: Background, cluster: TestCluster, broker: TestBroker, journal: Journal,
    ports: tuple[int, int],
) -> Links:  # fmt: skip
    socket = str(cluster.cluster.socket_folder / ".s.PGSQL.5432")
    links = Links(
        devices=Link(to_port(broker.port)),
        broker=Link(to_port(broker.port), journal.ear),
        database=Link(to_socket(socket)),
        hj212=Link(to_port(ports[0])),
        sl651=Link(to_port(ports[1])),
    )
    for one in links.all():
        loop.run(one.open())
    return links


def _ingest(
    folder: Path, database: TestDatabase, broker: TestBroker, links: Links,
    ports: tuple[int, int], *, direct: bool, processes: int,
) -> Ingest:  # fmt: skip
    del processes
    broker_url, database_url = broker.url("cc_ingest"), database.url("cc_ingest")
    if not direct:
        broker_url = broker_url.replace(f":{broker.port}", f":{links.broker.port}")
        password = quote(database.passwords["cc_ingest"], safe="")
        database_url = (
            f"postgresql://cc_ingest:{password}@127.0.0.1:{links.database.port}/{database.name}"
        )
    options = ["--hj212-port", str(ports[0]), "--sl651-port", str(ports[1])]
    return Ingest(
        # (it ends with us, however we end)
        command=["setpriv", "--pdeathsig=KILL", "--", sys.executable, "-m", "iot_ingest", *options],
        environment={
            **{k: v for k, v in os.environ.items() if not k.startswith("COMMAND_CENTER_")},
            "COMMAND_CENTER_DATABASE_URL": database_url,
            "COMMAND_CENTER_BROKER_URL": broker_url,
            "COMMAND_CENTER_DATA": str(folder),
        },
        log=folder / "ingest.log",
    )
