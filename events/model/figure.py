"""Figures of the evaluation: versioned formulas over what counts of each ticket (facts)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntFlag, StrEnum
from typing import Any

from events.model.words import Words


class Ground(StrEnum):
    """The kinds of facts; docs/evaluation.md says what each is and when."""

    REPORT = "report"
    FILING = "filing"
    FILING_TIME = "filing_time"
    DISPATCH = "dispatch"
    DISPATCH_TIME = "dispatch_time"
    RESPONSE = "response"
    DISPOSAL = "disposal"
    VERIFICATION = "verification"
    CLOSING_TIME = "closing_time"
    CLOSING = "closing"
    RATING = "rating"


_VOID = ("merge", "false_alarm")
_ON_TIME = ("in_time", "late", "late_open", "late_left")

# What a fact of each ground may say of itself.
OUTCOMES: Mapping[Ground, tuple[str, ...]] = {
    Ground.REPORT: ("valid", "invalid", "undecided", "part"),
    Ground.FILING: ("kept", "voided", "merge"),
    Ground.FILING_TIME: (*_ON_TIME, "decline", "false_alarm"),
    Ground.DISPATCH: ("kept", "rework", "hand_back", *_VOID),
    Ground.DISPATCH_TIME: (*_ON_TIME, "decline", *_VOID),
    Ground.RESPONSE: (*_ON_TIME, "hand_back", "suspend", *_VOID),
    Ground.DISPOSAL: (*_ON_TIME, "hand_back", "suspend", *_VOID),
    Ground.VERIFICATION: (*_ON_TIME,),
    Ground.CLOSING_TIME: ("in_time", "late", "late_open", "decline", *_VOID),
    Ground.CLOSING: ("closed",),
    Ground.RATING: ("solved", "unsolved"),
}


class Mark(IntFlag):
    """What else is true of a fact: the bits of events.facts.marks."""

    EXEMPTED = 1
    EXTENDED = 2
    SUSPENDED = 4
    REWORKED = 8
    RELAPSED = 16
    REOPENED = 32
    UNSOLVED = 64
    SATISFIED = 128

    @classmethod
    def of(cls, names: Iterable[str]) -> Mark:
        """The bits of names as a formula writes them. Raises KeyError for an unknown one."""
        found = cls(0)
        for name in names:
            found |= cls[name.upper()]
        return found


class Unit(StrEnum):
    """What a figure is: a share of the counted, how many are good, or their mean duration."""

    SHARE = "share"
    COUNT = "count"
    HOURS = "hours"


class Excused(StrEnum):
    """What a granted appeal does to a fact that is not good, in the appealed value."""

    NO = "no"
    GOOD = "good"
    LEFT_OUT = "left_out"


class Better(StrEnum):
    """Which way is better."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


