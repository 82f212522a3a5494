"""The report as a PDF file, made without a browser; the font's used part is inside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from command_center.evaluation.book import Book, head_lines, scope_text
from command_center.evaluation.gather import Evaluation
from command_center.problem import Language, Problem
from command_center.views.evaluation import (
    NOTHING,
    change_text,
    formula_text,
    left_out_text,
    number_text,
    ripens_text,
    version_text,
)
from command_center.wording import words
from events.model.figure import Excused, Formula, Unit, Value

_FONTS = Path("/usr/share/fonts/truetype")
# The first that is there; `scripts/setup` installs the first.
_KNOWN = ("wqy/wqy-microhei.ttc", "wqy/wqy-zenhei.ttc", "droid/DroidSansFallbackFull.ttf")
_FONT = "report"
_DARK, _LIGHT, _LINE = (
    colors.HexColor("#1F3A5F"),
    colors.HexColor("#F3F6FA"),
    colors.HexColor("#C5CEDA"),
)
_GREY = colors.HexColor("#7A8698")
_MARGIN = 14 * mm
# So many figures stand side by side on a page.
_ABREAST = 10


def write_pdf(book: Book, language: Language) -> bytes:
    """The whole file. Raises Problem where the machine has no font for it."""
    _font()
    content = BytesIO()
    title = words("evaluation.file_title", language)
    document = SimpleDocTemplate(
        content, pagesize=landscape(A4), leftMargin=_MARGIN, rightMargin=_MARGIN,
        topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=f"{title} {book.whole.asked.period}", author=scope_text(book.whole, language),
        lang="zh-CN" if language == "zh" else "en",
    )  # fmt: skip
    told = f"{title} · {scope_text(book.whole, language)} · {book.whole.asked.period}"

    def number_page(canvas: Any, page: Any) -> None:
        canvas.setFont(_FONT, 7.5)
        canvas.setFillColor(_GREY)
        canvas.drawString(_MARGIN, 8 * mm, told)
        number = words("evaluation.page_of", language, n=page.page)
        canvas.drawRightString(landscape(A4)[0] - _MARGIN, 8 * mm, number)

    document.build(_story(book, language), onFirstPage=number_page, onLaterPages=number_page)
    return content.getvalue()


@cache
def _font() -> None:
    """Make the font known, once; only the signs that are used get into a file."""
    found = next((path for name in _KNOWN if (path := _FONTS / name).exists()), None)
    if found is None:
        raise Problem(
            zh="没有可用的中文字体：请安装 fonts-wqy-microhei（或再运行一次 scripts/setup）。",
            en="There is no font for Chinese: install fonts-wqy-microhei (or run scripts/setup).",
        )
    pdfmetrics.registerFont(TTFont(_FONT, str(found)))


def _story(book: Book, language: Language) -> list[Flowable]:
    found = book.whole
    story: list[Flowable] = [_text(words("evaluation.file_title", language), size=18, color=_DARK)]
    story += [_text(line, color=_GREY) for line in head_lines(found, language)]
    story += [Spacer(1, 4 * mm), _figures(found, language)]
    for by, side in book.sides.items():
        if side.lines:
            name = words(f"evaluation.by_{by}", language)
            story += [PageBreak(), *_sides(side, name, language)]
    head = _text(words("evaluation.sheet_formulas", language), size=13, color=_DARK)
    story += [PageBreak(), head]
    story += [KeepTogether(_formula(one, language)) for one in found.formulas]
    return story


def _text(text: str, *, size: float = 8.5, color: Any = colors.black, right: bool = False) -> Any:
    style = ParagraphStyle(
        "text", fontName=_FONT, fontSize=size, leading=size * 1.35, textColor=color,
        wordWrap="CJK", alignment=2 if right else 0, spaceAfter=size * 0.15,
    )  # fmt: skip
    # what people wrote is text, not markup
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def _figures(found: Evaluation, language: Language) -> Table:
    heads = [
        words(f"evaluation.column_{one}", language)
        for one in ("figure", "fact", "appealed", "good", "counted", "left_out", "before", "change")
    ]
    rows = []
    for formula in found.formulas:
        value, before = found.total[formula.code], found.before[formula.code]
        is_share, is_excused = formula.unit is Unit.SHARE, formula.excused is not Excused.NO
        left = f"{sum(value.left_out.values()):,}"
        why = left_out_text(value, language)
        rows.append([
            _text(formula.name.told(language)),
            *(_text(one, right=True) for one in (
                number_text(formula, value.fact, language),
                number_text(formula, value.appealed, language) if is_excused else "",
                f"{value.good:,}" if is_share else "", f"{value.counted:,}",
                f"{left}\n{why}" if why else left,
                number_text(formula, before.appealed, language),
                change_text(value, before, language)[0],
            )),
        ])  # fmt: skip
    return _table(heads, rows, [52, 24, 26, 24, 24, 58, 34, 26])


def _sides(found: Evaluation, by: str, language: Language) -> list[Flowable]:
    """Tables of so many figures as fit side by side."""
    order = found.ranks()
    title = words("evaluation.compared", language, by=by)
    story: list[Flowable] = []
    for begin in range(0, len(found.formulas), _ABREAST):
        some = found.formulas[begin : begin + _ABREAST]
        rows = [
            [_text(line.told(language), size=7.5),
             *(_side_cell(line.values[one.code], order[one.code].get(line.key), language)
               for one in some)]
            for line in found.lines
        ]  # fmt: skip
        heads = [by, *(one.name.told(language) for one in some)]
        widths = [44.0, *[22.4] * len(some)]
        story += [_text(title, size=13, color=_DARK), Spacer(1, 2 * mm),
                  _table(heads, rows, widths, size=7.0), Spacer(1, 5 * mm)]  # fmt: skip
    return story


def _side_cell(value: Value, rank: int | None, language: Language) -> Any:
    if not value.counted:
        return _text(NOTHING, size=7.5, color=_GREY, right=True)
    formula = value.formula
    text = number_text(formula, value.fact, language)
    if value.appealed != value.fact:
        text += f" → {number_text(formula, value.appealed, language)}"
    if formula.unit is not Unit.COUNT:
        above = f"{value.good:,}/" if formula.unit is Unit.SHARE else ""
        text += f"\n{above}{value.counted:,}" + (f"  #{rank}" if rank is not None else "")
    small = value.is_small and formula.unit is not Unit.COUNT
    return _text(text, size=7.5, color=_GREY if small else colors.black, right=True)


def _formula(formula: Formula, language: Language) -> list[Flowable]:
    told = [version_text(formula, language), ripens_text(formula, language)]
    return [
        _text(f"{formula.name.told(language)} = {formula_text(formula, language)}", size=9),
        _text(" · ".join(one for one in told if one), size=7.5, color=_GREY),
        Spacer(1, 1.5 * mm),
    ]


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float], *,
    size: float = 8.0,
) -> Table:  # fmt: skip
    """A table whose head is there again on each page; ``widths`` in mm."""
    first = [
        _text(head, size=size, color=colors.white, right=n > 0) for n, head in enumerate(heads)
    ]
    style = [
        ("BACKGROUND", (0, 0), (-1, 0), _DARK), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, _LIGHT]),
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]  # fmt: skip
    return Table([first, *rows], colWidths=[one * mm for one in widths], repeatRows=1, style=style)
