"""The evaluation's numbers: sums of facts by area, department, crew, category, person, and cell."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import text

from events.model.figure import OUTCOMES, Excused, Formula, Ground, Mark, Part, Tally
from grid.store.named_sql import Statements
from grid.store.postgis import planned_anew

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)
# Of the whole city no area is asked for: another statement, because one for both ("no area, or one
# of these") is planned for neither.
_INSIDE = "AND f.area_id = ANY(CAST(:area_ids AS integer[]))"
_EVERYWHERE = {
    name: text(_SQL.statements[name].sql.replace(_INSIDE, "")) for name in ("counted", "behind")
}

By = Literal["all", "department", "area", "cell", "crew", "category", "person"]

_DAY = timedelta(days=1)
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An area. ``path``: ids from the city down to itself; ``inside``: its own and all below."""

    area_id: int
    code: str
    kind: str
    path: tuple[int, ...]
    name_zh: str
    name_en: str
    inside: tuple[int, ...]
    children: tuple[Place, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Of which tickets: the city's days ``first`` to ``last``, inside an area, of a department and
    a category where given; by what the numbers are told apart."""

    first: date
    last: date
    place: Place
    by: By = "all"
    department_id: int | None = None
    category: str | None = None


def place(conn: Connection, area_id: int | None) -> Place | None:
    """An area (None: the whole city) with those directly below it; None where there is none."""
    if area_id is None:
        area_id = _SQL.value(conn, "root")
    rows = _SQL.rows(conn, "places", area_id=area_id)
    if not rows or rows[0].area_id != area_id:
        return None
    children = tuple(_place(row) for row in rows[1:])
    return _place(rows[0], children)


def _place(row: Row[Any], children: tuple[Place, ...] = ()) -> Place:
    values = dict(row._mapping)
    values.update(path=tuple(row.path), inside=tuple(row.inside), children=children)
    return Place(**values)


def tallies(
    conn: Connection, question: Question, *, today: date, now: datetime,
    grounds: Iterable[Ground] = tuple(Ground),
) -> dict[str, list[Tally]]:  # fmt: skip
    """The sums of what happened until ``now``, by key: an id, a category's code, an actor's key.

    The key of what nobody has done, or that is of no department, is "". Whole days are read from
    the sums that are kept, where there are such; today, and what is filtered, fact by fact.
    """
    found: dict[str, list[Tally]] = defaultdict(list)
    rows: list[Row[Any]] = []
    last = min(question.last, today)
    if not _is_tallied(question):
        rows += _counted(conn, question, question.first, last, grounds, now)
    else:
        rows += _tallied(conn, question, min(last, today - _DAY))
        if question.first <= today <= last:
            rows += _counted(conn, question, today, today, grounds, now)
    wanted = set(grounds)
    for row in rows:
        ground = Ground(row.ground)
        if ground in wanted:
            found[row.key].append(
                Tally(ground=ground, outcome=row.outcome, marks=row.marks, facts=int(row.facts),
                      seconds=int(row.seconds))
            )  # fmt: skip
    return dict(found)


def counted(conn: Connection, question: Question, *, now: datetime) -> int:
    """How many facts of all grounds there are, counted one by one: what the sums must say."""
    rows = _counted(conn, question, question.first, question.last, tuple(Ground), now)
    return sum(row.facts for row in rows)


def _is_tallied(question: Question) -> bool:
    if question.department_id is not None or question.category is not None:
        return False
    if question.by in ("all", "area"):
        return True
    # by everything else the sums are kept for the whole city
    return question.by != "cell" and len(question.place.path) == 1


def _tallied(conn: Connection, question: Question, last: date) -> Sequence[Row[Any]]:
    if last < question.first:
        return ()
    if question.by == "area":
        here = question.place.area_id
        ids = [here, *(one.area_id for one in question.place.children)]
        return _SQL.rows(conn, "tallied_areas", area_id=here, area_ids=ids, first=question.first,
                         last=last)  # fmt: skip
    return _SQL.rows(
        conn, "tallied", area_id=question.place.area_id, by=question.by, first=question.first,
        last=last,
    )  # fmt: skip


def _counted(
    conn: Connection, question: Question, first: date, last: date, grounds: Iterable[Ground],
    now: datetime,
) -> Sequence[Row[Any]]:  # fmt: skip
    return _facts(
        conn, "counted", by=question.by, grounds=[one.value for one in grounds],
        **_filters(question), first=first, last=last, now=now,
    )  # fmt: skip


def _facts(conn: Connection, name: str, **params: Any) -> Sequence[Row[Any]]:
    area_ids = params.pop("area_ids")
    with planned_anew(conn):  # a plan for any department and category would use no index of them
        if area_ids is None:
            return conn.execute(_EVERYWHERE[name], params).all()
        return _SQL.rows(conn, name, area_ids=area_ids, **params)


def _filters(question: Question) -> dict[str, Any]:
    whole = len(question.place.path) == 1
    return {
        "area_ids": None if whole else list(question.place.inside),
        "depth": len(question.place.path),
        "department_id": question.department_id,
        "category": question.category,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """A fact behind a number, with its ticket as it is now.

    ``seconds``: how long it took. ``asked_by``, ``reason``, ``approvals`` ({"by", "at", "why"}) are
    of the appeal that was granted, where there is one.
    """

    ticket_id: int
    number: str
    title_zh: str
    title_en: str
    state: str
    at: datetime
    outcome: str
    marks: int
    seconds: int | None
    person: str | None
    area_name_zh: str
    area_name_en: str
    cell_code: str | None
    department_name_zh: str | None
    department_name_en: str | None
    crew_name_zh: str | None
    crew_name_en: str | None
    category_name_zh: str
    category_name_en: str
    asked_by: str | None
    reason: str | None
    approvals: tuple[Mapping[str, Any], ...]


def behind(
    conn: Connection, question: Question, formula: Formula, part: Part, key: str, *, now: datetime,
    limit: int, skip: int = 0,
) -> tuple[Behind, ...]:  # fmt: skip
    """The facts behind a part of a figure, the latest first: as many as the part counts."""
    if part is Part.EXCUSED and formula.excused is Excused.NO:
        return ()
    rows = _facts(
        conn, "behind", by=question.by, key=key, part=part.value, ground=formula.ground.value,
        counted=list(formula.counted), good=list(formula.good),
        marked=int(Mark.of(formula.marked)), without=int(Mark.of(formula.without)),
        first=question.first, last=question.last, now=now, limit=limit, skip=skip,
        **_narrowed(question, key),
    )  # fmt: skip
    return tuple(_behind(row) for row in rows)


def _narrowed(question: Question, key: str) -> dict[str, Any]:
    """The filters with what a key says of them: by itself it is a text that no index knows."""
    found = _filters(question)
    if question.by == "department" and question.department_id is None and _NUMBER.fullmatch(key):
        found["department_id"] = int(key)
    if question.by == "category" and question.category is None and key:
        found["category"] = key
    return found


def cells(conn: Connection, cell_ids: Sequence[int]) -> dict[str, str]:
    """The codes of cells, by their key."""
    rows = _SQL.rows(conn, "cells", cell_ids=list(cell_ids))
    return {str(row.cell_id): row.code for row in rows}


def people(conn: Connection, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The names (Chinese, English) of accounts, by actor key."""
    rows = _SQL.rows(conn, "people", keys=list(keys))
    return {row.key: (row.name_zh, row.name_en) for row in rows}


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A department, crew or category of the city; ``key``: as the numbers call it."""

    key: str
    code: str
    name_zh: str
    name_en: str


def names(conn: Connection) -> dict[str, list[Named]]:
    """Departments, crews and categories, by "department", "crew" and "category", by code."""
    found: dict[str, list[Named]] = {"department": [], "crew": [], "category": []}
    for row in _SQL.rows(conn, "names"):
        key = row.code if row.kind == "category" else str(row.id)
        found[row.kind].append(
            Named(key=key, code=row.code, name_zh=row.name_zh, name_en=row.name_en)
        )
    return found


def listed(
    conn: Connection, question: Question, ground: Ground, *, now: datetime, limit: int
) -> tuple[Behind, ...]:
    """All facts of a ground, whatever became of them, the latest first."""
    rows = _facts(
        conn, "behind", by="all", key="", part=Part.COUNTED.value, ground=ground.value,
        counted=list(OUTCOMES[ground]), good=[], marked=0, without=0, first=question.first,
        last=question.last, now=now, limit=limit, skip=0, **_filters(question),
    )  # fmt: skip
    return tuple(_behind(row) for row in rows)


def _behind(row: Row[Any]) -> Behind:
    return Behind(**{**row._mapping, "approvals": tuple(row.approvals or ())})
