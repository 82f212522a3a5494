"""Bring in a list of outfalls and sites that are being rectified: components and projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.actions.projects.act import LOOK_BACK, PLACES
from events.actions.projects.move import load_city, open_project
from events.actions.projects.opening import adopt_tickets
from events.model.projects.project import OUTFALL_TYPES, WATERS, ProjectDraft
from events.model.projects.stage import Kind, Method, Stage, way_of
from events.model.projects.water import is_class
from events.store import departments
from events.store.projects import rows
from grid.actions.import_result import names_of, stored
from grid.actions.put import put_components
from grid.actions.read_table import read_table
from grid.model.component import ComponentDraft
from grid.store import components
from grid.store.postgis import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from events.actions.projects.move import ProjectCity
    from grid.actions.read_table import Table
    from grid.model.mapping import ColumnMapping
    from grid.model.refusal import ImportReport

_OPTIONAL = (
    "name_zh", "name_en", "type", "water", "receives", "target_class", "stage", "method",
    "before_class", "after_class",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A row of such a list: the facility, and what is said of its rectification."""

    component: ComponentDraft
    kind: Kind
    department: str
    facts: Mapping[str, Any]
    stage: Stage
    method: Method | None = None
    target_class: str | None = None
    before_class: str | None = None
    after_class: str | None = None


def import_projects(
    engine: Engine, path: Path, *, by: str, now: datetime, crs: str | None = None,
    mapping: ColumnMapping | None = None,
) -> ImportReport:  # fmt: skip
    """Import a list of outfalls and sites: all, or none when any row is refused.

    Columns: ``code``, ``kind`` (outfall, site), ``department``, points; names, ``type``, ``water``,
    ``receives``, ``target_class``, ``stage``, ``method``, ``before_class``, ``after_class`` where
    known. Facilities are made or brought up to date; a facility that has or had a project keeps
    it. Raises GridProblem for what concerns the whole file.
    """
    table = read_table(
        path, required=("code", "kind", "department"), optional=_OPTIONAL, types={"Point"},
        crs=crs, mapping=mapping,
    )  # fmt: skip
    with reading(engine) as conn:
        offices = {one.code for one in departments.all(conn)}
    listed, numbers = [], []
    for n in range(table.count):
        one = _listed(table, n, offices)
        if one is not None:
            listed.append(one)
            numbers.append(n + 1)

    def store() -> int:
        put_components(engine, [one.component for one in listed], by=by, rows=numbers)
        with transaction(engine, by) as conn:
            opened = put_listed(conn, listed, now=now, city=load_city(conn))
        return len(listed) - opened

    return stored(table, store)


def put_listed(
    conn: Connection, listed: Sequence[Listed], *, now: datetime, city: ProjectCity
) -> int:
    """Open the projects of facilities that have none and had none yet; how many."""
    opened = 0
    for one in listed:
        place = components.by_code(conn, one.component.code)
        owner = departments.id_of(conn, one.department)
        if place is None or owner is None or rows.has_project(conn, place.component_id):
            continue
        draft = ProjectDraft(
            kind=one.kind, name_zh=place.name_zh, name_en=place.name_en, lon=place.lon,
            lat=place.lat, cell_id=place.cell_id, area_id=place.area_id, department_id=owner,
            component_id=place.component_id, stage=one.stage, method=one.method,
            before_class=one.before_class, after_class=one.after_class,
            target_class=one.target_class, facts=one.facts, opened_why={"by": "import"},
        )  # fmt: skip
        project = open_project(conn, draft, now=now, city=city)
        if project is not None:
            opened += 1
            if project.is_live:
                adopt_tickets(conn, project, since=now - LOOK_BACK, now=now, city=city)
    return opened


def _listed(table: Table, n: int, offices: set[str]) -> Listed | None:
    before = len(table.refusals)
    code = table.text("code", n)
    if not code:
        table.refuse(n, "code", zh="编码为空", en="the code is empty")
    kind = Kind(table.text("kind", n)) if table.text("kind", n) in PLACES else None
    if kind is None:
        table.refuse(n, "kind", zh="类型应为 outfall 或 site", en="the kind is outfall or site")
    department = table.text("department", n)
    if department not in offices:
        table.refuse(n, "department", zh=f"没有部门 {department or '（空）'}",
                     en=f"there is no department {department or '(empty)'}")  # fmt: skip
    zh, en = names_of(table, n)
    stage = _one_of(table, n, "stage", way_of(Kind.OUTFALL)) or Stage.SURVEY
    method = _one_of(table, n, "method", tuple(Method))
    facts = _facts(table, n)
    classes = _classes(table, n, facts.get("water"))
    point = table.shapes[n]
    if kind is None or point is None or len(table.refusals) > before:
        return None
    return Listed(
        component=ComponentDraft(
            code=code, kind=PLACES[kind], name_zh=zh, name_en=en, lon=point.x, lat=point.y,
            source_crs=table.system.name, owner_department=department, attributes=facts,
        ),
        kind=kind, department=department, facts=facts, stage=Stage(stage),
        method=None if method is None else Method(method), **classes,
    )  # fmt: skip


def _one_of(table: Table, n: int, column: str, known: Sequence[str]) -> str | None:
    text = table.text(column, n)
    if text and text not in known:
        names = "、".join(known), ", ".join(known)
        table.refuse(
            n, column, zh=f"{text} 不在 {names[0]} 之中", en=f"{text} is none of {names[1]}"
        )
        return None
    return text or None


def _facts(table: Table, n: int) -> dict[str, Any]:
    facts = {
        "type": _one_of(table, n, "type", OUTFALL_TYPES),
        "water": _one_of(table, n, "water", WATERS),
        "receives": table.text("receives", n) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _classes(table: Table, n: int, water: str | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in ("target_class", "before_class", "after_class"):
        text = table.text(name, n)
        if text and (water is None or not is_class(text, water)):
            table.refuse(n, name, zh=f"{text} 不是该水体（water 列）的水质类别",
                         en=f"{text} is no class of that water (column water)")  # fmt: skip
        found[name] = text or None
    return found
