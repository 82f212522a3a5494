"""Calendar, deadlines and shifts against a plain walk minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
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
    extended,
    next_clock,
    remaining,
    resumed,
    sentence,
)
from events.model.explanation import explain_at
from events.model.workflow import State, Verb
from tests.events.town import CATEGORIES, NOW

# `scripts/test tests/events/test_time.py --hypothesis-profile long` looks fifty times as long.
LONGER = 50 if settings.get_current_profile_name() == "long" else 1
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


@settings(max_examples=120 * LONGER, deadline=None)
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


@settings(max_examples=60 * LONGER, deadline=None)
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
                     category=CATEGORIES[0], calendar=calendar(), last=last)  # fmt: skip
    assert new is not None
    assert new.limit.time_limit == timedelta(hours=left)
    assert new.why.get("resumed") == (5 if left == 3 else None)


# One life of a clock: how long it runs (minutes), how long it rests, what an extension adds.
LIVES = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(0, 3_000), st.sampled_from([0, 0, 60, 600])),
    min_size=1, max_size=5,
)  # fmt: skip
STOPS = [Verb.HAND_BACK, Verb.DISPOSE, Verb.SUSPEND]


@settings(max_examples=60 * LONGER, deadline=None)
@given(start=STARTS, minutes=st.integers(1, 3_000), life=LIVES, zone=st.sampled_from(ZONES),
       clock=st.sampled_from(Clock), asked=st.integers(0, 9_000))  # fmt: skip
def test_an_explanation_agrees_with_a_walk(
    start: datetime,
    minutes: int,
    life: list[tuple[int, int, int]],
    zone: str,
    clock: Clock,
    asked: int,
) -> None:
    """Paused, resumed and lengthened at will; looked at, at any instant, minute by minute."""
    days = calendar(zone)
    runs, spans = lived(start, minutes, life, clock, days)
    at = start + asked * MINUTE
    found = explain_at(runs, at, days)
    assert found is not None
    # a plain walk over the minutes in which the clock was told to run
    limit = minutes + sum(extra for begun, _, extra in spans if begun <= at)
    left = minutes
    for begun, ended, extra in spans:
        if begun > at:
            break
        # (time that was overdue before an extension is not taken from it)
        left += extra
        left -= min(left, walked(begun, min(ended, at), clock, days))
    if steady(runs, at, days):
        assert found.limit == limit * MINUTE
        assert found.used == (limit - left) * MINUTE
        assert found.due_at == walked_due(found.runs[-1].clock, clock, days)
        assert found.running == any(begun <= at < ended for begun, ended, _ in spans)


def lived(
    start: datetime, minutes: int, life: list[tuple[int, int, int]], clock: Clock, days: Calendar
) -> tuple[list[StageClock], list[tuple[datetime, datetime, int]]]:
    """The runs as the moves make them, and (from, until, extra minutes) of each."""
    runs: list[StageClock] = []
    spans = []
    new = Limit(clock=clock, time_limit=minutes * MINUTE)
    why: dict[str, Any] = {}
    at = start
    for number, (works, rests, _) in enumerate(life):
        extra = life[number - 1][2] if number else 0
        stopped = at + works * MINUTE
        verb = Verb.EXTEND if life[number][2] else STOPS[number % 3]
        run = StageClock(
            clock_id=number + 1, ticket_id=1, stage=Stage.DISPOSE, clock=clock,
            time_limit=new.time_limit, started_at=at, due_at=due(at, new, days),
            stopped_at=stopped, why={**why, "stopped_by": verb.value},
        )  # fmt: skip
        runs.append(run)
        spans.append((at, stopped, extra))
        more = timedelta(minutes=life[number][2])
        going_on = extended(run, more, days) if more else resumed(run, days)
        new, why = going_on.limit, dict(going_on.why)
        at = stopped + rests * MINUTE
    return runs, spans


def walked(begun: datetime, ended: datetime, clock: Clock, days: Calendar) -> int:
    """How many of the minutes between two instants the clock counts."""
    if clock is Clock.CONTINUOUS:
        return max(int((ended - begun) / MINUTE), 0)
    wall, until = days.local(begun), days.local(ended)
    count = 0
    while wall < until:
        count += runs(wall, clock)
        wall += MINUTE
    return count


def walked_due(run: StageClock, clock: Clock, days: Calendar) -> datetime:
    """When a run is due, minute by minute."""
    left = int(run.time_limit / MINUTE)
    if clock is Clock.CONTINUOUS or not left:
        return run.started_at + left * MINUTE
    wall = days.local(run.started_at)
    while left:
        left -= runs(wall, clock)
        wall += MINUTE
    return days.instant(wall)


def steady(runs: list[StageClock], at: datetime, days: Calendar) -> bool:
    """No instant that matters lies in an hour that comes twice or never."""
    moments = [at, *(one.started_at for one in runs), *(one.stopped_at or at for one in runs)]
    return all(days.instant(days.local(one)) == one for one in moments)


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
