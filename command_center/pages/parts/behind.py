"""The tickets behind a number of the evaluation, with what became of each and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.evaluation.gather import Evaluation, Line, read_behind
from command_center.pages.parts.told import aria, data
from command_center.problem import Language
from command_center.views.evaluation import (
    address,
    formula_text,
    left_out_text,
    marks_text,
    number_text,
    outcome_text,
    version_text,
)
from command_center.views.moments import span_text
from command_center.wording import words
from events.model.figure import Formula, Part, Unit, Value, value_of
from events.store import figures
from events.store.figures import Behind

_PER_PAGE = 100
_HEADS = ("ticket", "place", "who", "at", "outcome", "marks", "took", "appeal")


def behind_part(
    conn: Connection, found: Evaluation, formula: Formula, query: Mapping[str, str],
    language: Language,
) -> list[Component]:  # fmt: skip
    """The page of a number: its formula, its sets, and the tickets of the one that is asked for."""
    key = query.get("key")
    line = next((one for one in found.lines if one.key == key), None)
    value = found.total[formula.code]
    if key is not None:
        value = line.values[formula.code] if line is not None else value_of(formula, ())
    part = next((one for one in Part if one.value == query.get("part")), formula.opens)
    count = count_of(value, part)
    skip = _skip(query.get("skip"), count)
    rows = read_behind(conn, found, formula, part, key, limit=_PER_PAGE, skip=skip)
    people = figures.people(conn, _actors(rows))
    names = {one: (zh if language == "zh" else en) for one, (zh, en) in people.items()}
    return [
        _head(found, formula, value, line, query, language),
        _parts(value, part, query, language),
        _list(rows, found, names, language),
        _pager(count, skip, query, language),
    ]


def count_of(value: Value, part: Part) -> int:
    """How many facts a part of a value has: as many as its list."""
    return {
        Part.COUNTED: value.counted,
        Part.GOOD: value.good,
        Part.REST: value.counted - value.good,
        Part.EXCUSED: value.excused,
        Part.LEFT_OUT: sum(value.left_out.values()),
    }[part]


def _skip(given: str | None, count: int) -> int:
    wanted = int(given) if given is not None and given.isdecimal() and len(given) < 9 else 0
    return min(wanted, max(count - 1, 0)) // _PER_PAGE * _PER_PAGE


def _head(
    found: Evaluation, formula: Formula, value: Value, line: Line | None,
    query: Mapping[str, object], language: Language,
) -> Component:  # fmt: skip
    place = getattr(found.place, f"name_{language}")
    told = [str(found.asked.period), place]
    if line is not None:
        told.append(line.told(language))
    numbers = number_text(formula, value.fact, language)
    if value.appealed != value.fact:
        appealed = number_text(formula, value.appealed, language)
        numbers += f" → {appealed} ({words('evaluation.column_appealed', language)})"
    back = address(query, figure=None, part=None, key=None, skip=None)
    return html.Header(
        [
            html.A(f"← {words('evaluation.back', language)}", href=back),
            html.H2([formula.name.told(language), html.B(numbers)]),
            html.P(" · ".join(told)),
            html.P(f"{formula_text(formula, language)} · {version_text(formula, language)}",
                   className="cc-note"),
        ],
        className="cc-behind",
    )  # fmt: skip


def _parts(value: Value, here: Part, query: Mapping[str, object], language: Language) -> Component:
    """The sets of the figure, each with its count."""
    formula = value.formula
    shown = {
        Unit.SHARE: tuple(Part),
        Unit.COUNT: (Part.GOOD, Part.REST, Part.LEFT_OUT),
        Unit.HOURS: (Part.COUNTED, Part.LEFT_OUT),
    }[formula.unit]
    what = {
        Part.COUNTED: getattr(formula, f"denominator_{language}"),
        Part.GOOD: getattr(formula, f"numerator_{language}"),
    }
    chips = [
        html.A(
            [words(f"evaluation.part_{one}", language, what=what.get(one, "")),
             html.B(f"{count_of(value, one):,}")],
            href=address(query, part=one.value, skip=None),
            className="chip here" if one is here else "chip",
            **(aria(current="true") if one is here else {}),
            **data(part=one.value),
        )
        for one in shown
        if one in (formula.opens, here) or count_of(value, one)
    ]  # fmt: skip
    reasons = left_out_text(value, language) if here is Part.LEFT_OUT else ""
    return html.Nav(
        [html.Span(chips, className="cc-chips"), html.P(reasons, className="cc-note")],
        **aria(label=words("evaluation.figures", language)),
    )


def _list(
    rows: tuple[Behind, ...], found: Evaluation, names: Mapping[str, str], language: Language
) -> Component:
    heads = [html.Th(words(f"evaluation.column_{one}", language), scope="col") for one in _HEADS]
    body = html.Tbody([_row(one, found, names, language) for one in rows])
    table = html.Table([html.Thead(html.Tr(heads)), body], className="cc-table behind",
                       **aria(label=words("evaluation.list", language)))  # fmt: skip
    return html.Div(table, className="cc-table-box tall")


def _row(one: Behind, found: Evaluation, names: Mapping[str, str], language: Language) -> Component:
    def named(field: str) -> str:
        return str(getattr(one, f"{field}_{language}") or "")

    title = [html.A(one.number, href=f"/desk?ticket={one.number}"), html.Small(named("title"))]
    person = "" if one.person is None else names.get(one.person, one.person)
    who: list[Component | str] = [named("department_name"), html.Small(" · ".join(
        part for part in (named("crew_name"), person) if part))]  # fmt: skip
    place: list[Component | str] = [named("area_name"), html.Small(one.cell_code)]
    lines: list[Component] = [html.P(line) for line in appeal_lines(one, names, language)]
    took = "" if one.seconds is None else span_text(timedelta(seconds=one.seconds), language)
    return html.Tr(
        [
            html.Th(title, scope="row"), html.Td(place), html.Td(who),
            html.Td(one.at.astimezone(found.zone).strftime("%Y-%m-%d %H:%M")),
            html.Td(outcome_text(one.outcome, language)),
            html.Td(marks_text(one.marks, language)), html.Td(took),
            html.Td(lines),
        ],
        **data(ticket=one.number),
    )  # fmt: skip


def appeal_lines(one: Behind, names: Mapping[str, str], language: Language) -> list[str]:
    """Who appealed and why, and who approved on each level and why; nothing without an appeal."""
    if one.asked_by is None:
        return []
    asked_by = names.get(one.asked_by, one.asked_by)
    lines = [words("evaluation.appeal", language, asked_by=asked_by, reason=one.reason)]
    for step in one.approvals:
        by = names.get(str(step["by"]), str(step["by"]))
        lines.append(words("evaluation.approval", language, by=by, why=step.get("why") or ""))
    return lines


def _actors(rows: tuple[Behind, ...]) -> list[str]:
    found = {one.person for one in rows} | {one.asked_by for one in rows}
    found |= {str(step["by"]) for one in rows for step in one.approvals}
    return sorted(one for one in found if one is not None)


def _pager(count: int, skip: int, query: Mapping[str, object], language: Language) -> Component:
    last = min(skip + _PER_PAGE, count)
    told = words("evaluation.shown", language, first=f"{min(skip + 1, count):,}", last=f"{last:,}",
                 n=f"{count:,}")  # fmt: skip
    links = []
    if skip:
        links.append(html.A(words("evaluation.earlier", language), className="cc-button",
                            href=address(query, skip=skip - _PER_PAGE)))  # fmt: skip
    if last < count:
        links.append(html.A(words("evaluation.later", language), className="cc-button",
                            href=address(query, skip=skip + _PER_PAGE)))  # fmt: skip
    return html.Nav([html.P(told, className="cc-note", role="status"), *links],
                    className="cc-pager")  # fmt: skip
