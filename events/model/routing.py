"""Which department answers, with the reason; its crew: ``events.model.crew_choice``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from events.model.category import Category
from events.model.department import Duty
from events.model.words import Words


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
