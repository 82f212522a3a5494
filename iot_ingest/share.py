"""One ingest process's share of the devices, and how shares change without losing a message.

When the number of processes changes, everybody subscribes to what is his now and keeps what he
had. Once all of them are subscribed, each message reaches its new owner. What was sent before is
still to come to the old one: he publishes a mark behind it, and unsubscribes when the mark has
come back and all that came before it is stored. Until then messages may come twice, which changes
nothing. A process that is not wanted any more does the same and ends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store import heartbeats
from grid.store.heartbeats import Heartbeat
from grid.store.postgis import reading
from iot_ingest.client import Session
from iot_ingest.model import worker

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_FRESH_S = 5.0
# What an earlier process did not acknowledge has come again after so long (NATS: its ack_wait).
_COME_AGAIN_S = 6.0
_QUIET_S = 2.0


class Share(threading.Thread):
    """Sees to the subscriptions of process ``number`` of ``processes`` until ``stop`` is set.

    ``idle`` says whether nothing waits to be stored; ``found`` hears of a process that is not
    wanted any more and has not ended its work. When this one is such, ``stop`` is set at its end.
    """

    def __init__(
        self,
        engine: Engine,
        session: Session,
        number: int,
        processes: int,
        stop: threading.Event,
        *,
        idle: Callable[[], bool],
        found: Callable[[int], None],
    ) -> None:
        super().__init__(name="share", daemon=True)
        self._engine = engine
        self._session = session
        self._number, self._processes = number, processes
        self._stopped = stop
        self._idle = idle
        self._found = found
        self._known = threading.Event()
        self._held: set[int] = {processes}
        self._told_of: set[int] = set()
        self._marked: int | None = None
        self._idle_since: float | None = None
        self.left = False

    def known(self) -> bool:
        """Whether it is known what this process had subscribed to: not before, a heartbeat."""
        return self._known.is_set()

    def detail(self) -> Mapping[str, Any]:
        """For the heartbeat; ``held``: the numbers of processes whose shares it still has."""
        return {
            "processes": self._processes,
            "subscribed": self._session.subscribed,
            "connected_at": self._session.connected_since,
            "held": sorted(self._held),
            "left": self.left,
        }

    def run(self) -> None:
        """Look at the others' heartbeats; a database that is away is waited for."""
        while not self._stopped.wait(_LOOK_EVERY_S):
            try:
                with reading(self._engine) as conn:
                    beats = {one.process: one for one in heartbeats.all(conn)}
            except SQLAlchemyError:
                continue
            if not self._known.is_set():
                self._remember(beats.get(worker.process_name(self._number)))
            if self._number == 0:
                self._tell_of_others(beats)
            self._turn(beats)

    def _turn(self, beats: Mapping[str, Heartbeat]) -> None:
        mine = set(worker.filters(self._number, self._processes))
        foreign = self._had() - mine
        if foreign:
            if self._settled(beats) and self._caught_up(worker.marks(foreign, mine)):
                self._session.release(worker.every_filter() - mine)
                self._held = {self._processes}
                _log.info("gave %d subscriptions up", len(foreign))
        elif self._number >= self._processes:
            self._leave()

    def _remember(self, beat: Heartbeat | None) -> None:
        # (before there were several, number 0 had everything)
        first = [1] if self._number == 0 else []
        self._held |= set(first if beat is None else beat.detail.get("held", first))
        self._known.set()

    def _tell_of_others(self, beats: Mapping[str, Heartbeat]) -> None:
        for number in range(self._processes, worker.MOST_PROCESSES):
            beat = beats.get(worker.process_name(number))
            if beat is not None and not beat.detail.get("left") and number not in self._told_of:
                self._told_of.add(number)
                self._found(number)

    def _had(self) -> set[str]:
        return {one for count in self._held for one in worker.filters(self._number, count)}

    def _settled(self, beats: Mapping[str, Heartbeat]) -> bool:
        names = [worker.process_name(number) for number in range(self._processes)]
        wanted = [beats[name] for name in names if name in beats]
        return len(wanted) == self._processes and all(
            one.age_s <= _FRESH_S
            and one.detail.get("processes") == self._processes
            and one.detail.get("subscribed") is True
            for one in wanted
        )

    def _caught_up(self, marks: Mapping[str, int]) -> bool:
        session = self._session
        since = session.connected_since
        if not session.connected or since is None:
            return False
        if session.comes_again_late and time.time() - since < _COME_AGAIN_S:
            return False
        if self._marked != session.generation:
            self._marked = session.generation
            session.mark(marks)
        return session.marks_stored()

    def _leave(self) -> None:
        if not self._idle():
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since > _QUIET_S:
            self.left = True
            self._stopped.set()
