"""The dispatch process: events become tickets, clocks run out, notices leave, sensors recover.

It works whatever waits in the database and keeps nothing of its own that it would miss, so it may
be killed at any moment, and several of them may run at once. Who goes where is planned by a child
(``command_center.planner``), so that no event waits for a plan.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from command_center.kept import Kept
from command_center.machine.doors import database_url
from command_center.planner import ROLE, Planner
from command_center.settings import read_settings
from events.actions.duty_watch import Read, watch_duties
from events.actions.escalate import escalate
from events.actions.file_ticket import process_inbox
from events.actions.past_hours import count_past_hours
from events.actions.projects.upkeep import keep_up
from events.actions.upkeep import (
    close_recovered,
    mark_overdue,
    resume_suspended,
    tell_late_parts,
)
from events.model.access import DISPATCH
from events.model.problems import Refused
from events.notices.deliver import deliver
from events.notices.inbox import InboxChannel
from events.store import duty_alerts, inbox
from events.store.rules import Remembered
from grid.store import heartbeats
from grid.store.postgis import is_away, listen, make_engine, transaction
from grid.store.process import stop_when_told

_LOG = logging.getLogger(__name__)

# Events are worked in small helpings, so that clocks and signs of life do not wait for a storm.
_HELPING = 25
_TICK_S = 1.0
_DUTIES_EVERY_S = 15.0
_PROJECTS_EVERY_S = 5.0
_HOURS_EVERY_S = 60.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop. Raises Problem for missing settings."""
    parser = argparse.ArgumentParser(prog="command-center dispatch", description=__doc__)
    parser.parse_args([] if argv is None else argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = stop_when_told()
    url = database_url(read_settings(os.environ), ROLE)
    planner = Kept([sys.executable, "-m", "command_center.planner"], stop)
    Dispatcher(url, stop, planner=planner).run()
    stop.set()
    if planner.ident is not None:
        planner.join()
    return 0


class Dispatcher:
    """The loop. ``clock`` tells the time (aware UTC). Without a ``planner`` it plans itself."""

    def __init__(
        self,
        url: str,
        stop: threading.Event,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        planner: Kept | None = None,
    ) -> None:
        self._url = url
        self._stop = stop
        self._clock = clock
        self._channels = {"inbox": InboxChannel()}
        self._started_at = clock()
        self._done = 0
        self._known = Remembered()
        self._planner = planner
        self._own_plans = Planner(clock=clock)
        self._duties = Read()
        self._next_tick = self._next_duties = self._next_projects = self._next_hours = 0.0

    def run(self) -> None:
        """Work until stopped; when the database goes away, wait for it and go on."""
        engine = make_engine(
            self._url,
            role=ROLE,
            pool_size=2,
            application_name="cc dispatch",
            statement_timeout_ms=30_000,
        )
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                with listen(
                    self._url,
                    ["cc_inbox"],
                    role=ROLE,
                    wake_every_s=_TICK_S,
                    stopped=self._stop.is_set,
                ) as notices:
                    for _ in notices:
                        self.work(engine)
                        pause_s = _FIRST_PAUSE_S
            except (DBAPIError, psycopg.OperationalError) as error:
                _LOG.warning("database away, next try in %.1f s: %s", pause_s, _brief(error))
                engine.dispose()
                self._stop.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        engine.dispose()
        _LOG.info("stopped done=%d", self._done)

    def work(self, engine: Engine) -> None:
        """Work the inbox until it is empty, and look after the clocks in between."""
        while not self._stop.is_set():
            done = process_inbox(
                engine, by=DISPATCH, now=self._clock(), limit=_HELPING, known=self._known
            )
            self._done += done
            if time.monotonic() >= self._next_tick:
                self._tick(engine)
            elif done:
                self._guarded(self._deliver, engine)
            if not done:
                return

    def _tick(self, engine: Engine) -> None:
        self._next_tick = time.monotonic() + _TICK_S
        for part in (
            self._resume, self._overdue, self._escalate, self._recovered, self._plan,
            self._deliver, self._watch, self._projects, self._hours,
        ):  # fmt: skip
            self._guarded(part, engine)
        now = self._clock()
        with transaction(engine, DISPATCH.key) as conn:
            waiting = inbox.waiting(conn)
            detail = {
                "pid": os.getpid(),
                "done": self._done,
                "waiting": waiting.waiting,
                "in_trouble": waiting.in_trouble,
                "duty_alerts": duty_alerts.count(conn),
                "planner_restarts": 0 if self._planner is None else self._planner.restarts,
                "lag_s": 0.0 if waiting.since is None else (now - waiting.since).total_seconds(),
            }
            heartbeats.beat(conn, "dispatch", self._started_at, now, detail)
        # After the first look at everything: a start that is a restart files what waits first.
        if self._planner is not None and self._planner.ident is None:
            self._planner.start()

    def _resume(self, engine: Engine) -> None:
        resume_suspended(engine, by=DISPATCH, now=self._clock())

    def _overdue(self, engine: Engine) -> None:
        mark_overdue(engine, by=DISPATCH, now=self._clock())
        tell_late_parts(engine, by=DISPATCH, now=self._clock())

    def _escalate(self, engine: Engine) -> None:
        escalate(engine, by=DISPATCH, now=self._clock())

    def _recovered(self, engine: Engine) -> None:
        close_recovered(engine, now=self._clock())

    def _plan(self, engine: Engine) -> None:
        if self._planner is None:
            self._own_plans.turn(engine)

    def _deliver(self, engine: Engine) -> None:
        deliver(engine, self._channels, by=DISPATCH, now=self._clock())

    def _watch(self, engine: Engine) -> None:
        if time.monotonic() >= self._next_duties:
            self._next_duties = time.monotonic() + _DUTIES_EVERY_S
            watch_duties(engine, by=DISPATCH, now=self._clock(), read=self._duties)

    def _projects(self, engine: Engine) -> None:
        if time.monotonic() >= self._next_projects:
            self._next_projects = time.monotonic() + _PROJECTS_EVERY_S
            keep_up(engine, by=DISPATCH, now=self._clock())

    def _hours(self, engine: Engine) -> None:
        if time.monotonic() >= self._next_hours:
            self._next_hours = time.monotonic() + _HOURS_EVERY_S
            count_past_hours(engine, by=DISPATCH, now=self._clock())

    def _guarded(self, part: Callable[[Engine], None], engine: Engine) -> None:
        """Trouble with one ticket must not keep events from being filed, nor the other parts."""
        try:
            part(engine)
        except (Refused, LookupError, ValueError, ArithmeticError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and is_away(error):
                raise
            _LOG.exception("%s failed, tried again at the next tick", part.__name__)


def _brief(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
