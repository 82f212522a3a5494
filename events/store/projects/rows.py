"""Rows of events.projects: read whole, saved only over the version that was read."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from events.model.ledger import plain
from events.model.problems import NotFound
from events.model.project_reason import ProjectReason
from events.model.projects.problems import StaleProject
from events.model.projects.project import Project
from events.model.projects.stage import LIVE, Kind, Method, Stage
from events.model.refusal import Refusal
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from events.model.access import Scope
    from events.model.projects.project import ProjectDraft

_SQL = Statements.beside(__file__)

# What a save writes; kind, place, number and origin never change.
SAVED = (
    "stage", "department_id", "method", "into_id", "cause", "measures", "target_class",
    "before_class", "after_class", "updated_at", "stage_at", "rectify_at", "due_at", "overdue_at",
    "told_level", "submitted_at", "submitted_by", "accepted_at", "accepted_by", "watch_until",
    "relapses", "ended_at",
)  # fmt: skip
_JSON = ("facts", "result")
_NAMED = frozenset({"department_id", "into_id"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectQuery:
    """What to look for; None: no matter. ``late``: those whose stage has run out by ``now``.

    ``live``: those that are not over (True), or over (False). ``text``: in number and names.
    ``first``, ``limit``: which of them, the most urgent first.
    """

    now: datetime
    kind: Kind | None = None
    stages: Sequence[Stage] | None = None
    department_id: int | None = None
    live: bool | None = None
    late: bool = False
    text: str | None = None
    component_code: str | None = None
    first: int = 0
    limit: int = 100


def find(conn: Connection, query: ProjectQuery, scope: Scope) -> tuple[Project, ...]:
    """The projects that match and that ``scope`` lets see, the most urgent first."""
    rows = _SQL.rows(
        conn,
        "find",
        kind=query.kind,
        stages=None if query.stages is None else list(query.stages),
        department_id=query.department_id,
        live=query.live,
        late=query.late,
        text=None if query.text is None else f"%{_plain_text(query.text)}%",
        component_code=query.component_code,
        now=query.now,
        scope_area=scope.area_id,
        scope_department=scope.department_id,
        first=query.first,
        limit=query.limit,
    )
    return by_ids(conn, [row.project_id for row in rows])


def shown(conn: Connection, *, since: datetime, limit: int) -> tuple[Project, ...]:
    """The projects that a map shows: those that are live, and those that ended since."""
    rows = _SQL.rows(conn, "shown", since=since, limit=limit)
    return by_ids(conn, [row.project_id for row in rows])


def counts(
    conn: Connection, scope: Scope, now: datetime
) -> tuple[tuple[Kind, Stage, int, int, int], ...]:
    """(kind, stage, department_id, how many, how many of them late) of a scope."""
    rows = _SQL.rows(conn, "counts", now=now, scope_area=scope.area_id,
                     scope_department=scope.department_id)  # fmt: skip
    return tuple(
        (Kind(row.kind), Stage(row.stage), row.department_id, row.number, row.late) for row in rows
    )


def by_ids(conn: Connection, project_ids: Sequence[int]) -> tuple[Project, ...]:
    """Projects in the order of ``project_ids``; unknown ids are left out."""
    if not project_ids:
        return ()
    rows = _SQL.rows(conn, "load", project_ids=list(project_ids))
    found = {row.project_id: _project(row) for row in rows}
    return tuple(found[one] for one in project_ids if one in found)


def by_id(conn: Connection, project_id: int) -> Project:
    """One project. Raises NotFound."""
    found = by_ids(conn, [project_id])
    if not found:
        raise NotFound(Refusal(reason=ProjectReason.NO_SUCH_PROJECT))
    return found[0]


def by_number(conn: Connection, number: str) -> Project | None:
    """One project by its readable number, or None."""
    project_id = _SQL.value(conn, "id_of_number", number=number)
    return None if project_id is None else by_id(conn, project_id)


def of_tickets(conn: Connection, ticket_ids: Sequence[int]) -> dict[int, tuple[Project, ...]]:
    """The projects to which tickets belong."""
    rows = _SQL.rows(conn, "of_tickets", ticket_ids=list(ticket_ids))
    known = {one.project_id: one for one in by_ids(conn, sorted({r.project_id for r in rows}))}
    found: dict[int, tuple[Project, ...]] = {}
    for row in rows:
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), known[row.project_id])
    return found


def live_at(conn: Connection, component_id: int) -> int | None:
    """The live rectification of a facility, or None."""
    found: int | None = _SQL.value(conn, "live_at", component_id=component_id)
    return found


def has_project(conn: Connection, component_id: int) -> bool:
    """Whether a facility has, or had, a rectification."""
    return bool(_SQL.value(conn, "has_project", component_id=component_id))


def lock(conn: Connection, number: str) -> Project:
    """One project, held until the end of the transaction. Raises NotFound."""
    project_id = _SQL.value(conn, "lock", number=number)
    if project_id is None:
        raise NotFound(Refusal(reason=ProjectReason.NO_SUCH_PROJECT))
    return by_id(conn, project_id)


def lock_id(conn: Connection, project_id: int) -> Project:
    """One project by its id, held until the end of the transaction. Raises NotFound."""
    _SQL.value(conn, "lock_id", project_id=project_id)
    return by_id(conn, project_id)


def insert(
    conn: Connection, draft: ProjectDraft, *, number: str, stage: Stage, now: datetime,
    due_at: datetime | None, watch_until: datetime | None,
) -> int | None:  # fmt: skip
    """A new project, version 1; its id. None where there is a live one of the same already."""
    begun = stage in (Stage.RECTIFY, Stage.ACCEPT, Stage.WATCH, Stage.DONE)
    accepted = stage in (Stage.WATCH, Stage.DONE)
    found: int | None = _SQL.value(
        conn,
        "insert",
        number=number,
        kind=draft.kind,
        stage=stage,
        name_zh=draft.name_zh,
        name_en=draft.name_en,
        lon=draft.lon,
        lat=draft.lat,
        cell_id=draft.cell_id,
        area_id=draft.area_id,
        component_id=draft.component_id,
        category_code=draft.category_code,
        family=draft.family,
        department_id=draft.department_id,
        facts=json.dumps(plain(draft.facts)),
        method=draft.method,
        before_class=draft.before_class,
        after_class=draft.after_class,
        target_class=draft.target_class,
        now=now,
        due_at=due_at,
        rectify_at=now if begun and draft.kind is not Kind.ROOT_CAUSE else None,
        accepted_at=now if accepted else None,
        watch_until=watch_until,
        ended_at=None if stage in LIVE else now,
        opened_why=json.dumps(plain(draft.opened_why)),
    )
    return found


def save(conn: Connection, project: Project, changes: Mapping[str, Any]) -> Project:
    """Write ``changes`` over the version of ``project``; the project as it is then.

    Raises StaleProject when another was faster.
    """
    changed = replace(project, **changes)
    values: dict[str, Any] = {name: getattr(changed, name) for name in SAVED}
    for name in _JSON:
        value = getattr(changed, name)
        values[name] = None if value is None else json.dumps(plain(value))
    version = _SQL.value(
        conn, "save", project_id=project.project_id, version=project.version, **values
    )
    if version is None:
        raise StaleProject(by_id(conn, project.project_id))
    if changes.keys() & _NAMED:
        return by_id(conn, project.project_id)
    return replace(changed, version=version)


def late(conn: Connection, *, now: datetime, top: int) -> tuple[Project, ...]:
    """Live projects whose stage has run out, and whose lateness was not told up to level ``top``.

    Not the first so many only: those that wait for their next level would stand before the others.
    """
    return by_ids(conn, [row.project_id for row in _SQL.rows(conn, "late", now=now, top=top)])


def watched(conn: Connection, *, now: datetime, limit: int) -> list[int]:
    """Ids of rectifications whose watch is over; held, what others hold is passed over."""
    return [row.project_id for row in _SQL.rows(conn, "watched", now=now, limit=limit)]


def _plain_text(text: str) -> str:
    """Text as LIKE takes it literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _project(row: Row[Any]) -> Project:
    values = dict(row._mapping)
    values["kind"], values["stage"] = Kind(values["kind"]), Stage(values["stage"])
    values["method"] = None if values["method"] is None else Method(values["method"])
    values["area_path"] = tuple(values["area_path"])
    return Project(**values)
