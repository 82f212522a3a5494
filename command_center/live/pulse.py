"""The web process's own sign of life, once a second."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store import heartbeats

_LOG = logging.getLogger(__name__)
_EVERY_S = 1.0


class Pulse:
    """A thread that writes the row of process "web"; it outlives a database that goes away."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        detail: Callable[[], dict[str, Any]],
    ) -> None:
        """``detail`` tells figures of the process, as JSON values."""
        self._engine = engine
        self._now = now
        self._detail = detail
        self._started_at = now()
        self._away = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web-pulse", daemon=True)

    def start(self) -> None:
        """Beat once, then go on in the thread; blocks as long as the database takes.

        Whoever judges health after this sees a process that is back, not its last sign of life.
        """
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self._beat()

    def _beat(self) -> None:
        try:
            with self._engine.begin() as conn:
                heartbeats.beat(conn, "web", self._started_at, self._now(), self._detail())
            self._away = False
        except SQLAlchemyError as error:
            if not self._away:
                _LOG.warning("heartbeat: the database is away: %s", str(error).split("\n")[0])
            self._away = True
