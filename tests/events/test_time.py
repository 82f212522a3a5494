"""Calendar, deadlines and shifts against a plain walk minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.model.calendar import Calendar, CalendarDay, Clock
from events.model.crew import Shift, on_shift
from events.model.deadline import (
    Limit,
    Stage,
    StageClock,
    due,
    elapsed,
    explain,
    next_clock,
    remaining,
    sentence,
)
from events.model.workflow import State, Verb
from tests.events.town import CATEGORIES, NOW

MINUTE = timedelta(minutes=1)
DAYS = [
    CalendarDay(day=date(2024, 2, 29), working=False, name_zh="闰日", name_en="Leap day"),
    CalendarDay(day=date(2026, 6, 19), working=False, name_zh="端午节", name_en="Dragon Boat"),
    CalendarDay(day=date(2026, 6, 21), working=True, name_zh="调休", name_en="Make-up day"),
]
ZONES = ["Asia/Shanghai", "America/New_York", "Europe/London", "UTC"]


def calendar(zone: str = "Asia/Shanghai") -> Calendar:
    return Calendar(zone=ZoneInfo(zone), days={one.day: one for one in DAYS})


def runs(wall: datetime, clock: Clock) -> bool:
    """Whether a clock runs in the minute that begins at a time on the wall."""
    exception = {one.day: one.working for one in DAYS}.get(wall.date())
    working = wall.weekday() < 5 if exception is None else exception
    if clock is Clock.NATURAL_DAYS:
        return True
    if clock is Clock.WORKING_DAYS:
        return working
    return working and wall.hour in (8, 9, 10, 11, 14, 15, 16, 17)


SPANS = [
    ("2024-02-26", 7),  # a leap day
    ("2026-06-15", 9),  # a holiday and a make-up day
    ("2026-03-05", 6),  # New York's clocks change
    ("2016-01-01", 4_000),
]
STARTS = st.sampled_from(SPANS).flatmap(
    lambda span: st.integers(0, span[1] * 1440).map(
        lambda minutes: datetime.fromisoformat(span[0]).replace(tzinfo=UTC) + minutes * MINUTE
    )
)


@settings(max_examples=120, deadline=None)
@given(start=STARTS, minutes=st.integers(1, 6_000), zone=st.sampled_from(ZONES),
       clock=st.sampled_from(sorted(set(Clock) - {Clock.CONTINUOUS})))  # fmt: skip
def test_due_agrees_with_a_walk(start: datetime, minutes: int, zone: str, clock: Clock) -> None:
    days = calendar(zone)
    found = due(start, Limit(clock=clock, time_limit=minutes * MINUTE), days)
    wall, left = days.local(start), minutes
    while left:
        left -= runs(wall, clock)
        wall += MINUTE
    assert found == days.instant(wall)
    # not from the hour that comes twice, nor into the one that never comes
    if days.instant(days.local(start)) == start and days.local(found) == wall:
        assert elapsed(start, found, clock, days) == minutes * MINUTE
        segments = explain(start, found, clock, days)
        assert sum((one.counted for one in segments), timedelta()) == minutes * MINUTE
        assert all(a.end == b.start for a, b in pairwise(segments))
        assert (segments[0].start, segments[-1].end) == (start, found)


@settings(max_examples=60, deadline=None)
@given(start=STARTS, minutes=st.integers(0, 4_000), pause=st.integers(0, 4_000),
       clock=st.sampled_from(Clock), used=st.integers(0, 4_000))  # fmt: skip
def test_pausing_loses_no_time(
    start: datetime, minutes: int, pause: int, clock: Clock, used: int
) -> None:
    """What is left after a pause and what was used before it make up the limit."""
    days = calendar()
    limit = minutes * MINUTE
    stopped = start + used * MINUTE
    run = StageClock(clock_id=1, ticket_id=1, stage=Stage.DISPOSE, clock=clock, time_limit=limit,
                     started_at=start, due_at=start, stopped_at=stopped)  # fmt: skip
    left = remaining(run, days)
    assert left == max(limit - elapsed(start, stopped, clock, days), timedelta())
    again = stopped + pause * MINUTE
    late = due(again, Limit(clock=clock, time_limit=left), days)
    assert elapsed(again, late, clock, days) == left


def test_friday_evening_to_monday() -> None:
    friday = datetime(2026, 6, 5, 9, 30, tzinfo=UTC)  # 17:30 in the town
    limit = Limit(clock=Clock.WORKING_HOURS, time_limit=timedelta(hours=1))
    assert due(friday, limit, calendar()) == datetime(2026, 6, 8, 0, 30, tzinfo=UTC)
    words = [one.resting.en for one in explain(friday, due(friday, limit, calendar()),
             Clock.WORKING_HOURS, calendar()) if one.resting]  # fmt: skip
    assert words == ["outside office hours", "weekend", "outside office hours"]


def test_a_holiday_and_a_make_up_day() -> None:
    thursday = datetime(2026, 6, 18, 10, 0, tzinfo=UTC)  # 18:00, the office has just closed
    day = Limit(clock=Clock.WORKING_DAYS, time_limit=timedelta(days=1))
    # Friday is a holiday, Saturday a weekend, Sunday is worked
    assert due(thursday, day, calendar()) == datetime(2026, 6, 21, 10, 0, tzinfo=UTC)


def test_no_limit_is_due_at_once() -> None:
    for clock in Clock:
        assert due(NOW, Limit(clock=clock, time_limit=timedelta()), calendar()) == NOW


def test_a_clock_tells_its_limit() -> None:
    run = StageClock(clock_id=1, ticket_id=1, stage=Stage.DISPOSE, clock=Clock.WORKING_HOURS,
                     time_limit=timedelta(days=1, hours=2, minutes=5), started_at=NOW,
                     due_at=NOW)  # fmt: skip
    assert sentence(run).en == "disposal within 1 d 2 h 5 min (working hours)"
    assert sentence(run).zh == "处置时限 1天2小时5分钟（工作时）"


@pytest.mark.parametrize(
    ("verb", "stopped_by", "department", "left"),
    [
        (Verb.DISPATCH, "hand_back", 1, 3),
        (Verb.DISPATCH, "hand_back", 2, 4),
        (Verb.DISPATCH, "dispose", 1, 4),  # after a reopening
        (Verb.REWORK, "dispose", 1, 3),
    ],
)
def test_which_clocks_go_on(verb: Verb, stopped_by: str, department: int, left: int) -> None:
    last = StageClock(clock_id=5, ticket_id=1, stage=Stage.DISPOSE, clock=Clock.CONTINUOUS,
                      time_limit=timedelta(hours=4), started_at=NOW, due_at=NOW,
                      stopped_at=NOW + timedelta(hours=1),
                      why={"department_id": 1, "stopped_by": stopped_by})  # fmt: skip
    new = next_clock(verb=verb, state=State.DISPATCHED, department_id=department,
                     category=CATEGORIES[0], calendar=calendar(), last_dispose=last)  # fmt: skip
    assert new is not None
    assert new.limit.time_limit == timedelta(hours=left)
    assert new.why.get("resumed") == (5 if left == 3 else None)


@settings(max_examples=200, deadline=None)
@given(at=STARTS, starts=st.integers(0, 23), hours=st.integers(1, 24),
       weekdays=st.frozensets(st.integers(1, 7)))  # fmt: skip
def test_shifts_past_midnight(
    at: datetime, starts: int, hours: int, weekdays: frozenset[int]
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    shift = Shift(weekdays=weekdays, starts_at=time(starts), ends_at=time((starts + hours) % 24))
    wall = at.astimezone(zone).replace(tzinfo=None)
    expected = any(
        begun.isoweekday() in weekdays and begun <= wall < begun + timedelta(hours=hours)
        for begun in (datetime.combine(wall.date() - timedelta(days=back), time(starts))
                      for back in (0, 1))
    )  # fmt: skip
    assert on_shift([shift], at, zone) == expected
