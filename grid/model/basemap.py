"""The base map: the shapes by which a newcomer recognises the place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely import Geometry


class BasemapKind(StrEnum):
    """What a shape of the base map is; `place` is a point with a name."""

    SEA = "sea"
    LAND = "land"
    WATER = "water"
    RIVER = "river"
    GREEN = "green"
    BUILDING = "building"
    ROAD_MAJOR = "road_major"
    ROAD = "road"
    ROAD_MINOR = "road_minor"
    PLACE = "place"


@dataclass(frozen=True, kw_only=True, slots=True)
class BasemapFeature:
    """One shape in WGS-84, with its names if it has any."""

    kind: BasemapKind
    geometry: Geometry
    name_zh: str | None = None
    name_en: str | None = None
