"""Projects for people: rows of the list, the way of one, its classes, its history, its actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.views.moments import clock_text, span_text
from command_center.views.story import Line, Names, actor_name, titled
from command_center.wording import words
from events.model.actor import Actor
from events.model.ledger import LedgerEntry
from events.model.project_reason import PROJECT_SENTENCES
from events.model.projects.access import verbs_for
from events.model.projects.project import Parts, Project
from events.model.projects.proof import AHEAD, check_list
from events.model.projects.stage import (
    KIND_WORDS,
    Kind,
    Stage,
    Verb,
    stage_words,
    verb_words,
    way_of,
)
from events.model.projects.words import class_words
from events.model.projects.workflow import MOVES
from layers.contract import Layer, ProjectStage

Json = dict[str, Any]

SHOWS = ("live", "late", "decide", "over", "all")
# What waits for somebody else than who asked.
DECIDED = (Stage.ACCEPT, Stage.EXCLUDING)
_MAIN = frozenset({*AHEAD, Verb.CONFIRM})


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What the list looks at; None: no matter."""

    show: str = "live"
    kind: str | None = None
    stage: str | None = None
    department_id: int | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One stage of the way: ``look`` is done, now, wait or off (it went another way)."""

    stage: Stage
    name: str
    at: str
    look: str


def filters_of(query: Mapping[str, str]) -> Filters:
    """The filters that an address asks for; what makes no sense is left out."""
    show, kind, stage = query.get("show", ""), query.get("kind", ""), query.get("stage", "")
    number = query.get("department", "")
    otherwise = "all" if stage in set(Stage) or query.get("q") else "live"
    return Filters(
        show=show if show in SHOWS else otherwise,
        kind=kind if kind in set(Kind) else None,
        stage=stage if stage in set(Stage) else None,
        department_id=int(number) if number.isdecimal() and len(number) < 10 else None,
        text=(query.get("q") or "")[:100] or None,
    )


def looks(layers: Iterable[Layer]) -> dict[str, ProjectStage]:
    """How each stage is drawn: as the layer that shows projects says."""
    return {stage.code: stage for layer in layers for stage in layer.projects}


def mark(look: ProjectStage | None, language: Language, *, late: bool) -> Json | None:
    """A stage's mark for the browser's components."""
    if look is None:
        return None
    sign = look.sign.told(language)
    return {"shape": str(look.shape), "colour": look.colour, "sign": sign, "late": late}


def strip(
    looks: Mapping[str, ProjectStage],
    counted: Iterable[tuple[Kind, Stage, int, int, int]],
    language: Language,
    *,
    kind: Kind | None,
    department_id: int | None,
) -> list[Json]:
    """How many projects are in each stage (of a kind, of a department), for ``Stages``."""
    found: dict[str, list[int]] = {code: [0, 0] for code in looks}
    for its_kind, stage, owner, number, late in counted:
        if stage in found and kind in (None, its_kind) and department_id in (None, owner):
            found[stage][0] += number
            found[stage][1] += late
    return [
        {"value": code, "label": look.names.told(language), "count": found[code][0],
         "late": found[code][1], "mark": mark(look, language, late=False),
         "hint": look.names.told(language)}
        for code, look in looks.items()
    ]  # fmt: skip


def row(
    project: Project, look: ProjectStage | None, language: Language, zone: ZoneInfo, now: datetime
) -> Json:
    """A project as a row of the component ``Rows``."""
    late = project.is_late(now)
    return {
        "id": project.number,
        "cells": [
            {"text": titled(project, "name", language), "sub": project.number, "strong": True,
             "mark": mark(look, language, late=late)},
            {"text": stage_words(project.kind, project.stage).told(language),
             "sub": KIND_WORDS[project.kind].told(language)},
            {"text": titled(project, "department_name", language),
             "sub": titled(project, "area_name", language)},
            {"text": quality(project, language)},
            {"text": due_text(project, language, zone, now), "tone": "bad" if late else ""},
            {"text": clock_text(project.updated_at, zone, now=now)},
        ],
    }  # fmt: skip


def quality(project: Project, language: Language) -> str:
    """Before and after in one line: classes of water, or how often it comes."""
    if project.kind is Kind.ROOT_CAUSE:
        result = project.result or {"before": project.opened_why.get("rate")}
        return _arrow([rate_text(result.get("before")), rate_text(result.get("after"))])
    classes = (project.before_class, project.after_class)
    told = [None if one is None else class_words(one).told(language) for one in classes]
    return _arrow(told)


def _arrow(ends: list[str | None]) -> str:
    return "–" if ends == [None, None] else " → ".join(one or "…" for one in ends)


def rate_text(rate: Any) -> str | None:
    """A rate as people read it; None where there is none yet."""
    return None if rate is None else f"{float(rate):.1f}"


def due_text(project: Project, language: Language, zone: ZoneInfo, now: datetime) -> str:
    """Until when its stage has time, or since when it is late."""
    if not project.is_live:
        return "–"
    if project.due_at is None:
        until = clock_text(project.watch_until, zone, now=now)
        return words("rectification.watched_until", language, at=until)
    if project.due_at <= now:
        return words(
            "rectification.late_by", language, span=span_text(now - project.due_at, language)
        )
    return words("rectification.left", language, span=span_text(project.due_at - now, language))


def steps(
    project: Project, entries: Iterable[LedgerEntry], language: Language, zone: ZoneInfo,
    now: datetime,
) -> tuple[Step, ...]:  # fmt: skip
    """The way of a project, with when it came to each stage (the last time)."""
    came: dict[str, datetime] = {}
    for entry in entries:
        if entry.payload.get("from") != entry.payload.get("to"):
            came[str(entry.payload.get("to"))] = entry.at
    way = way_of(project.kind)
    place = way.index(project.stage) if project.stage in way else -1
    found = []
    for index, stage in enumerate(way):
        look = "now" if index == place else "done" if index < place else "wait"
        if project.stage is Stage.DONE:
            look = "done"
        at = came.get(stage) if look != "wait" else None
        name = stage_words(project.kind, stage).told(language)
        found.append(Step(stage=stage, name=name, look=look,
                          at="" if at is None else clock_text(at, zone, now=now)))  # fmt: skip
    if place < 0:
        name = stage_words(project.kind, project.stage).told(language)
        at_text = clock_text(project.stage_at, zone, now=now)
        found.append(Step(stage=project.stage, name=name, at=at_text, look="off"))
    return tuple(found)


def checks(
    project: Project, parts: Parts, now: datetime, language: Language
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(what the next stage asks for, what of it is missing)."""
    return tuple(
        (
            words(f"rectification.guard_{item.guard}", language),
            tuple(PROJECT_SENTENCES[one].told(language) for one in item.lacks),
        )
        for item in check_list(project, parts, now)
    )


