"""Households: who lives in a building and how to reach them. Personal data."""

from __future__ import annotations

from dataclasses import dataclass

# The kind of component that has households.
BUILDING = "building"
MOST_RESIDENTS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseholdDraft:
    """A household as a table gives it; ``unit``: its door ("3-201"), unique in its building."""

    building_code: str
    unit: str
    residents: int | None = None
    contact: str = ""
    phone: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """A stored household and the building (a component) and area that it lies in."""

    household_id: int
    component_id: int
    building_code: str
    building_zh: str
    building_en: str
    lon: float
    lat: float
    cell_id: int | None
    area_id: int
    unit: str
    residents: int | None
    contact: str
    phone: str
    note: str
