"""The local metric projection in which cells are cut and areas are measured."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from shapely import Geometry

# Mainland China in degrees, where the 3-degree zones of CGCS2000 are in use.
_CHINA = (73.0, 17.5, 136.5, 54.0)
_SEMI_MAJOR_M, _ECCENTRICITY2 = 6_378_137.0, 0.006_694_379_990_14
_FIRST_ZONE, _FIRST_MERIDIAN = 4534, 75  # EPSG:4534 is the zone of 75 E, and so on every 3 degrees


def in_china(lon: float, lat: float) -> bool:
    """Whether a position lies in the box around mainland China (neighbours included)."""
    west, south, east, north = _CHINA
    return west <= lon <= east and south <= lat <= north


def metric_epsg(lon: float, lat: float) -> int:
    """The EPSG number of the projection for a place: CGCS2000 3-degree zone in China, else UTM.

    Raises ValueError where UTM ends (beyond 84 N and 80 S) and for no position at all.
    """
    if in_china(lon, lat):
        zone = round((min(max(lon, 75.0), 135.0) - _FIRST_MERIDIAN) / 3)
        return _FIRST_ZONE + zone
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise ValueError(f"no metric projection at {lon}, {lat}")
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


def metric_epsg_of(shape: Geometry) -> int:
    """The projection for the middle of a WGS-84 shape. Raises ValueError for an empty one."""
    west, south, east, north = shapely.bounds(shape)
    return metric_epsg((west + east) / 2, (south + north) / 2)


def to_metres(
    lon: NDArray[np.float64], lat: NDArray[np.float64], epsg: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """WGS-84 degrees to easting and northing in metres."""
    x, y = _transformer(4326, epsg).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


def to_degrees(
    x: NDArray[np.float64], y: NDArray[np.float64], epsg: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Easting and northing in metres to WGS-84 degrees."""
    lon, lat = _transformer(epsg, 4326).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def in_metres(shapes: NDArray[np.object_] | Geometry, epsg: int) -> NDArray[np.object_]:
    """WGS-84 shapes in the projection (vertex by vertex)."""

    def forward(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metres(points[:, 0], points[:, 1], epsg))

    moved: NDArray[np.object_] = shapely.transform(shapes, forward)
    return moved


def metres_per_degree(lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length of a degree of longitude and of latitude at a latitude, in metres (WGS-84)."""
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    root = np.sqrt(1 - _ECCENTRICITY2 * np.sin(phi) ** 2)
    degree = np.pi / 180 * _SEMI_MAJOR_M
    return degree * np.cos(phi) / root, degree * (1 - _ECCENTRICITY2) / root**3


def stretched(shapes: NDArray[np.object_], lat: float) -> NDArray[np.object_]:
    """WGS-84 shapes with degrees replaced by their length in metres at ``lat``.

    Unlike a projection this keeps straight what is straight in degrees: the way to measure how
    wide a gap between two shapes is, whichever vertices they have along it.
    """
    scale = np.array(metres_per_degree(lat))
    moved: NDArray[np.object_] = shapely.transform(shapes, lambda points: points * scale)
    return moved


@cache
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)
