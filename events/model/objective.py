"""The objective of dispatch: what it costs that a crew gets a ticket, in minutes.

One formula for one ticket and one crew as for ten thousand and a thousand: everything here takes
numbers or arrays alike. ``docs/dispatch.md`` says the same in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from events.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What a city may set. Everything is compared in minutes of a crew's way to the gravest need.

    ``speed_m_min``: metres that a crew comes forward in a minute, as the crow flies.
    ``urgency``: how many minutes one minute of way counts, by severity 1 to 4.
    ``handling_min``: how long one ticket takes on the spot; what a crew has accepted comes first.
    ``late``: how many minutes one minute beyond the deadline counts; at most ``late_most_min``.
    ``balance_min``: what the last place of a crew costs more than its first one.
    ``stability_min``: what it costs to take a ticket away from the crew that has it.
    ``nobody_min``: what it costs, for each step of severity, that a ticket waits for a crew.
    """

    speed_m_min: float = 400.0
    urgency: tuple[float, float, float, float] = (1.0, 1.5, 2.0, 3.0)
    handling_min: float = 30.0
    late: float = 2.0
    late_most_min: float = 1_440.0
    balance_min: float = 30.0
    stability_min: float = 20.0
    nobody_min: float = 20_000.0


WEIGHTS = Weights()

# As people read them, in the order of ``Terms``.
TERM_WORDS: dict[str, Words] = {
    "travel": Words(zh="路程", en="way"),
    "late": Words(zh="超期", en="lateness"),
    "balance": Words(zh="负荷", en="load"),
    "stability": Words(zh="换班组", en="change of crew"),
}


class Terms(NamedTuple):
    """The parts of the objective in minutes: numbers, or arrays of one shape."""

    travel: Any
    late: Any
    balance: Any
    stability: Any

    @property
    def total(self) -> Any:
        """Their sum: what is made as small as possible."""
        return self.travel + self.late + self.balance + self.stability

    def as_dict(self) -> dict[str, float]:
        """Of one crew, as kept in ``tickets.routing``."""
        return {name: round(float(part), 1) for name, part in self._asdict().items()}


def terms(
    weights: Weights, *, distance_m: Any, severity: Any, left_min: Any, fixed: Any, fill: Any,
    moved: Any,
) -> Terms:  # fmt: skip
    """What it costs that a ticket goes to a crew.

    ``left_min``: minutes until its deadline (inf: none). ``fixed``: tickets that the crew has
    accepted or was given by a person. ``fill``: tickets in hand as a share of its capacity.
    ``moved``: whether another crew has the ticket now.
    """
    way = np.asarray(distance_m) / weights.speed_m_min
    urgency = np.asarray(weights.urgency)[np.asarray(severity) - 1]
    done = way + weights.handling_min * (np.asarray(fixed) + 1)
    late = np.clip(done - left_min, 0.0, weights.late_most_min)
    shape = np.zeros_like(way)
    return Terms(
        travel=urgency * way,
        late=weights.late * late,
        balance=shape + weights.balance_min * np.asarray(fill),
        stability=shape + weights.stability_min * np.asarray(moved),
    )
