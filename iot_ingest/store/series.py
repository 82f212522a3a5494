"""A device's series, down-sampled: from readings, and where whole hours will do, from roll-ups.

The two agree (means up to the last digits): an hour that is not rolled up as it is stored, and
what is left at both ends of a span, is read from the readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.hour import HOUR, hour_of, next_hour
from iot_ingest.store import hourly

_SQL = Statements.beside(__file__)

# A page draws some thousand points; more is a mistake of the asker.
MOST_POINTS = 20_000

# So many separate spans are worth a question each; what lies between more of them is read whole.
_MOST_SPANS = 12

Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """Steps that people's calendar has: days or months of a time zone (an IANA name)."""

    unit: Literal["day", "month"]
    zone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One step of a series, from ``at`` on: least, mean, greatest value and the number of them."""

    at: datetime
    lowest: float
    mean: float
    highest: float
    readings: int


def series(
    conn: Connection,
    device_no: int,
    metric_no: int,
    first: datetime,
    until: datetime,
    step: timedelta | Calendar | None = None,
) -> list[Point]:
    """The series of ``[first, until)``, down-sampled to ``step`` (None: every reading).

    At most `MOST_POINTS` points, the oldest. Steps of whole hours are read from roll-ups. Raises
    ValueError for a step that is not positive.
    """
    which = {"device_no": device_no, "metric_no": metric_no, "most": MOST_POINTS}
    if step is None:
        return _points(_SQL.rows(conn, "every", first=first, until=until, **which))
    bins: dict[str, object]
    if isinstance(step, Calendar):
        name, of_hours = "by_calendar", "hours_by_calendar"
        bins = {"unit": step.unit, "zone": step.zone}
    elif step > timedelta(0):
        name, of_hours = "by_step", "hours_by_step"
        bins = {"step": step}
    else:
        raise ValueError("a step is longer than nothing")
    spans: Sequence[Span] = [(first, until)]
    found: list[Any] = []
    if until - first > HOUR and _has_whole_hours(step, first, until):
        inner, stale = _rolled_up(conn, device_no, metric_no, first, until)
        if inner is not None:
            found += _SQL.rows(
                conn, of_hours, first=inner[0], until=inner[1], without=stale, **bins,
                **which,
            )  # fmt: skip
            spans = [(first, inner[0]), *_runs(stale), (inner[1], until)]
    for begin, end in spans:
        if begin < end:
            found += _SQL.rows(conn, name, first=begin, until=end, **bins, **which)
    return _points(found)


def _has_whole_hours(step: timedelta | Calendar, first: datetime, until: datetime) -> bool:
    if isinstance(step, timedelta):
        return step % HOUR == timedelta(0)
    zone = ZoneInfo(step.zone)
    # some zones are half an hour apart, some of them in summer only
    months = range((until - first) // timedelta(days=28) + 2)
    offsets = [(first + timedelta(days=28 * n)).astimezone(zone).utcoffset() for n in months]
    return all(one is not None and one % HOUR == timedelta(0) for one in offsets)


def _rolled_up(
    conn: Connection, device_no: int, metric_no: int, first: datetime, until: datetime
) -> tuple[Span | None, list[datetime]]:
    """The part of a span that is rolled up, and the hours of it that are not up to date."""
    state = hourly.state(conn)
    begin = max(next_hour(first), state.rolled_from)
    end = min(hour_of(until), state.rolled_until)
    if begin >= end:
        return None, []
    stale = list(hourly.stale_hours(conn, device_no, metric_no, begin, end))
    if len(list(_runs(stale))) > _MOST_SPANS:
        stale = [stale[0] + n * HOUR for n in range((stale[-1] - stale[0]) // HOUR + 1)]
    return (begin, end), stale


def _runs(hours: Sequence[datetime]) -> Iterator[Span]:
    """Hours that follow each other, as spans."""
    begin: datetime | None = None
    end: datetime | None = None
    for hour in hours:
        if begin is not None and end is not None and hour != end:
            yield begin, end
            begin = None
        begin, end = begin or hour, hour + HOUR
    if begin is not None and end is not None:
        yield begin, end


def _points(rows: Sequence[Any]) -> list[Point]:
    """Points in order; parts of one step are put together."""
    merged: dict[datetime, tuple[float, float, float, int]] = {}
    for at, lowest, total, highest, readings in rows:
        known = merged.get(at)
        if known is None:
            merged[at] = (lowest, total, highest, readings)
        else:
            merged[at] = (
                min(known[0], lowest),
                known[1] + total,
                max(known[2], highest),
                known[3] + readings,
            )
    return [
        Point(at=at, lowest=one[0], mean=one[1] / one[3], highest=one[2], readings=one[3])
        for at, one in sorted(merged.items())
    ][:MOST_POINTS]
