"""Lines that look drawn by water and weather: smooth, rough, widening; all from a fixed seed."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

Points = Sequence[tuple[float, float]]


def smooth(points: Points, *, closed: bool = False, step: int = 12) -> NDArray[np.float64]:
    """Run a Catmull-Rom spline through the points: an array (n, 2) with `step` points a span."""
    given = np.asarray(points, dtype=np.float64)
    if closed:
        padded = np.vstack([given[-1], given, given[0], given[1]])
    else:
        padded = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    at = np.linspace(0.0, 1.0, step, endpoint=False)[:, None]
    spans = [_span(padded[i : i + 4], at) for i in range(len(padded) - 3)]
    end = padded[1] if closed else padded[-2]
    return np.vstack([*spans, end])


def _span(p: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    a = 2 * p[1]
    b = p[2] - p[0]
    c = 2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]
    d = -p[0] + 3 * p[1] - 3 * p[2] + p[3]
    result: NDArray[np.float64] = 0.5 * (a + b * t + c * t**2 + d * t**3)
    return result


def roughen(
    points: NDArray[np.float64], *, amplitude: float, spacing: float, seed: int
) -> NDArray[np.float64]:
    """Displace a line sideways by noise of several wavelengths; its two ends stay where they are.

    ``amplitude`` is the largest displacement in metres, ``spacing`` the distance of the points.
    """
    line = LineString(points)
    count = max(8, round(line.length / spacing))
    along = np.linspace(0.0, line.length, count)
    even = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    tangent = np.gradient(even, axis=0)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    normal /= np.maximum(np.hypot(*normal.T), 1e-9)[:, None]
    ends = np.minimum(1.0, np.minimum(along, line.length - along) / (6 * spacing))
    offset = noise(along, seed=seed) * amplitude * ends
    result: NDArray[np.float64] = even + normal * offset[:, None]
    return result


def noise(along: NDArray[np.float64], *, seed: int) -> NDArray[np.float64]:
    """Sum sines of falling wavelength (2 km to 60 m) and amplitude: between -1 and 1."""
    random = np.random.default_rng(seed)
    total = np.zeros_like(along)
    weights = 0.0
    for octave in range(6):
        wavelength = 2_000.0 / 2**octave * random.uniform(0.8, 1.25)
        weight = 0.62**octave
        total += weight * np.sin(2 * np.pi * (along / wavelength + random.uniform()))
        weights += weight
    return total / weights


def blob(centre: tuple[float, float], size: tuple[float, float], *, seed: int) -> Polygon:
    """Draw a rounded irregular patch: `size` are its two half axes in metres."""
    random = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2 * np.pi, 17, endpoint=False)
    radius = 1.0 + random.uniform(-0.16, 0.16, angle.size)
    turn = random.uniform(-0.5, 0.5)
    x, y = radius * np.cos(angle) * size[0], radius * np.sin(angle) * size[1]
    points = [
        (
            centre[0] + px * np.cos(turn) - py * np.sin(turn),
            centre[1] + px * np.sin(turn) + py * np.cos(turn),
        )
        for px, py in zip(x, y, strict=True)
    ]
    return shapely.make_valid(Polygon(smooth(points, closed=True, step=6)))


def widening(line: NDArray[np.float64], widths: tuple[float, float]) -> shapely.Geometry:
    """Turn a river's middle line into its water: from the first width to the last, in metres."""
    along = np.linspace(0.0, 1.0, len(line))
    half = (widths[0] + (widths[1] - widths[0]) * along**1.6) / 2
    discs = shapely.buffer(shapely.points(line), half, quad_segs=6)
    joints = shapely.convex_hull(
        shapely.union(discs[:-1], discs[1:])  # two neighbouring discs and the band between them
    )
    return shapely.union_all(joints)
