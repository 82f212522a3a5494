"""Spans of the city's days, as the evaluation counts them."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """From ``first`` to ``last``, both included. Raises ValueError when they are reversed."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse what ends before it begins."""
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def is_month(self) -> bool:
        """Whether it is a whole month of the calendar."""
        return self == month(self.first.year, self.first.month)

    @property
    def before(self) -> Period:
        """What it is compared with: the month before, or as many days just before it, as far as
        there are any (dates begin with the year 1)."""
        last = _day(self.first.toordinal() - 1)
        if self.is_month:
            return month(last.year, last.month)
        return Period(first=_day(self.first.toordinal() - self.days), last=last)

    def __str__(self) -> str:
        """``2026-10`` for a month, else both days."""
        if self.is_month:
            return f"{self.first:%Y-%m}"
        return f"{self.first} – {self.last}" if self.days > 1 else f"{self.first}"


def _day(ordinal: int) -> date:
    return date.fromordinal(max(ordinal, 1))


def month(year: int, number: int) -> Period:
    """A month of the calendar. Raises ValueError for a number that is none."""
    first = date(year, number, 1)
    return Period(first=first, last=first.replace(day=monthrange(year, number)[1]))


def month_named(text: str) -> Period:
    """The month written ``2026-10``. Raises ValueError for anything else."""
    year, _, number = text.partition("-")
    if len(year) != 4 or len(number) != 2:
        raise ValueError(f"{text!r} is no month like 2026-10")
    return month(int(year), int(number))


def spans(today: date) -> dict[str, Period]:
    """The spans that people ask for most, by name, as they are on a day."""
    monday = today - _DAY * today.weekday()
    this_month = Period(first=today.replace(day=1), last=today)
    last_month = month((this_month.first - _DAY).year, (this_month.first - _DAY).month)
    return {
        "today": Period(first=today, last=today),
        "yesterday": Period(first=today - _DAY, last=today - _DAY),
        "week": Period(first=monday, last=today),
        "days_30": Period(first=today - 29 * _DAY, last=today),
        "month": this_month,
        "last_month": last_month,
        "days_90": Period(first=today - 89 * _DAY, last=today),
        "year": Period(first=today.replace(month=1, day=1), last=today),
    }
