"""What goes wrong in the demo city, and when: episodes at single stations.

An episode grows, stays until somebody relieves it (or a long time), and then decays. Which
stations it strikes, and when, follows from a seed: the same demo twice is the same.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from iot_ingest.model.device import Device
from iot_ingest.model.noise import chance

# The first minutes are for the newcomer: (seconds after the start, layer, metric of the station).
OPENING = (
    (4.0, "flood", "water_level"),
    (8.0, "construction_dust", "tsp"),
    (35.0, "sewage_station", "wet_well_level"),
    (70.0, "flood", "water_depth"),
    (100.0, "outfall", "cod"),
)
_ROUTINE_FROM_S = 150.0
_EVERY_S = 80.0
_MOST_OPEN = 6
_GIVES_UP_S = 1_500.0
_FAULT_SHARE = 0.12
# Tides do not ask for a crew, and a reservoir does not rise in a minute.
_STEADY_WATERS = frozenset({"tide", "reservoir"})


class Course(StrEnum):
    """What an episode does to its station."""

    EXCESS = "excess"  # the measured quantity leaves its limits
    STUCK = "stuck"  # the sensor repeats itself
    SILENT = "silent"  # nothing is sent, and what was measured meanwhile is sent later
    MAINTENANCE = "maintenance"  # somebody works on it: flag M


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """Something wrong at one station; times in seconds since 1970.

    ``strength`` 0..1 says how bad an excess gets, ``ends_at`` when it passes by itself.
    """

    device_id: str
    course: Course
    began_at: float
    ends_at: float
    strength: float
    rise_s: float
    decay_s: float
    relieved_at: float | None = None

    def intensity(self, t: float) -> float:
        """How much of it is there: 0 before, up to 1, decaying after relief."""
        if t < self.began_at:
            return 0.0
        end = self._end()
        grown = min(1.0, (min(t, end) - self.began_at) / self.rise_s)
        if t <= end:
            return grown
        left = grown * math.exp(-(t - end) / self.decay_s)
        return left if left > 0.005 else 0.0

    def active(self, t: float) -> bool:
        """Whether its cause is there: nobody mended it, and it did not pass by itself."""
        return self.began_at <= t < self._end()

    def over(self, t: float) -> bool:
        """Whether nothing of it is left."""
        return t > self.began_at and self.intensity(t) == 0.0

    def relieved(self, t: float) -> Episode:
        """The episode after somebody mended it (once)."""
        return self if self.relieved_at is not None else replace(self, relieved_at=t)

    def moved(self, t: float) -> Episode:
        """The same episode, beginning at ``t``."""
        return replace(self, began_at=t, ends_at=self.ends_at + t - self.began_at)

    def _end(self) -> float:
        return self.ends_at if self.relieved_at is None else min(self.relieved_at, self.ends_at)


class Schedule:
    """Begins episodes one after the other; at most six are open at once."""

    def __init__(self, devices: Sequence[Device], started_at: float, seed: int) -> None:
        self._devices = {one.device_id: one for one in devices if _can_go_wrong(one)}
        self._started_at = started_at
        self._seed = seed
        self._coming = self._times()
        self._next = next(self._coming)

    def due(self, t: float, busy: Collection[str]) -> Episode | None:
        """The episode that begins now, if one does; ``busy``: stations that have one."""
        at, number, layer, metric = self._next
        if t < self._started_at + at:
            return None
        self._next = next(self._coming)
        if len(busy) >= _MOST_OPEN:
            return None
        free = [
            one
            for one in self._devices.values()
            if one.device_id not in busy
            and (layer is None or (one.layer == layer and metric in one.metrics))
        ]
        if not free:
            return None
        device = free[int(chance(self._seed, "where", number) * len(free))]
        return self._episode(device, number, t, opening=layer is not None)

    def _times(self) -> Iterator[tuple[float, int, str | None, str | None]]:
        for number, (at, layer, metric) in enumerate(OPENING):
            yield at, number, layer, metric
        number, at = len(OPENING), _ROUTINE_FROM_S
        while True:
            yield at, number, None, None
            at += _EVERY_S * (0.6 + 0.8 * chance(self._seed, "when", number))
            number += 1

    def _episode(self, device: Device, number: int, t: float, *, opening: bool) -> Episode:
        course, lasts_s = Course.EXCESS, _GIVES_UP_S
        kind = chance(self._seed, "course", number)
        if not opening and (kind < _FAULT_SHARE or device.metrics == ("rain",)):
            course = (Course.STUCK, Course.SILENT, Course.MAINTENANCE)[number % 3]
            # longer than the five minutes after which silence is noticed, or the half hour of a
            # value that does not move; maintenance is soon over, and nobody's alarm
            lasts_s = 2_700.0 if course is Course.STUCK else 420.0
        return Episode(
            device_id=device.device_id,
            course=course,
            began_at=t,
            ends_at=t + lasts_s,
            strength=chance(self._seed, "strength", number),
            rise_s=8.0 + 10.0 * chance(self._seed, "rise", number),
            decay_s=12.0 + 8.0 * chance(self._seed, "decay", number),
        )


def _can_go_wrong(device: Device) -> bool:
    return device.attributes.get("water") not in _STEADY_WATERS or device.layer != "flood"
