"""How much a device may send, and when it is cut off.

An outage makes honest devices loud: what they kept comes at once. But what they kept covers the
time of the outage; a flood says one moment again and again, or moments closer to each other than
any sensor measures. So messages are held against the time that they speak of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

# Nobody is looked at who sends less than this: readings a second, bytes a second.
QUIET_RATE = 20.0
QUIET_BYTES = 131_072.0
# ... beyond what so many readings take as can be true.
_BYTES_OF_READING = 1_024.0
# A device may send several times what its interval allows; readings of a second of event time.
_TIMES_OF_INTERVAL = 4.0
_LEAST_DENSITY = 2.0
# What is too much adds up and wears off; beyond this a device is cut off.
TOLERATED = 300.0
TOLERATED_BYTES = 8_388_608.0
# Messages that waited in the broker for us come at once: their receipt says nothing of the sender.
CATCHING_UP = 100.0
# Even a plausible past comes to an end: so many readings beyond the usual, or those of 30 days.
_LEAST_BUDGET = 100_000.0
_BUDGET_S = 30 * 86_400

_FIRST_BLOCK = timedelta(minutes=1)
_LONGEST_BLOCK = timedelta(hours=24)
_GROWTH = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What one device may send: readings a second, readings a second of event time, readings
    beyond both in total (they come back at ``rate``)."""

    rate: float
    density: float
    budget: float


def allowance(interval_s: float, metrics: int) -> Allowance:
    """The allowance of a device that sends ``metrics`` messages every ``interval_s`` at most."""
    usual = max(metrics, 1) / interval_s
    return Allowance(
        rate=max(QUIET_RATE, _TIMES_OF_INTERVAL * usual),
        density=max(_LEAST_DENSITY, _TIMES_OF_INTERVAL * usual),
        budget=max(_LEAST_BUDGET, 2 * usual * _BUDGET_S),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What one device sent within ``seconds``: readings, bytes, and the event time from the
    earliest to the latest of them (0: none can be read)."""

    seconds: float
    readings: int
    bytes: int
    span_s: float


class Meter:
    """Adds up what a device sends beyond its allowance."""

    __slots__ = ("_allowance", "_bytes", "_debt", "_spent")

    def __init__(self, allowed: Allowance) -> None:
        self._allowance = allowed
        self._debt = 0.0
        self._bytes = 0.0
        self._spent = 0.0

    @property
    def calm(self) -> bool:
        """Whether nothing is held against the device any more."""
        return self._debt <= 0 and self._bytes <= 0 and self._spent <= 0

    def floods(self, heard: Heard, *, times: float = 1.0) -> bool:
        """Whether this is too much. ``times``: how much more is tolerated than usual."""
        allowed = self._allowance
        usual = allowed.rate * heard.seconds
        plausible = usual + allowed.density * heard.span_s
        self._debt = max(0.0, self._debt + heard.readings - plausible)
        good_bytes = _BYTES_OF_READING * min(heard.readings, plausible)
        self._bytes = max(0.0, self._bytes + heard.bytes - good_bytes - QUIET_BYTES * heard.seconds)
        self._spent = max(0.0, self._spent + heard.readings - usual)
        return (
            self._debt > TOLERATED * times
            or self._bytes > TOLERATED_BYTES * times
            or self._spent > allowed.budget
        )

    def rest(self, seconds: float) -> None:
        """The device was quiet for so long."""
        self.floods(Heard(seconds=seconds, readings=0, bytes=0, span_s=0.0))


def span_s(times_us: Iterable[int]) -> float:
    """Seconds from the earliest to the latest of some times (us since 1970); 0 for none."""
    times = list(times_us)
    return (max(times) - min(times)) / 1e6 if times else 0.0


def block_for(earlier: int) -> timedelta:
    """How long a device is cut off that was cut off ``earlier`` times within a day."""
    times: int = _GROWTH ** min(earlier, 10)
    return min(_LONGEST_BLOCK, _FIRST_BLOCK * times)
