"""The crews of a department as arrays: what a plan asks of all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from events.model.assignment import Seats
from events.model.category import Category
from events.model.crew import Crew, Shift, on_shift

if TYPE_CHECKING:
    from numpy.typing import NDArray


def skilled(crew: Crew, category: Category) -> bool:
    """Whether a crew can do this; one without a list of skills can do everything."""
    return not crew.skills or bool(crew.skills & {category.code, category.family})


@dataclass(frozen=True, kw_only=True, slots=True)
class InHand:
    """What crews have in hand: arrays in the order of a roster.

    ``load``: tickets given and not disposed of yet; ``fixed``: those of them that no plan moves.
    """

    load: NDArray[np.int64]
    fixed: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """Crews in the order of their ids, as arrays of their number; says nothing of their loads.

    ``index``: place of a crew by its id. ``week``: for each crew the row of ``weeks``, its shifts:
    a thousand crews have some ten different ones.
    """

    crews: tuple[Crew, ...]
    index: dict[int, int]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    capacity: NDArray[np.int64]
    week: NDArray[np.int64]
    weeks: tuple[tuple[Shift, ...], ...]
    _can: dict[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, crews: Iterable[Crew]) -> Roster:
        """The roster of some crews, in whatever order they come."""
        ordered = tuple(sorted(crews, key=lambda one: one.crew_id))
        rows: dict[tuple[Shift, ...], int] = {}
        week = [rows.setdefault(one.shifts, len(rows)) for one in ordered]
        return cls(
            crews=ordered,
            index={one.crew_id: number for number, one in enumerate(ordered)},
            lon=np.array([one.lon for one in ordered], dtype=np.float64),
            lat=np.array([one.lat for one in ordered], dtype=np.float64),
            capacity=np.array([one.capacity for one in ordered], dtype=np.int64),
            week=np.array(week, dtype=np.int64),
            weeks=tuple(rows),
        )

    def __len__(self) -> int:
        return len(self.crews)

    @property
    def ids(self) -> list[int]:
        """The ids of the crews."""
        return list(self.index)

    def in_hand(self) -> InHand:
        """What the crews say themselves that they have in hand."""
        return InHand(
            load=np.array([one.load for one in self.crews], dtype=np.int64),
            fixed=np.array([one.fixed for one in self.crews], dtype=np.int64),
        )

    def seats(
        self, kinds: Sequence[Category], fixed: NDArray[np.int64], *, at: datetime, zone: ZoneInfo
    ) -> Seats:
        """The crews as a plan sees them at an instant; a row of ``able`` for each of ``kinds``."""
        on = np.array([on_shift(one, at, zone) for one in self.weeks], dtype=bool)[self.week]
        can = np.array([self._skilled(kind) for kind in kinds], dtype=bool)
        return Seats(
            lon=self.lon,
            lat=self.lat,
            capacity=self.capacity,
            fixed=fixed,
            able=can.reshape(len(kinds), len(self)) & on,
        )

    def _skilled(self, kind: Category) -> NDArray[np.bool_]:
        """Which crews have the skill; asked of each crew once."""
        key = (kind.code, kind.family)
        if key not in self._can:
            self._can[key] = np.array([skilled(one, kind) for one in self.crews], dtype=bool)
        return self._can[key]
