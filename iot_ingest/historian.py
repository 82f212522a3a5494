"""Writes history: rolls up hours that are over, again when readings come late, and the past.

The work is PostgreSQL's, one statement per step; any number may run, one at a time works.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store.postgis import transaction
from iot_ingest.model.hour import HOUR, hour_of
from iot_ingest.store import hourly
from iot_ingest.store.hourly import State

_log = logging.getLogger(__name__)

BY = "system:historian"

# An hour is closed so long after its end: what is on its way then marks nothing.
_AFTER = timedelta(minutes=2)
_MOST_MARKS = 5_000
_DAY = timedelta(days=1)
_IDLE_S = 5.0
# Of the time that steps take, so much is left to others.
_REST = 3
_RETRY_S = 2.0


class Historian:
    """Writes history step by step; a step is one transaction, and may be repeated."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mark: tuple[datetime, int] | None = None
        self.rolled_until: datetime | None = None

    def work(self, now: datetime) -> bool:
        """Take one step; False when there is nothing to do now, or another historian works."""
        with transaction(self._engine, BY) as conn:
            if not hourly.claim(conn):
                return False
            state = hourly.state(conn)
            self.rolled_until = state.rolled_until
            return (
                self._close(conn, state, now)
                or self._roll_up(conn, state)
                or hourly.roll_up_stale(conn, _MOST_MARKS) > 0
                or self._reach_back(conn, state)
            )

    def _close(self, conn: Connection, state: State, now: datetime) -> bool:
        over = hour_of(now - _AFTER)
        if over <= state.closed_until:
            return False
        hourly.close(conn, over)
        return True

    def _roll_up(self, conn: Connection, state: State) -> bool:
        first = state.rolled_until
        if first >= state.closed_until or not self._is_settled(conn, state):
            return False
        midnight = first.astimezone(UTC).replace(hour=0) + _DAY
        hourly.roll_up(conn, first, min(state.closed_until, midnight))
        return True

    def _is_settled(self, conn: Connection, state: State) -> bool:
        """Whether all who may have seen the closed hours open have ended."""
        if self._mark is None or self._mark[0] != state.closed_until:
            self._mark = (state.closed_until, hourly.mark(conn))
        return not hourly.unsettled(conn, self._mark[1])

    def _reach_back(self, conn: Connection, state: State) -> bool:
        """Roll up what was stored before there was history, a day at a time, newest first."""
        day = hourly.day_before(conn, state.rolled_from)
        if day is None:
            return False
        hourly.roll_up(conn, day, min(state.rolled_from, day + _DAY))
        return True


class HistorianThread(threading.Thread):
    """Keeps a historian at work until ``stop`` is set, through outages of the database."""

    def __init__(self, engine: Engine, stop: threading.Event) -> None:
        super().__init__(name="historian", daemon=True)
        self._historian = Historian(engine)
        self._stopped = stop
        self._trouble: str | None = None

    def run(self) -> None:
        """Step, rest for three times as long; look every 5 s when there is nothing to do."""
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                worked = self._historian.work(datetime.now(UTC))
                self._trouble = None
            except (SQLAlchemyError, psycopg.Error) as error:
                if self._trouble is None:
                    _log.warning("history cannot be written now: %s", error)
                self._trouble = type(error).__name__
                self._stopped.wait(_RETRY_S)
                continue
            rest_s = _REST * (time.monotonic() - began)
            self._stopped.wait(rest_s if worked else _IDLE_S)

    def detail(self) -> Mapping[str, Any]:
        """For the heartbeat: how many hours that are over are not rolled up yet, and trouble."""
        until = self._historian.rolled_until
        behind = None
        if until is not None:
            behind = max(0, (hour_of(datetime.now(UTC) - _AFTER) - until) // HOUR)
        return {"hours_behind": behind, "trouble": self._trouble}
