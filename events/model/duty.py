"""权责清单: who answers for what. An ordered list of rules; the first one that matches decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from events.model.event import Source
from events.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from events.model.calendar import Calendar

# In ``components`` and ``owners``: what has no component, or whose component has no owner.
NONE = "none"


class TimeClass(StrEnum):
    """When a ticket is routed: every instant is in exactly one of these."""

    OFFICE_HOURS = "office_hours"
    AFTER_HOURS = "after_hours"
    REST_DAYS = "rest_days"


TIME_WORDS: dict[TimeClass, Words] = {
    TimeClass.OFFICE_HOURS: Words(zh="工作时间", en="office hours"),
    TimeClass.AFTER_HOURS: Words(zh="工作日的非工作时间", en="working days outside office hours"),
    TimeClass.REST_DAYS: Words(zh="休息日", en="days off"),
}
SOURCE_WORDS: dict[Source, Words] = {
    Source.SENSOR: Words(zh="监测", en="sensors"),
    Source.RESIDENT: Words(zh="市民上报", en="residents"),
    Source.PATROL: Words(zh="巡查", en="patrols"),
    Source.HOTLINE: Words(zh="热线", en="the hotline"),
    Source.OPEN311: Words(zh="Open311", en="Open311"),
    Source.CAP: Words(zh="CAP 预警", en="CAP alerts"),
    Source.IMPORT: Words(zh="导入", en="imports"),
}


def time_class(at: datetime, calendar: Calendar) -> TimeClass:
    """Which class of time an aware instant is in, by the city's calendar."""
    wall = calendar.local(at)
    if not calendar.is_working_day(wall.date()):
        return TimeClass.REST_DAYS
    time = wall.time()
    for starts, ends in calendar.hours:
        if starts <= time < ends:
            return TimeClass.OFFICE_HOURS
    return TimeClass.AFTER_HOURS


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """What must hold beside scope and area, all of it; an empty set asks for nothing.

    ``severity_from``: this severity or graver. ``components``: kinds of the facility it is about,
    ``owners``: codes of the departments that own it; `NONE` stands for there being none.
    """

    sources: frozenset[Source] = frozenset()
    severity_from: int = 1
    times: frozenset[TimeClass] = frozenset()
    components: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()

    @property
    def is_always(self) -> bool:
        """Whether it asks for nothing."""
        return self == When()

    @property
    def asks_for_component(self) -> bool:
        """Whether it must be known what facility a ticket is about."""
        return bool(self.components or self.owners)

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``duty_rules.conditions``: only what is asked for."""
        found: dict[str, Any] = {
            "source": sorted(self.sources), "time": sorted(self.times),
            "component": sorted(self.components), "owner": sorted(self.owners),
        }  # fmt: skip
        if self.severity_from > 1:
            found["severity_from"] = self.severity_from
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> When:
        """The conditions as they were kept. Raises ValueError for an unknown word."""
        return cls(
            sources=frozenset(Source(one) for one in values.get("source", ())),
            severity_from=values.get("severity_from", 1),
            times=frozenset(TimeClass(one) for one in values.get("time", ())),
            components=frozenset(values.get("component", ())),
            owners=frozenset(values.get("owner", ())),
        )

    def meets(self, subject: Subject) -> bool:
        """Whether all of it holds for ``subject``."""
        return (
            subject.severity >= self.severity_from
            and (not self.sources or subject.source in self.sources)
            and (not self.times or subject.time in self.times)
            and (not self.components or subject.component in self.components)
            and (not self.owners or subject.owner in self.owners)
        )

    def unmet(self, subject: Subject) -> Words:
        """The first condition that does not hold, for a subject that does not meet all of them."""
        if subject.severity < self.severity_from:
            return Words(zh=f"等级低于 {self.severity_from}",
                         en=f"its severity is below {self.severity_from}")  # fmt: skip
        if self.sources and subject.source not in self.sources:
            return Words(zh="来源不符", en="it comes from elsewhere")
        if self.times and subject.time not in self.times:
            return Words(zh="时段不符", en="it is another time of day or week")
        if self.components and subject.component not in self.components:
            return Words(zh="设施类别不符", en="it is about no such facility")
        return Words(zh="设施权属不符", en="the facility's owner is another")

    def told(self) -> list[Words]:
        """Each condition in words, for people."""
        found = []
        if self.sources:
            found.append(_listed("来源：", "from ", [SOURCE_WORDS[one] for one in Source
                                                   if one in self.sources]))  # fmt: skip
        if self.severity_from > 1:
            found.append(Words(zh=f"{self.severity_from} 级及以上",
                               en=f"severity {self.severity_from} or graver"))  # fmt: skip
        if self.times:
            named = [TIME_WORDS[one] for one in TimeClass if one in self.times]
            found.append(_listed("", "on ", named))
        for zh, en, codes in (("设施：", "facility: ", self.components),
                              ("权属：", "owner: ", self.owners)):  # fmt: skip
            if codes:
                named = [_NOTHING if one == NONE else Words(zh=one, en=one)
                         for one in sorted(codes)]  # fmt: skip
                found.append(_listed(zh, en, named))
        return found


_NOTHING = Words(zh="无", en="none")


def _listed(zh: str, en: str, named: list[Words]) -> Words:
    return Words(
        zh=zh + "、".join(one.zh for one in named), en=en + " or ".join(one.en for one in named)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyRule:
    """One rule: a category, a family or a layer (all None: everything) x area x conditions.

    ``position`` counts from 1 in the order in which rules are looked at. ``area_code`` None: the
    whole city. Codes are kept as they were given: whether they name anything is checked.
    """

    position: int
    department_code: str
    category_code: str | None = None
    family: str | None = None
    layer: str | None = None
    area_code: str | None = None
    when: When = field(default_factory=When)
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a rule that names its matter twice."""
        if sum(one is not None for one in (self.category_code, self.family, self.layer)) > 1:
            raise ValueError("a rule names a category, a family or a layer, or none of them")

    @property
    def scope(self) -> str:
        """What it is about, as one word: ``category:x``, ``family:x``, ``layer:x`` or ``*``."""
        for name, value in self.scopes():
            if value is not None:
                return f"{name}:{value}"
        return "*"

    def scopes(self) -> Iterator[tuple[str, str | None]]:
        """The three ways to say what it is about."""
        yield "category", self.category_code
        yield "family", self.family
        yield "layer", self.layer

    @property
    def is_default(self) -> bool:
        """Whether it takes everything, everywhere, always."""
        return self.scope == "*" and self.area_code is None and self.when.is_always

    def as_dict(self) -> dict[str, Any]:
        """For the ledger and for programs."""
        return {
            "position": self.position, "category": self.category_code, "family": self.family,
            "layer": self.layer, "area": self.area_code, "department": self.department_code,
            **self.when.as_dict(), "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is known of a ticket when it is routed.

    ``component`` is the kind of the facility that it is about, ``owner`` that one's owner; `NONE`
    where there is none. ``area_path``: ids from the city down to the innermost area.
    """

    category_code: str
    family: str
    layer: str | None
    area_path: tuple[int, ...]
    severity: int
    source: Source
    time: TimeClass
    component: str = NONE
    owner: str = NONE

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the rules that may be about it."""
        return scopes_of(self.category_code, self.family, self.layer)


def scopes_of(category_code: str, family: str, layer: str | None) -> tuple[str, ...]:
    """The scopes of the rules that may be about a category."""
    own = (f"category:{category_code}", f"family:{family}", "*")
    return own if layer is None else (*own, f"layer:{layer}")
