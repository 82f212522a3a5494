"""The evaluation for people: numbers as text, what changed, why something was left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from command_center.problem import Language
from command_center.views.moments import span_text
from command_center.wording import words
from events.model.figure import Better, Formula, Mark, Unit, Value

NOTHING = "–"
# What a fact's mark is called in the wording; those that people look for in a list.
_TOLD = (Mark.EXEMPTED, Mark.EXTENDED, Mark.SUSPENDED, Mark.REWORKED, Mark.RELAPSED, Mark.REOPENED,
         Mark.UNSOLVED, Mark.SATISFIED)  # fmt: skip


def number_text(formula: Formula, value: float | None, language: Language) -> str:
    """A value of a figure: "98.5 %", "1,204", "2 h 05 min"; a dash where there is none."""
    if value is None:
        return NOTHING
    if formula.unit is Unit.COUNT:
        return f"{value:,.0f}"
    if formula.unit is Unit.HOURS:
        return span_text(timedelta(hours=value), language)
    # 99.96 % must not look like all of it, nor 0.04 % like nothing
    shown = value if value in (0.0, 1.0) else min(max(value, 0.001), 0.999)
    return f"{shown:.1%}"


def change_text(now: Value, before: Value, language: Language) -> tuple[str, str]:
    """How the appealed value moved since the period before, and whether that is good.

    ("+2.1 pp", "up"), ("−3", ""), ("", "") where one of them has none.
    """
    here, there = now.appealed, before.appealed
    if here is None or there is None:
        return "", ""
    formula = now.formula
    difference = here - there
    if formula.unit is Unit.SHARE:
        told = words("evaluation.points", language, n=f"{100 * abs(difference):.1f}")
        same = abs(difference) < 0.0005
    elif formula.unit is Unit.HOURS:
        told = span_text(timedelta(hours=abs(difference)), language)
        same = abs(difference) < 1 / 60
    else:
        told, same = f"{abs(difference):,.0f}", difference == 0
    if same:
        return words("evaluation.same", language), ""
    sign = "+" if difference > 0 else "−"
    good = (difference > 0) is (formula.better is Better.MORE)
    tone = "" if formula.better is Better.NEITHER else "better" if good else "worse"
    return f"{sign}{told}", tone


def formula_text(formula: Formula, language: Language) -> str:
    """The formula in words: "disposed in time ÷ due for disposal"."""
    above = formula.numerator_zh if language == "zh" else formula.numerator_en
    below = formula.denominator_zh if language == "zh" else formula.denominator_en
    return above if formula.unit is Unit.COUNT else f"{above} ÷ {below}"


def version_text(formula: Formula, language: Language) -> str:
    """Which version counted, since when, and where it comes from."""
    return words(
        "evaluation.version", language, n=formula.version, day=formula.effective_from.isoformat(),
        source=formula.source, pack=formula.pack,
    )  # fmt: skip


def ripens_text(formula: Formula, language: Language) -> str:
    """For how long after its period the value may still change; "" where it is final."""
    if formula.ripens is None:
        return ""
    return words("evaluation.ripens", language, n=formula.ripens.days)


def outcome_text(outcome: str, language: Language) -> str:
    """What became of a fact, or why it was left out."""
    return words(f"evaluation.outcome_{outcome}", language)


def left_out_text(value: Value, language: Language) -> str:
    """How many were left out and why: "handed back 3, merged 1"; "" for none."""
    told = [f"{outcome_text(why, language)} {count:,}" for why, count in value.left_out.items()]
    return words("evaluation.list_comma", language).join(told)


def marks_text(marks: int, language: Language) -> str:
    """What else is true of a fact: "extended, reworked"; "" for nothing."""
    told = [outcome_text(str(one.name).lower(), language) for one in _TOLD if marks & one]
    return words("evaluation.list_comma", language).join(told)


def address(query: Mapping[str, object], **changes: object) -> str:
    """The address of the page with ``query`` and what changes of it; None takes a field away."""
    fields = {key: value for key, value in {**query, **changes}.items() if value is not None}
    return f"/evaluation?{urlencode(fields)}"
