"""Why something is due then, and why that department has it, as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.views.moments import clock_text, span_text
from command_center.wording import words
from events.model.calendar import CLOCK_WORDS
from events.model.deadline import STAGE_WORDS, Segment
from events.model.explanation import Explanation, Run, pause_words
from events.model.ledger import LedgerEntry
from events.model.verb import Verb


def lines(found: Explanation, language: Language, zone: ZoneInfo) -> list[str]:
    """First the whole limit, then every segment of every run and every pause, then the result.

    Each time with its date: a segment may well begin on one day and end on another.
    """

    def at(moment: datetime) -> str:
        return clock_text(moment, zone, now=None)

    first = found.runs[0].clock
    told = [
        words(
            "story.explain_limit",
            language,
            stage=STAGE_WORDS[first.stage].told(language),
            limit=span_text(found.runs[0].given, language),
            clock=CLOCK_WORDS[first.clock].told(language),
        )
    ]
    for run in found.runs:
        told += _run(run, language, at(run.clock.started_at))
        told += [_segment(one, language, at(one.start), at(one.end)) for one in run.segments]
        if run.stopped_by is not None and run.clock.stopped_at is not None:
            reason = pause_words(run.stopped_by).told(language)
            told.append(f"{at(run.clock.stopped_at)}  {reason}")
    used = {"used": span_text(found.used, language), "limit": span_text(found.limit, language)}
    key = "explain_due" if found.running else "explain_stopped"
    told.append(words(f"story.{key}", language, due=at(found.due_at), **used))
    if abs((found.due_at - found.told_due_at).total_seconds()) >= 1:
        told.append(words("story.explain_changed", language, due=at(found.told_due_at)))
    return told


# The moves with which the duties decide, or say that nobody answers.
_ROUTED = frozenset({f"ticket.{Verb.DISPATCH}", f"ticket.{Verb.UNROUTED}"})


def routed(entries: Iterable[LedgerEntry]) -> list[tuple[datetime, Mapping[str, Any]]]:
    """When a department was chosen, and what was kept of why, in order."""
    found = []
    for entry in entries:
        kept = (entry.payload.get("set", {}).get("routing") or {}).get("department")
        if entry.verb in _ROUTED and kept:
            found.append((entry.at, kept))
    return found


def routing_lines(
    decisions: Iterable[tuple[datetime, Mapping[str, Any]]], language: Language, zone: ZoneInfo
) -> list[str]:
    """Why which department, each time, with the rules that were looked at before."""
    told = []
    for at, kept in decisions:
        why = (kept.get("because") or {}).get(language, "")
        told.append(words("story.explain_routed", language, at=clock_text(at, zone, now=None),
                          why=why))  # fmt: skip
        told += [
            words("story.explain_passed", language, rule=one["rule"], why=one["why"][language])
            for one in kept.get("passed", ())
        ]
    return told


def _run(run: Run, language: Language, started: str) -> list[str]:
    found = []
    if "resumed" in run.clock.why:
        left = span_text(run.given - run.extra, language)
        found.append(words("story.explain_resumed", language, at=started, left=left))
    if run.extra:
        more = span_text(run.extra, language)
        found.append(words("story.explain_extended", language, at=started, more=more))
    return found


def _segment(one: Segment, language: Language, start: str, end: str) -> str:
    key = "explain_counted" if one.resting is None else "explain_resting"
    why = "" if one.resting is None else one.resting.told(language)
    span = span_text(one.counted, language)
    return words(f"story.{key}", language, start=start, end=end, span=span, why=why)
