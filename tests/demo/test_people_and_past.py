"""Everything has somebody who answers for it, at every hour; the past is plausible and quiet."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from command_center.demo.holidays import calendar_days
from command_center.demo.incidents import past_incidents
from command_center.demo.land import draw_land
from command_center.demo.past_lives import Answer, Place, live
from command_center.demo.people import ACCOUNTS, CREWS, DEPARTMENTS, DUTIES
from command_center.demo.roads import draw_roads
from command_center.demo.stations import place_stations
from events.model.calendar import Calendar, Clock
from events.model.category import Category, FilingPolicy, Kind
from events.model.crew import Shift, on_shift
from events.model.workflow import State
from layers.packs import load_categories

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_every_category_has_a_department_that_answers() -> None:
    named = {duty.category for duty in DUTIES} | {duty.family for duty in DUTIES}
    for category in load_categories():
        assert category.code in named or category.family in named, category.code
    known = {department.code for department in DEPARTMENTS}
    assert {duty.department for duty in DUTIES} <= known
    categories = load_categories()
    assert {duty.category for duty in DUTIES} - {None} <= {one.code for one in categories}
    assert {duty.family for duty in DUTIES} - {None} <= {one.family for one in categories}


def test_every_department_has_a_simulated_crew_at_every_hour() -> None:
    for department in DEPARTMENTS:
        for hour in range(168):
            at = NOW + timedelta(hours=hour)
            there = [
                crew
                for crew in CREWS
                if crew.department == department.code and crew.simulated
                and on_shift(_shifts(crew.shifts, crew.weekdays), at, ZONE)
            ]  # fmt: skip
            assert there, f"{department.code} has nobody at {at}"


def _shifts(spans: tuple[tuple[str, str], ...], weekdays: tuple[int, ...]) -> tuple[Shift, ...]:
    return tuple(
        Shift(
            weekdays=frozenset(weekdays),
            starts_at=time.fromisoformat(start),
            ends_at=time.fromisoformat(end),
        )
        for start, end in spans
    )


def test_only_the_five_demo_accounts_belong_to_people() -> None:
    humans = {account.name: account.role for account in ACCOUNTS if account.human}
    assert humans == {
        "operator": "operator", "dispatcher": "dispatcher", "field": "field",
        "supervisor": "supervisor", "admin": "admin",
    }  # fmt: skip
    field = next(account for account in ACCOUNTS if account.name == "field")
    crew = next(crew for crew in CREWS if crew.code == field.crew)
    assert not crew.simulated


def test_the_calendar_knows_holidays_and_make_up_workdays() -> None:
    days = {day.day: day for day in calendar_days()}
    assert not days[date(2026, 10, 1)].working
    assert days[date(2026, 10, 10)].working
    assert sum(not day.working for day in days.values()) == 33
    assert sum(day.working for day in days.values()) == 6


def test_past_lives_are_whole_and_never_in_the_future() -> None:
    land = draw_land()
    roads = draw_roads(land)
    components, _ = place_stations(land, roads)
    incidents = past_incidents(roads, components, now=NOW, zone=ZONE)
    assert 380 <= len(incidents) <= 440
    categories = {one.code: one for one in load_categories()}
    calendar = Calendar(zone=ZONE)
    answer = Answer(department_id=1, crew_id=1, account="account:crew.sw-1", routing={},
                    diligence=0.9)  # fmt: skip
    place = Place(cell_id=1, area_id=1, component_id=None)
    states = []
    for number, incident in enumerate(incidents):
        row = categories[incident.category].as_row()
        category = Category(
            **{**row, "kind": Kind(row["kind"]), "clock": Clock(row["clock"]),
               "filing_policy": FilingPolicy(row["filing_policy"])}
        )  # fmt: skip
        ticket = live(incident, number=number, category=category, place=place, answer=answer,
                      calendar=calendar, random=np.random.default_rng(number), now=NOW)  # fmt: skip
        times = [move.at for move in ticket.moves]
        assert times == sorted(times)
        assert times[-1] <= NOW
        states.append(ticket.moves[-1].target)
    assert states.count(State.CLOSED) > 300
    assert any(state not in (State.CLOSED, State.DECLINED) for state in states)
