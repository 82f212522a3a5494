"""Events go first: what can wait lets them through."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from events.store import inbox
from grid.store.postgis import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

# An event younger than this is just being worked.
_CROWDED_AFTER_S = 0.3
_AGAIN_S = 0.05


class Way:
    """How one round of other work lets events through: ``most_s`` at a time, ``in_all_s`` in all.

    It is for a process that does not work events itself: that one would wait for itself. ``stop``
    ends every wait.
    """

    def __init__(
        self,
        stop: threading.Event | None = None,
        *,
        most_s: float = 2.0,
        in_all_s: float = 10.0,
    ) -> None:
        self._stop = stop or threading.Event()
        self._most_s = most_s
        self._left_s = in_all_s
        self._waited_s = 0.0

    @property
    def waited(self) -> timedelta:
        """How long it took so far: by so much the time has gone on."""
        return timedelta(seconds=self._waited_s)

    @property
    def over(self) -> bool:
        """Whether this round is to end: we are to stop, or events waited all the time."""
        return self._stop.is_set() or self._left_s <= 0

    def give(self, engine: Engine) -> bool:
        """Wait until no event waits for its ticket, or as long as is given: even in a flood some
        is planned. False when we are to stop.

        Nothing may be locked meanwhile. For an event in trouble nobody waits.
        """
        began = time.monotonic()
        until = began + min(self._most_s, self._left_s)
        while time.monotonic() < until:
            with reading(engine) as conn:
                if not inbox.crowded(conn, after_s=_CROWDED_AFTER_S):
                    break
            if self._stop.wait(_AGAIN_S):
                break
        took = time.monotonic() - began
        self._waited_s += took
        self._left_s -= took
        return not self._stop.is_set()
