"""Versions of the duties and their rules: who answers for what, now and before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from events.model.duty import NONE, DutyRule, When
from events.model.duty_check import AreaFacts, Universe
from events.model.duty_version import DutyVersion
from events.model.routing import Candidate
from events.store import rules as city_rules
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from events.model.duty_finding import Finding

_SQL = Statements.beside(__file__)


def lock(conn: Connection) -> None:
    """Until the end of the transaction nobody else makes a version or decides about one."""
    _SQL.value(conn, "lock")


def add(conn: Connection, rules: Sequence[DutyRule], *, note: str, now: datetime) -> int:
    """A draft with all its rules; its number. The caller holds the lock."""
    version: int = _SQL.value(conn, "next_version")
    _SQL.run(conn, "add_version", version=version, note=note, now=now)
    rows = [
        {
            "position": one.position, "scope": one.scope, "category_code": one.category_code,
            "family": one.family, "layer": one.layer, "area_code": one.area_code,
            "department_code": one.department_code, "conditions": one.when.as_dict(),
            "note": one.note,
        }
        for one in rules
    ]  # fmt: skip
    _SQL.run(conn, "add_rules", version=version, rules=json.dumps(rows))
    return version


def versions(conn: Connection, *, now: datetime) -> tuple[DutyVersion, ...]:
    """All versions, the newest first."""
    rows = _SQL.rows(conn, "versions", now=now)
    return tuple(DutyVersion(**{**row._mapping, "findings": tuple(row.findings)}) for row in rows)


def version(conn: Connection, number: int, *, now: datetime) -> DutyVersion | None:
    """One version, or None."""
    return next((one for one in versions(conn, now=now) if one.version == number), None)


def in_force(conn: Connection, *, now: datetime) -> int | None:
    """The number of the version in force at ``now``; None where there is none."""
    found: int | None = _SQL.value(conn, "in_force", now=now)
    return found


def candidates(
    conn: Connection, scopes: Sequence[str], area_path: Sequence[int], *, now: datetime
) -> tuple[int, tuple[Candidate, ...]]:
    """The version in force at ``now`` (0: none), and its rules for a matter and a place."""
    rows = _SQL.rows(conn, "candidates", scopes=list(scopes), area_path=list(area_path), now=now)
    number = rows[0].version if rows else in_force(conn, now=now) or 0
    return number, tuple(_candidate(row) for row in rows)


def rules(conn: Connection, number: int) -> tuple[Candidate, ...]:
    """All rules of a version, in order, with what their codes name now."""
    return tuple(_candidate(row) for row in _SQL.rows(conn, "rules", version=number))


def facility(conn: Connection, component_id: int) -> tuple[str, str]:
    """(kind, owner) of a facility; `NONE` where there is none."""
    row = _SQL.maybe(conn, "facility", component_id=component_id)
    return (NONE, NONE) if row is None else (row.kind, row.owner)


def universe(conn: Connection, about: Iterable[DutyRule]) -> Universe:
    """What there is to be routed and who there is, as far as ``about`` asks for it."""
    given = [one.when for one in about]
    kinds = sorted({kind for one in given for kind in one.components} - {NONE})
    owners = sorted({owner for one in given for owner in one.owners} - {NONE})
    return Universe(
        categories=city_rules.categories(conn),
        areas=tuple(
            AreaFacts(**{**row._mapping, "path": tuple(row.path)})
            for row in _SQL.rows(conn, "areas")
        ),
        departments={row.code: row.is_disabled for row in _SQL.rows(conn, "departments")},
        components=frozenset(row.kind for row in _SQL.rows(conn, "known_kinds", kinds=kinds)),
        owners=frozenset(row.owner for row in _SQL.rows(conn, "known_owners", owners=owners)),
    )


def holds_city(conn: Connection, area_id: int) -> bool:
    """Whether an area is the whole city, or all of it that is divided."""
    return bool(_SQL.value(conn, "holds_city", area_id=area_id))


def department_names(conn: Connection) -> dict[str, tuple[str, str]]:
    """Names (zh, en) of every department there ever was, by code."""
    rows = _SQL.rows(conn, "departments")
    return {row.code: (row.name_zh, row.name_en) for row in rows}


def propose(
    conn: Connection, number: int, *, starts: datetime | None, why: str, accepted: str | None,
    findings: Sequence[Finding], now: datetime,
) -> None:  # fmt: skip
    """Note that somebody asks to put a draft in force."""
    told = json.dumps([one.as_dict() for one in findings])
    _SQL.run(conn, "propose", version=number, starts=starts, why=why, accepted=accepted,
             findings=told, now=now)  # fmt: skip


def take_back(conn: Connection, number: int) -> None:
    """A proposed version is a draft again."""
    _SQL.run(conn, "take_back", version=number)


def activate(conn: Connection, number: int, *, starts: datetime, now: datetime) -> None:
    """A version is in force from ``starts`` on."""
    _SQL.run(conn, "activate", version=number, starts=starts, now=now)


def discard(conn: Connection, number: int, *, why: str, now: datetime) -> None:
    """A draft, or a version before its time, is never in force."""
    _SQL.run(conn, "discard", version=number, why=why, now=now)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        rule=DutyRule(
            position=row.position, department_code=row.department_code,
            category_code=row.category_code, family=row.family, layer=row.layer,
            area_code=row.area_code, when=When.from_dict(row.conditions), note=row.note,
        ),
        department_id=row.department_id, department_name_zh=row.department_name_zh,
        department_name_en=row.department_name_en, is_disabled=row.is_disabled,
        area_id=row.area_id, area_name_zh=row.area_name_zh, area_name_en=row.area_name_en,
    )  # fmt: skip
