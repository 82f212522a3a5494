"""Is this about something that is known already? One score, and every term of it told.

The score is the logistic function of a sum. A term that is not known (no text, no photo) adds
nothing. The weights are data, one row per family (``events.fusion_weights``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import cos, exp, floor, radians
from typing import Any

from events.model.category import Category
from events.model.distance import metres
from events.model.similarity import PHOTO_BITS, elsewhere, likeness, photo_distance
from events.model.words import Words

# Side of the squares by which filing is serialised, in degrees (about 550 m from north to south).
_SQUARE = 0.005
# Two streets cannot be at one point.
_ONE_POINT_M = 1.0
# Texts that are less alike than this speak against, those that are more for it.
_ALIKE = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What the terms of one family weigh; ``family`` "*" is everybody's who has no own.

    ``start``: at the same place, at once. ``space`` is taken off at the category's reach,
    ``time`` at the end of its window, ``category`` for another category of the family; ``text``
    and ``photo`` are added for the same words and the same picture. From ``link_at`` an event is
    linked without a person, from ``suggest_at`` two tickets are suggested as one; suggestions
    look ``wider`` times as far and ``longer`` times as long.
    """

    family: str = "*"
    start: float = 3.0
    space: float = 3.0
    time: float = 1.5
    category: float = 0.6
    text: float = 2.0
    photo: float = 2.5
    link_at: float = 0.5
    suggest_at: float = 0.3
    wider: float = 2.0
    longer: float = 3.0


DEFAULT = Weights()
# From this score on, an event is linked without a person, where a family has no weights of its own.
THRESHOLD = DEFAULT.link_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What of an event or ticket matters for matching. ``photos``: perceptual hashes, 64 bits."""

    category: Category
    lon: float
    lat: float
    occurred_at: datetime
    seen_at: datetime | None = None
    component_id: int | None = None
    device_no: int | None = None
    description: str = ""
    photos: tuple[int, ...] = ()


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
    description: str = ""
    photos: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A score 0..1 with what each known term added to the sum, and what was compared."""

    score: float
    distance_m: float
    gap: timedelta
    terms: Mapping[str, float] = field(default_factory=dict)
    text: float | None = None
    photo_bits: int | None = None

    @property
    def because(self) -> Words:
        """The reason for people."""
        hours = self.gap.total_seconds() / 3600
        zh = [f"相距{self.distance_m:.0f}米", f"间隔{hours:.1f}小时"]
        en = [f"{self.distance_m:.0f} m", f"{hours:.1f} h apart"]
        if self.terms.get("category"):
            zh.append("同族不同类")
            en.append("another category of its family")
        if self.text is not None:
            zh.append(f"文字相似{self.text:.0%}")
            en.append(f"texts {self.text:.0%} alike")
        if self.photo_bits is not None:
            same = self.photo_bits <= PHOTO_BITS
            zh.append("照片几乎相同" if same else "照片不同")
            en.append("photos nearly the same" if same else "photos differ")
        return Words(zh="，".join(zh), en=", ".join(en))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Link to ``ticket_id``, or file anew (None); ``score`` 0..1 of the best candidate."""

    ticket_id: int | None
    score: float
    because: Words
    terms: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``ticket_events.why``."""
        told: dict[str, Any] = {"score": round(self.score, 3), "because": self.because.as_dict()}
        if self.terms:
            told["terms"] = {name: round(value, 3) for name, value in self.terms.items()}
        return told


SAME_FINDING = Decision(
    ticket_id=None, score=1.0, because=Words(zh="同一监测预警的后续", en="The same finding goes on")
)
FIRST = Decision(
    ticket_id=None,
    score=1.0,
    because=Words(zh="本案卷由此事件产生", en="This ticket began with it"),
)


