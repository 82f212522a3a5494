"""Who answers for what: departments and duties."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """责任部门: a row of events.departments."""

    department_id: int
    code: str
    name_zh: str
    name_en: str
    area_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """权责清单: a department answers for a category (or a family, or everything) in an area.

    ``depth``: how deep the area lies in the tree (1 = the city).
    """

    duty_id: int
    department_id: int
    department_code: str
    department_name_zh: str
    department_name_en: str
    category_code: str | None
    family: str | None
    area_id: int
    area_name_zh: str
    area_name_en: str
    depth: int
    priority: int
