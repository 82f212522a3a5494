"""Keeps the quarantine from growing for ever: of too many messages of one device that are wrong in
the same way the first and the newest stay, the others are counted as rejected."""

from __future__ import annotations

import logging
import threading

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store.postgis import reading, transaction
from iot_ingest.store import quarantine

_log = logging.getLogger(__name__)

BY = "system:ingest"
# Per device and reason: two weeks of a message a minute. What names no device: ten times as many.
MOST = 20_000
_EVERY_S = 60.0


class Bound:
    """Looks at the devices and reasons that something came of since the last look."""

    def __init__(self, engine: Engine, most: int = MOST) -> None:
        self._engine = engine
        self._most = most
        self._seen = 0

    def keep(self) -> int:
        """Drop what is too much; how many messages."""
        with reading(self._engine) as conn:
            newest = quarantine.newest(conn)
        if newest <= self._seen:
            return 0
        with transaction(self._engine, BY) as conn:
            dropped = quarantine.bound(conn, after=self._seen, most=self._most)
        self._seen = newest
        if dropped:
            _log.warning("%d messages of the quarantine were too many of their kind", dropped)
        return dropped


class BoundThread(threading.Thread):
    """Keeps the bound once a minute until ``stop`` is set; a database that is away is waited for.

    ``most``: messages of one device and reason.
    """

    def __init__(self, engine: Engine, stop: threading.Event, most: int = MOST) -> None:
        super().__init__(name="bound", daemon=True)
        self._bound = Bound(engine, most)
        self._stopped = stop

    def run(self) -> None:
        """Look, wait."""
        while not self._stopped.wait(_EVERY_S):
            try:
                self._bound.keep()
            except (SQLAlchemyError, psycopg.Error) as error:
                _log.warning("the quarantine cannot be bounded now: %s", error)
