"""Which department answers, and which of its crews goes: ranked, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from events.model.category import Category
from events.model.crew import Crew, on_shift
from events.model.department import Duty
from events.model.distance import metres
from events.model.words import Words

# How many of the crews that were looked at are kept with the reason.
_KEPT = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """The department that answers, by which duty, and why."""

    department_id: int
    duty_id: int
    because: Words

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``tickets.routing``."""
        return {
            "department_id": self.department_id,
            "duty_id": self.duty_id,
            "because": self.because.as_dict(),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Considered:
    """A crew that was looked at: its distance in metres, and why it cannot go (None: it can)."""

    crew: Crew
    distance_m: float
    why_not: Words | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CrewChoice:
    """The crew that goes (None: nobody can now), why, and who else was looked at."""

    crew_id: int | None
    because: Words
    considered: tuple[Considered, ...]

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``tickets.routing``."""
        return {
            "crew_id": self.crew_id,
            "because": self.because.as_dict(),
            "considered": [
                {
                    "crew": one.crew.code,
                    "distance_m": round(one.distance_m),
                    "load": one.crew.load,
                    "capacity": one.crew.capacity,
                    "why_not": None if one.why_not is None else one.why_not.as_dict(),
                }
                for one in self.considered[:_KEPT]
            ],
        }


def _specific(duty: Duty) -> int:
    if duty.category_code is not None:
        return 2
    return 1 if duty.family is not None else 0


def fits(duty: Duty, category: Category, area_path: Sequence[int]) -> bool:
    """Whether a duty covers this category in this place."""
    return (
        duty.area_id in area_path
        and duty.category_code in (None, category.code)
        and duty.family in (None, category.family)
    )


def route(duties: Iterable[Duty], category: Category, area_path: Sequence[int]) -> Routed | None:
    """The most specific duty: category before family before everything, then the deepest area,
    then the highest priority, then the oldest. None when nobody answers for it."""
    fitting = [duty for duty in duties if fits(duty, category, area_path)]
    if not fitting:
        return None
    best = max(fitting, key=lambda d: (_specific(d), d.depth, d.priority, -d.duty_id))
    scope = {
        2: Words(zh=f"类别“{category.name_zh}”", en=f"category “{category.name_en}”"),
        1: Words(
            zh=f"“{category.name_zh}”及同类事项", en=f"“{category.name_en}” and matters like it"
        ),
        0: Words(zh="全部类别", en="every category"),
    }[_specific(best)]
    return Routed(
        department_id=best.department_id,
        duty_id=best.duty_id,
        because=Words(
            zh=f"权责清单：{best.department_name_zh}负责{best.area_name_zh}的{scope.zh}"
            f"（{len(fitting)}条适用权责中最具体的一条）",
            en=f"Duty: {best.department_name_en} answers for {scope.en} in {best.area_name_en}"
            f" (the most specific of {len(fitting)} that apply)",
        ),
    )


def choose_crew(
    crews: Iterable[Crew],
    category: Category,
    *,
    lon: float,
    lat: float,
    at: datetime,
    zone: ZoneInfo,
) -> CrewChoice:
    """The crew that goes: on shift, with the skill, below its capacity; then by effort, which is
    the distance stretched by how full the crew is, so that the nearest does not get everything.
    """
    looked_at = [
        Considered(
            crew=crew,
            distance_m=metres(lon, lat, crew.lon, crew.lat),
            why_not=_why_not(crew, category, at, zone),
        )
        for crew in crews
    ]
    looked_at.sort(key=lambda one: (one.why_not is not None, _effort(one), one.crew.crew_id))
    if not looked_at or looked_at[0].why_not is not None:
        return CrewChoice(
            crew_id=None,
            because=Words(
                zh="责任部门当前没有可派班组，有班组空闲或到岗时自动派出",
                en="No crew of the department can go now; one is sent as soon as it can",
            ),
            considered=tuple(looked_at),
        )
    best = looked_at[0]
    able = sum(one.why_not is None for one in looked_at)
    return CrewChoice(
        crew_id=best.crew.crew_id,
        because=Words(
            zh=f"{best.crew.name_zh}：在岗，距现场{best.distance_m / 1000:.1f}公里，"
            f"在办{best.crew.load}件（{able}个可派班组中最合适）",
            en=f"{best.crew.name_en}: on shift, {best.distance_m / 1000:.1f} km away,"
            f" {best.crew.load} in hand (the best of {able} that can go)",
        ),
        considered=tuple(looked_at),
    )


def _effort(one: Considered) -> float:
    # 500 m are added so that load matters even between crews at the very spot.
    return (one.distance_m + 500.0) * (1.0 + one.crew.load / one.crew.capacity)


def _why_not(crew: Crew, category: Category, at: datetime, zone: ZoneInfo) -> Words | None:
    tests: list[tuple[Callable[[], bool], Words]] = [
        (
            lambda: not crew.skills or bool(crew.skills & {category.code, category.family}),
            Words(zh="没有该类技能", en="lacks the skill"),
        ),
        (lambda: on_shift(crew.shifts, at, zone), Words(zh="不在班", en="off shift")),
        (lambda: crew.load < crew.capacity, Words(zh="在办已满", en="has its hands full")),
    ]
    return next((words for holds, words in tests if not holds()), None)
