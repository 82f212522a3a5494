"""What a visitor is shown of the city: sums only, of the parts that the city has opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians

import shapely

from events.model.standing import Standing
from grid.model.area import Area, AreaKind

# Degrees, about 40 m: enough for a picture a hand wide.
_TOLERANCE = 0.0004
_WIDE = 640.0
# The least of each step; the last colours are for much.
_STEPS = (1, 5, 15, 40)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A street, or a layer, with what is open there; ``step`` 0 to 4 is how much that is."""

    name: str
    open: int
    overdue: int
    step: int
    path: str = ""


def by_street(areas: Sequence[Area], standing: Iterable[Standing], name: str) -> list[Row]:
    """The streets with what is open in them, the most first; ``name``: "name_zh" or "name_en"."""
    streets = {one.area_id: one for one in areas if one.kind is AreaKind.STREET}
    street_of = {
        one.area_id: next((above for above in one.path if above in streets), None) for one in areas
    }
    counts = {area_id: [0, 0] for area_id in streets}
    for one in standing:
        street = street_of.get(one.area_id)
        if street is not None:
            counts[street][0] += one.open
            counts[street][1] += one.overdue
    box = _box(streets.values())
    rows = [
        Row(
            name=getattr(streets[area_id], name) or streets[area_id].name_zh, open=found[0],
            overdue=found[1], step=step(found[0]), path=_path(streets[area_id], box),
        )
        for area_id, found in counts.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.open, row.name))


def by_layer(counts: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> list[Row]:
    """The layers with what is open in them, the most first; ``names`` by their code."""
    rows = [
        Row(name=names[code], open=one["open"], overdue=one["overdue"], step=step(one["open"]))
        for code, one in counts.items()
        if code in names
    ]
    return sorted(rows, key=lambda row: (-row.open, row.name))


def step(count: int) -> int:
    """How much a number is, 0 to 4."""
    return sum(count >= least for least in _STEPS)


def legend() -> list[tuple[int, str]]:
    """The steps and what they stand for."""
    ends = (*(f"–{least - 1}" for least in _STEPS[1:]), "+")
    return [(0, "0"), *((n + 1, f"{_STEPS[n]}{end}") for n, end in enumerate(ends))]


def size(areas: Iterable[Area]) -> tuple[int, int]:
    """Width and height of the picture of the streets, px; nothing without streets."""
    box = _box(one for one in areas if one.kind is AreaKind.STREET)
    if box is None:
        return 0, 0
    _, south, _, north = box
    return round(_WIDE), round(_scale(box) * (north - south) / _squeeze(south, north))


def _box(areas: Iterable[Area]) -> tuple[float, float, float, float] | None:
    found = [one.geometry for one in areas]
    if not found:
        return None
    west, south, east, north = shapely.total_bounds(found)
    return float(west), float(south), float(east), float(north)


def _scale(box: tuple[float, float, float, float]) -> float:
    return _WIDE / max(box[2] - box[0], 1e-9)


def _squeeze(south: float, north: float) -> float:
    # a degree of longitude is shorter than one of latitude
    return cos(radians((south + north) / 2))


def _path(area: Area, box: tuple[float, float, float, float] | None) -> str:
    if box is None:
        return ""
    west, south, _, north = box
    across, down = _scale(box), _scale(box) / _squeeze(south, north)
    rings = [
        ring
        for part in shapely.get_parts(area.geometry.simplify(_TOLERANCE))
        for ring in (part.exterior, *part.interiors)
    ]
    return " ".join(
        "M" + "L".join(f"{(x - west) * across:.1f},{(north - y) * down:.1f}"
                       for x, y in ring.coords) + "Z"
        for ring in rings
    )  # fmt: skip
