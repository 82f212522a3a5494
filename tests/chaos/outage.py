"""The database is away for a while, at full load: the spool takes what comes, and gives it back."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from command_center.machine.health import ask_health
from tests.chaos.devices import METRIC
from tests.chaos.scene import NeverHappened, Scene
from tests.chaos.storm import Told, is_connected, speaking, stored_after
from tests.chaos.web import Web, status_of, web

_BEFORE_S = 5.0
_AFTER_S = 3.0
_SAID_AT_LAST_S = 30.0
_DRAINED_WITHIN_S = 300.0
_LOOK_EVERY_S = 0.01
_BACK_MS = 15_000
_BANNER = re.compile(r"Database \w+ since \d\d:\d\d:\d\d")
_NEW = (
    "SELECT (extract(epoch FROM ts) * 1000)::bigint FROM iot.readings"
    " WHERE device_no = %s AND metric_no = %s AND ts > to_timestamp(%s::float8 / 1000)"
)
_WHO = (
    "SELECT d.device_no, m.metric_no FROM iot.devices d, iot.metrics m"
    " WHERE d.device_id = %s AND m.name = %s"
)


@dataclass(slots=True)
class Course:
    """Moments of an outage, of time.time(); None: it never came.

    ``seen``: of the readings of one device, when each was taken and when it was visible.
    """

    stopped_at: float = 0.0
    back_at: float = 0.0
    drained_at: float = 0.0
    health_down_at: float | None = None
    down_since: float | None = None
    health_ok_at: float | None = None
    banner_at: float | None = None
    banner: str = ""
    banner_gone_at: float | None = None
    spool_bytes: int = 0
    seen: list[tuple[float, float]] = field(default_factory=list)


class Watcher(threading.Thread):
    """Notes when each reading of one device becomes visible to another session."""

    def __init__(self, scene: Scene, device_id: str, seen: list[tuple[float, float]]) -> None:
        super().__init__(name="watcher", daemon=True)
        self._scene = scene
        self._seen = seen
        ((self._device_no, self._metric_no),) = scene.ask(_WHO, device_id, METRIC)
        self._known = {0}
        self._enough = threading.Event()

    def run(self) -> None:
        """Look all the time; a database that is away is waited for."""
        while not self._enough.is_set():
            with (
                suppress(psycopg.OperationalError),
                self._scene.database.superuser() as conn,
            ):
                while not self._enough.wait(_LOOK_EVERY_S):
                    self._look(conn)
            self._enough.wait(0.1)

    def end(self) -> None:
        """Look no more."""
        self._enough.set()
        self.join(10)

    def _look(self, conn: psycopg.Connection) -> None:
        # live readings come before those from the spool: look back beyond the newest
        newest = max(self._known)
        since = max(0, newest - _BACK_MS)
        rows = conn.execute(_NEW, (self._device_no, self._metric_no, since)).fetchall()
        now = time.time()
        new = {ms for (ms,) in rows} - self._known
        self._seen += [(ms / 1000, now) for ms in sorted(new)]
        self._known = {newest} | {ms for (ms,) in rows}


@contextmanager
def watched(scene: Scene, seen: list[tuple[float, float]]) -> Iterator[None]:
    """Note latencies during the block."""
    watcher = Watcher(scene, scene.devices[0].device_id, seen)
    watcher.start()
    try:
        yield
    finally:
        watcher.end()


def outage(scene: Scene, *, seconds: float, wall: bool, told: Told) -> Course:
    """Let the database be away; everything must come back by itself. Raises NeverHappened."""
    course = Course()
    scene.ingest.start()
    with web(scene) if wall else nullcontext() as served:
        if served is not None:
            scene.loop.start(served.wall.look())
            scene.wait("the wall is open", lambda: bool(served.wall.seen), 120.0)
        scene.wait("ingest at the broker", lambda: is_connected(scene))
        with speaking(scene), watched(scene, course.seen):
            scene.wait("the first readings", lambda: stored_after(scene, 0.0))
            time.sleep(_BEFORE_S)
            _away(scene, seconds, course, served, told)
            _back(scene, course, served, told)
            time.sleep(_AFTER_S)
        _all_stored(scene)
    return course


def _away(scene: Scene, seconds: float, course: Course, served: Web | None, told: Told) -> None:
    told(f"the database is stopped for {seconds:g} s")
    course.stopped_at = time.time()
    scene.cluster.server.stop()
    while time.time() < course.stopped_at + seconds:
        course.spool_bytes = max(course.spool_bytes, scene.spool_bytes)
        scene.ingest.look()
        _look_at_web(served, course)
        time.sleep(0.1)


def _back(scene: Scene, course: Course, served: Web | None, told: Told) -> None:
    scene.cluster.server.start()
    course.back_at = time.time()
    course.spool_bytes = max(course.spool_bytes, scene.spool_bytes)
    told(f"it is back, {course.spool_bytes / 1e6:.1f} MB are in the spool")
    course.drained_at = scene.wait(
        "the spool is empty", lambda: not scene.spool_bytes, _DRAINED_WITHIN_S
    )
    told(f"the spool was empty after {course.drained_at - course.back_at:.1f} s")
    give_up = time.time() + _SAID_AT_LAST_S
    while served is not None and time.time() < give_up:
        _look_at_web(served, course)
        if course.health_ok_at is not None and course.banner_gone_at is not None:
            break
        time.sleep(0.1)


def _look_at_web(served: Web | None, course: Course) -> None:
    """Note when health and wall say that the database is away, and that it is back."""
    if served is None:
        return
    health = ask_health("127.0.0.1", served.port)
    now = time.time()
    if status_of(health, "database") == "down" and course.health_down_at is None:
        course.health_down_at = now
        since = health["components"]["database"]["since"]
        course.down_since = datetime.fromisoformat(since).timestamp()
    ok = status_of(health, "database") == "ok"
    if course.back_at and ok and course.health_ok_at is None:
        course.health_ok_at = now
    saying = served.wall.said(_BANNER, after=course.stopped_at)
    if saying is not None and course.banner_at is None:
        course.banner_at, course.banner = saying
    silent = served.wall.said(_BANNER, after=course.back_at, not_any_more=True)
    if course.back_at and silent is not None and course.banner_gone_at is None:
        course.banner_gone_at = silent[0]


def _all_stored(scene: Scene) -> None:
    """Wait for the last messages; what never comes is for the balance to tell."""
    wanted = len(scene.journal.sent)

    def there() -> bool:
        readings, aside = scene.ask(
            "SELECT (SELECT count(*) FROM iot.readings), (SELECT count(*) FROM iot.quarantine)"
        )[0]
        dirty = scene.ask("SELECT EXISTS (SELECT FROM iot.dirty)")[0][0]
        return bool(readings + aside >= wanted) and not dirty

    with suppress(NeverHappened):
        scene.wait("everything stored", there, 60.0)


def spooled(scene: Scene, course: Course) -> int:
    """How many messages were sent while the database was away."""
    first, last = course.stopped_at * 1000, course.back_at * 1000
    return sum(first <= one.ts_ms < last for one in scene.journal.sent.values())


def latencies_ms(course: Course, first: float, last: float) -> list[float]:
    """From taken to visible, of the readings taken between two moments."""
    return [(seen - taken) * 1000 for taken, seen in course.seen if first <= taken < last]


def said(course: Course) -> dict[str, Any]:
    """How long after the stop and the return health and wall told of it, in seconds."""

    def after(moment: float | None, since: float) -> float | None:
        return None if moment is None else round(max(0.0, moment - since), 1)

    return {
        "the web knows after_s": after(course.down_since, course.stopped_at),
        "health says down after_s": after(course.health_down_at, course.stopped_at),
        "wall says so after_s": after(course.banner_at, course.stopped_at),
        "wall": course.banner,
        "health says ok after_s": after(course.health_ok_at, course.back_at),
        "wall is clear after_s": after(course.banner_gone_at, course.back_at),
    }
