"""A heartbeat each second, so that nobody has to ask the process how it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store import heartbeats
from grid.store.postgis import transaction

_log = logging.getLogger(__name__)

_EVERY_S = 1.0

Detail = Callable[[], Mapping[str, Any]]


def _always() -> bool:
    return True


class Pulse(threading.Thread):
    """Writes the heartbeat row of ``process`` each second until ``stop`` is set.

    The first one as soon as ``ready`` says so.
    """

    def __init__(
        self,
        engine: Engine,
        process: str,
        detail: Detail,
        stop: threading.Event,
        ready: Callable[[], bool] = _always,
    ) -> None:
        super().__init__(name=f"pulse-{process}", daemon=True)
        self._engine = engine
        self._process = process
        self._detail = detail
        self._stopped = stop
        self._ready = ready
        self._started_at = datetime.now(UTC)

    def run(self) -> None:
        """Beat; a database that is away is waited for."""
        away = False
        while not self._stopped.wait(_EVERY_S):
            if not self._ready():
                continue
            try:
                self.beat()
                away = False
            except SQLAlchemyError as error:
                if not away:
                    _log.warning("no heartbeat: %s", error)
                away = True

    def beat(self) -> None:
        """Write the row once."""
        now = datetime.now(UTC)
        with transaction(self._engine, f"system:{self._process}") as conn:
            heartbeats.beat(conn, self._process, self._started_at, now, dict(self._detail()))
