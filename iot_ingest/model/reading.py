"""A reading: one measured value at one moment, and which moments can be true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A time outside of these, seen from the moment of receipt, is a broken clock.
OLDEST = timedelta(days=400)
NEWEST = timedelta(minutes=10)

# N normal, F stopped, M maintenance, S set by hand, D fault, C calibration, T over range,
# B communication fault (the letters of the station protocols).
FLAGS = frozenset("NFMSDCTB")

_MICROSECOND = timedelta(microseconds=1)
_OLDEST_US = OLDEST // _MICROSECOND
_NEWEST_US = NEWEST // _MICROSECOND


class Reading(NamedTuple):
    """One value as it was sent: metric by name, ``ts_us`` in microseconds since 1970 (UTC)."""

    metric: str
    ts_us: int
    value: float
    flag: str


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time, exactly."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC time of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def can_be_true(ts_us: int, received_us: int) -> bool:
    """Whether a reading of that time can be true when it was received then."""
    return received_us - _OLDEST_US <= ts_us <= received_us + _NEWEST_US
