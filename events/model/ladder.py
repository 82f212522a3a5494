"""The ladder: who is told when a ticket stays late, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from events.model.calendar import Calendar
from events.model.deadline import Limit, StageClock, due
from events.model.words import Words


class Rung(StrEnum):
    """Whom a level is for: the department, or the supervisors of an area of that kind."""

    DEPARTMENT = "department"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"


RUNG_WORDS: dict[Rung, Words] = {
    Rung.DEPARTMENT: Words(zh="责任部门", en="the department"),
    Rung.STREET: Words(zh="街道督导", en="the street's supervisors"),
    Rung.DISTRICT: Words(zh="区级督导", en="the district's supervisors"),
    Rung.CITY: Words(zh="市级督导", en="the city's supervisors"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """A row of events.ladder. ``overdue_share``: of the stage's whole limit, beyond its end.

    Where nobody has read it ``read_within`` after it was told, the next level is told at once.
    """

    level: int
    overdue_share: float
    recipient: Rung
    read_within: timedelta
    pack: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalation:
    """A row of events.escalations with those who read it: (account's key, when).

    ``assisting``: the department whose part is late, where it is not the one that leads.
    """

    clock_id: int
    level: int
    ticket_id: int
    recipient: Rung
    read_within: timedelta
    at: datetime
    told_at: datetime | None
    notices: tuple[int, ...]
    unread_at: datetime | None
    ended_at: datetime | None
    assisting: int | None = None
    told: tuple[str, ...] = ()
    read_by: tuple[tuple[str, datetime], ...] = ()


def due_levels(
    levels: tuple[Level, ...], run: StageClock, whole: Limit, calendar: Calendar
) -> tuple[tuple[Level, datetime], ...]:
    """When each level is told if the run goes on; counted on the calendar of its clock."""
    return tuple(
        (
            one,
            due(
                run.due_at,
                Limit(clock=whole.clock, time_limit=whole.time_limit * one.overdue_share),
                calendar,
            ),
        )
        for one in levels
    )
