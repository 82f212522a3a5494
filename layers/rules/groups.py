"""Rules over several devices: how far a device stands out of the others.

For each window of the pack that is over, ``compare`` turns the means of all members into one number
a device; these numbers are judged like readings at the window's end. A window's numbers depend on
the readings of that window alone, so what comes late changes only the windows it belongs to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from layers.contract import Limits, Member, Scope
from layers.packs import Entry
from layers.rules.episodes import Grades
from layers.rules.kinds import Kind, grade


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison(Kind):
    """What the rules over several devices share."""

    def compare(self, members: Sequence[Member], limits: Limits) -> Mapping[int, float]:
        """Return what is judged, by device number; members of whom nothing can be said are
        missing. Depends on the set of members, not on their order."""
        counted = sorted(
            (one for one in members if one.share >= limits.share), key=lambda one: one.device_no
        )
        return self._compared(counted, max(1, limits.members_at_least))

    def _compared(self, members: Sequence[Member], least: int) -> Mapping[int, float]:
        raise NotImplementedError

    def _lookback(self, chosen: Entry, interval: int) -> int:
        del chosen, interval
        return 0

    def _grade(
        self, ts: NDArray[np.int64], value: NDArray[np.float64], start: int, limits: Limits
    ) -> Grades:
        return grade(ts[start:], value[start:], value[start:], limits, self.sign)


@dataclass(frozen=True, kw_only=True, slots=True)
class Background(Comparison):
    """The device's mean of ``window`` minus the mean of the other sites of its district, of which
    ``members_at_least`` must have measured."""

    scope: ClassVar[Scope | None] = Scope.DISTRICT

    def _compared(self, members: Sequence[Member], least: int) -> Mapping[int, float]:
        sites: dict[str, list[float]] = {}
        for one in members:
            sites.setdefault(one.site, []).append(one.mean)
        total = fsum(one.mean for one in members)
        found = {}
        for one in members:
            own = sites[one.site]
            others = len(members) - len(own)
            if others >= least:
                found[one.device_no] = one.mean - (total - fsum(own)) / others
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread(Comparison):
    """The highest mean of ``window`` at a site minus its lowest: a finding of the monitor that is
    highest. ``members_at_least`` monitors must have measured."""

    scope: ClassVar[Scope | None] = Scope.SITE

    def _compared(self, members: Sequence[Member], least: int) -> Mapping[int, float]:
        if len(members) < max(2, least):
            return {}
        lowest = min(one.mean for one in members)
        top = max(members, key=lambda one: (one.mean, -one.device_no))
        return {one.device_no: one.mean - lowest if one is top else 0.0 for one in members}
