"""Does what people asked for on the page of the quarantine: decode once more, store what can be.

The ingest process has a thread that is told of requests, and a child that works on them: decoding
a million messages must not take the interpreter away from the acknowledgements. Of several
ingest processes one child works, the others find it at work and end.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from functools import partial

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store.postgis import listen, make_engine, transaction
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.replay_quarantine import ROLE, replay
from iot_ingest.store import replays
from iot_ingest.store.replays import Replay
from iot_ingest.unit_profiles import city_profiles

_log = logging.getLogger(__name__)

BY = "system:replay"
# Without a notification, one looks by oneself.
_LOOK_EVERY_S = 5.0
_RETRY_S = 1.0
_MOST_ATTEMPTS = 3


class Replayer(threading.Thread):
    """Starts a child when a request waits, until ``stop`` is set."""

    def __init__(self, database_url: str, engine: Engine, stop: threading.Event) -> None:
        super().__init__(name="replayer", daemon=True)
        self._url = database_url
        self._engine = engine
        self._stopped = stop
        self._away = False

    def run(self) -> None:
        """Wait for requests; a database that is away is waited for."""
        while not self._stopped.is_set():
            try:
                self._listen()
            except (psycopg.Error, SQLAlchemyError) as error:
                if not self._away:
                    _log.warning("replays wait for the database: %s", error)
                self._away = True
            self._stopped.wait(_RETRY_S)

    def _listen(self) -> None:
        with listen(
            self._url,
            [replays.CHANNEL],
            role=ROLE,
            wake_every_s=_LOOK_EVERY_S,
            stopped=self._stopped.is_set,
        ) as notices:
            for _ in notices:
                with self._engine.connect() as conn:
                    waiting = replays.are_waiting(conn)
                self._away = False
                if waiting:
                    self._work()

    def _work(self) -> None:
        command = [sys.executable, "-m", "iot_ingest.replayer"]
        # its end of this pipe tells the child when we are gone, however we went
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            while process.poll() is None and not self._stopped.wait(0.1):
                pass
            process.terminate()


def work(engine: Engine) -> int:
    """Do all requests that wait, unless somebody else is at it; how many were done."""
    with engine.connect() as guard:
        if not replays.only_one(guard):
            return 0
        guard.rollback()  # the lock is the session's; no transaction stays open meanwhile
        try:
            return _work_all(engine)
        finally:
            guard.invalidate()  # the session ends, and with it the lock


def _work_all(engine: Engine) -> int:
    done = 0
    while True:
        with transaction(engine, BY) as conn:
            wanted = replays.take(conn)
        if wanted is None:
            return done
        profiles = city_profiles(os.environ.get("COMMAND_CENTER_DATA"))
        if wanted.attempts <= _MOST_ATTEMPTS:
            # made anew: what was mended a moment ago counts
            pipeline = Pipeline(engine, Registry(profiles), "replay")
            replay(
                engine, pipeline, wanted.chosen, by=wanted.asked_by, after=wanted.reached,
                went_on=partial(_note, engine, wanted),
            )  # fmt: skip
        zh, en = _trouble(wanted, profiles.trouble)
        with transaction(engine, BY) as conn:
            replays.finish(conn, wanted.replay_id, zh=zh, en=en)
        done += 1


def _note(engine: Engine, wanted: Replay, reached: int, tried: int, resolved: int) -> None:
    with transaction(engine, BY) as conn:
        replays.went_on(conn, wanted.replay_id, reached=reached, tried=tried, resolved=resolved)


def _trouble(wanted: Replay, profile: Exception | None) -> tuple[str | None, str | None]:
    if wanted.attempts > _MOST_ATTEMPTS:
        return (
            f"试了 {_MOST_ATTEMPTS} 次都中断，请查看接入进程的日志。",
            f"broken off {_MOST_ATTEMPTS} times: look into the log of the ingest process.",
        )
    return getattr(profile, "zh", None), getattr(profile, "en", None)


def main() -> int:
    """Work until no request waits; ends at once when the parent is gone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    url = os.environ["COMMAND_CENTER_DATABASE_URL"]
    engine = make_engine(url, role=ROLE, pool_size=3, application_name="cc replay")
    try:
        done = work(engine)
    finally:
        engine.dispose()
    _log.info("%d replays done", done)
    return 0


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
