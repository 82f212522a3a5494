"""The evaluation's figures: counts and rates, each with the address of the tickets behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from command_center.problem import Language
from command_center.views.moments import span_text

COLUMNS = (
    "created", "disposed", "disposed_on_time", "closed", "closed_on_time", "rework",
    "handed_back", "median", "open", "overdue",
)  # fmt: skip


class Counted(Protocol):
    """What the statistics count of one department, area, crew, category or person."""

    @property
    def key(self) -> str: ...
    @property
    def name_zh(self) -> str | None: ...
    @property
    def name_en(self) -> str | None: ...
    @property
    def created(self) -> int: ...
    @property
    def disposed(self) -> int: ...
    @property
    def closed(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def overdue(self) -> int: ...
    @property
    def due_for_disposal(self) -> int: ...
    @property
    def disposed_in_time(self) -> int: ...
    @property
    def closed_in_time(self) -> int: ...
    @property
    def due_to_close(self) -> int: ...
    @property
    def reworked(self) -> int: ...
    @property
    def handed_back(self) -> int: ...
    @property
    def median_dispose_s(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number: its text, its share of 1 for a bar (None: no rate), where it leads."""

    text: str
    share: float | None = None
    href: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table, by column."""

    name: str
    figures: Mapping[str, Figure]


def rows(
    counted: Iterable[Counted], language: Language, filters: Mapping[str, Mapping[str, object]]
) -> tuple[Row, ...]:
    """The table; ``filters`` gives the desk's filter by key (none: the numbers lead nowhere)."""
    return tuple(
        Row(name=_name(one, language), figures=_figures(one, language, filters.get(one.key)))
        for one in sorted(counted, key=lambda one: (-one.created - one.open, one.key))
    )


def total(counted: Iterable[Counted], name: str) -> Row:
    """The sum of all lines; medians cannot be added."""
    lines = list(counted)

    def count(field: str) -> int:
        return sum(getattr(one, field) for one in lines)

    figures = {
        "created": Figure(text=str(count("created"))),
        "disposed": Figure(text=str(count("disposed"))),
        "disposed_on_time": _rate(count("disposed_in_time"), count("due_for_disposal")),
        "closed": Figure(text=str(count("closed"))),
        "closed_on_time": _rate(count("closed_in_time"), count("due_to_close")),
        "rework": _rate(count("reworked"), count("disposed")),
        "handed_back": Figure(text=str(count("handed_back"))),
        "median": Figure(text="–"),
        "open": Figure(text=str(count("open"))),
        "overdue": Figure(text=str(count("overdue"))),
    }
    return Row(name=name, figures=figures)


def _name(one: Counted, language: Language) -> str:
    names = (one.name_zh, one.name_en) if language == "zh" else (one.name_en, one.name_zh)
    return names[0] or names[1] or one.key


def _figures(
    one: Counted, language: Language, where: Mapping[str, object] | None
) -> dict[str, Figure]:
    def leads(show: str) -> str | None:
        return None if where is None else f"/desk?{urlencode({'show': show, **where})}"

    def number(count: int, show: str) -> Figure:
        return Figure(text=str(count), href=leads(show) if count else None)

    median = "–"
    if one.median_dispose_s is not None:
        median = span_text(timedelta(seconds=one.median_dispose_s), language)
    return {
        "created": number(one.created, "all"),
        "disposed": number(one.disposed, "all"),
        "disposed_on_time": _rate(one.disposed_in_time, one.due_for_disposal, leads("all")),
        "closed": number(one.closed, "closed"),
        "closed_on_time": _rate(one.closed_in_time, one.due_to_close, leads("closed")),
        "rework": _rate(one.reworked, one.disposed, leads("all")),
        "handed_back": number(one.handed_back, "all"),
        "median": Figure(text=median),
        "open": number(one.open, "open"),
        "overdue": number(one.overdue, "overdue"),
    }


def _rate(part: int, whole: int, href: str | None = None) -> Figure:
    if not whole:
        return Figure(text="–")
    share = part / whole
    return Figure(text=f"{share:.0%} ({part}/{whole})", share=min(share, 1.0), href=href)
