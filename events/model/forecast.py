"""When a crew will have done a ticket, as far as can be said from what it has in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from events.model.objective import WEIGHTS, Weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from events.model.crew import Shift

# A crew that has not come to it by then will be told otherwise long before.
_LONGEST_DAYS = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """``before``: tickets of the crew that come before it; ``due_at`` None: no clock runs."""

    done_at: datetime
    due_at: datetime | None
    before: int

    @property
    def late_by(self) -> timedelta:
        """How long after its deadline it will be done: negative is in time, zero without one."""
        return timedelta() if self.due_at is None else self.done_at - self.due_at


def done_at(
    now: datetime, *, way_m: float, before: int, shifts: Sequence[Shift], zone: ZoneInfo,
    weights: Weights = WEIGHTS,
) -> datetime | None:  # fmt: skip
    """When it is done, by the measure of the plans (`objective.terms`): the way there, and the
    handling of it and of all ``before``, in the crew's working time. None: not within 60 days.
    """
    minutes = way_m / weights.speed_m_min + weights.handling_min * (before + 1)
    return when_worked(now, timedelta(minutes=minutes), shifts, zone)


def when_worked(
    start: datetime, work: timedelta, shifts: Sequence[Shift], zone: ZoneInfo
) -> datetime | None:
    """When ``work`` > 0 was done by who works in ``shifts`` and begins at ``start``."""
    at, left = start, work
    first = start.astimezone(zone).date() - _DAY  # a night shift began yesterday
    for number in range(_LONGEST_DAYS):
        day = first + number * _DAY
        for shift in sorted(shifts, key=lambda one: one.starts_at):
            if day.isoweekday() not in shift.weekdays:
                continue
            begins = _instant(day, shift.starts_at, zone)
            over = shift.ends_at <= shift.starts_at
            ends = _instant(day + _DAY if over else day, shift.ends_at, zone)
            at = max(at, begins)
            if at + left <= ends:
                return at + left
            if at < ends:
                left -= ends - at
                at = ends
    return None


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
