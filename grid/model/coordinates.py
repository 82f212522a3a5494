"""Coordinate systems met at the edge: WGS-84, CGCS2000, and the shifted GCJ-02 and BD-09.

Inside the product a position is always lon, lat in degrees of WGS-84.  GCJ-02 (AMap, Tencent) is
WGS-84 moved by a few hundred metres by a known formula, BD-09 (Baidu) is GCJ-02 moved once more.
Both are inverted by fixed-point iteration to the precision of a double (about 5e-9 m).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Degrees = NDArray[np.float64]
    Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

_SEMI_MAJOR_M = 6_378_245.0  # of the Krasovsky ellipsoid, which the GCJ-02 formula uses
_ECCENTRICITY2 = 0.006_693_421_622_965_943
_BAIDU_TURN = np.pi * 3000.0 / 180.0
# The formula moves only what lies in this box: west, south, east, north.
_SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
# Two units in the last place of a longitude in China.
_CONVERGED = 3e-14
_MOST_ROUNDS = 30


class CoordinateSystem(StrEnum):
    """The systems a position may be given in; the value is the name users write."""

    WGS84 = "EPSG:4326"
    CGCS2000 = "EPSG:4490"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


_NAMES = {
    "EPSG4326": CoordinateSystem.WGS84,
    "OGCCRS84": CoordinateSystem.WGS84,
    "CRS84": CoordinateSystem.WGS84,
    "WGS84": CoordinateSystem.WGS84,
    "EPSG4490": CoordinateSystem.CGCS2000,
    "CGCS2000": CoordinateSystem.CGCS2000,
    "GCJ02": CoordinateSystem.GCJ02,
    "AMAP": CoordinateSystem.GCJ02,
    "BD09": CoordinateSystem.BD09,
    "BD09LL": CoordinateSystem.BD09,
    "BAIDU": CoordinateSystem.BD09,
}


def coordinate_system(name: str) -> CoordinateSystem | None:
    """The system a name stands for ("GCJ-02", "gcj02", "WGS 84", ...), or None for any other."""
    key = "".join(letter for letter in name.upper() if letter.isalnum())
    return _NAMES.get(key)


@overload
def to_wgs84(lon: float, lat: float, system: CoordinateSystem) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: Degrees, lat: Degrees, system: CoordinateSystem) -> tuple[Degrees, Degrees]: ...
def to_wgs84(
    lon: float | Degrees, lat: float | Degrees, system: CoordinateSystem
) -> tuple[float, float] | tuple[Degrees, Degrees]:
    """Positions given in ``system`` as WGS-84, in degrees; floats or arrays of one shape.

    CGCS2000 and WGS-84 differ by centimetres and are taken as equal, as EPSG does.  Positions
    that are not finite stay what they are.
    """
    return _apply(_TO_WGS84.get(system), lon, lat)


@overload
def from_wgs84(lon: float, lat: float, system: CoordinateSystem) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: Degrees, lat: Degrees, system: CoordinateSystem) -> tuple[Degrees, Degrees]: ...
def from_wgs84(
    lon: float | Degrees, lat: float | Degrees, system: CoordinateSystem
) -> tuple[float, float] | tuple[Degrees, Degrees]:
    """WGS-84 positions as ``system`` would show them, in degrees; the inverse of `to_wgs84`."""
    return _apply(_FROM_WGS84.get(system), lon, lat)


def _apply(
    shift: Shift | None, lon: float | Degrees, lat: float | Degrees
) -> tuple[float, float] | tuple[Degrees, Degrees]:
    x = np.asarray(lon, dtype=np.float64)
    y = np.asarray(lat, dtype=np.float64)
    if shift is not None:
        with np.errstate(invalid="ignore"):
            moved = shift(np.atleast_1d(x), np.atleast_1d(y))
        x, y = moved[0].reshape(x.shape), moved[1].reshape(y.shape)
    if isinstance(lon, np.ndarray):
        return x, y
    return float(x), float(y)


def _in_box(x: Degrees, y: Degrees) -> NDArray[np.bool_]:
    west, south, east, north = _SHIFTED_BOX
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _gcj_offset(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    """How far GCJ-02 moves a WGS-84 position, in degrees."""
    u, v, pi = x - 105.0, y - 35.0, np.pi
    root = np.sqrt(np.abs(u))
    common = (20.0 * np.sin(6.0 * u * pi) + 20.0 * np.sin(2.0 * u * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * u + 3.0 * v + 0.2 * v * v + 0.1 * u * v + 0.2 * root + common
    north += (20.0 * np.sin(v * pi) + 40.0 * np.sin(v / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(v / 12.0 * pi) + 320.0 * np.sin(v * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + u + 2.0 * v + 0.1 * u * u + 0.1 * u * v + 0.1 * root + common
    east += (20.0 * np.sin(u * pi) + 40.0 * np.sin(u / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(u / 12.0 * pi) + 300.0 * np.sin(u / 30.0 * pi)) * 2.0 / 3.0
    phi = np.radians(y)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic))
    parallel_m = _SEMI_MAJOR_M / np.sqrt(magic) * np.cos(phi)
    return np.degrees(east / parallel_m), np.degrees(north / meridian_m)


def _wgs_to_gcj(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    inside = _in_box(x, y)
    dx, dy = _gcj_offset(x, y)
    return np.where(inside, x + dx, x), np.where(inside, y + dy, y)


def _gcj_to_bd(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_TURN)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_TURN)
    return radius * np.cos(theta) + 0.0065, radius * np.sin(theta) + 0.006


def _invert(
    forward: Shift, x: Degrees, y: Degrees, *, start: tuple[Degrees, Degrees]
) -> tuple[Degrees, Degrees]:
    """Solve forward(a, b) = (x, y) by a, b <- a, b + (x, y) - forward(a, b)."""
    a, b = start
    for _ in range(_MOST_ROUNDS):
        fx, fy = forward(a, b)
        step_x, step_y = x - fx, y - fy
        a, b = a + step_x, b + step_y
        worst = max(np.nanmax(np.abs(step_x), initial=0.0), np.nanmax(np.abs(step_y), initial=0.0))
        if worst <= _CONVERGED:
            break
    return a, b


def _gcj_to_wgs(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    def forward(a: Degrees, b: Degrees) -> tuple[Degrees, Degrees]:
        # without the box: near its edge the iteration must not jump in and out
        dx, dy = _gcj_offset(a, b)
        return a + dx, b + dy

    inside = _in_box(x, y)
    here_x, here_y = x[inside], y[inside]
    a, b = x.copy(), y.copy()
    a[inside], b[inside] = _invert(forward, here_x, here_y, start=(here_x, here_y))
    return a, b


def _bd_to_wgs(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    finite = np.isfinite(x) & np.isfinite(y)
    here_x, here_y = x[finite], y[finite]
    a, b = x.copy(), y.copy()
    a[finite], b[finite] = _invert(
        _gcj_to_bd, here_x, here_y, start=(here_x - 0.0065, here_y - 0.006)
    )
    return _gcj_to_wgs(a, b)


def _wgs_to_bd(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    return _gcj_to_bd(*_wgs_to_gcj(x, y))


_TO_WGS84: dict[CoordinateSystem, Shift] = {
    CoordinateSystem.GCJ02: _gcj_to_wgs,
    CoordinateSystem.BD09: _bd_to_wgs,
}
_FROM_WGS84: dict[CoordinateSystem, Shift] = {
    CoordinateSystem.GCJ02: _wgs_to_gcj,
    CoordinateSystem.BD09: _wgs_to_bd,
}
