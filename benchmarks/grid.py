"""How fast the grid is, without a database: `python -m benchmarks.grid`.

Cuts a square of some 20,000 cells, looks for faults between them, and locates positions.
Prints seconds of processor time.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import shapely

from grid.model.coordinates import CoordinateSystem, from_wgs84, to_wgs84
from grid.model.faults import find_faults
from grid.model.tessellation import cut
from grid.store.cells import CellIndex, Holders

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA = shapely.box(118.0, 24.4, 118.142, 24.53)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how much processor time a block took."""
    started = time.process_time()
    yield
    print(f"{time.process_time() - started:8.3f} s  {what}")


def main() -> None:
    """Measure, one thing after the other."""
    with timed("cut 20,000 cells"):
        shapes = cut(AREA, 100.0).shapes
    with timed(f"look for gaps and overlaps between {len(shapes):,} cells"):
        faults = find_faults(shapes, ["a"] * len(shapes), {"a": AREA})
    print(f"{len(faults)} faults")
    ids = np.arange(1, len(shapes) + 1, dtype=np.int32)
    index = CellIndex(
        cells=Holders(shapes),
        cell_ids=ids,
        cell_areas=np.ones_like(ids),
        areas=Holders(np.array([AREA], dtype=object)),
        area_ids=np.ones(1, dtype=np.int32),
    )
    random = np.random.default_rng(1)
    for count in (1, 21_401, 1_000_000):
        lons = random.uniform(117.99, 118.15, count)
        lats = random.uniform(24.39, 24.54, count)
        with timed(f"locate {count:,} positions"):
            index.locate_many(lons, lats)
    for system in (CoordinateSystem.GCJ02, CoordinateSystem.BD09):
        moved = from_wgs84(lons, lats, system)
        with timed(f"convert {count:,} positions from {system.value}"):
            to_wgs84(*moved, system)


if __name__ == "__main__":
    main()
