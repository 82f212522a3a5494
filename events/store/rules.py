"""What the city is configured with, as the engine reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from events.model.calendar import Calendar, CalendarDay
from events.model.category import Category
from events.model.crew import Crew, Shift
from events.model.matching import DEFAULT, Weights
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class CityRules:
    """Calendar and categories of one moment; load it once for a batch of work."""

    calendar: Calendar
    categories: Mapping[str, Category]
    weights: Mapping[str, Weights]

    def day(self, at: datetime) -> date:
        """The city's date at an instant."""
        return self.calendar.local(at).date()

    def weights_of(self, family: str) -> Weights:
        """What the terms of a fusion score weigh for a family."""
        return self.weights.get(family) or self.weights.get("*", DEFAULT)


def load(conn: Connection) -> CityRules:
    """Read the rules (four small queries). A database without a city has time zone UTC."""
    zone = _SQL.value(conn, "zone")
    days = [CalendarDay(**row._mapping) for row in _SQL.rows(conn, "calendar_days")]
    return CityRules(
        calendar=Calendar(
            zone=ZoneInfo(zone or "UTC"),
            days={one.day: one for one in days},
        ),
        categories={one.code: one for one in categories(conn)},
        weights={row.family: Weights(**row._mapping) for row in _SQL.rows(conn, "weights")},
    )


def categories(conn: Connection) -> tuple[Category, ...]:
    """All categories, in the order in which they were configured."""
    return tuple(Category.from_row(dict(row._mapping)) for row in _SQL.rows(conn, "categories"))


def crews(conn: Connection, *, department_id: int | None = None) -> tuple[Crew, ...]:
    """The crews of a department (None: of all), with shifts and load."""
    return tuple(_crew(row) for row in _SQL.rows(conn, "crews", department_id=department_id))


def lock_department(conn: Connection, department_id: int) -> None:
    """Until the end of the transaction nobody else chooses a crew of this department."""
    _SQL.value(conn, "lock_department", department_id=department_id)


def _crew(row: Row[Any]) -> Crew:
    values = dict(row._mapping)
    values["skills"] = frozenset(values["skills"])
    values["shifts"] = _shifts(values["shifts"])
    return Crew(**values)


@lru_cache(maxsize=4_096)
def _shifts(rows: str) -> tuple[Shift, ...]:
    """Shifts from JSON: a thousand crews have some ten different weeks."""
    return tuple(
        Shift(
            weekdays=frozenset(weekdays),
            starts_at=time.fromisoformat(starts_at),
            ends_at=time.fromisoformat(ends_at),
        )
        for weekdays, starts_at, ends_at in json.loads(rows)
    )
