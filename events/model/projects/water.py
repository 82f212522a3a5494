"""The class of water that sampled values stand for, by the limits of a standard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# From good to bad; "V-" and "4-" are worse than any class: 劣V类, 劣四类.
_ORDER = {
    one: place
    for classes in (("I", "II", "III", "IV", "V", "V-"), ("1", "2", "3", "4", "4-"))
    for place, one in enumerate(classes)
}
WORST = {"surface": "V-", "sea": "4-"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Between which values a substance is allowed in each class, the best class first.

    ``lowest`` and ``highest`` are as long as the standard has classes; None: no such bound.
    """

    lowest: tuple[float | None, ...]
    highest: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standard:
    """The limits of a kind of water from a day on: ``water`` is surface or sea."""

    name: str
    water: str
    effective_from: date
    classes: tuple[str, ...]
    bounds: Mapping[str, Bounds]


@dataclass(frozen=True, kw_only=True, slots=True)
class Classified:
    """The class of a sample, by which standard, and the substances that decided it."""

    water_class: str
    standard: str
    decided_by: tuple[str, ...]


def classify(values: Mapping[str, float], standard: Standard) -> Classified:
    """The class of a sample: that of its worst substance, as the standards judge (单因子评价).

    Raises ValueError for a substance that the standard does not judge, and for no values.
    """
    if not values:
        raise ValueError("a sample without values has no class")
    unknown = sorted(set(values) - set(standard.bounds))
    if unknown:
        raise ValueError(unknown[0])
    places = {name: _place(value, standard.bounds[name]) for name, value in values.items()}
    worst = max(places.values())
    return Classified(
        water_class=(*standard.classes, WORST[standard.water])[worst],
        standard=standard.name,
        decided_by=tuple(sorted(name for name, place in places.items() if place == worst)),
    )


def _place(value: float, bounds: Bounds) -> int:
    """The first class that allows the value; beyond the last one where none does."""
    for place, (low, high) in enumerate(zip(bounds.lowest, bounds.highest, strict=True)):
        if (low is None or value >= low) and (high is None or value <= high):
            return place
    return len(bounds.lowest)


def is_worse(one: str, than: str) -> bool:
    """Whether a class is worse than another of the same kind of water."""
    return _ORDER[one] > _ORDER[than]


def is_class(text: str, water: str) -> bool:
    """Whether a text names a class of that kind of water (劣 included)."""
    classes = ("I", "II", "III", "IV", "V", "V-") if water == "surface" else (
        "1", "2", "3", "4", "4-")  # fmt: skip
    return text in classes


def standard_at(standards: tuple[Standard, ...], water: str, day: date) -> Standard | None:
    """The standard for a kind of water that is in force on a day; None where there is none."""
    fitting = [one for one in standards if one.water == water and one.effective_from <= day]
    return max(fitting, key=lambda one: one.effective_from, default=None)
