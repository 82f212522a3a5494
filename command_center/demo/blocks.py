"""Building blocks of the demo city: what stands between its streets."""

import numpy as np
import shapely
from shapely import Geometry, Polygon

from command_center.demo.land import Land
from command_center.demo.roads import Roads, towns

_LARGEST_BLOCK_M2 = 140_000.0
_SMALLEST_BUILDING_M2 = 350.0


def draw_buildings(land: Land, roads: Roads) -> list[Polygon]:
    """Fill the town blocks with buildings, in metres; the same at every call."""
    network = shapely.union_all([roads.major, roads.road, roads.minor])
    free = shapely.difference(
        shapely.buffer(land.mainland, -60),
        shapely.union_all([land.water, *land.hills, *land.parks]),
    )
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([network, free.boundary])]))
    inner = shapely.point_on_surface(faces)
    built_up = towns()
    shapely.prepare(built_up)
    shapely.prepare(free)
    chosen = faces[
        shapely.contains(built_up, inner)
        & shapely.contains(free, inner)
        & (shapely.area(faces) < _LARGEST_BLOCK_M2)
    ]
    random = np.random.default_rng(17)
    return [building for block in chosen for building in _subdivide(block, random)]


def _subdivide(block: Polygon, random: np.random.Generator) -> list[Polygon]:
    """Cut one block along its own directions into lots and leave yards between them."""
    ground = shapely.buffer(block, -16, join_style="mitre")
    if ground.is_empty or ground.area < _SMALLEST_BUILDING_M2:
        return []
    if random.uniform() < 0.07:  # a square or a school yard
        return []
    frame = shapely.get_coordinates(shapely.oriented_envelope(ground))
    if len(frame) < 5:
        return []
    origin, along, across = frame[0], frame[1] - frame[0], frame[3] - frame[0]
    columns = max(1, round(float(np.hypot(*along)) / random.uniform(55, 95)))
    rows = max(1, round(float(np.hypot(*across)) / random.uniform(40, 75)))
    lots: list[Geometry] = []
    for i in range(columns):
        for j in range(rows):
            near = np.array([i / columns, j / rows]) + 0.09 / np.array([columns, rows])
            far = np.array([(i + 1) / columns, (j + 1) / rows]) - np.array(
                [random.uniform(0.1, 0.35) / columns, random.uniform(0.1, 0.4) / rows]
            )
            corners = [(near[0], near[1]), (far[0], near[1]), (far[0], far[1]), (near[0], far[1])]
            lots.append(Polygon([origin + a * along + b * across for a, b in corners]))
    pieces = shapely.get_parts(shapely.intersection(np.array(lots), ground))
    pieces = pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON]
    return list(pieces[shapely.area(pieces) > _SMALLEST_BUILDING_M2])
