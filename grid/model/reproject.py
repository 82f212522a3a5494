"""Shapes in any coordinate reference system to WGS-84, the shifted Chinese ones included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError

from grid.model.coordinates import CoordinateSystem, coordinate_system, to_wgs84

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHIFTED = frozenset({CoordinateSystem.GCJ02, CoordinateSystem.BD09})


class UnknownSystem(ValueError):
    """A name that stands for no coordinate reference system."""


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """A coordinate reference system; ``name`` is kept with the records that were given in it.

    ``shifted`` is GCJ-02 or BD-09, else None; ``degrees`` whether coordinates are lon, lat.
    """

    name: str
    crs: pyproj.CRS
    shifted: CoordinateSystem | None
    degrees: bool

    def same_as(self, other: System) -> bool:
        """Whether positions in both mean the same."""
        if self.name == other.name:
            return True
        plain = not self.shifted and not other.shifted
        return plain and self.crs.equals(other.crs, ignore_axis_order=True)


def system_of(name: str) -> System:
    """The system a user or a file names: EPSG:4548, GCJ-02, WKT, ... Raises UnknownSystem."""
    known = coordinate_system(name)
    if known is not None:
        base = CoordinateSystem.WGS84 if known in _SHIFTED else known
        return System(
            name=known.value,
            crs=pyproj.CRS(base.value),
            shifted=known if known in _SHIFTED else None,
            degrees=True,
        )
    try:
        crs = pyproj.CRS.from_user_input(name)
    except CRSError as fault:
        raise UnknownSystem(name) from fault
    if crs.is_geocentric or crs.is_vertical or not _of_the_earth(crs):
        raise UnknownSystem(name)
    authority = crs.to_authority()
    short = ":".join(authority) if authority else crs.name
    again = coordinate_system(short)
    if again is not None:
        return system_of(again.value)
    return System(name=short, crs=crs, shifted=None, degrees=crs.is_geographic)


def _of_the_earth(crs: pyproj.CRS) -> bool:
    """PROJ knows the Moon and Mars, too."""
    return crs.ellipsoid is not None and 6.3e6 < crs.ellipsoid.semi_major_metre < 6.45e6


def unlikely(shapes: NDArray[np.object_], system: System) -> NDArray[np.bool_]:
    """Which shapes cannot be in the system: degrees beyond the globe, or metres like degrees."""
    west, south, east, north = shapely.bounds(shapes).T.reshape(4, -1)
    small = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    answer: NDArray[np.bool_] = ~small if system.degrees else small
    return answer


def to_lon_lat(shapes: NDArray[np.object_], system: System) -> NDArray[np.object_]:
    """The shapes in WGS-84, vertex by vertex; a shape that cannot be converted becomes None."""
    if system.shifted is None and system.crs.equals(pyproj.CRS(4326), ignore_axis_order=True):
        return shapes
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    if system.shifted is not None:
        lon, lat = to_wgs84(points[:, 0], points[:, 1], system.shifted)
    else:
        transformer = pyproj.Transformer.from_crs(system.crs, 4326, always_xy=True)
        try:
            lon, lat = transformer.transform(points[:, 0], points[:, 1])
        except ProjError:  # pragma: no cover - only with a damaged PROJ installation
            lon, lat = np.full((2, len(points)), np.nan)
    lost = np.unique(owner[~(np.isfinite(lon) & np.isfinite(lat))])
    moved = np.column_stack([lon, lat])
    moved[~np.isfinite(moved)] = 0.0  # rings must stay closed; these shapes are given up below
    answer: NDArray[np.object_] = shapely.set_coordinates(shapes.copy(), moved)
    answer[lost] = None
    return answer
