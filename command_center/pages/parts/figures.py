"""The tables of the evaluation: every figure of a span, and the same side by side."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from command_center.evaluation.gather import Evaluation, Line
from command_center.pages.parts.told import aria, data
from command_center.problem import Language
from command_center.views.evaluation import (
    NOTHING,
    address,
    change_text,
    formula_text,
    left_out_text,
    number_text,
    ripens_text,
    version_text,
)
from command_center.wording import words
from events.model.figure import Excused, Formula, Part, Unit, Value

_HEADS = ("figure", "fact", "appealed", "good", "counted", "left_out", "before", "change",
          "formula")  # fmt: skip


def figures_part(found: Evaluation, query: Mapping[str, object], language: Language) -> Component:
    """Every figure of the whole: fact and appealed value, its sets, the period before."""
    before = str(found.asked.period.before)
    heads = [
        html.Th(
            [
                words(f"evaluation.column_{one}", language),
                html.Small(before if one == "before" else None),
            ],
            scope="col",
        )
        for one in _HEADS
    ]
    lines = [_figure(one, found, query, language) for one in found.formulas]
    return _table([html.Thead(html.Tr(heads)), html.Tbody(lines)],
                  words("evaluation.figures", language), "figures")  # fmt: skip


def _figure(
    formula: Formula, found: Evaluation, query: Mapping[str, object], language: Language
) -> Component:
    value, before = found.total[formula.code], found.before[formula.code]
    change, tone = change_text(value, before, language)
    counts = formula.unit is not Unit.SHARE
    appealed: list[Component | str] = []
    if formula.excused is not Excused.NO and value.counted:
        shown = number_text(formula, value.appealed, language)
        appealed = [shown]
        if value.excused:
            linked = _linked(f"{value.excused:,}", formula, Part.EXCUSED, query)
            appealed = [shown, " (", linked, ")"]
    cells = [
        html.Td(_fact(value, query, language), className="fact"),
        html.Td(appealed),
        html.Td(None if counts else _count(value.good, formula, Part.GOOD, query)),
        html.Td(_count(value.counted, formula, Part.COUNTED, query)),
        html.Td(_count(sum(value.left_out.values()), formula, Part.LEFT_OUT, query),
                title=left_out_text(value, language)),
        html.Td(number_text(formula, before.appealed, language)),
        html.Td(change, className=tone),
        html.Td(
            [
                html.Span(formula_text(formula, language)),
                html.Small(f"v{formula.version}", title=version_text(formula, language)),
                html.Small(ripens_text(formula, language)),
            ],
            className="formula",
        ),
    ]  # fmt: skip
    name = html.Th(formula.name.told(language), scope="row")
    return html.Tr([name, *cells], **data(figure=formula.code))


def _fact(value: Value, query: Mapping[str, object], language: Language) -> Component:
    text = number_text(value.formula, value.fact, language)
    if not value.counted:
        return html.Span(text)
    return _linked(text, value.formula, value.formula.opens, query)


def _count(
    number: int, formula: Formula, part: Part, query: Mapping[str, object]
) -> Component | str:
    return _linked(f"{number:,}", formula, part, query) if number else "0"


def _linked(
    text: str, formula: Formula, part: Part, query: Mapping[str, object], key: str | None = None
) -> Component:
    return html.A(text, href=address(query, figure=formula.code, part=part.value, key=key))


def compared_part(found: Evaluation, query: Mapping[str, object], language: Language) -> Component:
    """The figures of each department, area, crew, category or person, with their ranks."""
    by = words(f"evaluation.by_{found.question.by}", language)
    if not found.lines:
        return html.P(words("evaluation.nothing", language), className="cc-empty")
    order = found.ranks()
    heads = [html.Th(by, scope="col")] + [
        html.Th(one.name.told(language), scope="col", title=formula_text(one, language))
        for one in found.formulas
    ]
    lines = [
        html.Tr(
            [
                html.Th(_name(line, query, language), scope="row"),
                *(_cell(line, one, order[one.code].get(line.key), query, language)
                  for one in found.formulas),
            ],
            **data(key=line.key),
        )
        for line in found.lines
    ]  # fmt: skip
    label = words("evaluation.compared", language, by=by)
    return _table([html.Thead(html.Tr(heads)), html.Tbody(lines)], label, "compared")


def _name(line: Line, query: Mapping[str, object], language: Language) -> Component | str:
    name = line.told(language)
    return name if line.code is None else html.A(name, href=address(query, area=line.code))


def _cell(
    line: Line, formula: Formula, rank: int | None, query: Mapping[str, object], language: Language
) -> Component:
    value = line.values[formula.code]
    if not value.counted:
        return html.Td(NOTHING, className="none")
    text = number_text(formula, value.fact, language)
    parts: list[Component | str] = [_linked(text, formula, formula.opens, query, line.key)]
    told = words("evaluation.few", language, n=formula.least) if value.is_small else None
    if value.appealed != value.fact:
        parts.append(html.Small(f"→ {number_text(formula, value.appealed, language)}"))
    if formula.unit is not Unit.COUNT:
        above = f"{value.good:,}/" if formula.unit is Unit.SHARE else ""
        parts.append(html.Small(f"{above}{value.counted:,}"))
    if rank is not None:
        parts.append(html.Small(f"#{rank}", className="rank",
                                title=words("evaluation.rank_of", language, n=rank)))  # fmt: skip
    small = value.is_small and formula.unit is not Unit.COUNT
    return html.Td(parts, className="few" if small else "", title=told if small else None)


def _table(content: list[Component], label: str, kind: str) -> Component:
    table = html.Table(content, className=f"cc-table {kind}", **aria(label=label))
    return html.Div(table, className="cc-table-box" if kind == "figures" else "cc-table-box tall")
