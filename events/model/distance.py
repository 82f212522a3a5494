"""How far apart two places are."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EARTH_M = 6_371_008.8


def metres(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Great-circle distance of two WGS-84 positions, in metres (error below 0.6 %)."""
    phi_a, phi_b = radians(lat_a), radians(lat_b)
    half = sin((phi_b - phi_a) / 2) ** 2
    half += cos(phi_a) * cos(phi_b) * sin(radians(lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(half)))


def on_plane(
    lon: NDArray[np.float64], lat: NDArray[np.float64], middle: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres east and north on a plane that is true at latitude ``middle``: good for one city."""
    metres_a_degree = radians(1.0) * _EARTH_M
    return lon * (metres_a_degree * cos(radians(middle))), lat * metres_a_degree
