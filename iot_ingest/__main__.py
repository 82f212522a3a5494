"""The ingest process: stores what devices send, with the judge as its child.

The judge is a process of its own, not a thread: rules compute, and must neither take the
interpreter away from the acknowledgements nor, when one of them crashes, stop them.

With ``--processes N`` there are N of them, each for its share of the devices (`iot_ingest.share`).
This one is number 0, with stations and judge, and the others are its children.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from grid.store.postgis import make_engine
from grid.store.process import leave, stop_when_told
from iot_ingest.blocking import Blocking
from iot_ingest.bounding import MOST, BoundThread
from iot_ingest.child import STOP_S, Child, stop_at_end_of_stdin
from iot_ingest.client import Session
from iot_ingest.health import Pulse
from iot_ingest.ingester import Ingester
from iot_ingest.listeners import Address, CannotListen, Listeners
from iot_ingest.model import worker
from iot_ingest.pipeline import Pipeline
from iot_ingest.places import Places
from iot_ingest.registry import Registry
from iot_ingest.replayer import Replayer
from iot_ingest.share import Share
from iot_ingest.spool import Spool, SpoolInUse
from iot_ingest.unit_profiles import city_profiles

_log = logging.getLogger(__name__)

ROLE = "cc_ingest"
# For so long one thread may keep the interpreter while another one has an answer to read.
_SWITCH_S = 0.0005


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 2 when a setting is missing."""
    parser = _parser()
    options = parser.parse_args(argv)
    name = worker.process_name(options.number)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s %(levelname)s {name}: %(message)s")
    database = os.environ.get("COMMAND_CENTER_DATABASE_URL", "")
    broker = os.environ.get("COMMAND_CENTER_BROKER_URL", "")
    if not database or not broker:
        parser.error("set COMMAND_CENTER_DATABASE_URL and COMMAND_CENTER_BROKER_URL")
    stop = stop_when_told()
    if options.number:
        threading.Thread(target=stop_at_end_of_stdin, args=(stop,), daemon=True).start()
    try:
        spool = _open_spool(options.spool_megabytes, options.number)
        _run(database, broker, stop, spool, options)
    except CannotListen as error:
        _log.error("cannot listen for stations: %s", error)
        return 1
    except SpoolInUse as error:
        _log.error("another ingest process works with the spool %s: stop it first", error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
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
    parser.add_argument(
        "--quarantine-most",
        type=int,
        default=os.environ.get("COMMAND_CENTER_QUARANTINE_MOST") or MOST,
        help="messages that wait in quarantine per device and reason, 1000 at least",
    )
    parser.add_argument(
        "--processes",
        type=int,
        choices=range(1, worker.MOST_PROCESSES + 1),
        default=1,
        metavar="N",
        help=f"ingest processes that share the devices, 1 to {worker.MOST_PROCESSES}",
    )
    # which of them this is; number 0 starts the others
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    return parser


def _run(
    database: str,
    broker: str,
    stop: threading.Event,
    spool: Spool | None,
    options: argparse.Namespace,
) -> None:
    number, name = options.number, worker.process_name(options.number)
    ports = {"hj212": options.hj212_port, "sl651": options.sl651_port}
    addresses = [Address(one, options.listen, port) for one, port in ports.items() if port]
    # two threads work, one of them mostly waits: it gets the interpreter back in time
    sys.setswitchinterval(_SWITCH_S)
    engine = make_engine(
        database, role=ROLE, pool_size=3, application_name=f"cc {name}", checked=False
    )
    user = unquote(urlsplit(broker).username or worker.broker_user(number))
    session = Session(broker, user, worker.filters(number, options.processes))
    profiles = city_profiles(os.environ.get("COMMAND_CENTER_DATA"))
    registry = Registry(profiles)
    ingester = Ingester(
        session,
        Pipeline(engine, registry, process=name),
        stop,
        spool,
        Blocking(engine),
        Places(engine),
    )
    listeners = Listeners(addresses, session.messages.put, registry.stations.knows, stop)
    family = _Family(options, broker, stop)
    share = Share(
        engine, session, number, options.processes, stop, idle=ingester.idle, found=family.wind_up
    )

    def detail() -> Mapping[str, Any]:
        stations = {**listeners.detail(), "unused": registry.stations.unused}
        return {**ingester.detail(), "stations": stations, **share.detail()}

    pulse = Pulse(engine, name, detail, stop, share.known)
    listeners.start()
    share.start()
    pulse.start()
    if not number:
        Replayer(database, engine, stop).start()
        BoundThread(engine, stop, options.quarantine_most).start()
    family.start()
    session.start()
    try:
        ingester.run()
    finally:
        stop.set()
        listeners.close()
        session.stop()
        family.join()
        if share.left:
            pulse.beat()
        engine.dispose()
        if spool is not None:
            spool.close()


class _Family:
    """The children of number 0: the judge, and the other ingest processes."""

    def __init__(self, options: argparse.Namespace, broker: str, stop: threading.Event) -> None:
        self._options = options
        self._broker = broker
        self._stopped = stop
        self._children: list[Child] = []

    def start(self) -> None:
        """Start those that are wanted."""
        if self._options.number:
            return
        if not self._options.no_judge:
            judge = [sys.executable, "-m", "iot_ingest.judge", "--until-stdin-closes"]
            self._children.append(Child(judge, self._stopped))
        for number in range(1, self._options.processes):
            self._children.append(self._process(number, until_done=False))
        for one in self._children:
            one.start()

    def wind_up(self, number: int) -> None:
        """Let a process that is not wanted any more end what it had begun."""
        _log.info("%s is to end its work", worker.process_name(number))
        child = self._process(number, until_done=True)
        self._children.append(child)
        child.start()

    def join(self) -> None:
        """Wait for their end; `stop` is set."""
        for one in self._children:
            one.join(STOP_S + 1)

    def _process(self, number: int, *, until_done: bool) -> Child:
        command = [
            sys.executable, "-m", "iot_ingest", "--number", str(number),
            "--processes", str(self._options.processes),
            "--spool-megabytes", str(self._options.spool_megabytes),
        ]  # fmt: skip
        url = broker_url_of(self._broker, number)
        environment = {**os.environ, "COMMAND_CENTER_BROKER_URL": url}
        return Child(command, self._stopped, environment=environment, until_done=until_done)


def broker_url_of(url: str, number: int) -> str:
    """The broker's URL for process ``number``, from that of number 0: it is another user."""
    parts = urlsplit(url)
    if not parts.username:
        return url
    user = worker.broker_user(number, unquote(parts.username))
    password = worker.broker_password(unquote(parts.password or ""), user)
    _, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{password}@{place}"))


def _open_spool(megabytes: int, number: int) -> Spool | None:
    """The spool in the data folder; None when it is not wanted or there is no such folder."""
    data = os.environ.get("COMMAND_CENTER_DATA")
    if not megabytes or not data:
        _log.warning("no spool: while the database is away, messages wait in the broker")
        return None
    try:
        return Spool(Path(data) / worker.spool_name(number), most_bytes=megabytes * 1024**2)
    except OSError as error:
        # nothing is lost without it: messages stay unacknowledged in the broker
        _log.error("no spool: its folder cannot be used: %s", error)
        return None


if __name__ == "__main__":
    leave(main())
