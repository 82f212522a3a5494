"""The loop around the pipeline: take a batch, store it, acknowledge it; never give up on it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from iot_ingest.blocking import Blocking
from iot_ingest.client import Session
from iot_ingest.message import MOST_MESSAGES, Message, collect
from iot_ingest.pipeline import Pipeline
from iot_ingest.places import Places
from iot_ingest.spool import Slice, Spool, SpoolFull

_log = logging.getLogger(__name__)

_PREPARE_EVERY_S = 5.0
_RETRY_FIRST_S = 0.1
_RETRY_MOST_S = 1.0
# Fewer than these waiting: live again after an outage.
_BACKLOG = 200
# So much of the spool at once while live messages come as fast as they are stored.
_LIVE_SLICE = 500


class Ingester:
    """Stores what a session brings until ``stop`` is set.

    While the database is away, messages go into the spool, if there is one, and are acknowledged
    from there. Live messages come first, what is in the spool in between. Devices that
    ``blocking`` cuts off are acknowledged and not stored.
    """

    def __init__(
        self,
        session: Session,
        pipeline: Pipeline,
        stop: threading.Event,
        spool: Spool | None = None,
        blocking: Blocking | None = None,
        places: Places | None = None,
    ) -> None:
        self._session = session
        self._pipeline = pipeline
        self._stop = stop
        self._spool = spool
        self._away_since: float | None = None
        self._draining = spool is not None and spool.messages > 0
        self._prepare_at = 0.0
        self._oldest_us: int | None = None
        self._live_since: float | None = None
        self._trouble: str | None = None
        self._stored = 0
        self._blocking = blocking
        self._places = places

    def run(self) -> None:
        """Work; after ``stop``, store or spool what is here already."""
        while not self._stop.is_set():
            self._prepare()
            self._note_backlog()
            if self._away_since is None:
                self._settle()
            drain = self._draining and self._away_since is None
            batch = collect(self._session.messages, wait_s=0 if drain else self._wait_s())
            if batch:
                self.store(batch)
            elif not drain:
                self._tell_rest()
            if drain:
                self._drain(_LIVE_SLICE if len(batch) >= MOST_MESSAGES else MOST_MESSAGES)
        # what still comes in is not waited for: unacknowledged, it comes again
        left = self._session.messages.qsize()
        while left > 0 and (batch := collect(self._session.messages, wait_s=0.05)):
            if not self.store(batch):
                return
            left -= len(batch)
        self._tell_rest()

    def _wait_s(self) -> float:
        """How long to wait for a message: listeners wait for what they were not told."""
        return 0.02 if self._pipeline.has_news else 0.2

    def _tell_rest(self) -> None:
        try:
            self._pipeline.tell_rest()
        except (SQLAlchemyError, psycopg.Error) as error:
            self._note_trouble(error)

    def _settle(self) -> None:
        if self._blocking is not None:
            self._blocking.settle()
        if self._places is not None:
            self._places.settle()

    def store(self, batch: Sequence[Message]) -> bool:
        """Store or spool one batch, again and again until it works, and acknowledge it.

        False when it was given up, unacknowledged, because we are to stop: it comes again.
        """
        wait_s = _RETRY_FIRST_S
        self._oldest_us = batch[0].received_us
        good = batch
        if self._blocking is not None:
            self._blocking.away = self._away_since is not None
            good = self._blocking.guard.sift(batch, self._session.messages.qsize())
        if self._places is not None:
            self._places.look(good)
        while not (self._flush(good) or self._put_by(good)):
            if self._stop.wait(wait_s):
                return False
            wait_s = min(wait_s * 2, _RETRY_MOST_S)
            self._prepare()
        self._session.acknowledge(batch)
        for message in batch:
            if message.stored is not None:
                message.stored()
        self._oldest_us = None
        return True

    def _flush(self, batch: Sequence[Message]) -> bool:
        """Commit a batch; False when the database cannot."""
        if not batch:
            return True
        if self._away_since is not None and self._spool is not None and not self._spool.full:
            return False  # `_prepare` sees when it is back
        try:
            self._stored += self._pipeline.flush(batch).stored
        except (SQLAlchemyError, psycopg.Error) as error:
            self._note_trouble(error)
            return False
        self._note_return()
        return True

    def _put_by(self, batch: Sequence[Message]) -> bool:
        """Spool a batch; False when there is no spool, or no room in it."""
        if self._spool is None:
            return False
        was_full = self._spool.full
        try:
            self._spool.append(batch)
        except SpoolFull as error:
            if not was_full:
                _log.error("messages wait in the broker, unacknowledged: %s", error)
            return False
        self._draining = True
        return True

    def _drain(self, most: int) -> None:
        """Store the oldest messages of the spool."""
        spool = self._spool
        taken: Slice | None = None if spool is None else spool.read(most)
        if spool is None or taken is None:
            self._draining = False
        elif self._flush(taken.messages):
            spool.done(taken)

    def idle(self) -> bool:
        """Whether nothing waits to be stored, in memory or in the spool."""
        return self._oldest_us is None and not self._draining and not self._session.messages.qsize()

    def detail(self) -> dict[str, Any]:
        """How the ingester is, for its heartbeat.

        ``lag_s``: age of the oldest message that is not stored; ``live_for_s``: since when
        messages come as they are sent (None: a backlog is being worked off, or no broker).
        """
        now = time.time()
        oldest = self._oldest_us
        since = self._live_since
        return {
            "broker": self._session.connected,
            "waiting": self._session.messages.qsize(),
            "lag_s": 0.0 if oldest is None else round(max(0.0, now - oldest / 1e6), 3),
            "live_for_s": None if since is None else round(now - since, 1),
            "stored": self._stored,
            "dropped": self._session.dropped,
            "cut_off": 0 if self._blocking is None else len(self._blocking.guard.blocked),
            "trouble": self._trouble,
            "database_away_s": None if self._away_since is None else round(now - self._away_since),
            "spool": self._spool_detail(now),
        }

    def _spool_detail(self, now: float) -> dict[str, Any] | None:
        spool = self._spool
        if spool is None:
            return None
        oldest = spool.oldest_us
        state = "full" if spool.full else "in use" if self._draining else "empty"
        return {
            "state": state,
            "messages": spool.messages,
            "bytes": spool.size,
            "oldest_s": None if oldest is None else round(now - oldest / 1e6, 1),
            "damaged": spool.damaged,
        }

    def _prepare(self) -> None:
        if time.monotonic() < self._prepare_at:
            return
        try:
            self._pipeline.prepare(datetime.now(UTC))
            self._prepare_at = time.monotonic() + _PREPARE_EVERY_S
            self._note_return()
        except (SQLAlchemyError, psycopg.Error) as error:
            self._note_trouble(error)
            self._prepare_at = time.monotonic() + _RETRY_MOST_S

    def _note_backlog(self) -> None:
        session = self._session
        behind = self._draining or session.messages.qsize() > _BACKLOG
        if not session.connected or behind or self._trouble:
            self._live_since = None
        elif self._live_since is None:
            self._live_since = time.time()

    def _note_trouble(self, error: Exception) -> None:
        if self._away_since is None:
            _log.warning("the database cannot store now: %s", error)
            self._away_since = time.time()
            self._prepare_at = time.monotonic() + _RETRY_FIRST_S
        self._trouble = type(error).__name__
        self._live_since = None

    def _note_return(self) -> None:
        if self._away_since is not None:
            _log.info("the database stores again, after %.1f s", time.time() - self._away_since)
        self._away_since = None
        self._trouble = None
