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
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web-pulse", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        started_at = self._now()
        away = False
        while not self._stop.is_set():
            try:
                with self._engine.begin() as conn:
                    heartbeats.beat(conn, "web", started_at, self._now(), self._detail())
                away = False
            except SQLAlchemyError as error:
                if not away:
                    _LOG.warning("heartbeat: the database is away: %s", str(error).split("\n")[0])
                away = True
            self._stop.wait(_EVERY_S)
