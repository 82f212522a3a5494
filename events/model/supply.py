"""What a facility has in store, and what is short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SupplyCount:
    """A count of one item at a facility (its code): how many there are, how many at least."""

    component_code: str
    item: str
    name_zh: str
    name_en: str
    unit: str
    stock: float
    least: float
    counted_at: datetime

    @property
    def short(self) -> bool:
        """Whether there is less than there must be."""
        return is_short(self.stock, self.least)


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """A row of events.supplies."""

    component_id: int
    item: str
    name_zh: str
    name_en: str
    unit: str
    stock: float
    least: float
    counted_at: datetime

    @property
    def level(self) -> int:
        """0 enough, 2 short, 3 none left."""
        if not is_short(self.stock, self.least):
            return 0
        return 2 if self.stock > 0 else 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlSite:
    """A facility of a layer, with the community (or the smallest area) that it lies in."""

    component_id: int
    code: str
    kind: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    site_type: str
    hours: str
    capacity: str
    open: bool
    area_id: int
    area_code: str
    area_zh: str
    area_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tasks:
    """The open tickets of a layer in one area."""

    area_id: int
    area_code: str
    area_zh: str
    area_en: str
    open: int
    overdue: int
    worst: int


def english_unit(unit: str) -> str:
    """A unit, which has one language, in English: L and m³ stay, 只 adds nothing to a name."""
    return "" if any("\u4e00" <= one <= "\u9fff" for one in unit) else unit


def is_short(stock: float, least: float) -> bool:
    """Less than the least, or nothing at all."""
    return stock < least or stock == 0