def actions(actor: Actor, project: Project, language: Language) -> list[Json]:
    """What may be done, the way on first."""
    found = [
        {
            "verb": verb.value,
            "label": verb_words(project.kind, verb).told(language),
            "needs": [one.value for one in MOVES[project.kind, project.stage, verb].needs],
            "main": verb in _MAIN,
        }
        for verb in verbs_for(actor, project)
    ]
    return sorted(found, key=lambda one: not one["main"])


def history(
    project: Project, entries: Iterable[LedgerEntry], names: Names, language: Language,
    zone: ZoneInfo, now: datetime,
) -> tuple[Line, ...]:  # fmt: skip
    """What happened, the newest first."""
    lines = [
        Line(
            at=clock_text(entry.at, zone, now=now),
            what=_what(project, entry, language),
            who=actor_name(entry.actor, names, language),
            why=_why(entry.payload, language),
            verb=entry.verb.rpartition(".")[2],
        )
        for entry in entries
    ]
    return tuple(reversed(lines))


def _what(project: Project, entry: LedgerEntry, language: Language) -> str:
    verb = entry.verb.rpartition(".")[2]
    told = verb_words(project.kind, Verb(verb)).told(language) if verb in set(Verb) else verb
    before, after = entry.payload.get("from"), entry.payload.get("to")
    if before is not None and before != after and after in set(Stage):
        return f"{told} → {stage_words(project.kind, Stage(str(after))).told(language)}"
    linked = [one["number"] for one in entry.payload.get("tickets", ())]
    return f"{told}：{'、'.join(linked)}" if linked and language == "zh" else (
        f"{told}: {', '.join(linked)}" if linked else told)  # fmt: skip


def _why(payload: Mapping[str, Any], language: Language) -> str:
    why = payload.get("why") or ""
    text = why.get(language, "") if isinstance(why, Mapping) else str(why)
    sample = payload.get("sample")
    if sample is not None:
        return class_words(sample["class"]).told(language)
    source = payload.get("source") or {}
    return text or str(source.get("party", ""))


def opened_text(project: Project, language: Language) -> str:
    """Why the project was opened."""
    why = project.opened_why
    if why.get("by") == "recurrence":
        days = f"{why['within_s'] / 86_400:g}"
        around = words(f"rectification.around_{why['around']}", language)
        return words("rectification.opened_recurrence", language, count=why["count"], days=days,
                     times=why["times"], around=around)  # fmt: skip
    if why.get("by") == "import":
        return words("rectification.opened_import", language)
    return str(why.get("why", ""))
