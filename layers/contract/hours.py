"""Hours of the local day, in any zone, summer time or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """From ``start`` until before ``end``, minutes after local midnight; 22:00-06:00 is a night."""

    start: int
    end: int

    def __contains__(self, minute: int) -> bool:
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def told(self) -> str:
        """Return "22:00-06:00"."""
        return "-".join(f"{at // 60:02}:{at % 60:02}" for at in (self.start, self.end))


def switches(
    zone: str, minutes: Iterable[int], first_ms: int, last_ms: int
) -> list[tuple[int, int]]:
    """When the clocks of ``zone`` show one of ``minutes`` (after midnight), as (ms, minute).

    Rising; from the last one at or before ``first_ms`` to the last one at or before ``last_ms``.
    """
    place = ZoneInfo(zone)
    marks = tuple(sorted(set(minutes)))
    day = (_EPOCH + first_ms * _MILLISECOND).astimezone(place).date() - timedelta(days=1)
    end = (_EPOCH + last_ms * _MILLISECOND).astimezone(place).date()
    found = []
    while day <= end:
        found += [(_instant(zone, day, minute), minute) for minute in marks]
        day += timedelta(days=1)
    # in the night of a change of clocks, a later mark may come earlier
    found = sorted(one for one in found if one[0] <= last_ms)
    before = sum(at <= first_ms for at, _ in found)
    return found[max(0, before - 1) :]


def midnight(zone: str, day: date) -> int:
    """Return when a local day begins, ms."""
    return _instant(zone, day, 0)


@lru_cache(maxsize=8_192)
def _instant(zone: str, day: date, minute: int) -> int:
    # an hour that the clocks skip or show twice begins once: at its first possible moment
    local = datetime.combine(day, time(minute // 60 % 24, minute % 60), tzinfo=ZoneInfo(zone))
    return (local - _EPOCH) // _MILLISECOND


def zone_of(name: object) -> str | None:
    """Return the name if it is that of a time zone (IANA), else None."""
    try:
        return ZoneInfo(name).key if isinstance(name, str) else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
