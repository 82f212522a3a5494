"""The demo city's devices: one real MQTT connection each, with its own id and secret.

``python -m iot_ingest.simulate``. One loop over all sockets; what is measured comes from
`iot_ingest.model.behaviour`. An episode at a station ends when somebody publishes
``cc/demo/relief/{device_id}``.
"""

from __future__ import annotations

import argparse
import heapq
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store.postgis import make_engine
from iot_ingest.lines import Line, Lines
from iot_ingest.model.behaviour import flags, history, next_moment, values
from iot_ingest.model.device import Device, readings_topic, status_topic
from iot_ingest.model.episode import Course, Episode, Schedule
from iot_ingest.model.worker import client_id
from iot_ingest.store import devices as device_store
from iot_ingest.store import readings

_log = logging.getLogger(__name__)

SEED = 20_261_122
RELIEF = "cc/demo/relief/"

# Stations report more often while something is wrong, as real ones do.
_URGENT_S = 3.0
_FASTEST_S = 1.0
_BACKLOG_ITEMS = 400
_BACKLOG_DAYS = 3
_WAIT_S = 1.0


class Station:
    """One device: its line to the broker and when it reports next."""

    def __init__(self, device: Device, line: Line, speed: float) -> None:
        self.device = device
        self.line = line
        self.every_s = max(_FASTEST_S, device.interval_s / speed)
        self.next_at = 0.0
        self.missed_since: float | None = None
        self._topic = readings_topic(device.device_id)
        self._seq = 0

    def plan(self, t: float, episode: Episode | None) -> None:
        """Decide when to report next, after ``t``."""
        every = self.every_s
        if episode is not None and episode.course is Course.EXCESS:
            every = min(every, _URGENT_S)
        self.next_at = next_moment(self.device, t + 0.001, every)

    def report(self, t: float, episode: Episode | None) -> None:
        """Measure at ``t`` and send it; while silenced, only remember that it is missing."""
        if episode is not None and episode.course is Course.SILENT and episode.active(t):
            if self.missed_since is None:
                self.missed_since = t
            return
        if self.missed_since is not None:
            self.send_history(self.missed_since, t)
            self.missed_since = None
        self._send([self._item(t, values(self.device, t, episode), flags(self.device, t, episode))])

    def send_history(self, start: float, end: float) -> None:
        """Send what was measured in ``[start, end)`` and could not be sent."""
        first = datetime.fromtimestamp(start, UTC)
        until = datetime.fromtimestamp(end, UTC)
        items = [
            self._item(at.timestamp(), found, {})
            for at, found in history(self.device, first, until)
        ]
        for place in range(0, len(items), _BACKLOG_ITEMS):
            self._send(items[place : place + _BACKLOG_ITEMS])

    def _item(self, t: float, found: Mapping[str, float], marks: Mapping[str, str]) -> object:
        self._seq += 1
        item: dict[str, object] = {"ts": round(t * 1000), "values": found, "seq": self._seq}
        if marks:
            item["flags"] = marks
        return item

    def _send(self, items: list[object]) -> None:
        payload = msgspec.json.encode(items[0] if len(items) == 1 else items)
        self.line.publish(self._topic, payload)


