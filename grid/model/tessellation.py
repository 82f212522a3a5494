"""Cut an area into square unit cells, clipped to the area, without gaps or overlaps.

The lattice lies on whole multiples of the cell size in the local metric projection, so that
neighbouring areas continue each other's cells.  The cutting itself happens in degrees: the
lattice's lines and the area's border are noded together and the faces between them are the
cells, hence cells share their vertices exactly and keep the area's own border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from grid.model.cell import MOST_CELLS
from grid.model.mosaic import Mosaic
from grid.model.projection import in_metres, metric_epsg_of, to_degrees, to_metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A face below this share of a whole square is joined to a neighbour.
_LEAST_SHARE = 0.3
# Nodes are snapped to 1e-9 degrees: 0.1 mm, far below the width of any true fault.
_SNAP_DEGREES = 1e-9
SMALLEST_M, LARGEST_M = 10.0, 10_000.0
# Lattices beyond this are a mistake in the size or in the area.
_MOST_SQUARES = 400_000


class CannotCut(ValueError):
    """An area that cannot be cut as asked; see the subclasses."""


class BadSize(CannotCut):
    """A cell size outside SMALLEST_M .. LARGEST_M, or far too small for the area."""


class TooManyCells(CannotCut):
    """A community of more cells than three digits count; ``advised_m`` would fit."""

    def __init__(self, count: int, advised_m: int) -> None:
        super().__init__(f"{count} cells are more than {MOST_CELLS}; try {advised_m} m")
        self.count = count
        self.advised_m = advised_m


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Cells in the order of their sequence numbers, with the lattice place of each.

    ``shapes`` are WGS-84 polygons, ``columns`` count eastward, ``rows`` northward, ``epsg`` is
    the projection of the lattice.
    """

    shapes: NDArray[np.object_]
    columns: NDArray[np.int64]
    rows: NDArray[np.int64]
    size_m: float
    epsg: int


def cut(area: Polygon | MultiPolygon, size_m: float, *, epsg: int | None = None) -> Cut:
    """Cut a WGS-84 area into cells of ``size_m`` x ``size_m`` metres, clipped to the area.

    Pieces of less than a third of a square are joined to the neighbour with the longest common
    border.  Cells are ordered row by row from the north, west to east in each row.  Give
    ``epsg`` of a wider area so that its parts share one lattice.  Raises BadSize.
    """
    if not SMALLEST_M <= size_m <= LARGEST_M:
        raise BadSize(f"{size_m} m is not between {SMALLEST_M:g} and {LARGEST_M:g} m")
    epsg = metric_epsg_of(area) if epsg is None else epsg
    faces = _faces(area, size_m, epsg)
    measured = shapely.area(in_metres(faces, epsg))
    shapes, leaders = Mosaic.of(faces).joined(measured, at_least=_LEAST_SHARE * size_m**2)
    middle = shapely.get_coordinates(shapely.point_on_surface(faces[leaders]))
    x, y = to_metres(middle[:, 0], middle[:, 1], epsg)
    columns = np.floor(x / size_m).astype(np.int64)
    rows = np.floor(y / size_m).astype(np.int64)
    order = np.lexsort((x, -y, columns, -rows))
    return Cut(
        shapes=shapes[order], columns=columns[order], rows=rows[order], size_m=size_m, epsg=epsg
    )


def cut_community(area: Polygon | MultiPolygon, size_m: float, *, epsg: int | None = None) -> Cut:
    """`cut`, for a community. Raises TooManyCells when three digits do not count the cells."""
    found = cut(area, size_m, epsg=epsg)
    count = len(found.shapes)
    if count > MOST_CELLS:
        # the border adds pieces, so ask for a little more than the square root says
        advised = size_m * float(np.sqrt(count / MOST_CELLS)) * 1.03
        raise TooManyCells(count, int(np.ceil(advised / 10) * 10))
    return found


def group(found: Cut, most: int = MOST_CELLS) -> list[NDArray[np.intp]]:
    """Divide cells into compact groups of at most ``most``: synthetic communities.

    Halves the wider side of the lattice until each group fits.  Groups are ordered from the
    north-west; each is an array of indices into ``found.shapes``, ascending.
    """
    groups: list[NDArray[np.intp]] = []
    waiting = [np.arange(len(found.shapes))]
    while waiting:
        here = waiting.pop()
        if len(here) <= most:
            if len(here):
                groups.append(here)
            continue
        columns, rows = found.columns[here], found.rows[here]
        across = np.ptp(columns) >= np.ptp(rows)
        order = np.lexsort((rows, columns) if across else (columns, -rows))
        parts = -(-len(here) // most)
        middle = len(here) * (parts // 2) // parts
        waiting += [np.sort(here[order[middle:]]), np.sort(here[order[:middle]])]
    groups.sort(key=lambda one: (-int(found.rows[one].max()), int(found.columns[one].min())))
    return groups


def _faces(area: Polygon | MultiPolygon, size_m: float, epsg: int) -> NDArray[np.object_]:
    """The pieces into which the lattice divides the area."""
    border = shapely.boundary(area)
    lattice = _lattice(area, size_m, epsg)
    noded = shapely.unary_union(np.append(lattice, border), grid_size=_SNAP_DEGREES)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(area)
    kept: NDArray[np.object_] = faces[shapely.intersects(area, inner)]
    return kept


def _lattice(area: Polygon | MultiPolygon, size_m: float, epsg: int) -> NDArray[np.object_]:
    """The lattice's lines over the area, in degrees, with a vertex at every crossing."""
    # Borders that are straight in degrees bow in metres: look at them at short steps.
    fine = shapely.segmentize(shapely.boundary(area), 0.01)
    west, south, east, north = shapely.bounds(in_metres(fine, epsg))
    i = np.arange(np.floor(west / size_m), np.ceil(east / size_m) + 1)
    j = np.arange(np.floor(south / size_m), np.ceil(north / size_m) + 1)
    if len(i) * len(j) > _MOST_SQUARES:
        raise BadSize(f"{size_m:g} m is too small: it gives about {len(i) * len(j)} squares")
    x, y = np.meshgrid(i * size_m, j * size_m)
    lon, lat = to_degrees(x.ravel(), y.ravel(), epsg)
    nodes = np.stack([lon, lat], axis=1).reshape(len(j), len(i), 2)
    across = [shapely.linestrings(line) for line in nodes]
    along = [shapely.linestrings(line) for line in nodes.transpose(1, 0, 2)]
    return np.array(across + along, dtype=object)
