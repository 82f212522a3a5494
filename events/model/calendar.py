"""Working time of a city: weekdays, holidays, make-up workdays, office hours, time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from events.model.words import Words

# An example of the published practice; a city that works other hours gives its own.
OFFICE_HOURS = ((time(8), time(12)), (time(14), time(18)))
_DAY = timedelta(days=1)


class Clock(StrEnum):
    """The four classes of time in which a limit can be given."""

    CONTINUOUS = "continuous"  # 紧急工作时: every hour counts
    WORKING_HOURS = "working_hours"  # 工作时: office hours only
    WORKING_DAYS = "working_days"  # 工作日: whole working days
    NATURAL_DAYS = "natural_days"  # 紧急工作日: whole days, every day


CLOCK_WORDS: dict[Clock, Words] = {
    Clock.CONTINUOUS: Words(zh="连续计时", en="every hour counts"),
    Clock.WORKING_HOURS: Words(zh="工作时", en="working hours"),
    Clock.WORKING_DAYS: Words(zh="工作日", en="working days"),
    Clock.NATURAL_DAYS: Words(zh="自然日", en="natural days"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarDay:
    """An exception to "Monday to Friday are working days"."""

    day: date
    working: bool
    name_zh: str
    name_en: str
    pack: str = "city"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A stretch in which a clock runs (or, with a reason, rests); local times without a zone."""

    start: datetime
    end: datetime
    resting: Words | None = None

    @property
    def length(self) -> timedelta:
        """How much time it counts, rest or not."""
        return self.end - self.start


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """The working time of one city. ``days`` holds the exceptions, by date."""

    zone: ZoneInfo
    days: Mapping[date, CalendarDay] = field(default_factory=lambda: MappingProxyType({}))
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS

    def local(self, at: datetime) -> datetime:
        """The time on the wall of the city at an aware instant, without a zone."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    def instant(self, wall: datetime) -> datetime:
        """The aware UTC instant of a time on the wall (the first, where the hour comes twice)."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def is_working_day(self, day: date) -> bool:
        """Whether people work that day: the exceptions first, else Monday to Friday."""
        exception = self.days.get(day)
        return exception.working if exception is not None else day.isoweekday() <= 5

    def why_resting(self, day: date) -> Words:
        """Why nobody works that day."""
        exception = self.days.get(day)
        if exception is not None and not exception.working:
            return Words(zh=exception.name_zh, en=exception.name_en)
        return Words(zh="周末", en="weekend")

    def spans(self, clock: Clock, day: date) -> tuple[Span, ...]:
        """That day from midnight to midnight, cut into running and resting spans."""
        midnight = datetime.combine(day, time())
        whole = Span(start=midnight, end=midnight + _DAY)
        if clock in (Clock.CONTINUOUS, Clock.NATURAL_DAYS):
            return (whole,)
        if not self.is_working_day(day):
            return (Span(start=whole.start, end=whole.end, resting=self.why_resting(day)),)
        if clock is Clock.WORKING_DAYS:
            return (whole,)
        off = Words(zh="非工作时间", en="outside office hours")
        found: list[Span] = []
        at = whole.start
        for starts, ends in self.hours:
            opening, closing = datetime.combine(day, starts), datetime.combine(day, ends)
            if opening > at:
                found.append(Span(start=at, end=opening, resting=off))
            found.append(Span(start=opening, end=closing))
            at = closing
        if at < whole.end:
            found.append(Span(start=at, end=whole.end, resting=off))
        return tuple(found)

    def walk(self, clock: Clock, since: datetime) -> Iterator[Span]:
        """Running and resting spans from a local time on, without an end."""
        day = since.date()
        while True:
            for span in self.spans(clock, day):
                if span.end > since:
                    start = max(span.start, since)
                    yield Span(start=start, end=span.end, resting=span.resting)
            day += _DAY
