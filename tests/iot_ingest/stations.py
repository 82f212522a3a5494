"""Stations of the tests: registered devices, an ingester with listeners, peers on sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from iot_ingest.client import Session
from iot_ingest.ingester import Ingester
from iot_ingest.listeners import Address, Limits, Listeners
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.stations import Stations
from iot_ingest.store.registration import register_devices
from tests.iot_ingest import frames
from tests.iot_ingest.place import BY, row
from tests.support.cluster import TestDatabase
from tests.support.ports import free_port

MN = "010000A8900016F000169DC0"
STATION = "0012345678"


def register_stations(village: TestDatabase) -> None:
    """DUST-1 (HJ 212, ug/m3), RIVER-1 (SL 651), and Y80110010000010, which is its own MN."""
    register_devices(
        village.engine("cc_admin"),
        [
            row(
                "DUST-1",
                "construction_dust",
                metrics=["pm10", "pm25", "tsp"],
                attributes={"mn": MN, "profile": "hj212-dust-ug"},
            ),
            row("RIVER-1", metrics=["water_level"], attributes={"station_code": "12345678"}),
            row("Y80110010000010", "construction_dust", metrics=["temperature"]),
        ],
        by=BY,
    )


def now() -> datetime:
    """Now, to the second, as stations tell it."""
    return datetime.now(UTC).replace(microsecond=0)


def dust(number: int, value: float = 31.0, **changes: object) -> bytes:
    """A frame of DUST-1 that asks for an answer; ``number`` makes its time and QN its own."""
    at = datetime.fromtimestamp(now().timestamp() - 3600 + number, UTC)
    given = {"at": at, "qn": f"2026{number:013d}", "mn": MN, **changes}
    return frames.measured(f"a34002-Rtd={value},a34002-Flag=N", **given)  # type: ignore[arg-type]


def answer_to(frame: bytes) -> bytes:
    """What the standard wants as the answer to a frame of `dust`."""
    text = frame[6:-6].decode()
    fields = dict(one.split("=", 1) for one in text.split(";CP=")[0].split(";"))
    flag = int(fields["Flag"]) & 0xFC
    return frames.hj212(
        f"QN={fields['QN']};ST=91;CN=9014;PW={fields['PW']};MN={fields['MN']};Flag={flag};CP=&&&&"
    )


class Peer:
    """One end of a TCP connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(data)

    def read(self, size: int, within_s: float = 10.0) -> bytes:
        """Exactly ``size`` bytes; fewer when the connection ends or the time is over."""
        got = b""
        until = time.monotonic() + within_s
        while len(got) < size and (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                part = self.socket.recv(size - len(got))
            except TimeoutError:
                break
            except ConnectionError:
                break
            if not part:
                break
            got += part
        return got

    def is_closed(self, within_s: float = 10.0) -> bool:
        """Whether the other side ends the connection within that time."""
        self.socket.settimeout(within_s)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


@dataclass(frozen=True, kw_only=True)
class Hall:
    """A running ingester with its listeners."""

    hj212_port: int
    sl651_port: int
    ingester: Ingester
    listeners: Listeners
    session: Session
    stations: Stations
    stop: threading.Event
    peers: list[Peer]

    def station(self) -> Peer:
        """A new connection to the HJ 212 listener."""
        return self._peer(self.hj212_port)

    def gauge(self) -> Peer:
        """A new connection to the SL 651 listener."""
        return self._peer(self.sl651_port)

    def _peer(self, port: int) -> Peer:
        peer = Peer(port)
        self.peers.append(peer)
        return peer


@contextlib.contextmanager
def open_hall(village: TestDatabase, limits: Limits | None = None) -> Iterator[Hall]:
    """Listen on free ports and store what comes, until the end of the block."""
    session = Session("mqtt://127.0.0.1:1", "unused")  # never connected: stations only
    registry = Registry()
    stop = threading.Event()
    ingester = Ingester(session, Pipeline(village.engine("cc_ingest"), registry), stop)
    ports = free_port(), free_port()
    listeners = Listeners(
        [Address("hj212", "127.0.0.1", ports[0]), Address("sl651", "127.0.0.1", ports[1])],
        session.messages.put,
        registry.stations.knows,
        stop,
        limits,
    )
    listeners.start()
    thread = threading.Thread(target=ingester.run)
    thread.start()
    hall = Hall(
        hj212_port=ports[0], sl651_port=ports[1], ingester=ingester, listeners=listeners,
        session=session, stations=registry.stations, stop=stop, peers=[],
    )  # fmt: skip
    try:
        yield hall
    finally:
        stop.set()
        thread.join(20)
        listeners.close()
        for peer in hall.peers:
            peer.close()
    assert not thread.is_alive()


@contextlib.contextmanager
def away(village: TestDatabase) -> Iterator[None]:
    """The database is away for everybody."""
    with village.cluster.connect("postgres") as conn:
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS false")
        try:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (village.name,),
            )
            yield
        finally:
            conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS true")
