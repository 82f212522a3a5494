"""Is this about something that is known already? With a score and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import cos, floor, radians
from typing import Any

from events.model.category import Category
from events.model.distance import metres
from events.model.words import Words

# From this score on, an event is linked without a person.
THRESHOLD = 0.5
# Side of the squares by which filing is serialised, in degrees (about 550 m from north to south).
_SQUARE = 0.005


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What of an event matters for matching."""

    category: Category
    lon: float
    lat: float
    occurred_at: datetime
    component_id: int | None = None
    device_no: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An open ticket of the same family nearby. ``seen_at``: its latest event."""

    ticket_id: int
    number: str
    category_code: str
    lon: float
    lat: float
    occurred_at: datetime
    seen_at: datetime
    component_id: int | None = None
    device_no: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Link to ``ticket_id``, or file anew (None); ``score`` 0..1 of the best candidate."""

    ticket_id: int | None
    score: float
    because: Words

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``ticket_events.why``."""
        return {"score": round(self.score, 3), "because": self.because.as_dict()}


SAME_FINDING = Decision(
    ticket_id=None, score=1.0, because=Words(zh="同一监测预警的后续", en="The same finding goes on")
)
FIRST = Decision(
    ticket_id=None,
    score=1.0,
    because=Words(zh="本案卷由此事件产生", en="This ticket began with it"),
)


def score(subject: Subject, candidate: Candidate) -> float:
    """0 (surely something else) to 1 (surely the same). Pure distance and time, weighed by
    category; known objects decide alone: the same device is the same, other components are not.
    """
    distance = metres(subject.lon, subject.lat, candidate.lon, candidate.lat)
    reach = subject.category.fuse_within_m
    gap = _gap_s(subject.occurred_at, candidate)
    window = subject.category.fuse_within.total_seconds()
    if distance > reach or gap > window:
        return 0.0
    if None not in (subject.component_id, candidate.component_id):
        return 1.0 if subject.component_id == candidate.component_id else 0.0
    if None not in (subject.device_no, candidate.device_no):
        return 1.0 if subject.device_no == candidate.device_no else 0.0
    near = 1.0 - 0.5 * distance / reach if reach else 1.0
    recent = 1.0 - 0.3 * gap / window if window else 1.0
    same = 1.0 if subject.category.code == candidate.category_code else 0.85
    return near * recent * same


def _gap_s(at: datetime, candidate: Candidate) -> float:
    """Seconds between ``at`` and the span in which the candidate was seen."""
    if at < candidate.occurred_at:
        return (candidate.occurred_at - at).total_seconds()
    return max((at - candidate.seen_at).total_seconds(), 0.0)


def decide(subject: Subject, candidates: Iterable[Candidate]) -> Decision:
    """Link to the best candidate above the threshold (the older ticket wins a tie)."""
    scored = [(score(subject, one), -one.ticket_id, one) for one in candidates]
    if not scored:
        return Decision(
            ticket_id=None,
            score=0.0,
            because=Words(zh="附近没有同类未结案卷", en="No open ticket of this kind nearby"),
        )
    value, _, best = max(scored, key=lambda one: one[:2])
    distance = metres(subject.lon, subject.lat, best.lon, best.lat)
    hours = _gap_s(subject.occurred_at, best) / 3600
    if value < THRESHOLD:
        return Decision(
            ticket_id=None,
            score=value,
            because=Words(
                zh=f"与最相近的案卷 {best.number} 相距{distance:.0f}米、"
                f"间隔{hours:.1f}小时，不视为同一问题",
                en=f"The nearest, {best.number}, is {distance:.0f} m and {hours:.1f} h away:"
                " not the same",
            ),
        )
    return Decision(
        ticket_id=best.ticket_id,
        score=value,
        because=Words(
            zh=f"与案卷 {best.number} 同类，相距{distance:.0f}米，间隔{hours:.1f}小时",
            en=f"Same kind as {best.number}, {distance:.0f} m and {hours:.1f} h apart",
        ),
    )


def squares(lon: float, lat: float, reach_m: float) -> list[tuple[int, int]]:
    """The squares that a circle of ``reach_m`` touches, in one fixed order.

    Whoever files locks all of them: two events that could be one meet in at least one square.
    """
    north = reach_m / 110_000
    # a degree of longitude shrinks towards the poles; cities end well before them
    east = north / max(cos(radians(lat)), 0.1)
    return [
        (column, row)
        for column in range(floor((lon - east) / _SQUARE), floor((lon + east) / _SQUARE) + 1)
        for row in range(floor((lat - north) / _SQUARE), floor((lat + north) / _SQUARE) + 1)
    ]
