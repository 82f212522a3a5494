"""How an area stands, added up: in all, and by what lies directly below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from events.model.standing import Standing
from grid.model.found import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """What is open in something. ``worst``: the highest severity, 0 when nothing is open."""

    open: int = 0
    overdue: int = 0
    undecided: int = 0
    worst: int = 0

    def plus(self, one: Standing) -> Sum:
        """Both together."""
        return replace(
            self,
            open=self.open + one.open,
            overdue=self.overdue + one.overdue,
            undecided=self.undecided + one.undecided,
            worst=max(self.worst, one.worst),
        )

    @property
    def urgency(self) -> tuple[int, int, int]:
        """Larger for what is worse: late ones, then the gravest, then how many."""
        return self.overdue, self.worst, self.open


def total(standing: Iterable[Standing]) -> Sum:
    """All of it."""
    found = Sum()
    for one in standing:
        found = found.plus(one)
    return found


def by_child(
    below: Sequence[tuple[Step, int | None]], standing: Iterable[Standing]
) -> list[tuple[Step, Sum]]:
    """Each area directly below with what is open in it and below it, the worst first.

    ``below``: every area inside with the child it belongs to, as `grid.store.lookup.below` tells.
    """
    child_of = {step.area_id: child for step, child in below}
    sums: dict[int, Sum] = {}
    for one in standing:
        child = child_of.get(one.area_id)
        if child is not None:
            sums[child] = sums.get(child, Sum()).plus(one)
    children = [step for step, child in below if child == step.area_id]
    found = [(step, sums.get(step.area_id, Sum())) for step in children]
    return sorted(found, key=lambda one: (*(-n for n in one[1].urgency), one[0].code))
