"""Unit cells: read, replace, and find the cell of a position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from grid.model.cell import Cell, CellCode, LowCell
from grid.model.place import Located, LocatedMany
from grid.store.named_sql import Statements
from grid.store.postgis import copy_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from shapely import Geometry, Polygon
    from sqlalchemy import Connection, Row

    from grid.model.cell import Water

_SQL = Statements.beside(__file__)

# Up to here the database's index answers sooner (0.1 ms a point) than loading all cells.
_FEW = 400


def count(conn: Connection) -> int:
    """How many cells are valid now."""
    return int(_SQL.value(conn, "count"))


def by_code(conn: Connection, code: str) -> Cell | None:
    """The cell with a code, valid or replaced; None when the code was never given."""
    row = _SQL.maybe(conn, "by_code", code=code)
    return None if row is None else _cells([row])[0]


def by_ids(conn: Connection, cell_ids: Iterable[int]) -> list[Cell]:
    """The cells with these ids, valid or replaced, by id; unknown ids are left out."""
    return _cells(_SQL.rows(conn, "by_ids", cell_ids=list(cell_ids)))


def inside(conn: Connection, area_id: int) -> list[Cell]:
    """The valid cells of an area and of all areas below it, by code."""
    return _cells(_SQL.rows(conn, "inside", area_id=area_id))


def nearest(conn: Connection, lon: float, lat: float, *, limit: int = 1) -> list[Cell]:
    """The valid cells nearest to a WGS-84 position (planar degrees), nearest first."""
    return _cells(_SQL.rows(conn, "nearest", lon=lon, lat=lat, limit=limit))


def taken_codes(conn: Connection, communities: Iterable[str]) -> set[str]:
    """All cell codes ever given in communities (12-digit codes), replaced ones included."""
    return {row.code for row in _SQL.rows(conn, "taken_codes", communities=list(communities))}


def insert(conn: Connection, cells: Iterable[tuple[CellCode, int, Polygon]]) -> int:
    """Store new cells (code, area_id, WGS-84 shape); how many.

    Raises psycopg.errors.UniqueViolation when a code was ever given before.
    """
    rows = list(cells)
    shapes = shapely.to_wkb(
        shapely.set_srid([row[2] for row in rows], 4326), True, include_srid=True
    )
    return copy_rows(
        conn,
        "grid.cells",
        ("code", "area_id", "geometry"),
        ((code, area_id, shape) for (code, area_id, _), shape in zip(rows, shapes, strict=True)),
    )


def valid_codes(conn: Connection, codes: Iterable[str]) -> set[str]:
    """Those of some codes that valid cells have."""
    return {row.code for row in _SQL.rows(conn, "valid_codes", codes=sorted(codes))}


def put_elevations(conn: Connection, heights: Mapping[str, float]) -> int:
    """Keep the lowest ground of cells (code -> metres); of how many it is new."""
    return _SQL.run(conn, "put_elevations", codes=list(heights), heights=list(heights.values()))


def known_elevations(conn: Connection) -> tuple[int, int]:
    """Of how many valid cells the ground is known, and how many there are."""
    row = _SQL.one(conn, "known_elevations")
    return row.known, row.valid


def lower(conn: Connection, waters: Sequence[Water], *, most: int) -> list[LowCell]:
    """The valid cells in reach of some waters that lie lower than them: the ``most`` deepest, in
    that order."""
    rows = _SQL.rows(
        conn, "lower", lons=[one.lon for one in waters], lats=[one.lat for one in waters],
        heights=[one.height_m for one in waters], reaches=[one.reach_m for one in waters],
        most=most,
    )  # fmt: skip
    return [
        LowCell(cell_id=row.cell_id, code=row.code, water=row.n - 1, depth_m=row.depth_m,
                shape=row.shape)
        for row in rows
    ]  # fmt: skip


def lock(conn: Connection) -> None:
    """Wait until no other transaction changes areas or cells, and keep others out."""
    _SQL.run(conn, "lock")


def retire(conn: Connection, cell_ids: Iterable[int]) -> int:
    """End the validity of cells now; how many were still valid."""
    return _SQL.run(conn, "retire", cell_ids=list(cell_ids))


def locate(conn: Connection, lon: float, lat: float) -> Located | None:
    """Where a WGS-84 position lies: its cell and area; None outside all areas."""
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return None
    row = _SQL.maybe(conn, "locate", lon=lon, lat=lat)
    if row is None:
        return None
    return Located(
        cell_id=row.cell_id,
        cell_code=None if row.code is None else CellCode(row.code),
        area_id=row.area_id,
        area_name_zh=row.name_zh,
        area_name_en=row.name_en,
    )


def locate_many(conn: Connection, lons: ArrayLike, lats: ArrayLike) -> LocatedMany:
    """Where many WGS-84 positions (two arrays of one length) lie; see LocatedMany.

    A few are asked of the database; for many, all cells are loaded once. Positions that are not
    finite are outside. Keep `load_index` yourself when you locate again and again.
    """
    x, y = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    if x.size > _FEW:
        return load_index(conn).locate_many(x, y)
    finite = np.isfinite(x) & np.isfinite(y)
    rows = _SQL.rows(conn, "locate_some", lons=x[finite].tolist(), lats=y[finite].tolist())
    cell_ids, area_ids = np.zeros((2, x.size), dtype=np.int32)
    cell_ids[finite] = [row.cell_id for row in rows]
    area_ids[finite] = [row.area_id for row in rows]
    return LocatedMany(cell_ids=cell_ids, area_ids=area_ids)


class Holders:
    """Shapes that are asked which of them holds a position."""

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        """Prepare WGS-84 polygons; an earlier one wins where two hold a position."""
        self._shapes = shapes
        shapely.prepare(shapes)
        self._boxes = _inner_boxes(shapes)

    def first(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.intp]:
        """For each position the index of the first shape that holds it (border included), or -1."""
        none = len(self._shapes)
        first = np.full(x.size, none, dtype=np.intp)
        if x.size and none:
            # A tree of the points queried with the shapes is faster than the other way round.
            shape, point = shapely.STRtree(shapely.points(x, y)).query(self._shapes)
            west, south, east, north = self._boxes[shape].T
            px, py = x[point], y[point]
            held = (west < px) & (px < east) & (south < py) & (py < north)
            # only near its border does a shape have to be asked itself
            near = np.flatnonzero(~held)
            held[near] = shapely.intersects_xy(self._shapes[shape[near]], px[near], py[near])
            np.minimum.at(first, point[held], shape[held])
        first[first == none] = -1
        return first


def _inner_boxes(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """A box inside each shape (west, south, east, north), NaN where a simple guess is not."""
    boxes = np.asarray(shapely.bounds(shapes), dtype=np.float64).reshape(-1, 4)
    margin = 0.02 * (boxes[:, 2:] - boxes[:, :2])
    boxes[:, :2] += margin
    boxes[:, 2:] -= margin
    boxes[~shapely.contains(shapes, shapely.box(*boxes.T))] = np.nan
    return boxes


@dataclass(frozen=True, kw_only=True, slots=True)
class CellIndex:
    """All valid cells and all areas in memory: about a million positions a second."""

    cells: Holders
    cell_ids: NDArray[np.int32]
    cell_areas: NDArray[np.int32]
    areas: Holders
    area_ids: NDArray[np.int32]

    def locate_many(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> LocatedMany:
        """Where WGS-84 positions lie; the same answers as the database gives."""
        cell_ids, area_ids = np.zeros((2, lons.size), dtype=np.int32)
        finite = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        found = self.cells.first(lons[finite], lats[finite])
        held = found >= 0
        cell_ids[finite[held]] = self.cell_ids[found[held]]
        area_ids[finite[held]] = self.cell_areas[found[held]]
        rest = finite[~held]
        found = self.areas.first(lons[rest], lats[rest])
        held = found >= 0
        area_ids[rest[held]] = self.area_ids[found[held]]
        return LocatedMany(cell_ids=cell_ids, area_ids=area_ids)


def load_index(conn: Connection) -> CellIndex:
    """Load all valid cells and all areas (20,000 cells: about 0.2 s)."""
    cells = _SQL.rows(conn, "index_cells")
    areas = _SQL.rows(conn, "index_areas")
    return CellIndex(
        cells=_holders(cells),
        cell_ids=np.array([row.cell_id for row in cells], dtype=np.int32),
        cell_areas=np.array([row.area_id for row in cells], dtype=np.int32),
        areas=_holders(areas),
        area_ids=np.array([row.area_id for row in areas], dtype=np.int32),
    )


def _holders(rows: Sequence[Row[Any]]) -> Holders:
    return Holders(shapely.from_wkb(np.array([bytes(row.geometry) for row in rows], dtype=object)))


def _cells(rows: Sequence[Row[Any]]) -> list[Cell]:
    shapes: Sequence[Geometry] = shapely.from_wkb([bytes(row.geometry) for row in rows])
    return [
        Cell(
            cell_id=row.cell_id,
            code=CellCode(row.code),
            area_id=row.area_id,
            geometry=shape,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]
