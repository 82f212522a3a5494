"""Files as a city's engineer would bring them, made from the test town."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from grid.model.cell import cell_code
from grid.model.coordinates import CoordinateSystem, from_wgs84
from grid.model.tessellation import cut
from tests.grid.town import EAST, WEST, town_areas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def area_frame() -> gpd.GeoDataFrame:
    """The town's areas: code, name_zh, name_en."""
    drafts = town_areas()
    return gpd.GeoDataFrame(
        {
            "code": [one.code for one in drafts],
            "name_zh": [one.name_zh for one in drafts],
            "name_en": [one.name_en for one in drafts],
        },
        geometry=[one.geometry for one in drafts],
        crs=4326,
    )


def cell_frame(size_m: float = 200.0) -> gpd.GeoDataFrame:
    """The cells of both communities: code."""
    codes, shapes = [], []
    for draft in town_areas():
        if draft.code in (WEST, EAST):
            found = cut(draft.geometry, size_m).shapes
            shapes += found.tolist()
            codes += [cell_code(draft.code, n) for n in range(1, len(found) + 1)]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=4326)


def shifted(frame: gpd.GeoDataFrame, system: CoordinateSystem) -> gpd.GeoDataFrame:
    """The same shapes as a map in ``system`` shows them, labelled as WGS-84."""

    def move(points: np.ndarray) -> np.ndarray:
        return np.column_stack(from_wgs84(points[:, 0], points[:, 1], system))

    moved = shapely.transform(np.asarray(frame.geometry.array), move)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=frame.crs))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8") -> Path:
    """Write rows with a header."""
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def geopackage(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    """The frame as a file, `town.gpkg` in ``folder``."""
    frame.to_file(folder / "town.gpkg", driver="GPKG")
    return folder / "town.gpkg"
