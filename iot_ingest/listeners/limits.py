"""What one peer may do, so that no peer can hurt the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds of the TCP listeners. Costs: a frame 1, a frame that is bad or of an unknown
    station ``strange_cost``, a kilobyte 1."""

    # connections: of all peers, of one address
    connections: int = 2_000
    per_address: int = 500
    # frames handed over and not yet stored: of all connections, of one
    under_way: int = 2_000
    under_way_each: int = 64
    # cost per second that one connection may go on with, and how much it may save up
    rate: float = 200.0
    burst: float = 1_000.0
    strange_cost: float = 20.0
    # bad frames in a row, or bytes of junk, after which a connection is closed
    bad_in_a_row: int = 50
    junk: int = 65_536
    # how much more than `model.flood` says a station may send before its connection is closed
    flood_times: float = 1.0
    # seconds for which no new connection is taken from the address of one that flooded
    refused_s: float = 30.0
    # seconds without a byte; for a peer that has not sent a good frame yet, since it connected
    idle_s: float = 900.0
    unproven_s: float = 60.0
    # answers that a peer does not take
    unread_bytes: int = 65_536


class Bucket:
    """A token bucket: how long a peer must wait before its next frame is taken."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def spend(self, cost: float, now: float) -> None:
        """Take ``cost``; it may go below zero."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - cost
        self._at = now

    def wait_s(self, now: float) -> float:
        """Seconds until there is something left."""
        left = self._left + (now - self._at) * self._rate
        return 0.0 if left >= 0 else -left / self._rate
