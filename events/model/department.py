"""Who answers: departments; for what: ``events.model.duty``."""

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
