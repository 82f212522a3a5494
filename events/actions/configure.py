"""What the city is configured with: categories, departments, crews, calendar, ladder."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from events.model.problems import Incomplete
from events.model.refusal import Reason, Refusal
from events.store import departments, escalations, ledger, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.calendar import CalendarDay
    from events.model.category import Category
    from events.model.configuration import CrewRow, DepartmentRow
    from events.model.ladder import Level


def put_categories(conn: Connection, rows: Iterable[Category], *, now: datetime) -> None:
    """Make categories or bring them up to date, by code."""
    for row in rows:
        departments.put_category(conn, row)
        _trail(conn, "category", row.code, asdict(row), now)


def add_categories(conn: Connection, rows: Iterable[Category], *, now: datetime) -> tuple[str, ...]:
    """Add the categories that the city does not have yet; their codes. Those it has stay."""
    known = {one.code for one in rules.categories(conn)}
    missing = [row for row in rows if row.code not in known]
    put_categories(conn, missing, now=now)
    return tuple(row.code for row in missing)


def put_departments(conn: Connection, rows: Iterable[DepartmentRow], *, now: datetime) -> None:
    """Make departments or bring them up to date, by code. Raises Incomplete (unknown area)."""
    for row in rows:
        departments.put(
            conn,
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            area_id=_area(conn, row.area_code),
        )
        _trail(conn, "department", row.code, asdict(row), now)


def put_crews(conn: Connection, rows: Iterable[CrewRow], *, now: datetime) -> None:
    """Make crews or bring them up to date, by code. Raises Incomplete for unknown codes."""
    for row in rows:
        departments.put_crew(
            conn,
            row,
            department_id=_department(conn, row.department_code),
            area_id=_area(conn, row.area_code),
        )
        told = asdict(row)
        told["skills"] = sorted(row.skills)
        told["shifts"] = [
            [sorted(one.weekdays), one.starts_at.isoformat(), one.ends_at.isoformat()]
            for one in row.shifts
        ]
        _trail(conn, "crew", row.code, told, now)


def put_calendar(conn: Connection, rows: Iterable[CalendarDay], *, now: datetime) -> None:
    """Make holidays and make-up workdays or bring them up to date, by day."""
    for row in rows:
        departments.put_calendar_day(conn, row)
        _trail(conn, "calendar", row.day.isoformat(), asdict(row), now)


def put_ladder(conn: Connection, levels: Iterable[Level], *, now: datetime) -> None:
    """Make the levels of the ladder or bring them up to date, by number."""
    for one in levels:
        escalations.put_level(conn, one)
        _trail(conn, "ladder", str(one.level), asdict(one), now)


def _trail(
    conn: Connection, kind: str, key: str, payload: Mapping[str, Any], now: datetime
) -> None:
    ledger.append(
        conn, at=now, verb=f"{kind}.put", object_kind=kind, object_key=key, payload=payload
    )


def _area(conn: Connection, code: str) -> int:
    found = departments.area_id_of(conn, code)
    if found is None:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_AREA, field="area"))
    return found


def _department(conn: Connection, code: str) -> int:
    found = departments.id_of(conn, code)
    if found is None:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_DEPARTMENT, field="department"))
    return found
