"""Duties for people: rules, versions, what a check and a back-test found, as lines and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.views.moments import clock_text
from command_center.views.story import joined, titled
from command_center.wording import words
from events.model.category import Category
from events.model.duty import DutyRule
from events.model.duty_version import DUTY_STAGE_WORDS, DutyVersion
from events.model.routing import Candidate

Json = dict[str, Any]


def matter(rule: DutyRule, categories: Mapping[str, Category], language: Language) -> str:
    """What a rule is about."""
    if rule.category_code is not None:
        known = categories.get(rule.category_code)
        return rule.category_code if known is None else titled(known, "name", language)
    for key, code in (("family", rule.family), ("layer", rule.layer)):
        if code is not None:
            held = [one for one in categories.values() if getattr(one, key) == code]
            about = "" if not held else titled(held[0], "name", language)
            if len(held) > 1:
                about = words("duties.and_more", language, name=about, n=len(held) - 1)
            return joined([about, words(f"duties.{key}", language, name=code)])
    return words("duties.everything", language)


def place(one: Candidate, language: Language) -> str:
    """Where a rule holds."""
    if one.rule.area_code is None:
        return words("duties.everywhere", language)
    return titled(one, "area_name", language) or one.rule.area_code


def department(one: Candidate, language: Language) -> str:
    """Who answers by a rule."""
    return titled(one, "department_name", language) or one.rule.department_code


def conditions(rule: DutyRule, language: Language) -> str:
    """What must hold beside, "" for nothing."""
    mark = "；" if language == "zh" else "; "
    return mark.join(one.told(language) for one in rule.when.told())


def stage(one: DutyVersion, now: datetime, language: Language) -> str:
    """How far a version is."""
    return DUTY_STAGE_WORDS[one.stage(now)].told(language)


def title(one: DutyVersion, now: datetime, language: Language) -> str:
    """A version in a few words."""
    name = words("duties.version", language, n=one.version)
    return joined([name, stage(one, now, language)])


def story(one: DutyVersion, zone: ZoneInfo, now: datetime, language: Language) -> list[str]:
    """Who did what with a version, when and why."""

    def said(key: str, at: datetime | None, who: str | None, why: str | None) -> str:
        return joined([
            words(f"duties.{key}", language, at=clock_text(at, zone, now=now),
                  who=(who or "").removeprefix("account:")), why or "",
        ])  # fmt: skip

    found = [said("made", one.made_at, one.made_by, one.note)]
    if one.proposed_at is not None:
        found.append(said("proposed", one.proposed_at, one.proposed_by, one.proposed_why))
        if one.accepted:
            found.append(words("duties.accepted", language, why=one.accepted))
    if one.effective_from is not None:
        found.append(said("activated", one.activated_at, one.activated_by, None))
        at = clock_text(one.effective_from, zone, now=now)
        found.append(words("duties.from", language, at=at))
    elif one.proposed_from is not None:
        at = clock_text(one.proposed_from, zone, now=now)
        found.append(words("duties.from_wanted", language, at=at))
    if one.discarded_at is not None:
        found.append(said("discarded", one.discarded_at, one.discarded_by, one.discarded_why))
    return found


def backtest_lines(result: Mapping[str, Any], language: Language) -> list[str]:
    """The figures of a back-test in sentences."""
    values = {
        "tickets": f"{result['tickets']:,}", "moved": f"{result['moved']:,}",
        "share": percent(result["moved"], result["tickets"]), "solved": f"{result['solved']:,}",
        "before": accuracy(result["accuracy_before"]), "after": accuracy(result["accuracy_after"]),
        "better": f"{result['better']:,}", "worse": f"{result['worse']:,}",
        "nobody_before": f"{result['nobody_before']:,}",
        "nobody_after": f"{result['nobody_after']:,}",
        "version": result["version"], "against": result["against"],
    }  # fmt: skip
    keys = ["bt_moved", "bt_accuracy", "bt_verdicts"]
    if result["nobody_before"] or result["nobody_after"]:
        keys.append("bt_nobody")
    if not result["tickets"]:
        keys = ["bt_none"]
    return [words(f"duties.{key}", language, **values) for key in keys]


def load_rows(
    result: Mapping[str, Any], names: Mapping[str, tuple[str, str]], language: Language
) -> list[tuple[str, int, int, int]]:
    """Each department with its tickets before, after, and those it solved; what changes first."""
    ordered = sorted(result["load"], key=lambda one: -abs(one["after"] - one["before"]))
    return [
        (who(one["department"], names, language), one["before"], one["after"], one["solved"])
        for one in ordered
    ]


def flow_rows(
    result: Mapping[str, Any], names: Mapping[str, tuple[str, str]], language: Language
) -> list[tuple[str, str, int]]:
    """From which department to which how many tickets would go."""
    return [
        (who(one["from"], names, language), who(one["to"], names, language), one["tickets"])
        for one in result["flows"]
    ]


def added(rules: Iterable[Candidate], others: Iterable[Candidate]) -> list[Candidate]:
    """The rules that are not among the others, wherever these stand."""
    known = Counter(_said(one.rule) for one in others)
    found = []
    for one in rules:
        key = _said(one.rule)
        if known[key]:
            known[key] -= 1
        else:
            found.append(one)
    return found


def _said(rule: DutyRule) -> DutyRule:
    """What a rule says, without its place and its note."""
    return replace(rule, position=1, note="")


def line(one: Candidate, categories: Mapping[str, Category], language: Language) -> str:
    """A rule in one line."""
    about = joined([matter(one.rule, categories, language), place(one, language),
                    conditions(one.rule, language)])  # fmt: skip
    return f"{about} → {department(one, language)}"


def idle_rules(result: Mapping[str, Any], rules: Sequence[DutyRule]) -> list[int]:
    """Rules that would have decided nothing."""
    used = {one["rule"] for one in result["rules"]}
    return [one.position for one in rules if one.position not in used]


def who(code: str | None, names: Mapping[str, tuple[str, str]], language: Language) -> str:
    """A department by its code; nobody for None."""
    if code is None:
        return words("duties.nobody", language)
    zh, en = names.get(code, (code, code))
    return zh if language == "zh" else en


def accuracy(share: float | None) -> str:
    """A share as people read it."""
    return "–" if share is None else f"{share:.1%}"


def percent(part: int, whole: int) -> str:
    """A part of a whole; what is not nothing does not look like it."""
    if not whole:
        return "–"
    return f"{max(part / whole, 0.001 if part else 0.0):.1%}"
