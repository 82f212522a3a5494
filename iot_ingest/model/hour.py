"""UTC hours, the unit of history."""

from __future__ import annotations

from datetime import datetime, timedelta

from iot_ingest.model.reading import from_us, to_us

HOUR = timedelta(hours=1)
_HOUR_US = 3_600_000_000


def hour_of(moment: datetime) -> datetime:
    """The beginning of the UTC hour that an aware time lies in."""
    return from_us(to_us(moment) // _HOUR_US * _HOUR_US)


def next_hour(moment: datetime) -> datetime:
    """The first beginning of a UTC hour at or after an aware time."""
    return from_us(-(-to_us(moment) // _HOUR_US) * _HOUR_US)
