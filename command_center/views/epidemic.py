"""The epidemic control view's figures: sites, supplies and tasks put together by community."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from events.model.supply import ControlSite, Supply, Tasks


@dataclass(frozen=True, kw_only=True, slots=True)
class Stocked:
    """A control site with what it has in store, the shortest first."""

    site: ControlSite
    supplies: tuple[Supply, ...]

    @property
    def level(self) -> int:
        """0 enough of everything, 2 something short, 3 something has run out."""
        return max((one.level for one in self.supplies), default=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Community:
    """How a community stands: its sites, what is short there, its open tasks."""

    code: str
    name_zh: str
    name_en: str
    sites: tuple[Stocked, ...]
    tasks: int
    overdue: int
    worst: int

    @property
    def open_sites(self) -> int:
        """How many of its sites are open."""
        return sum(one.site.open for one in self.sites)

    @property
    def short(self) -> int:
        """How many supplies are short there."""
        return sum(bool(item.level) for one in self.sites for item in one.supplies)

    @property
    def level(self) -> int:
        """The gravest of what is short and of its tasks."""
        return max(self.worst, *(one.level for one in self.sites), 0)


def communities(
    sites: Sequence[ControlSite], supplies: Sequence[Supply], tasks: Sequence[Tasks]
) -> list[Community]:
    """Every community that has a site or a task, the one with most trouble first."""
    stocked: dict[int, list[Stocked]] = {}
    names = {one.area_id: (one.area_code, one.area_zh, one.area_en) for one in tasks}
    names |= {one.area_id: (one.area_code, one.area_zh, one.area_en) for one in sites}
    for site in sites:
        own = [one for one in supplies if one.component_id == site.component_id]
        own.sort(key=lambda one: (-one.level, one.stock / one.least if one.least else 9.0))
        stocked.setdefault(site.area_id, []).append(Stocked(site=site, supplies=tuple(own)))
    open_tasks = {one.area_id: one for one in tasks}
    found = []
    for area_id, (code, zh, en) in names.items():
        task = open_tasks.get(area_id)
        found.append(
            Community(
                code=code, name_zh=zh, name_en=en, sites=tuple(stocked.get(area_id, ())),
                tasks=task.open if task else 0, overdue=task.overdue if task else 0,
                worst=task.worst if task else 0,
            )
        )  # fmt: skip
    return sorted(
        found, key=lambda one: (-one.overdue, -one.level, -one.short, -one.tasks, one.code)
    )
