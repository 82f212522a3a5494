"""Which crew goes to one ticket, with the reason: the same objective as for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from events.model.assignment import NOBODY, Jobs, Seats, job_terms
from events.model.category import Category
from events.model.crew import Crew, on_shift
from events.model.objective import TERM_WORDS, WEIGHTS, Terms, Weights
from events.model.roster import InHand, Roster, skilled
from events.model.words import Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How many of the crews that were looked at are kept with the reason.
_KEPT = 8
# What so many crews have in hand is looked at first; of four times as many where that is too few.
_LOOKED_AT = 64
_NOBODY_CAN = Words(
    zh="责任部门当前没有可派班组，有班组空闲或到岗时自动派出",
    en="No crew of the department can go now; one is sent as soon as it can",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Considered:
    """A crew that was looked at: its distance in metres, what it has in hand, the parts of the
    objective, and why it cannot go (None: it can)."""

    crew: Crew
    distance_m: float
    in_hand: int
    terms: Terms
    why_not: Words | None

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``tickets.routing``; minutes of the objective in ``terms``."""
        return {
            "crew": self.crew.code,
            "distance_m": round(self.distance_m),
            "load": self.in_hand,
            "capacity": self.crew.capacity,
            "cost_min": round(float(self.terms.total), 1),
            "terms": self.terms.as_dict(),
            "why_not": None if self.why_not is None else self.why_not.as_dict(),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class CrewChoice:
    """The crew that goes (None: nobody can now), why, and who else was looked at, best first."""

    crew_id: int | None
    because: Words
    considered: tuple[Considered, ...]

    @property
    def names(self) -> dict[str, str | None]:
        """What the ticket shows of the crew that goes, by column."""
        crew = None if self.crew_id is None else self.considered[0].crew
        return {
            "crew_code": None if crew is None else crew.code,
            "crew_name_zh": None if crew is None else crew.name_zh,
            "crew_name_en": None if crew is None else crew.name_en,
        }

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``tickets.routing``."""
        return {
            "crew_id": self.crew_id,
            "because": self.because.as_dict(),
            "considered": [one.as_dict() for one in self.considered],
        }


def choose_crew(
    crews: Iterable[Crew],
    category: Category,
    *,
    lon: float,
    lat: float,
    at: datetime,
    zone: ZoneInfo,
    severity: int,
    due_at: datetime | None,
    weights: Weights = WEIGHTS,
) -> CrewChoice:
    """The crew that goes to one new ticket while nobody else's is moved: on shift, with the skill,
    below its capacity, and of those the cheapest. ``due_at``: of its disposal."""
    roster = Roster.of(crews)
    known = {one.crew_id: one for one in roster.crews}
    return choose(
        roster, lambda ids: Roster.of(known[one] for one in ids).in_hand(), category, lon=lon,
        lat=lat, at=at, zone=zone, severity=severity, due_at=due_at, weights=weights,
    )  # fmt: skip


def choose(
    roster: Roster,
    look: Callable[[Sequence[int]], InHand],
    category: Category,
    *,
    lon: float,
    lat: float,
    at: datetime,
    zone: ZoneInfo,
    severity: int,
    due_at: datetime | None,
    weights: Weights = WEIGHTS,
) -> CrewChoice:
    """As `choose_crew`, of a roster that is known; ``look`` says what crews have in hand.

    It is asked about few crews first, and about more until the others, even with empty hands,
    would not be among those that are told of.
    """
    if not len(roster):
        return CrewChoice(crew_id=None, because=_NOBODY_CAN, considered=())
    left_min = np.inf if due_at is None else (due_at - at).total_seconds() / 60
    job = Jobs(
        lon=np.array([lon]), lat=np.array([lat]), severity=np.array([severity]),
        left_min=np.array([left_min]), kind=np.array([0]), holder=np.array([NOBODY]),
    )  # fmt: skip
    seats = roster.seats([category], np.zeros(len(roster), dtype=np.int64), at=at, zone=zone)
    places, some, load = _cheapest(roster, seats, job, look, weights)
    return told([roster.crews[place] for place in places], category, job, some, 0, load, at=at,
                zone=zone, able=int(seats.able[0].sum()), weights=weights)  # fmt: skip


def _cheapest(
    roster: Roster,
    seats: Seats,
    job: Jobs,
    look: Callable[[Sequence[int]], InHand],
    weights: Weights,
) -> tuple[NDArray[np.int64], Seats, NDArray[np.int64]]:
    """Places of the crews that matter for one job, the crews as they are, and what they have."""
    least = job_terms(job, seats, 0, seats.fixed, weights)[1].total
    able = seats.able[0]
    order = np.lexsort((least, ~able))
    most = _LOOKED_AT
    while True:
        places = np.sort(order[:most])
        in_hand = look([roster.crews[place].crew_id for place in places])
        some = seats.some(places, in_hand.fixed)
        cost = job_terms(job, some, 0, in_hand.load, weights)[1].total
        cost = np.sort(cost[some.able[0] & (in_hand.load < some.capacity)])
        rest = order[most:]
        beyond = least[rest[able[rest]]]
        if not len(beyond) or (len(cost) >= _KEPT and cost[_KEPT - 1] <= beyond[0]):
            return places, some, in_hand.load
        most *= 4


def told(
    crews: Sequence[Crew],
    category: Category,
    jobs: Jobs,
    seats: Seats,
    one: int,
    in_hand: NDArray[np.int64],
    *,
    at: datetime,
    zone: ZoneInfo,
    chosen: int | None = None,
    able: int | None = None,
    weights: Weights = WEIGHTS,
) -> CrewChoice:
    """Say why job ``one`` goes to crew ``chosen`` (None: to the cheapest that can).

    ``in_hand``: what each crew has without this ticket. ``able``: how many are on shift and have
    the skill, where ``crews`` are not all of them.
    """
    distance_m, parts = job_terms(jobs, seats, one, in_hand, weights)
    can = seats.able[jobs.kind[one]] & (in_hand < seats.capacity)
    first = np.full(len(seats), True)
    if chosen is not None:
        first[chosen] = False
    # the chosen one, who else can, the others; each by cost, then by their order
    order = np.lexsort((parts.total, ~can, first))
    considered = tuple(
        Considered(
            crew=crews[i],
            distance_m=float(distance_m[i]),
            in_hand=int(in_hand[i]),
            terms=Terms(*(float(part[i]) for part in parts)),
            why_not=_why_not(crews[i], category, int(in_hand[i]), at, zone),
        )
        for i in order[:_KEPT]
    )
    if chosen is None and not can[order[0]]:
        return CrewChoice(crew_id=None, because=_NOBODY_CAN, considered=considered)
    return CrewChoice(
        crew_id=considered[0].crew.crew_id,
        because=_because(considered, able or int(seats.able[jobs.kind[one]].sum())),
        considered=considered,
    )


def _because(considered: Sequence[Considered], able: int) -> Words:
    best = considered[0]
    zh = (
        f"{best.crew.name_zh}：在岗，距现场{best.distance_m / 1000:.1f}公里，"
        f"在办{best.in_hand}件（{able}个在岗且有该技能的班组中最合适"
    )
    en = (
        f"{best.crew.name_en}: on shift, {best.distance_m / 1000:.1f} km away,"
        f" {best.in_hand} in hand (the best of {able} on shift with the skill"
    )
    other = next((one for one in considered[1:] if one.why_not is None), None)
    if other is not None:
        more = other.terms.total - best.terms.total
        gap = max(
            TERM_WORDS, key=lambda name: getattr(other.terms, name) - getattr(best.terms, name)
        )
        word = TERM_WORDS[gap]
        zh += f"；其次{other.crew.name_zh}，综合代价多{more:.0f}分钟，主要因{word.zh}"
        en += f"; next {other.crew.name_en}, {more:.0f} min more, mostly for its {word.en}"
    return Words(zh=zh + "）", en=en + ")")


def _why_not(
    crew: Crew, category: Category, in_hand: int, at: datetime, zone: ZoneInfo
) -> Words | None:
    tests: list[tuple[Callable[[], bool], Words]] = [
        (lambda: skilled(crew, category), Words(zh="没有该类技能", en="lacks the skill")),
        (lambda: on_shift(crew.shifts, at, zone), Words(zh="不在班", en="off shift")),
        (lambda: in_hand < crew.capacity, Words(zh="在办已满", en="has its hands full")),
    ]
    return next((words for holds, words in tests if not holds()), None)
