"""Stations and the ingest process: killed, stopped, fed with nonsense; nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.iot_ingest.place import rows_of, until
from tests.iot_ingest.stations import Hall, Peer, answer_to, dust, open_hall, register_stations
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase
from tests.support.ports import free_port


def start(village: TestDatabase, broker: TestBroker, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "COMMAND_CENTER_DATABASE_URL": village.url("cc_ingest"),
        "COMMAND_CENTER_BROKER_URL": broker.url("cc_ingest"),
    }
    options = ("--no-judge", "--hj212-port", str(port))
    process = subprocess.Popen(
        [sys.executable, "-m", "iot_ingest", *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: accepts(port), 30)
    return process


def accepts(port: int) -> bool:
    try:
        Peer(port).close()
    except OSError:
        return False
    return True


def number_of(village: TestDatabase) -> int:
    found: int = rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.readings")[0][0]
    return found


class Sender:
    """A station as the standard has it: sends again until it is answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._peer: Peer | None = None

    def send(self, frame: bytes, within_s: float = 60.0) -> None:
        """Send a frame until its answer comes."""
        wanted = answer_to(frame)
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            try:
                if self._peer is None:
                    self._peer = Peer(self._port)
                self._peer.send(frame)
                if self._peer.read(len(wanted), within_s=3) == wanted:
                    return
            except OSError:
                time.sleep(0.1)
            if self._peer is not None:
                self._peer.close()
                self._peer = None
        raise AssertionError("never answered")

    def close(self) -> None:
        """Hang up."""
        if self._peer is not None:
            self._peer.close()


def test_nothing_answered_is_lost_or_doubled_when_ingest_is_killed(
    village: TestDatabase, broker: TestBroker
) -> None:
    register_stations(village)
    port = free_port()
    sender = Sender(port)
    number = 0
    process = start(village, broker, port)
    for _ in range(3):
        for _ in range(20):
            sender.send(dust(number))
            number += 1
        # with one on its way
        flying = Peer(port)
        flying.send(dust(number, flag=5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        flying.close()
        answered = number
        assert number_of(village) >= answered
        process = start(village, broker, port)
        sender.send(dust(number))
        number += 1
    assert number_of(village) == number
    process.terminate()
    assert process.wait(15) == 0
    sender.close()
    assert rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.quarantine") == [(0,)]


def test_a_port_in_use_ends_the_process_with_a_sentence(
    village: TestDatabase, broker: TestBroker
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {
            **os.environ,
            "COMMAND_CENTER_DATABASE_URL": village.url("cc_ingest"),
            "COMMAND_CENTER_BROKER_URL": broker.url("cc_ingest"),
        }
        port = str(taken.getsockname()[1])
        answer = subprocess.run(
            [sys.executable, "-m", "iot_ingest", "--sl651-port", port],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert answer.returncode == 1
    assert "cannot listen for stations: [Errno 98] error while attempting to bind on address" in (
        answer.stderr
    )
    assert "Traceback" not in answer.stderr


JUNK = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from([b"##", b"##9999", b"\r\n", b"\x7e\x7e", b"CP=&&", dust(1)[:50]]),
    ),
    max_size=10,
)


def test_no_bytes_whatever_keep_a_station_from_its_answer(village: TestDatabase) -> None:
    register_stations(village)
    with open_hall(village) as hall:
        _feed(hall)


def _feed(hall: Hall) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(JUNK)
    def feed(parts: list[bytes]) -> None:
        hostile, gauge, good = hall.station(), hall.gauge(), hall.station()
        for part in parts:
            hostile.send(part)
            gauge.send(part)
        frame = dust(1)
        wanted = answer_to(frame)
        good.send(frame)
        assert good.read(len(wanted)) == wanted
        # and the one that sent them, too, when it comes to its senses
        hostile.send(b"\r\n" + frame)
        assert hostile.read(len(wanted)) == wanted
        for peer in (hostile, gauge, good):
            peer.close()

    feed()
