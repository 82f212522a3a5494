"""What a broker sends again while the connection lives.

MQTT knows only one moment for it, after a reconnect; NATS does it whenever an acknowledgement is
late. The copy has the flag DUP and the message id of the first one. It must not be taken twice:
the acknowledgement of a copy could arrive when the id belongs to another message already.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

# A copy that comes so long after our acknowledgement did not cross it: that one got lost.
_CROSSED_S = 5.0


class Again:
    """The messages of one connection by message id. Not for several threads at once."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._waiting: dict[int, int] = {}
        self._acknowledged: dict[int, float] = {}

    def takes(self, mid: int, topic: str, payload: bytes, *, dup: bool) -> bool:
        """Whether a message is to be stored; False: its first copy is here, or was."""
        content = hash((topic, payload))
        if dup and self._last.get(mid) == content:
            if mid in self._waiting:
                return False
            if time.monotonic() - self._acknowledged.get(mid, 0.0) < _CROSSED_S:
                return False
        self._last[mid] = content
        self._waiting[mid] = self._waiting.get(mid, 0) + 1
        return True

    def stored(self, mids: Iterable[int]) -> list[int]:
        """The ids to acknowledge now; of an id that came twice, when the last one is stored."""
        now = time.monotonic()
        ready = []
        for mid in mids:
            left = self._waiting.get(mid, 1) - 1
            if left:
                self._waiting[mid] = left
            else:
                self._waiting.pop(mid, None)
                self._acknowledged[mid] = now
                ready.append(mid)
        return ready
