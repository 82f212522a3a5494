"""The city that this database governs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class City:
    """Names, time zone (IANA), centre (lon, lat) and extent (west, south, east, north)."""

    name_zh: str
    name_en: str
    time_zone: str
    center: tuple[float, float]
    bbox: tuple[float, float, float, float]
    demo: bool = False
