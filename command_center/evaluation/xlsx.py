"""The report as an XLSX file: numbers are numbers, dates are dates, and no text is a formula."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from command_center.evaluation.book import Book, head_lines
from command_center.evaluation.gather import Evaluation
from command_center.problem import Language
from command_center.views.evaluation import left_out_text, marks_text, outcome_text
from command_center.wording import words
from events.model.figure import Excused, Formula, Ground, Part, Unit, Value
from events.store.figures import Behind

Cell = str | float | int | datetime | None

_WIDE, _NARROW = 26, 13
# A sheet is one so many characters long at most, and without these.
_SHEET_NAME, _NOT_IN_NAMES = 31, str.maketrans("", "", "[]:*?/\\")


def write_xlsx(book: Book, language: Language) -> bytes:
    """The whole file. Rows are written as they come, so that a long list costs no memory."""
    content = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "remove_timezone": True}  # fmt: skip
    with xlsxwriter.Workbook(content, options) as file:
        sheets = _Sheets(file, language)
        file.set_properties({"title": words("evaluation.file_title", language)})
        _figures(sheets, book)
        for by, side in book.sides.items():
            _side(sheets, side, words(f"evaluation.by_{by}", language))
        _formulas(sheets, book.whole.formulas)
        _tickets(sheets, book)
    return content.getvalue()


class _Sheets:
    """Sheets with a frozen head; a row is written cell by cell, each as what it is."""

    def __init__(self, file: Any, language: Language) -> None:
        self.file = file
        self.language = language
        self.head = file.add_format({"bold": True, "bg_color": "#1F3A5F", "font_color": "white",
                                     "text_wrap": True, "valign": "top", "border": 1})  # fmt: skip
        self.title = file.add_format({"bold": True, "font_size": 14})
        self.share = file.add_format({"num_format": "0.0%"})
        self.few = file.add_format({"num_format": "0.0%", "font_color": "#808080"})
        self.number = file.add_format({"num_format": "#,##0"})
        self.hours = file.add_format({"num_format": "#,##0.00"})
        self.moment = file.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.day = file.add_format({"num_format": "yyyy-mm-dd"})

    def say(self, key: str, **values: object) -> str:
        return words(f"evaluation.{key}", self.language, **values)

    def add(self, name: str, heads: Sequence[str], above: Sequence[str] = ()) -> Any:
        """A sheet with lines above its head; the row to go on with is ``sheet.next_row``."""
        sheet = self.file.add_worksheet(name.translate(_NOT_IN_NAMES)[:_SHEET_NAME])
        sheet.set_column(0, 0, _WIDE)
        sheet.set_column(1, max(len(heads) - 1, 1), _NARROW)
        for row, line in enumerate(above):
            sheet.write_string(row, 0, line, self.title if row == 0 else None)
        at = len(above) + bool(above)
        for column, head in enumerate(heads):
            sheet.write_string(at, column, head, self.head)
        sheet.freeze_panes(at + 1, 1)
        sheet.next_row = at + 1
        sheet.head_row = at
        return sheet

    def write(self, sheet: Any, cells: Sequence[tuple[Cell, Any]]) -> None:
        """One row: text is written as text, whatever it begins with."""
        for column, (value, kind) in enumerate(cells):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                sheet.write_string(sheet.next_row, column, value, kind)
            elif isinstance(value, datetime):
                sheet.write_datetime(sheet.next_row, column, value, kind)
            else:
                sheet.write_number(sheet.next_row, column, value, kind)
        sheet.next_row += 1

    def format_of(self, value: Value) -> Any:
        if value.formula.unit is Unit.SHARE:
            return self.few if value.is_small else self.share
        return self.hours if value.formula.unit is Unit.HOURS else self.number


def _figures(sheets: _Sheets, book: Book) -> None:
    found = book.whole
    heads = [
        sheets.say(f"column_{one}")
        for one in ("figure", "fact", "appealed", "good", "counted", "excused", "left_out",
                    "before", "change", "version")
    ]  # fmt: skip
    above = (sheets.say("file_title"), *head_lines(found, sheets.language),
             sheets.say("sheet_note"))  # fmt: skip
    sheet = sheets.add(sheets.say("sheet_figures"), [*heads, sheets.say("column_left_out")], above)
    for formula in found.formulas:
        value, before = found.total[formula.code], found.before[formula.code]
        kind = sheets.format_of(value)
        change = None
        if value.appealed is not None and before.appealed is not None:
            change = value.appealed - before.appealed
        is_share = formula.unit is Unit.SHARE
        sheets.write(sheet, [
            (formula.name.told(sheets.language), None), (value.fact, kind),
            (value.appealed if formula.excused is not Excused.NO else None, kind),
            (value.good if is_share else None, sheets.number), (value.counted, sheets.number),
            (value.excused if formula.excused is not Excused.NO else None, sheets.number),
            (sum(value.left_out.values()), sheets.number), (before.appealed, kind),
            (change, kind), (formula.version, sheets.number),
            (left_out_text(value, sheets.language), None),
        ])  # fmt: skip


def _side(sheets: _Sheets, found: Evaluation, by: str) -> None:
    """One row per department (area, ...); four columns per share: fact, after appeals, sets."""
    order = found.ranks()
    heads = [by]
    for formula in found.formulas:
        name = formula.name.told(sheets.language)
        heads += [name, *(f"{name}: {sheets.say(f'column_{one}')}" for one in _columns(formula))]
    sheet = sheets.add(sheets.say("sheet_by", by=by), heads)
    for line in found.lines:
        cells: list[tuple[Cell, Any]] = [(line.told(sheets.language), None)]
        for formula in found.formulas:
            value = line.values[formula.code]
            cells.append((value.fact, sheets.format_of(value)))
            told: dict[str, tuple[Cell, Any]] = {
                "appealed": (value.appealed, sheets.format_of(value)),
                "good": (value.good, sheets.number), "counted": (value.counted, sheets.number),
                "rank": (order[formula.code].get(line.key), sheets.number),
            }  # fmt: skip
            cells += [told[one] for one in _columns(formula)]
        sheets.write(sheet, cells)
    if found.lines:
        sheet.autofilter(sheet.head_row, 0, sheet.next_row - 1, len(heads) - 1)


def _columns(formula: Formula) -> tuple[str, ...]:
    if formula.unit is Unit.COUNT:
        return ()
    if formula.unit is Unit.HOURS:
        return ("counted", "rank")
    return (
        *(("appealed",) if formula.excused is not Excused.NO else ()),
        "good",
        "counted",
        "rank",
    )


def _formulas(sheets: _Sheets, formulas: Sequence[Formula]) -> None:
    heads = ("figure", "version", "effective_from", "good", "counted", "ripens", "better", "source")
    sheet = sheets.add(sheets.say("sheet_formulas"), [sheets.say(f"column_{one}") for one in heads])
    for one in formulas:
        told = {"zh": (one.numerator_zh, one.denominator_zh),
                "en": (one.numerator_en, one.denominator_en)}[sheets.language]  # fmt: skip
        since = datetime(one.effective_from.year, one.effective_from.month, 1)  # noqa: DTZ001 - a cell
        sheets.write(sheet, [
            (one.name.told(sheets.language), None), (one.version, sheets.number),
            (since, sheets.day), (told[0], None), (told[1], None),
            (None if one.ripens is None else one.ripens.days, sheets.number),
            (sheets.say(f"better_{one.better}"), None), (f"{one.source} ({one.pack})", None),
        ])  # fmt: skip


def _tickets(sheets: _Sheets, book: Book) -> None:
    """Every fact once, and what it counts as in each figure: 1 numerator, 0 denominator."""
    formulas = book.whole.formulas
    heads = [sheets.say(f"column_{one}") for one in (
        "ground", "number", "title", "category", "area", "cell", "department", "crew", "person",
        "at", "outcome", "marks", "hours", "appeal")]  # fmt: skip
    heads += [one.name.told(sheets.language) for one in formulas]
    above = []
    if book.listed < book.of:
        above = [sheets.say("cut", most=f"{book.listed:,}", n=f"{book.of:,}")]
    sheet = sheets.add(sheets.say("sheet_tickets"), heads, above)
    for ground, facts in book.tickets.items():
        for one in facts:
            sheets.write(sheet, _ticket(sheets, book, ground, one))
    if book.listed:
        sheet.autofilter(sheet.head_row, 0, sheet.next_row - 1, len(heads) - 1)


def _ticket(sheets: _Sheets, book: Book, ground: Ground, one: Behind) -> list[tuple[Cell, Any]]:
    language = sheets.language

    def named(field: str) -> str | None:
        text: str | None = getattr(one, f"{field}_{language}")
        return text

    def person(key: str | None) -> str:
        names = book.names.get(key or "")
        return (key or "") if names is None else names[language == "en"]

    appeal = ""
    if one.asked_by is not None:
        steps = [sheets.say("approval", by=person(str(step["by"])), why=step.get("why") or "")
                 for step in one.approvals]  # fmt: skip
        appeal = "\n".join([sheets.say("appeal", asked_by=person(one.asked_by), reason=one.reason),
                            *steps])  # fmt: skip
    text = (
        sheets.say(f"ground_{ground}"), one.number, named("title"), named("category_name"),
        named("area_name"), one.cell_code, named("department_name"), named("crew_name"),
        person(one.person),
    )  # fmt: skip
    return [
        *((value, None) for value in text),
        (one.at.astimezone(book.whole.zone), sheets.moment),
        (outcome_text(one.outcome, language), None), (marks_text(one.marks, language), None),
        (None if one.seconds is None else one.seconds / 3_600, sheets.hours), (appeal, None),
        *((_counts_as(formula, ground, one), sheets.number) for formula in book.whole.formulas),
    ]  # fmt: skip


def _counts_as(formula: Formula, ground: Ground, one: Behind) -> int | None:
    if formula.ground is not ground or not formula.holds(Part.COUNTED, one.outcome, one.marks):
        return None
    return int(formula.holds(Part.GOOD, one.outcome, one.marks))
