"""What the city is configured with: categories, departments, crews, calendar, ladder."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from events.model.problems import Incomplete
from events.model.refusal import Reason, Refusal
from events.store import departments, escalations, formulas, ledger, rules
from events.store.projects import rules as project_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from events.model.calendar import CalendarDay
    from events.model.category import Category
    from events.model.configuration import CrewRow, DepartmentRow
    from events.model.deadline import Limit
    from events.model.figure import Formula
    from events.model.ladder import Level
    from events.model.projects.recurrence import RecurrenceRule
    from events.model.projects.stage import Kind, Stage


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


def ask_for_proof(conn: Connection, rows: Iterable[Category], *, now: datetime) -> tuple[str, ...]:
    """Let categories ask for proof that the city has had since before that was possible; their
    codes. Those that were configured since then stay as they are."""
    asked = []
    for row in rows:
        if (row.proof_photos or row.recovers_for) and departments.ask_for_proof(conn, row):
            told = {"proof_photos": row.proof_photos, "geofence_m": row.geofence_m,
                    "recovers_for": row.recovers_for}  # fmt: skip
            _trail(conn, "category", row.code, told, now)
            asked.append(row.code)
    return tuple(asked)


def add_ladder(conn: Connection, levels: Iterable[Level], *, now: datetime) -> bool:
    """Give a city that has none its ladder; whether it needed one."""
    if escalations.ladder(conn):
        return False
    put_ladder(conn, levels, now=now)
    return True


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


def add_formulas(
    conn: Connection, rows: Iterable[Formula], *, now: datetime, anew: bool = False
) -> tuple[str, ...]:
    """Add versions of figures that are not there yet; "code version" of each.

    What is there stays as it is, and a further version takes effect with a later month than that
    of ``now``: no report of an earlier month changes. ``anew``: only figures that the city does
    not have at all. Raises Incomplete (field: the figure's code) for a version that is there and
    says otherwise, a version number that is not above the others, and one that is too early.
    """
    versions: dict[str, dict[int, Formula]] = {}
    for one in formulas.all(conn):
        versions.setdefault(one.code, {})[one.version] = one
    added = []
    for row in sorted(rows, key=lambda one: (one.code, one.version)):
        known = versions.setdefault(row.code, {})
        if known.get(row.version) == row or (anew and known):
            continue
        if row.version <= max(known, default=0):
            raise Incomplete(Refusal(reason=Reason.FORMULA_FIXED, field=row.code))
        latest = max((one.effective_from for one in known.values()), default=None)
        if latest is not None and row.effective_from <= max(_month(conn, now), latest):
            raise Incomplete(Refusal(reason=Reason.FORMULA_TOO_EARLY, field=row.code))
        formulas.add(conn, row)
        _trail(conn, "formula", row.code, asdict(row), now)
        if not anew:
            known[row.version] = row
        added.append(f"{row.code} {row.version}")
    return tuple(added)


def _month(conn: Connection, now: datetime) -> date:
    return rules.load(conn).day(now).replace(day=1)


def put_recurrence(conn: Connection, rows: Iterable[RecurrenceRule], *, now: datetime) -> None:
    """Make rules of recurrence or bring them up to date, by what they hold for."""
    for one in rows:
        project_rules.put_recurrence(conn, one)
        _trail(conn, "recurrence", f"{one.level}:{one.code}", asdict(one), now)


def put_project_limits(
    conn: Connection, rows: Mapping[tuple[Kind, Stage], Limit], *, pack: str, now: datetime
) -> None:
    """Set how long the stages of projects may take."""
    for (kind, stage), limit in rows.items():
        project_rules.put_limit(conn, kind, stage, limit, pack=pack)
        _trail(conn, "project_limit", f"{kind}:{stage}", {**asdict(limit), "pack": pack}, now)


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
