"""The drawing board of the demo city: metres east and north of its south-west corner.

The place is invented and lies in open water on any real map, so that it cannot be mistaken for
a real one.
"""

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

WEST = 122.70
SOUTH = 28.15
_METRES_PER_DEGREE = 111_320.0
_METRES_PER_DEGREE_EAST = _METRES_PER_DEGREE * math.cos(math.radians(SOUTH + 0.05))

# The part that the base map draws: the district and the land and sea around it.
SHEET = shapely.box(-15_000.0, -11_000.0, 28_000.0, 22_000.0)


def to_lon_lat(geometry: Any) -> Any:
    """Turn metres on the drawing board into WGS-84, for one geometry or an array of them."""
    return shapely.transform(geometry, _degrees)


def position(x: float, y: float) -> tuple[float, float]:
    """Turn one point in metres into (lon, lat), with seven digits (one centimetre)."""
    lon = WEST + x / _METRES_PER_DEGREE_EAST
    return round(lon, 7), round(SOUTH + y / _METRES_PER_DEGREE, 7)


def _degrees(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.array([_METRES_PER_DEGREE_EAST, _METRES_PER_DEGREE])
    degrees: NDArray[np.float64] = np.round(metres / scale + np.array([WEST, SOUTH]), 7)
    return degrees
