"""The planner, a child of the dispatch process: who goes where, which tickets may be one, to which
projects they belong, and what the evaluation counts.

A process of its own, because a plan of thousands of tickets computes for seconds and lets nothing
else run meanwhile: no event waits for it. It keeps nothing that it would miss.
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

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from command_center.machine.doors import database_url
from command_center.settings import read_settings
from events.actions.count import count_changed
from events.actions.give_way import Way
from events.actions.projects.relate import relate
from events.actions.replan import Memory
from events.actions.suggest import suggest
from events.actions.upkeep import send_crews
from events.model.access import DISPATCH
from events.model.problems import Refused
from events.store.rules import Remembered
from grid.store.postgis import is_away, make_engine
from grid.store.process import leave, stop_when_told

_LOG = logging.getLogger(__name__)

ROLE = "cc_dispatch"
_TURN_S = 1.0
_CREWS_EVERY_S = 5.0
# Of every second, so long at most goes into finding tickets that may be about one thing, and into
# finding the projects that they belong to.
_SUGGEST_S = 0.15
_RELATE_S = 0.15
# And so long into counting for the evaluation.
_COUNT_S = 0.15
_COUNT_HELPING = 100


class Planner:
    """Plans whose turn has come. ``clock`` tells the time (aware UTC).

    ``stop`` is that of a process of its own, which lets events through first; without it events
    are worked by whoever calls, before and after.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stop: threading.Event | None = None,
    ) -> None:
        self._clock = clock
        self._stop = stop
        self._memory = Memory()
        self._known = Remembered()
        self._next_crews = 0.0

    def turn(self, engine: Engine) -> None:
        """Send crews every five seconds, and compare and count tickets for a part of each.

        Events go first. Trouble with one ticket must not keep the others from being planned the
        next time.
        """
        for part in (self._crews, self._wait, self._suggest, self._count, self._relate):
            if self._stop is not None and self._stop.is_set():
                return
            try:
                part(engine)
            except (Refused, LookupError, ValueError, ArithmeticError, DBAPIError) as error:
                if isinstance(error, DBAPIError) and is_away(error):
                    raise
                _LOG.exception("%s failed, tried again", part.__name__)

    def _crews(self, engine: Engine) -> None:
        if time.monotonic() >= self._next_crews:
            self._next_crews = time.monotonic() + _CREWS_EVERY_S
            way = None if self._stop is None else Way(self._stop)
            send_crews(engine, by=DISPATCH, now=self._clock(), memory=self._memory,
                       known=self._known, way=way)  # fmt: skip

    def _wait(self, engine: Engine) -> None:
        if self._stop is not None:
            Way(self._stop).give(engine)

    def _suggest(self, engine: Engine) -> None:
        until = time.monotonic() + _SUGGEST_S
        while suggest(engine, by=DISPATCH, now=self._clock()) and time.monotonic() < until:
            pass

    def _count(self, engine: Engine) -> None:
        until = time.monotonic() + _COUNT_S
        while count_changed(engine, by=DISPATCH, limit=_COUNT_HELPING) and time.monotonic() < until:
            pass

    def _relate(self, engine: Engine) -> None:
        until = time.monotonic() + _RELATE_S
        while relate(engine, by=DISPATCH, now=self._clock()) and time.monotonic() < until:
            pass


def main(argv: Sequence[str] | None = None) -> int:
    """Plan until SIGTERM, SIGINT, or standard input ends because the parent is gone."""
    parser = argparse.ArgumentParser(prog="python -m command_center.planner", description=__doc__)
    parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = stop_when_told()
    threading.Thread(target=_watch_parent, args=(stop,), daemon=True).start()
    engine = make_engine(
        database_url(read_settings(os.environ), ROLE),
        role=ROLE,
        pool_size=1,
        application_name="cc planner",
        statement_timeout_ms=30_000,
    )
    planner = Planner(stop=stop)
    while not stop.wait(_TURN_S):
        try:
            planner.turn(engine)
        except DBAPIError as error:
            _LOG.warning("database away, tried again: %s", str(error).strip().splitlines()[0])
            engine.dispose()
    engine.dispose()
    return 0


def _watch_parent(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop.set()


if __name__ == "__main__":
    leave(main())