class Part(StrEnum):
    """The sets of facts behind a figure."""

    COUNTED = "counted"
    GOOD = "good"
    REST = "rest"  # counted, not good
    EXCUSED = "excused"  # of the rest: a granted appeal
    LEFT_OUT = "left_out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Formula:
    """One version of a figure: a row of events.formulas.

    Of the facts of ``ground`` those with an outcome in ``counted`` and no mark in ``without`` are
    the denominator; those of them with an outcome in ``good`` and, where ``marked`` names any, one
    of its marks are the numerator. So no share is above 1. ``ripens``: so long after its period the
    value may still change. With fewer than ``least`` counted it is not ranked.
    """

    code: str
    version: int
    effective_from: date
    in_use: bool = True
    place: int
    name_zh: str
    name_en: str
    numerator_zh: str
    numerator_en: str
    denominator_zh: str
    denominator_en: str
    unit: Unit
    ground: Ground
    counted: tuple[str, ...]
    good: tuple[str, ...]
    marked: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    excused: Excused = Excused.NO
    better: Better
    ripens: timedelta | None = None
    least: int = 10
    source: str
    pack: str

    def __post_init__(self) -> None:
        """Raise ValueError where it names what no fact of its ground can be."""
        unknown = {*self.counted, *self.good} - set(OUTCOMES[self.ground])
        unknown |= set(self.good) - set(self.counted)
        names = {one.name.lower() for one in Mark if one.name}
        unknown |= {*self.marked, *self.without} - names
        if unknown or not self.counted:
            raise ValueError(f"{self.code}: unknown or not counted: {sorted(unknown)}")

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Formula:
        """A formula from its columns. Raises ValueError for what a formula cannot say."""
        values = dict(row)
        values["unit"], values["ground"] = Unit(values["unit"]), Ground(values["ground"])
        values["excused"] = Excused(values.get("excused", Excused.NO))
        values["better"] = Better(values["better"])
        for name in ("counted", "good", "marked", "without"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)

    @property
    def name(self) -> Words:
        """What it is called."""
        return Words(zh=self.name_zh, en=self.name_en)

    @property
    def opens(self) -> Part:
        """The set that the number itself leads to: what a count counts, or what a share is of."""
        return Part.GOOD if self.unit is Unit.COUNT else Part.COUNTED

    def holds(self, part: Part, outcome: str, marks: int) -> bool:
        """Whether a fact of its ground is in a part."""
        counted = outcome in self.counted and not marks & Mark.of(self.without)
        if part is Part.LEFT_OUT:
            return not counted
        good = counted and outcome in self.good
        if self.marked:
            good = good and bool(marks & Mark.of(self.marked))
        if part is Part.COUNTED:
            return counted
        if part is Part.GOOD:
            return good
        rest = counted and not good
        if part is Part.REST:
            return rest
        return rest and self.excused is not Excused.NO and bool(marks & Mark.EXEMPTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """So many facts of one kind, and how long they took together (s)."""

    ground: Ground
    outcome: str
    marks: int
    facts: int
    seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What a figure came to. ``left_out``: how many, by their outcome or the mark that did it."""

    formula: Formula
    counted: int
    good: int
    excused: int
    seconds: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def fact(self) -> float | None:
        """What the clock said: a share of 1, a number, or hours; None where nothing was counted."""
        if self.formula.unit is Unit.COUNT:
            return float(self.good)
        if not self.counted:
            return None
        if self.formula.unit is Unit.HOURS:
            return self.seconds / self.counted / 3_600
        return self.good / self.counted

    @property
    def appealed(self) -> float | None:
        """The same after granted appeals; equal to the fact where there are none."""
        if self.formula.unit is not Unit.SHARE or not self.excused:
            return self.fact
        if self.formula.excused is Excused.GOOD:
            return (self.good + self.excused) / self.counted
        left = self.counted - self.excused
        return self.good / left if left else None

    @property
    def is_small(self) -> bool:
        """Whether so little was counted that a rank would say nothing."""
        return self.counted < self.formula.least


def value_of(formula: Formula, tallies: Iterable[Tally]) -> Value:
    """The value of a figure over tallies of any grounds."""
    totals: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for one in tallies:
        if one.ground is not formula.ground or not one.facts:
            continue
        if formula.holds(Part.LEFT_OUT, one.outcome, one.marks):
            left_out[_why_left_out(formula, one)] += one.facts
            continue
        totals["counted"] += one.facts
        totals["seconds"] += one.seconds
        for part in (Part.GOOD, Part.EXCUSED):
            totals[part.value] += one.facts * formula.holds(part, one.outcome, one.marks)
    return Value(
        formula=formula, counted=totals["counted"], good=totals["good"], excused=totals["excused"],
        seconds=totals["seconds"], left_out=dict(sorted(left_out.items())),
    )  # fmt: skip


def _why_left_out(formula: Formula, one: Tally) -> str:
    if one.outcome not in formula.counted:
        return one.outcome
    return next(name for name in formula.without if one.marks & Mark.of((name,)))


def ranks(values: Mapping[str, Value]) -> dict[str, int]:
    """The rank of each key by the appealed value, 1 the best, equal ones alike.

    Left out are values of nothing, small ones, and figures of which neither way is better.
    """
    shown = {
        key: -one.appealed if one.formula.better is Better.MORE else one.appealed
        for key, one in values.items()
        if one.appealed is not None and not one.is_small
        and one.formula.better is not Better.NEITHER
    }  # fmt: skip
    first: dict[float, int] = {}
    for place, worth in enumerate(sorted(shown.values()), start=1):
        first.setdefault(worth, place)
    return {key: first[worth] for key, worth in shown.items()}


def in_force(formulas: Iterable[Formula], day: date) -> tuple[Formula, ...]:
    """The versions that count for a period that begins on ``day``, in the order of showing."""
    latest: dict[str, Formula] = {}
    for one in sorted(formulas, key=lambda one: one.effective_from):
        if one.effective_from <= day:
            latest[one.code] = one
    return tuple(sorted((one for one in latest.values() if one.in_use),
                        key=lambda one: (one.place, one.code)))  # fmt: skip
