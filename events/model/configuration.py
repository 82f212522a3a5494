"""What a city's configuration is given as: rows with codes instead of ids."""

from __future__ import annotations

from dataclasses import dataclass

from events.model.crew import Shift


@dataclass(frozen=True, kw_only=True, slots=True)
class DepartmentRow:
    """A department; ``area_code``: the area in which it works."""

    code: str
    name_zh: str
    name_en: str
    area_code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CrewRow:
    """A crew with its base (WGS-84) and weekly shifts; no skills: it can do everything."""

    code: str
    department_code: str
    area_code: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    shifts: tuple[Shift, ...]
    skills: frozenset[str] = frozenset()
    capacity: int = 5
    simulated: bool = False
