"""Administrative areas, a tree: city > district > street > community."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely import MultiPolygon


class AreaKind(StrEnum):
    """The four levels, from the widest to the narrowest."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


# Digits of the code on each level; a child's code starts with its parent's.
CODE_DIGITS = {
    AreaKind.CITY: 4,
    AreaKind.DISTRICT: 6,
    AreaKind.STREET: 9,
    AreaKind.COMMUNITY: 12,
}
_KIND_BY_DIGITS = {digits: kind for kind, digits in CODE_DIGITS.items()}


class AreaCodeRefusal(StrEnum):
    """Why a text is not an area code."""

    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    LENGTH = "length"


class BadAreaCode(ValueError):
    """A text that is not an area code; ``refusal`` says why."""

    def __init__(self, text: str, refusal: AreaCodeRefusal) -> None:
        super().__init__(f"{text!r} is not an area code: {refusal.value}")
        self.text = text
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """One area. ``path`` holds the ids from the city down to the area itself."""

    area_id: int
    code: str
    kind: AreaKind
    parent_id: int | None
    path: tuple[int, ...]
    name_zh: str
    name_en: str
    synthetic: bool
    geometry: MultiPolygon


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaDraft:
    """An area to be stored; kind and parent follow from the code. ``geometry`` in WGS-84."""

    code: str
    name_zh: str
    name_en: str
    geometry: MultiPolygon
    synthetic: bool = False


def parse_area_code(text: str) -> str:
    """The code in ``text`` (4, 6, 9 or 12 digits), blanks removed. Raises BadAreaCode."""
    code = text.strip()
    if not code:
        raise BadAreaCode(text, AreaCodeRefusal.EMPTY)
    if not (code.isascii() and code.isdigit()):
        raise BadAreaCode(text, AreaCodeRefusal.NOT_DIGITS)
    if len(code) not in _KIND_BY_DIGITS:
        raise BadAreaCode(text, AreaCodeRefusal.LENGTH)
    return code


def kind_of(code: str) -> AreaKind:
    """The level of a valid code."""
    return _KIND_BY_DIGITS[len(code)]


def parent_code(code: str) -> str | None:
    """The code of the area above; None for a city."""
    kind = kind_of(code)
    if kind is AreaKind.CITY:
        return None
    kinds = list(AreaKind)
    return code[: CODE_DIGITS[kinds[kinds.index(kind) - 1]]]


def child_kind(kind: AreaKind) -> AreaKind | None:
    """The next narrower level; None below a community."""
    kinds = list(AreaKind)
    below = kinds.index(kind) + 1
    return kinds[below] if below < len(kinds) else None
