"""Gaps and overlaps between the cells of communities."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import shapely

from grid.model.projection import metres_per_degree, stretched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry, Polygon

# Narrower than this everywhere is rounding, not a fault.
WIDTH_M = 0.01
# Along the borders of communities, which may have been drawn apart from each other and from
# the cells.
BORDER_WIDTH_M = 0.5
# So many of the cells around a gap are named.
_MOST_NAMED = 8


class FaultKind(StrEnum):
    """What is wrong at a place."""

    OVERLAP = "overlap"  # two cells share ground
    GAP = "gap"  # ground of a community that no cell of it covers
    OUTSIDE = "outside"  # ground of a cell beyond its community


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault. ``cells``: indices of the cells concerned (for a gap the cells around it)."""

    kind: FaultKind
    community: str
    cells: tuple[int, ...]
    area_m2: float
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Suspicion:
    """Ground that is a fault where it is wider than ``width_m``."""

    kind: FaultKind
    community: str
    cells: tuple[int, ...]
    ground: Geometry
    width_m: float


def find_faults(
    shapes: Sequence[Polygon] | NDArray[np.object_],
    communities: Sequence[str],
    borders: Mapping[str, Geometry],
) -> list[Fault]:
    """All faults of valid WGS-84 polygons; ``communities`` has the community of each.

    Overlaps are looked for between all cells, gaps and cells beyond the border against
    ``borders``, the shapes of the communities.  What is nowhere wider than WIDTH_M (between
    communities BORDER_WIDTH_M) is no fault.
    """
    polygons = np.asarray(shapes, dtype=object)
    if polygons.size == 0:
        return []
    names = np.asarray(communities, dtype=object)
    tree = shapely.STRtree(polygons)
    suspicions = _overlaps(polygons, names, tree)
    for name in sorted(set(communities)):
        members = np.flatnonzero(names == name)
        covered = shapely.union_all(polygons[members])
        suspicions += _gaps(name, covered, borders[name], members, tree)
        suspicions += _outside(name, covered, borders[name], members, polygons)
    _, south, _, north = shapely.total_bounds(polygons)
    return _confirmed(suspicions, (south + north) / 2)


def _overlaps(
    polygons: NDArray[np.object_], names: NDArray[np.object_], tree: shapely.STRtree
) -> list[_Suspicion]:
    first, second = tree.query(polygons)
    once = first < second
    first, second = first[once], second[once]
    common = shapely.intersection(polygons[first], polygons[second])
    return [
        _Suspicion(
            kind=FaultKind.OVERLAP,
            community=str(names[second[n]]),
            cells=(int(first[n]), int(second[n])),
            ground=common[n],
            width_m=WIDTH_M if names[first[n]] == names[second[n]] else BORDER_WIDTH_M,
        )
        for n in np.flatnonzero(shapely.area(common) > 0)
    ]


def _gaps(
    name: str,
    covered: Geometry,
    border: Geometry,
    members: NDArray[np.intp],
    tree: shapely.STRtree,
) -> list[_Suspicion]:
    missing = shapely.get_parts(shapely.difference(border, covered))
    at_border = shapely.intersects(missing, shapely.boundary(border))
    found = []
    for part, outer in zip(missing, at_border, strict=True):
        around = np.intersect1d(tree.query(part, predicate="intersects"), members)
        found.append(
            _Suspicion(
                kind=FaultKind.GAP,
                community=name,
                cells=tuple(int(cell) for cell in around[:_MOST_NAMED]),
                ground=part,
                width_m=BORDER_WIDTH_M if outer else WIDTH_M,
            )
        )
    return found


def _outside(
    name: str,
    covered: Geometry,
    border: Geometry,
    members: NDArray[np.intp],
    polygons: NDArray[np.object_],
) -> list[_Suspicion]:
    beyond = shapely.difference(covered, border)
    if shapely.is_empty(beyond):
        return []
    shapely.prepare(beyond)
    touched = members[shapely.intersects(beyond, polygons[members])]
    grounds = shapely.difference(polygons[touched], border)
    return [
        _Suspicion(
            kind=FaultKind.OUTSIDE,
            community=name,
            cells=(int(cell),),
            ground=ground,
            width_m=BORDER_WIDTH_M,
        )
        for cell, ground in zip(touched, grounds, strict=True)
    ]


def _confirmed(suspicions: list[_Suspicion], middle_lat: float) -> list[Fault]:
    """One fault for each connected piece of ground that is somewhere wider than allowed."""
    if not suspicions:
        return []
    grounds = np.array([one.ground for one in suspicions], dtype=object)
    pieces, owners = shapely.get_parts(grounds, return_index=True)
    widths = np.array([one.width_m for one in suspicions])[owners]
    cores = shapely.buffer(stretched(pieces, middle_lat), -widths / 2, join_style="mitre")
    real = np.flatnonzero((shapely.area(pieces) > 0) & ~shapely.is_empty(cores))
    points = shapely.get_coordinates(shapely.point_on_surface(cores[real]))
    points /= np.array(metres_per_degree(middle_lat))
    lons, lats = points.T
    across, along = metres_per_degree(lats)
    areas = shapely.area(pieces[real]) * across * along
    found = []
    for n, lon, lat, area in zip(real, lons.tolist(), lats.tolist(), areas.tolist(), strict=True):
        why = suspicions[owners[n]]
        found.append(
            Fault(
                kind=why.kind,
                community=why.community,
                cells=why.cells,
                area_m2=area,
                lon=lon,
                lat=lat,
            )
        )
    return found