def compare(subject: Subject, candidate: Candidate, weights: Weights = DEFAULT) -> Scored:
    """Score a pair as far as suggestions look; beyond that, and for other objects, 0.

    Known objects decide alone: the same device is the same, other components are not.
    """
    distance = metres(subject.lon, subject.lat, candidate.lon, candidate.lat)
    gap = _gap(subject, candidate)
    bare = Scored(score=0.0, distance_m=distance, gap=gap)
    far = _part(distance, subject.category.fuse_within_m)
    late = _part(gap.total_seconds(), subject.category.fuse_within.total_seconds())
    if far > weights.wider or late > weights.longer:
        return bare
    known = _known_object(subject, candidate)
    if known is not None:
        return Scored(score=float(known), distance_m=distance, gap=gap)
    if distance < _ONE_POINT_M and elsewhere(subject.description, candidate.description):
        # a position that stands for "somewhere": it says no more than the reach does
        far = 1.0
    text = likeness(subject.description, candidate.description)
    bits = photo_distance(subject.photos, candidate.photos)
    terms = {"start": weights.start, "space": -weights.space * far, "time": -weights.time * late}
    if subject.category.code != candidate.category_code:
        terms["category"] = -weights.category
    if text is not None:
        terms["text"] = weights.text * _for_or_against(text)
    if bits is not None:
        # two different pictures may well show one thing: they say nothing
        terms["photo"] = weights.photo * max(1.0 - bits / (PHOTO_BITS + 1), 0.0)
    return Scored(
        score=1.0 / (1.0 + exp(-sum(terms.values()))), distance_m=distance, gap=gap, terms=terms,
        text=text, photo_bits=bits,
    )  # fmt: skip


def score(subject: Subject, candidate: Candidate, weights: Weights = DEFAULT) -> float:
    """As `compare`, and 0 outside the reach and time within which events are linked."""
    found = compare(subject, candidate, weights)
    return found.score if _within(subject, found) else 0.0


def decide(
    subject: Subject, candidates: Iterable[Candidate], weights: Weights = DEFAULT
) -> Decision:
    """Link to the best candidate above the threshold (the older ticket wins a tie)."""
    pairs = [(compare(subject, one, weights), one) for one in candidates]
    near = [(one.score, -other.ticket_id, one, other) for one, other in pairs
            if _within(subject, one)]  # fmt: skip
    if not near:
        return Decision(
            ticket_id=None,
            score=0.0,
            because=Words(zh="附近没有同类未结案卷", en="No open ticket of this kind nearby"),
        )
    value, _, found, best = max(near, key=lambda one: one[:2])
    why = found.because
    if value < weights.link_at:
        return Decision(
            ticket_id=None,
            score=value,
            because=Words(
                zh=f"与最相近的案卷 {best.number} {why.zh}，不视为同一问题",
                en=f"The nearest, {best.number}: {why.en}: not the same",
            ),
            terms=found.terms,
        )
    return Decision(
        ticket_id=best.ticket_id,
        score=value,
        because=Words(zh=f"与案卷 {best.number} 同类，{why.zh}",
                      en=f"Same kind as {best.number}: {why.en}"),
        terms=found.terms,
    )  # fmt: skip


def _within(subject: Subject, found: Scored) -> bool:
    category = subject.category
    return found.distance_m <= category.fuse_within_m and found.gap <= category.fuse_within


def _known_object(subject: Subject, candidate: Candidate) -> bool | None:
    if None not in (subject.component_id, candidate.component_id):
        return subject.component_id == candidate.component_id
    if None not in (subject.device_no, candidate.device_no):
        return subject.device_no == candidate.device_no
    return None


def _part(value: float, whole: float) -> float:
    if whole <= 0.0:
        return 0.0 if value <= 0.0 else float("inf")
    return value / whole


def _for_or_against(text: float) -> float:
    """-0.5 (nothing in common: people see one thing differently) to 1 (the same words)."""
    if text < _ALIKE:
        return 0.5 * (text / _ALIKE - 1.0)
    return (text - _ALIKE) / (1.0 - _ALIKE)


def _gap(subject: Subject, candidate: Candidate) -> timedelta:
    """The time between the spans in which the two were seen; nothing where they overlap."""
    ends = subject.seen_at or subject.occurred_at
    if ends < candidate.occurred_at:
        return candidate.occurred_at - ends
    return max(subject.occurred_at - candidate.seen_at, timedelta())


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
