"""Components: fixed city facilities with an owner (outfall, lamp, manhole, pump station)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentDraft:
    """A component to be stored: position in WGS-84, ``source_crs`` as it was given."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    source_crs: str = "EPSG:4326"
    standard: str | None = None
    class_code: str | None = None
    owner_department: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A stored component, with the cell (if it lies in one) and the area that answers for it."""

    component_id: int
    code: str
    kind: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    source_crs: str
    standard: str | None
    class_code: str | None
    owner_department: str | None
    attributes: Mapping[str, Any]
    cell_id: int | None
    area_id: int
