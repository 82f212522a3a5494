"""What the city is configured with, as the engine reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from events.model.calendar import Calendar, CalendarDay
from events.model.category import Category
from events.model.crew import Crew, Shift
from events.model.matching import DEFAULT, Weights
from events.model.roster import Roster
from grid.store.named_sql import Statements
from grid.store.postgis import noted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class CityRules:
    """Calendar and categories of one moment; load it once for a batch of work.

    ``version``: of the configuration that was read. ``rosters`` and ``departments``: crews and
    names that were read under that version, by department; see `roster` and `department_names`.
    ``past``: older versions of categories that were asked for; see `category_of`.
    """

    calendar: Calendar
    categories: Mapping[str, Category]
    weights: Mapping[str, Weights]
    version: str
    rosters: dict[int, Roster] = field(default_factory=dict, compare=False, repr=False)
    departments: dict[int, Mapping[str, str]] = field(
        default_factory=dict, compare=False, repr=False
    )
    past: dict[tuple[str, int], Category] = field(default_factory=dict, compare=False, repr=False)

    def day(self, at: datetime) -> date:
        """The city's date at an instant."""
        return self.calendar.local(at).date()

    def weights_of(self, family: str) -> Weights:
        """What the terms of a fusion score weigh for a family."""
        return self.weights.get(family) or self.weights.get("*", DEFAULT)


def load(conn: Connection) -> CityRules:
    """Read the rules (five small queries). A database without a city has time zone UTC."""
    # first: what is committed after it is read again, because the version is another one then
    version: str = _SQL.value(conn, "version")
    zone = _SQL.value(conn, "zone")
    days = [CalendarDay(**row._mapping) for row in _SQL.rows(conn, "calendar_days")]
    return CityRules(
        calendar=Calendar(
            zone=ZoneInfo(zone or "UTC"),
            days={one.day: one for one in days},
        ),
        categories={one.code: one for one in categories(conn)},
        weights={row.family: Weights(**row._mapping) for row in _SQL.rows(conn, "weights")},
        version=version,
    )


class Remembered:
    """The rules as one process read them last; read anew once the configuration has changed."""

    def __init__(self) -> None:
        self._city: CityRules | None = None

    def city(self, conn: Connection) -> CityRules:
        """The rules as they are now: one tiny query while nothing was configured."""
        if self._city is None or self._city.version != _SQL.value(conn, "version"):
            self._city = load(conn)
        return self._city


def categories(conn: Connection) -> tuple[Category, ...]:
    """All categories, in the order in which they were configured."""
    return tuple(Category.from_row(dict(row._mapping)) for row in _SQL.rows(conn, "categories"))


def category_of(conn: Connection, ticket: Ticket, city: CityRules) -> Category:
    """The category of a ticket in the version that it was filed under: its limits hold."""
    current = city.categories[ticket.category_code]
    if current.version == ticket.category_version:
        return current
    key = ticket.category_code, ticket.category_version
    if key not in city.past:
        row = _SQL.one(conn, "category_version", code=key[0], version=key[1])
        city.past[key] = Category.from_row(dict(row._mapping))
    return city.past[key]


def crews(conn: Connection, *, department_id: int | None = None) -> tuple[Crew, ...]:
    """The crews of a department (None: of all), with shifts and load."""
    return tuple(_crew(row) for row in _SQL.rows(conn, "crews", department_id=department_id))


def roster(
    conn: Connection, department_id: int, city: CityRules, *, version: str | None = None
) -> Roster:
    """The crews of a department; from ``city.rosters`` as long as nothing was configured since.

    ``version``: of the configuration, where it was just read.
    """
    current = (version or _SQL.value(conn, "version")) == city.version
    found = city.rosters.get(department_id) if current else None
    if found is None:
        found = Roster.of(crews(conn, department_id=department_id))
        if current:
            city.rosters[department_id] = found
    return found


def department_names(conn: Connection, department_id: int, city: CityRules) -> Mapping[str, str]:
    """What a ticket of a department shows of it, by column; as of ``city``."""
    found = city.departments.get(department_id)
    if found is None:
        row = _SQL.one(conn, "department", department_id=department_id)
        found = city.departments[department_id] = dict(row._mapping)
    return found


def lock_department(conn: Connection, department_id: int) -> str:
    """Until the end of the transaction nobody else chooses a crew of this department.

    Returns the version of the configuration at that time.
    """
    known = noted(conn)
    held: str | None = None if known is None else known.get(("department", department_id))
    if held is None:
        held = str(_SQL.value(conn, "lock_department", department_id=department_id))
        if known is not None:
            known["department", department_id] = held
    return held


def _crew(row: Row[Any]) -> Crew:
    values = dict(row._mapping)
    values["skills"] = frozenset(values["skills"])
    values["shifts"] = read_shifts(values["shifts"])
    return Crew(**values)


@lru_cache(maxsize=4_096)
def read_shifts(rows: str) -> tuple[Shift, ...]:
    """Shifts from JSON: a thousand crews have some ten different weeks."""
    return tuple(
        Shift(
            weekdays=frozenset(weekdays),
            starts_at=time.fromisoformat(starts_at),
            ends_at=time.fromisoformat(ends_at),
        )
        for weekdays, starts_at, ends_at in json.loads(rows)
    )
