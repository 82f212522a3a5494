"""What a search for a name or a code finds on the ground."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A thing with a name or a code.

    ``kind``: of an area its level, of a component or a shape of the base map its own kind, else
    "cell". ``code`` is "" for what has none. ``area_zh``, ``area_en``: the area that it lies in.
    ``bbox``: west, south, east, north (WGS-84); ``lon``, ``lat`` lie inside it.
    """

    key: int
    kind: str
    code: str
    name_zh: str
    name_en: str
    area_zh: str
    area_en: str
    lon: float
    lat: float
    bbox: tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """An area on the way from the city down, without its shape."""

    area_id: int
    code: str
    kind: str
    name_zh: str
    name_en: str
