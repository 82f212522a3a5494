"""What the connections of all listeners share: room, counts, and the way back from the commit."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Protocol

from iot_ingest.listeners.limits import Limits
from iot_ingest.message import Message

Answer = Callable[[], bytes] | None


class Connection(Protocol):
    """What the hub knows of a connection. Times are of the monotonic clock."""

    address: str
    proven: bool
    joined_at: float
    heard_at: float
    in_line: bool

    @property
    def busy(self) -> bool:
        """Whether it waits for us, not we for it."""

    def go_on(self) -> None:
        """There may be room again."""

    def stored(self, answer: bytes | None) -> None:
        """One of its frames is committed."""

    def finish(self) -> None:
        """We are to stop."""

    def close(self, why: str) -> None:
        """Drop it."""

    def close_gently(self) -> None:
        """Close it when all is sent."""


class Hub:
    """Lives in the loop's thread, but for `note_stored` and `detail`, which any thread may call.

    ``put`` takes messages into the ingester's queue; ``knows`` says whether a topic is that of a
    registered station.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        put: Callable[[Message], None],
        knows: Callable[[str], bool],
        limits: Limits,
    ) -> None:
        self.limits = limits
        self.knows = knows
        self.stopping = False
        self._loop = loop
        self._put = put
        self._connections: set[Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._refused: dict[str, float] = {}
        self._under_way = 0
        self._line: deque[Connection] = deque()
        self._stored: deque[tuple[Connection, Answer]] = deque()
        self._drain_is_due = False
        self._counts: Counter[str] = Counter()
        self._closed: Counter[str] = Counter()

    # --- connections ----------------------------------------------------------------------

    def joined(self, connection: Connection) -> None:
        """Count a new connection, or turn it away."""
        self._connections.add(connection)
        self._addresses[connection.address] += 1
        if self._refused.get(connection.address, 0.0) > time.monotonic():
            connection.close("refused")
        elif self._addresses[connection.address] > self.limits.per_address:
            connection.close("too_many_of_address")
        elif len(self._connections) > self.limits.connections:
            self._make_place(connection)

    def left(self, connection: Connection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        self._addresses[connection.address] -= 1
        if self._addresses[connection.address] <= 0:
            del self._addresses[connection.address]

    def refuse(self, address: str) -> None:
        """Take no new connection from an address for a while; those that it has stay."""
        self._refused[address] = time.monotonic() + self.limits.refused_s

    def sweep(self) -> None:
        """Close who has been silent for too long."""
        now = time.monotonic()
        self._refused = {one: until for one, until in self._refused.items() if until > now}
        for connection in list(self._connections):
            if connection.busy:
                continue
            if now - connection.heard_at > self.limits.idle_s:
                connection.close("idle")
            elif not connection.proven and now - connection.joined_at > self.limits.unproven_s:
                connection.close("unproven")

    def stop(self) -> None:
        """Take no more frames; what is under way is still stored and answered."""
        self.stopping = True
        for connection in list(self._connections):
            connection.finish()

    def close_all(self) -> None:
        """Say goodbye to everybody."""
        self._drain()
        for connection in list(self._connections):
            connection.close_gently()

    def count_closed(self, why: str) -> None:
        """Note why a connection was closed by us."""
        self._closed[why] += 1

    def detail(self) -> dict[str, Any]:
        """Figures for the heartbeat."""
        return {
            "connections": len(self._connections),
            "under_way": self._under_way,
            **self._counts,
            "closed": dict(self._closed),
        }

    def _make_place(self, newcomer: Connection) -> None:
        """Full: who has not sent one good frame yet goes first, the oldest of them."""
        unproven = [one for one in self._connections if not one.proven and one is not newcomer]
        oldest = min(unproven, key=lambda one: one.joined_at, default=newcomer)
        oldest.close("full")

    # --- frames ---------------------------------------------------------------------------

    def has_room(self) -> bool:
        """Whether another frame may be on its way to the database."""
        return self._under_way < self.limits.under_way

    def wait_in_line(self, connection: Connection) -> None:
        """Call the connection when there is room again, in the order of asking."""
        if not connection.in_line:
            connection.in_line = True
            self._line.append(connection)

    def hand_over(self, message: Message, *, ok: bool) -> None:
        """Give a frame to the ingester."""
        self._under_way += 1
        self._counts["frames" if ok else "bad_frames"] += 1
        self._put(message)

    def note_stored(self, connection: Connection, answer: Answer) -> None:
        """From the ingester's thread: a frame of this connection is committed."""
        self._stored.append((connection, answer))
        if not self._drain_is_due:
            self._drain_is_due = True
            self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        # first, so that nothing appended from now on is forgotten
        self._drain_is_due = False
        while self._stored:
            connection, answer = self._stored.popleft()
            self._under_way -= 1
            if answer is not None:
                self._counts["answers"] += 1
            connection.stored(answer() if answer is not None else None)
        while self._line and self.has_room():
            connection = self._line.popleft()
            connection.in_line = False
            connection.go_on()