class City:
    """All stations, and what is wrong at which of them."""

    def __init__(self, stations: Sequence[Station], *, seed: int, speed: float) -> None:
        self._stations = {str(one.device.device_id): one for one in stations}
        self._speed = speed
        self._started = time.time()
        self._schedule = Schedule([one.device for one in stations], self._started, seed)
        self._episodes: dict[str, Episode] = {}
        self._queue: list[tuple[float, str]] = []
        for one in stations:
            self._plan(one, self._started)

    def relieve(self, device_id: str) -> None:
        """Somebody put it right."""
        episode = self._episodes.get(device_id)
        if episode is not None:
            self._episodes[device_id] = episode.relieved(time.time())
            _log.info("%s is relieved", device_id)

    def turn(self, now: float) -> float:
        """Send what is due; seconds until the next thing is."""
        self._begin(now)
        while self._queue and self._queue[0][0] <= now:
            t, device_id = heapq.heappop(self._queue)
            station = self._stations[device_id]
            if t != station.next_at:
                continue  # it was planned anew meanwhile
            episode = self._episodes.get(device_id)
            station.report(t, episode)
            if episode is not None and episode.over(t):
                del self._episodes[device_id]
                episode = None
            self._plan(station, t, episode)
        return min(0.5, max(0.0, self._queue[0][0] - now)) if self._queue else 0.5

    def _begin(self, now: float) -> None:
        pretended = self._started + (now - self._started) * self._speed
        episode = self._schedule.due(pretended, self._episodes)
        if episode is None:
            return
        episode = episode.moved(now)
        self._episodes[episode.device_id] = episode
        _log.info("%s begins at %s", episode.course, episode.device_id)
        self._plan(self._stations[episode.device_id], now, episode)

    def _plan(self, station: Station, t: float, episode: Episode | None = None) -> None:
        station.plan(t, episode)
        heapq.heappush(self._queue, (station.next_at, station.device.device_id))


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 2 when a setting is missing."""
    parser = argparse.ArgumentParser(prog="python -m iot_ingest.simulate", description=__doc__)
    parser.add_argument("--speed", type=float, default=1.0, help="reports and episodes N times")
    parser.add_argument("--secrets", type=Path, help="JSON file: device id -> secret")
    parser.add_argument("--seed", type=int, default=SEED, help="another city's bad luck")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    database = os.environ.get("COMMAND_CENTER_DATABASE_URL", "")
    broker = os.environ.get("COMMAND_CENTER_BROKER_URL", "")
    if not database or not broker or options.speed <= 0:
        parser.error(
            "set COMMAND_CENTER_DATABASE_URL and COMMAND_CENTER_BROKER_URL; a speed is above 0"
        )
    data = Path(os.environ.get("COMMAND_CENTER_DATA") or "var")
    path = options.secrets or data / "secrets" / "devices.json"
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    engine = make_engine(database, pool_size=1, application_name="cc simulator")
    found = _wait_for_devices(engine, path, stopping)
    if found is not None:
        _run(found, broker, options.speed, options.seed, stopping)
    engine.dispose()
    return 0


def _run(
    found: tuple[list[tuple[Device, str]], dict[int, datetime]],
    broker: str,
    speed: float,
    seed: int,
    stopping: list[int],
) -> None:
    known, latest = found
    lines = Lines(broker)
    stations = []
    for device, secret in known:
        will = status_topic(device.device_id)
        stations.append(Station(device, lines.add(device.device_id, secret, will), speed))
    city = City(stations, seed=seed, speed=speed)
    user = urlsplit(broker)
    name, password = unquote(user.username or ""), unquote(user.password or "")
    relief = lines.add(name, password, None, session=client_id(name, password))
    relief.subscribe(RELIEF + "+", lambda topic: city.relieve(topic.removeprefix(RELIEF)))
    now = time.time()
    for station in stations:
        since = latest.get(station.device.device_no)
        if since is not None:
            start = max(since.timestamp() + 1, now - _BACKLOG_DAYS * 86_400)
            station.send_history(start, now)
    _log.info("%d stations report", len(stations))
    while not stopping:
        lines.turn(city.turn(time.time()))
    lines.close()


def _wait_for_devices(
    engine: Engine, path: Path, stopping: list[int]
) -> tuple[list[tuple[Device, str]], dict[int, datetime]] | None:
    """Devices with their secrets, and their latest readings; None when we are to stop."""
    while not stopping:
        try:
            secrets = json.loads(path.read_text()) if path.exists() else {}
            with engine.connect() as conn:
                known = [
                    (one, secrets[one.device_id])
                    for one in device_store.all(conn)
                    if one.device_id in secrets and one.disabled_at is None
                ]
                latest: dict[int, datetime] = {}
                for value in readings.latest(conn):
                    before = latest.get(value.device_no, value.ts)
                    latest[value.device_no] = max(before, value.ts)
        except SQLAlchemyError as error:
            _log.warning("the database is away: %s", error)
        else:
            if known:
                return known, latest
        time.sleep(_WAIT_S)
    return None


if __name__ == "__main__":
    sys.exit(main())
