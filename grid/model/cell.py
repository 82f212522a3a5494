"""The unit cell, about 10,000 m2, and its 15-digit code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from shapely import Polygon

# 6 digits administrative division, 3 street, 3 community, 3 sequence within the community
CellCode = NewType("CellCode", str)

CELL_CODE_DIGITS = 15
MOST_CELLS = 999  # of one community: its sequence numbers have three digits

_DIGITS = re.compile(r"[0-9]+")


class CodeRefusal(StrEnum):
    """Why a text is not a cell code."""

    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    DIVISION_ZERO = "division_zero"
    SEQUENCE_ZERO = "sequence_zero"


class BadCellCode(ValueError):
    """A text that is not a cell code; ``refusal`` says why."""

    def __init__(self, text: str, refusal: CodeRefusal) -> None:
        super().__init__(f"{text!r} is not a cell code: {refusal.value}")
        self.text = text
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A unit cell. ``geometry`` in WGS-84; valid from ``valid_from`` until before ``valid_to``."""

    cell_id: int
    code: CellCode
    area_id: int
    geometry: Polygon
    valid_from: datetime
    valid_to: datetime | None


def parse_cell_code(text: str) -> CellCode:
    """The code in ``text``, outer blanks removed. Raises BadCellCode with the reason."""
    code = text.strip()
    refusal = None
    if not code:
        refusal = CodeRefusal.EMPTY
    elif not _DIGITS.fullmatch(code):
        refusal = CodeRefusal.NOT_DIGITS
    elif len(code) != CELL_CODE_DIGITS:
        refusal = CodeRefusal.LENGTH
    elif code[:6] == "000000":
        refusal = CodeRefusal.DIVISION_ZERO
    elif code[12:] == "000":
        refusal = CodeRefusal.SEQUENCE_ZERO
    if refusal is not None:
        raise BadCellCode(text, refusal)
    return CellCode(code)


def cell_code(community_code: str, sequence: int) -> CellCode:
    """The code of cell ``sequence`` (1..999) of a community with a 12-digit code.

    Raises ValueError when either is out of range.
    """
    if not 1 <= sequence <= MOST_CELLS:
        raise ValueError(f"sequence {sequence} is not in 1..{MOST_CELLS}")
    return parse_cell_code(f"{community_code}{sequence:03d}")


def community_of(code: CellCode) -> str:
    """The 12-digit code of the community a cell belongs to."""
    return code[:12]


def sequence_of(code: CellCode) -> int:
    """The cell's number within its community, 1..999."""
    return int(code[12:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Water:
    """How high water stands at a place (metres above the datum of the cells' heights), and how far
    around that tells anything (metres)."""

    lon: float
    lat: float
    height_m: float
    reach_m: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LowCell:
    """A cell whose lowest ground lies ``depth_m`` below the ``water``-th water that was asked for
    (from 0); ``shape`` is GeoJSON."""

    cell_id: int
    code: str
    water: int
    depth_m: float
    shape: str
