"""The services of a run: private PostgreSQL, broker and ingest, with links between them."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.chaos.background import Background, background
from tests.chaos.devices import METRIC, Device
from tests.chaos.ingest import Ingest
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
_SHORTEST_INTERVAL_S = 0.1


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
class Wishes:
    """How a scene is to be. ``rate``: messages a second of all devices that speak MQTT.

    ``direct``: ingest, devices and stations speak to one another without links between them.
    ``steady``: devices send nothing late and nothing that cannot be used.
    """

    broker: str = "mosquitto"
    rate: float = 300.0
    devices: int = 20
    stations: int = 4
    seed: int = 1
    processes: int = 1
    direct: bool = False
    steady: bool = False
    fsync: bool = True

    @property
    def interval_s(self) -> float:
        """How often each device is registered to measure; four times as often is no flood yet."""
        return max(_SHORTEST_INTERVAL_S, self.devices / self.rate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Everything of a run. ``folder``: ingest's data, logs."""

    wishes: Wishes
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
    device_port: int
    station_ports: Mapping[str, int]

    @property
    def spool_bytes(self) -> int:
        """What lies in the spool."""
        sizes = []
        for path in self.folder.rglob("*.spool"):
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
            self.loop.check()
            self.ingest.look()
            time.sleep(_LOOK_EVERY_S)


@contextmanager
def set_scene(wishes: Wishes) -> Iterator[Scene]:
    """Start everything but ingest in a folder of its own; stopped and removed at the end."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="cc-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        rooms = [folder / name for name in ("database", "broker", "ingest")]
        for room in rooms:
            room.mkdir()
        cluster = stack.enter_context(running_cluster(rooms[0], fsync=wishes.fsync))
        database = stack.enter_context(cluster.database())
        stack.callback(_stand_up, cluster)
        broker = stack.enter_context(running_broker(rooms[1], wishes.broker))
        loop = stack.enter_context(background())
        journal = Journal()
        ports = {"hj212": free_port(), "sl651": free_port()}
        links = _link(loop, cluster, broker, journal, ports)
        stack.callback(loop.call, links.close)
        stations = _stations(wishes, journal)
        devices = _devices(wishes, broker, journal)
        _register(database, devices, stations, wishes.interval_s)
        given = None if wishes.direct else links
        ingest = _ingest(rooms[2], database, broker, given, ports, wishes.processes)
        stack.callback(ingest.stop)
        eye = Eye(database)
        stack.callback(eye.close)
        linked = {"hj212": links.hj212.port, "sl651": links.sl651.port}
        yield Scene(
            wishes=wishes, folder=rooms[2], cluster=cluster, database=database,
            broker=broker, links=links, ingest=ingest, journal=journal, devices=devices,
            stations=stations, loop=loop, eye=eye,
            device_port=broker.port if wishes.direct else links.devices.port,
            station_ports=ports if wishes.direct else linked,
        )  # fmt: skip


def _stand_up(cluster: TestCluster) -> None:
    """Have the server answer once more: the database is dropped at the end."""
    if not cluster.cluster.answers():
        cluster.server.stop(signal.SIGKILL)
        cluster.server.start()


def _stations(wishes: Wishes, journal: Journal) -> list[Station]:
    kinds = (DustStation, RiverStation)
    return [kinds[n % 2](n + 1, journal, f"{wishes.seed} {n}") for n in range(wishes.stations)]


def _devices(wishes: Wishes, broker: TestBroker, journal: Journal) -> list[Device]:
    """Both levels of the protocol where the broker has both, careful devices and others."""
    levels = (V311, V311) if wishes.broker == "nats" else (V311, V5)
    secrets = broker.add_devices(*(f"STREET-{n}" for n in range(wishes.devices)))
    return [
        Device(
            device_id, secret, journal, level=levels[n % 2], careful=n % 4 < 2,
            steady=wishes.steady, seed=f"{wishes.seed} {device_id}",
        )
        for n, (device_id, secret) in enumerate(secrets.items())
    ]  # fmt: skip


def _register(
    database: TestDatabase,
    devices: Sequence[Device],
    stations: Sequence[Station],
    interval_s: float,
) -> None:
    rows = [
        row(one.device_id, metrics=[METRIC], attributes=LIMITS, interval_s=interval_s)
        for one in devices
    ]
    settle(database.engine("cc_admin"), [*rows, *(one.registration() for one in stations)])


def _link(
    loop: Background, cluster: TestCluster, broker: TestBroker, journal: Journal,
    ports: Mapping[str, int],
) -> Links:  # fmt: skip
    socket = str(cluster.cluster.socket_folder / ".s.PGSQL.5432")
    links = Links(
        devices=Link(to_port(broker.port)),
        broker=Link(to_port(broker.port), journal.ear),
        database=Link(to_socket(socket)),
        hj212=Link(to_port(ports["hj212"])),
        sl651=Link(to_port(ports["sl651"])),
    )
    for one in links.all():
        loop.run(one.open())
    return links


def _ingest(
    folder: Path, database: TestDatabase, broker: TestBroker, links: Links | None,
    ports: Mapping[str, int], processes: int,
) -> Ingest:  # fmt: skip
    broker_url, database_url = broker.url("cc_ingest"), database.url("cc_ingest")
    if links is not None:
        broker_url = broker_url.replace(f":{broker.port}", f":{links.broker.port}")
        password = quote(database.passwords["cc_ingest"], safe="")
        address = f"127.0.0.1:{links.database.port}"
        database_url = f"postgresql://cc_ingest:{password}@{address}/{database.name}"
    options = [f"--{name}-port={port}" for name, port in ports.items()]
    if processes > 1:
        options += ["--processes", str(processes)]
    return Ingest(
        # (it ends with us, however we end)
        command=["setpriv", "--pdeathsig=KILL", "--", sys.executable, "-m", "iot_ingest", *options],
        environment=environment(
            COMMAND_CENTER_DATABASE_URL=database_url,
            COMMAND_CENTER_BROKER_URL=broker_url,
            COMMAND_CENTER_DATA=str(folder),
        ),
        log=folder / "ingest.log",
    )


def environment(**settings: str) -> dict[str, str]:
    """The caller's environment, with these settings of ours only."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMAND_CENTER_")}
    return {**kept, **settings}
