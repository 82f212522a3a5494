"""Rows of departments, crews, shifts, categories and calendar days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.department import Department
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from events.model.calendar import CalendarDay
    from events.model.category import Category
    from events.model.configuration import CrewRow

_SQL = Statements.beside(__file__)


def id_of(conn: Connection, code: str) -> int | None:
    """The id of a department that works, by code."""
    found: int | None = _SQL.value(conn, "id_of", code=code)
    return found


def crew_of(conn: Connection, code: str) -> tuple[int, int] | None:
    """(crew_id, department_id) of a crew that works, by code."""
    row = _SQL.maybe(conn, "crew_of", code=code)
    return None if row is None else (row.crew_id, row.department_id)


def area_id_of(conn: Connection, code: str) -> int | None:
    """The id of an area, by code."""
    found: int | None = _SQL.value(conn, "area_id_of", code=code)
    return found


def all(conn: Connection) -> tuple[Department, ...]:  # noqa: A001 - read as departments.all(conn)
    """All departments that work."""
    return tuple(Department(**row._mapping) for row in _SQL.rows(conn, "all"))


def put(conn: Connection, *, code: str, name_zh: str, name_en: str, area_id: int) -> int:
    """Make a department or bring it up to date; its id."""
    found: int = _SQL.value(
        conn, "put", code=code, name_zh=name_zh, name_en=name_en, area_id=area_id
    )
    return found


def put_crew(conn: Connection, crew: CrewRow, *, department_id: int, area_id: int) -> int:
    """Make a crew or bring it up to date, its shifts replaced as a whole; its id."""
    crew_id: int = _SQL.value(
        conn,
        "put_crew",
        code=crew.code,
        department_id=department_id,
        area_id=area_id,
        name_zh=crew.name_zh,
        name_en=crew.name_en,
        lon=crew.lon,
        lat=crew.lat,
        skills=sorted(crew.skills),
        capacity=crew.capacity,
        simulated=crew.simulated,
    )
    _SQL.run(conn, "drop_shifts", crew_id=crew_id)
    _SQL.run_many(
        conn,
        "put_shift",
        [
            {
                "crew_id": crew_id,
                "weekdays": sorted(shift.weekdays),
                "starts_at": shift.starts_at,
                "ends_at": shift.ends_at,
            }
            for shift in crew.shifts
        ],
    )
    return crew_id


def put_category(conn: Connection, category: Category) -> None:
    """Make a category or bring it up to date."""
    _SQL.run(
        conn,
        "put_category",
        code=category.code,
        kind=category.kind.value,
        family=category.family,
        layer=category.layer,
        name_zh=category.name_zh,
        name_en=category.name_en,
        standard=category.standard,
        standard_code=category.standard_code,
        filing_policy=category.filing_policy.value,
        for_residents=category.for_residents,
        severity=category.severity,
        clock=category.clock.value,
        dispose_limit=category.dispose_limit,
        verify_limit=category.verify_limit,
        fuse_within_m=category.fuse_within_m,
        fuse_within=category.fuse_within,
        proof_photos=list(category.proof_photos),
        geofence_m=category.geofence_m,
        recovers_for=category.recovers_for,
        pack=category.pack,
        effective_from=category.effective_from,
    )


def ask_for_proof(conn: Connection, category: Category) -> bool:
    """Let a category ask for its proof; False where the city has decided about it already."""
    found = _SQL.maybe(
        conn,
        "ask_for_proof",
        code=category.code,
        proof_photos=list(category.proof_photos),
        geofence_m=category.geofence_m,
        recovers_for=category.recovers_for,
    )
    return found is not None


def put_calendar_day(conn: Connection, one: CalendarDay) -> None:
    """Make a holiday or make-up workday or bring it up to date."""
    _SQL.run(
        conn,
        "put_calendar_day",
        day=one.day,
        working=one.working,
        name_zh=one.name_zh,
        name_en=one.name_en,
        pack=one.pack,
    )
