"""A small town for the grid's tests: one city, one district, one street, two communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from grid.model.area import AreaDraft, parent_code
from grid.model.cell import cell_code
from grid.model.tessellation import cut
from grid.store import areas, cells
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from shapely import MultiPolygon
    from sqlalchemy import Connection, Engine

    from grid.model.area import Area

BY = "account:test"
CITY, DISTRICT, STREET = "3502", "350203", "350203001"
WEST, EAST = "350203001001", "350203001002"


def square(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """A box in degrees, as an area's shape."""
    return shapely.MultiPolygon([shapely.box(west, south, east, north)])


def town_areas() -> list[AreaDraft]:
    """Two communities side by side; the street reaches 0.01 degrees further north."""
    whole = square(118.08, 24.47, 118.12, 24.50)
    shapes = {
        CITY: whole,
        DISTRICT: whole,
        STREET: whole,
        WEST: square(118.08, 24.47, 118.10, 24.49),
        EAST: square(118.10, 24.47, 118.12, 24.49),
    }
    return [
        AreaDraft(code=code, name_zh=f"甲{code}", name_en=f"Area {code}", geometry=shape)
        for code, shape in shapes.items()
    ]


def build_areas(engine: Engine, *, levels: int = 5) -> dict[str, Area]:
    """Store the first areas of the town, from the city down; by code."""
    with transaction(engine, BY) as conn:
        known: dict[str, Area] = {}
        for draft in town_areas()[:levels]:
            above = parent_code(draft.code)
            known[draft.code] = areas.insert(conn, draft, parent=known[above] if above else None)
    return known


def build_town(engine: Engine, *, size_m: float = 100.0) -> dict[str, Area]:
    """Store the town with its cells; the areas by code."""
    known = build_areas(engine)
    with transaction(engine, BY) as conn:
        for code in (WEST, EAST):
            add_cells(conn, known[code], size_m)
    return known


def add_cells(conn: Connection, area: Area, size_m: float) -> int:
    """Cut an area and store the cells under its code."""
    shapes = cut(area.geometry, size_m).shapes
    return cells.insert(
        conn,
        [(cell_code(area.code, n), area.area_id, shape) for n, shape in enumerate(shapes, 1)],
    )


def scattered(count: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Positions over the town and a little beyond it."""
    random = np.random.default_rng(seed)
    return random.uniform(118.075, 118.125, count), random.uniform(24.465, 24.505, count)
