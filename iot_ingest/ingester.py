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

from iot_ingest.client import Session
from iot_ingest.message import Message, collect
from iot_ingest.pipeline import Pipeline

_log = logging.getLogger(__name__)

_PREPARE_EVERY_S = 5.0
_RETRY_FIRST_S = 0.1
_RETRY_MOST_S = 1.0
# Fewer than these waiting: live again after an outage.
_BACKLOG = 200


class Ingester:
    """Stores what a session brings until ``stop`` is set."""

    def __init__(self, session: Session, pipeline: Pipeline, stop: threading.Event) -> None:
        self._session = session
        self._pipeline = pipeline
        self._stop = stop
        self._prepare_at = 0.0
        self._oldest_us: int | None = None
        self._live_since: float | None = None
        self._trouble: str | None = None
        self._stored = 0

    def run(self) -> None:
        """Work; after ``stop``, store what is here already, unless the database is away."""
        while not self._stop.is_set():
            self._prepare()
            self._note_backlog()
            batch = collect(self._session.messages, wait_s=0.2)
            if batch:
                self.store(batch)
        while batch := collect(self._session.messages, wait_s=0.05):
            if not self.store(batch):
                return

    def store(self, batch: Sequence[Message]) -> bool:
        """Store and acknowledge one batch, again and again until it works.

        False when it was given up, unacknowledged, because we are to stop: it comes again.
        """
        wait_s = _RETRY_FIRST_S
        self._oldest_us = batch[0].received_us
        while True:
            try:
                self._stored += self._pipeline.flush(batch).stored
            except (SQLAlchemyError, psycopg.Error) as error:
                self._note_trouble(error)
                if self._stop.wait(wait_s):
                    return False
                wait_s = min(wait_s * 2, _RETRY_MOST_S)
            else:
                break
        self._trouble = None
        self._session.acknowledge(batch)
        for message in batch:
            if message.stored is not None:
                message.stored()
        self._oldest_us = None
        return True

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
            "trouble": self._trouble,
        }

    def _prepare(self) -> None:
        if time.monotonic() < self._prepare_at:
            return
        try:
            self._pipeline.prepare(datetime.now(UTC))
            self._prepare_at = time.monotonic() + _PREPARE_EVERY_S
        except (SQLAlchemyError, psycopg.Error) as error:
            self._note_trouble(error)
            self._prepare_at = time.monotonic() + _RETRY_MOST_S

    def _note_backlog(self) -> None:
        session = self._session
        if not session.connected or session.messages.qsize() > _BACKLOG or self._trouble:
            self._live_since = None
        elif self._live_since is None:
            self._live_since = time.time()

    def _note_trouble(self, error: Exception) -> None:
        if self._trouble is None:
            _log.warning("the database cannot store now; the batch waits: %s", error)
        self._trouble = type(error).__name__
        self._live_since = None
