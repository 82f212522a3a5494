"""The ingest process: stores what devices send, with the judge as its child.

The judge is a process of its own, not a thread: rules compute, and must neither take the
interpreter away from the acknowledgements nor, when one of them crashes, stop them.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from grid.store.postgis import make_engine
from iot_ingest.blocking import Blocking
from iot_ingest.client import Session
from iot_ingest.health import Pulse
from iot_ingest.ingester import Ingester
from iot_ingest.listeners import Address, CannotListen, Listeners
from iot_ingest.pipeline import Pipeline
from iot_ingest.places import Places
from iot_ingest.registry import Registry
from iot_ingest.replayer import Replayer
from iot_ingest.spool import Spool, SpoolInUse
from iot_ingest.unit_profiles import city_profiles

_log = logging.getLogger(__name__)

ROLE = "cc_ingest"
_RESTART_FIRST_S = 0.5
_RESTART_MOST_S = 10.0
_STOP_S = 5.0
# For so long one thread may keep the interpreter while another one has an answer to read.
_SWITCH_S = 0.0005


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 2 when a setting is missing."""
    parser = argparse.ArgumentParser(prog="python -m iot_ingest", description=__doc__)
    parser.add_argument("--no-judge", action="store_true", help="store only, judge nothing")
    parser.add_argument("--listen", default="127.0.0.1", help="address of the TCP listeners")
    parser.add_argument(
        "--hj212-port",
        type=int,
        default=0,
        help="port for HJ 212 stations, often 8212; 0: none",
    )
    parser.add_argument(
        "--sl651-port",
        type=int,
        default=0,
        help="port for SL 651 stations, often 8651; 0: none",
    )
    parser.add_argument(
        "--spool-megabytes",
        type=int,
        default=4096,
        help="most disk space for messages while the database is away; 0: no spool",
    )
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    database = os.environ.get("COMMAND_CENTER_DATABASE_URL", "")
    broker = os.environ.get("COMMAND_CENTER_BROKER_URL", "")
    if not database or not broker:
        parser.error("set COMMAND_CENTER_DATABASE_URL and COMMAND_CENTER_BROKER_URL")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    ports = {"hj212": options.hj212_port, "sl651": options.sl651_port}
    addresses = [Address(name, options.listen, port) for name, port in ports.items() if port]
    try:
        spool = _open_spool(options.spool_megabytes)
        _run(database, broker, stop, addresses, spool, judge=not options.no_judge)
    except CannotListen as error:
        _log.error("cannot listen for stations: %s", error)
        return 1
    except SpoolInUse as error:
        _log.error("another ingest process works with the spool %s: stop it first", error)
        return 1
    return 0


def _run(
    database: str,
    broker: str,
    stop: threading.Event,
    addresses: Sequence[Address],
    spool: Spool | None,
    *,
    judge: bool,
) -> None:
    # two threads work, one of them mostly waits: it gets the interpreter back in time
    sys.setswitchinterval(_SWITCH_S)
    engine = make_engine(
        database, role=ROLE, pool_size=3, application_name="cc ingest", checked=False
    )
    session = Session(broker, client_id=unquote(urlsplit(broker).username or ROLE))
    profiles = city_profiles(os.environ.get("COMMAND_CENTER_DATA"))
    registry = Registry(profiles)
    ingester = Ingester(
        session, Pipeline(engine, registry), stop, spool, Blocking(engine), Places(engine)
    )
    listeners = Listeners(addresses, session.messages.put, registry.stations.knows, stop)

    def detail() -> Mapping[str, Any]:
        stations = {**listeners.detail(), "unused": registry.stations.unused}
        return {**ingester.detail(), "stations": stations}

    child = Child([sys.executable, "-m", "iot_ingest.judge", "--until-stdin-closes"], stop)
    listeners.start()
    Pulse(engine, "ingest", detail, stop).start()
    Replayer(database, engine, stop).start()
    if judge:
        child.start()
    session.start()
    try:
        ingester.run()
    finally:
        stop.set()
        listeners.close()
        session.stop()
        if judge:
            child.join(_STOP_S + 1)
        engine.dispose()
        if spool is not None:
            spool.close()


def _open_spool(megabytes: int) -> Spool | None:
    """The spool in the data folder; None when it is not wanted or there is no such folder."""
    data = os.environ.get("COMMAND_CENTER_DATA")
    if not megabytes or not data:
        _log.warning("no spool: while the database is away, messages wait in the broker")
        return None
    try:
        return Spool(Path(data) / "spool", most_bytes=megabytes * 1024**2)
    except OSError as error:
        # nothing is lost without it: messages stay unacknowledged in the broker
        _log.error("no spool: its folder cannot be used: %s", error)
        return None


class Child(threading.Thread):
    """Keeps one child process running until ``stop`` is set; it ends when we do."""

    def __init__(self, command: Sequence[str], stop: threading.Event) -> None:
        super().__init__(name="child", daemon=True)
        self._command = list(command)
        self._stopped = stop

    def run(self) -> None:
        """Start, wait, start again with growing pauses."""
        pause = _RESTART_FIRST_S
        while not self._stopped.is_set():
            started = time.monotonic()
            # its end of this pipe tells the child when we are gone, however we went
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            while process.poll() is None and not self._stopped.wait(0.2):
                pass
            if self._stopped.is_set():
                self._end(process)
                return
            _log.error("%s ended with %s", self._command[-2], process.returncode)
            if time.monotonic() - started > _RESTART_MOST_S:
                pause = _RESTART_FIRST_S
            self._stopped.wait(pause)
            pause = min(pause * 2, _RESTART_MOST_S)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
