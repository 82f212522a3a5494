"""When a crew will have done a ticket."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.model.crew import Shift
from events.model.forecast import done_at, when_worked
from events.model.ticket import Ticket
from events.store import crew_work
from grid.store.postgis import reading
from tests.events.town import NOW, SIDE, WEST, Town, draft

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Shift(weekdays=frozenset(range(1, 6)), starts_at=time(8), ends_at=time(18))
NIGHT = Shift(weekdays=frozenset(range(1, 8)), starts_at=time(22), ends_at=time(6))
ALWAYS = Shift(weekdays=frozenset(range(1, 8)), starts_at=time(0), ends_at=time(0))
FRIDAY = datetime(2026, 11, 27, 17, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("shifts", "done"),
    [
        ([OFFICE], "2026-11-30 09:30"),  # half an hour on Friday, the rest on Monday
        ([NIGHT], "2026-11-28 00:00"),
        ([OFFICE, NIGHT], "2026-11-27 23:30"),
        ([ALWAYS], "2026-11-27 19:30"),
        ([ALWAYS, OFFICE], "2026-11-27 19:30"),  # nobody works twice at once
        ([], None),
    ],
)
def test_work_is_done_in_working_time(shifts: list[Shift], done: str | None) -> None:
    found = when_worked(FRIDAY, timedelta(hours=2), shifts, ZONE)
    told = None if found is None else f"{found.astimezone(ZONE):%Y-%m-%d %H:%M}"
    assert told == done


def test_who_begins_in_the_night_is_in_the_shift_of_the_day_before() -> None:
    early = datetime(2026, 11, 28, 5, 0, tzinfo=ZONE)
    found = when_worked(early, timedelta(hours=2), [NIGHT], ZONE)
    assert found == datetime(2026, 11, 28, 23, 0, tzinfo=ZONE)


def test_way_and_handling_are_those_of_the_plans() -> None:
    done = done_at(FRIDAY, way_m=4_000, before=2, shifts=[ALWAYS], zone=ZONE)
    assert done == FRIDAY + timedelta(minutes=10 + 3 * 30)


def test_what_is_accepted_comes_first_then_what_is_due_first(town: Town) -> None:
    crew = town.people["p1"]
    first, second, third = (
        town.filed(draft("garbage", lon=WEST + n * SIDE)) for n in (0.5, 1.9, 3.3)
    )
    assert {one.crew_id for one in (first, second, third)} == {crew.crew_id}
    assert [_before(town, one) for one in (first, second, third)] == [0, 1, 2]
    town.act(third, "accept", "p1", now=NOW)
    assert [_before(town, town.again(one)) for one in (first, second, third)] == [1, 2, 0]
    done = town.act(town.again(third), "dispose", "p1", now=NOW)
    assert _before(town, done) is None
    assert _before(town, town.again(second)) == 1
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.crews SET disabled_at = now()")
    assert _before(town, town.again(second)) is None


def _before(town: Town, ticket: Ticket) -> int | None:
    with reading(town.web) as conn:
        found = crew_work.forecast(conn, ticket, ZONE, NOW)
    return None if found is None else found.before
