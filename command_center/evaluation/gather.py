"""Everything that an evaluation shows, read once: for the page, the interface and the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from command_center.problem import Language
from command_center.wording import words
from events.model.access import Scope
from events.model.figure import Formula, Part, Value, in_force, ranks, value_of
from events.model.period import Period
from events.model.words import Words
from events.store import departments, facts, figures, formulas, rules
from events.store.figures import Behind, By, Named, Place, Question

# What is told apart. "all" has no lines, "cell" is for a community.
BYS: tuple[By, ...] = tuple(one for one in get_args(By) if one != "all")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What somebody asks for, as it was written; codes of area, department and category."""

    period: Period
    by: By = "department"
    area: str | None = None
    department: str | None = None
    category: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The figures of one key; ``key`` "": of nobody, or of no department. ``code``: what an area
    is asked for by, to go down into it."""

    key: str
    name: Words | None
    values: Mapping[str, Value]
    code: str | None = None

    def told(self, language: Language) -> str:
        """What it is called: its name, else its key, else that nobody is meant."""
        if self.name is not None:
            return self.name.told(language)
        return self.key or words("evaluation.nobody", language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """The figures of a question. Values are by the code of their formula.

    ``before`` are those of the period before, by the same formulas. ``waits``: so many changes of
    tickets are not counted yet. ``up``: the areas above, the widest first, that may be seen.
    """

    asked: Asked
    question: Question
    place: Place
    up: tuple[Place, ...]
    formulas: tuple[Formula, ...]
    total: Mapping[str, Value]
    before: Mapping[str, Value]
    lines: tuple[Line, ...]
    names: Mapping[str, Sequence[Named]]
    zone: ZoneInfo
    today: date
    now: datetime
    waits: int

    def formula(self, code: str) -> Formula | None:
        """The version of a figure that counts, or None."""
        return next((one for one in self.formulas if one.code == code), None)

    def ranks(self) -> dict[str, dict[str, int]]:
        """By the figure's code the ranks of the lines, by their key; nobody has none."""
        return {
            one.code: ranks({line.key: line.values[one.code] for line in self.lines if line.key})
            for one in self.formulas
        }


def today_of(conn: Connection, now: datetime) -> date:
    """The city's date."""
    return rules.load(conn).day(now)


def gather(conn: Connection, asked: Asked, scope: Scope, *, now: datetime) -> Evaluation | None:
    """Read it all; None where the area, department or category is none, or not to be seen."""
    city = rules.load(conn)
    today = city.day(now)
    question = _question(conn, asked, scope)
    if question is None:
        return None
    named = figures.names(conn)
    counting = in_force(formulas.all(conn), asked.period.first)
    all_of = replace(question, by="all")
    before = replace(all_of, first=asked.period.before.first, last=asked.period.before.last)

    def values(of: Question) -> dict[str, dict[str, Value]]:
        found = figures.tallies(conn, of, today=today, now=now)
        return {
            key: {one.code: value_of(one, tallies) for one in counting}
            for key, tallies in found.items()
        }

    nothing = {one.code: value_of(one, ()) for one in counting}
    return Evaluation(
        asked=asked, question=question, place=question.place,
        up=_above(conn, question.place, scope), formulas=counting,
        total=values(all_of).get("", nothing), before=values(before).get("", nothing),
        lines=_lines(conn, question, values(question), named), names=named,
        zone=city.calendar.zone, today=today, now=now, waits=facts.waits(conn),
    )  # fmt: skip


def read_behind(
    conn: Connection, found: Evaluation, formula: Formula, part: Part, key: str | None, *,
    limit: int, skip: int = 0,
) -> tuple[Behind, ...]:  # fmt: skip
    """The facts behind a number of a line (None: of the total), the latest first."""
    question = replace(found.question, by="all") if key is None else found.question
    return figures.behind(conn, question, formula, part, key or "", now=found.now, limit=limit,
                          skip=skip)  # fmt: skip


def _question(conn: Connection, asked: Asked, scope: Scope) -> Question | None:
    area_id = scope.area_id
    if asked.area is not None:
        area_id = departments.area_id_of(conn, asked.area)
        if area_id is None:
            return None
    place = figures.place(conn, area_id)
    department_id = scope.department_id
    if asked.department is not None:
        department_id = departments.id_of(conn, asked.department)
    if place is None or (asked.department is not None and department_id is None):
        return None
    if scope.department_id is not None and department_id != scope.department_id:
        return None
    if scope.area_id is not None and scope.area_id not in place.path:
        return None
    by = "cell" if asked.by == "area" and not place.children else asked.by
    return Question(
        first=asked.period.first, last=asked.period.last, place=place, by=by,
        department_id=department_id, category=asked.category,
    )  # fmt: skip


def _above(conn: Connection, place: Place, scope: Scope) -> tuple[Place, ...]:
    found = [figures.place(conn, one) for one in place.path[:-1]]
    return tuple(
        one for one in found
        if one is not None and (scope.area_id is None or scope.area_id in one.path)
    )  # fmt: skip


def _lines(
    conn: Connection, question: Question, found: Mapping[str, Mapping[str, Value]],
    named: Mapping[str, Sequence[Named]],
) -> tuple[Line, ...]:  # fmt: skip
    known = _names(conn, question, list(found), named)
    lines = [
        Line(key=key, name=known.get(key, (None, None))[0], values=values,
             code=known.get(key, (None, None))[1])
        for key, values in found.items()
    ]  # fmt: skip
    return tuple(sorted(lines, key=_order))


def _order(line: Line) -> tuple[bool, int, str]:
    """The busiest first; what is of nobody last."""
    return line.key == "", -sum(one.counted for one in line.values.values()), line.key


def _names(
    conn: Connection, question: Question, keys: list[str], named: Mapping[str, Sequence[Named]]
) -> dict[str, tuple[Words, str | None]]:
    if question.by == "area":
        return {
            str(one.area_id): (Words(zh=one.name_zh, en=one.name_en), one.code)
            for one in question.place.children
        }
    if question.by == "cell":
        ids = [int(one) for one in keys if one]
        return {key: (Words(zh=code, en=code), None)
                for key, code in figures.cells(conn, ids).items()}  # fmt: skip
    if question.by == "person":
        people = figures.people(conn, keys)
        return {key: (Words(zh=zh, en=en), None) for key, (zh, en) in people.items()}
    return {one.key: (Words(zh=one.name_zh, en=one.name_en), None) for one in named[question.by]}


def asked_from(given: Mapping[str, Any], default: Period) -> Asked:
    """A question from the fields of an address; what makes no sense is left out."""

    def text(name: str) -> str | None:
        value = given.get(name)
        return value[:64] if isinstance(value, str) and value and "\x00" not in value else None

    by = text("by")
    try:
        period = Period(
            first=date.fromisoformat(text("first") or ""),
            last=date.fromisoformat(text("last") or ""),
        )
    except ValueError:
        period = default
    return Asked(
        period=period, by=next((one for one in BYS if one == by), "department"),
        area=text("area"), department=text("department"), category=text("category"),
    )  # fmt: skip
