"""Land, sea and water of the demo city, drawn by hand in metres and roughened by noise."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, LineString, Polygon

from command_center.demo.curves import Points, blob, roughen, smooth, widening
from command_center.demo.plane import SHEET

# From the far south-west to the far north-east, the sea on the right hand.
_COAST: Points = (
    (-19_000, -3_500), (-14_500, -2_200), (-11_500, -600), (-9_000, -1_900), (-6_500, -2_300),
    (-4_300, -300), (-2_400, 700), (-900, 900), (500, 300), (1_500, -700), (2_500, -900),
    (3_200, -200), (3_100, 900), (3_300, 2_000), (4_000, 2_900), (5_000, 3_500), (5_900, 3_750),
    (6_800, 3_600), (7_500, 3_150), (8_100, 2_500), (8_900, 2_300), (9_500, 2_700),
    (9_750, 3_600), (10_100, 4_400), (10_700, 4_700), (11_300, 4_300), (11_800, 3_500),
    (12_700, 3_000), (13_600, 3_300), (13_900, 4_300), (13_500, 5_300), (13_600, 6_400),
    (14_200, 7_500), (14_300, 8_700), (15_200, 9_500), (16_900, 9_700), (18_500, 10_800),
    (20_500, 11_000), (23_000, 12_600), (26_000, 12_900), (31_000, 15_500),
)  # fmt: skip
# The district's border on land, from its western to its eastern end on the coast.
_BORDER: Points = (
    (-900, 0), (-250, 1_500), (-100, 3_000), (-350, 4_400), (250, 5_900), (150, 7_400),
    (800, 8_800), (1_900, 10_300), (3_700, 10_500), (5_300, 9_700), (7_100, 10_300), (8_900, 9_800),
    (10_700, 10_500), (12_200, 9_900), (13_200, 8_700), (15_500, 8_000),
)  # fmt: skip
_ISLANDS: tuple[tuple[tuple[float, float], tuple[float, float], int], ...] = (
    ((6_500, 900), (620, 380), 5),
    ((7_700, 350), (160, 110), 8),
    ((15_900, 5_900), (330, 240), 11),
    ((-3_600, -2_900), (420, 260), 12),
)
# Middle lines downstream, with the widths at source and mouth.
_RIVERS: dict[str, tuple[Points, tuple[float, float]]] = {
    "cheng": (
        ((-2_500, 14_500), (-1_200, 12_300), (600, 10_900), (1_500, 9_400), (2_000, 8_300),
         (2_300, 7_300), (3_300, 6_700), (3_700, 5_800), (4_700, 5_400), (5_200, 4_600),
         (5_850, 3_950), (6_150, 3_200)), (22, 230)),
    "liu": (
        ((9_400, 14_800), (8_700, 12_800), (9_300, 11_200), (8_900, 9_900), (9_700, 8_900),
         (9_500, 7_900), (10_200, 7_000), (10_000, 6_000), (10_500, 5_300), (10_800, 4_200)),
        (16, 130)),
    "zhu": (((6_300, 12_600), (5_800, 11_000), (6_100, 9_700), (5_500, 8_500), (5_700, 7_400),
             (4_900, 6_500), (4_750, 5_400)), (10, 46)),
    "song": (((-2_300, 7_300), (-900, 7_000), (200, 7_500), (1_300, 7_200), (2_350, 7_250)),
             (10, 40)),
    "yin": (((300, 4_700), (1_100, 3_900), (1_900, 3_700), (2_700, 2_900), (3_700, 2_300)),
            (9, 48)),
    "mei": (((13_900, 10_600), (12_900, 9_200), (12_200, 8_500), (11_300, 8_300), (10_900, 7_500),
             (10_150, 7_000)), (9, 36)),
    "yan": (((12_600, 7_400), (12_500, 6_400), (11_900, 5_500), (11_300, 5_000), (11_000, 4_300)),
            (8, 44)),
}  # fmt: skip
_RESERVOIR: Points = (
    (1_150, 9_350), (1_700, 9_650), (1_900, 9_150), (2_450, 8_850), (2_300, 8_450), (1_850, 8_350),
    (1_550, 8_650), (1_250, 8_600), (900, 8_900),
)  # fmt: skip
_LAKES: tuple[tuple[tuple[float, float], tuple[float, float], int], ...] = (
    ((7_250, 5_650), (430, 240), 21),
    ((12_050, 6_900), (170, 120), 22),
)
_PONDS: tuple[tuple[tuple[float, float], tuple[float, float], int], ...] = (
    ((1_500, 5_350), (140, 80), 23),
    ((8_350, 8_150), (150, 100), 24),
)
_HILLS: tuple[tuple[tuple[float, float], tuple[float, float], int], ...] = (
    ((600, 9_600), (1_500, 1_100), 31),
    ((2_900, 9_600), (900, 1_100), 32),
    ((-900, 5_800), (1_100, 900), 33),
    ((1_900, 0), (900, 620), 34),
    ((7_300, 9_500), (1_000, 850), 35),
    ((12_900, 4_100), (760, 700), 36),
    ((13_000, 8_700), (900, 950), 37),
    ((6_500, 900), (420, 240), 38),
    ((6_350, 6_950), (420, 330), 39),
    ((-1_100, 2_500), (900, 1_100), 40),
    ((11_400, 9_800), (900, 700), 46),
)
_PARKS: tuple[tuple[tuple[float, float], tuple[float, float], int], ...] = (
    ((7_250, 5_650), (700, 430), 41),
    ((3_050, 4_900), (230, 170), 42),
    ((8_900, 6_600), (260, 190), 43),
    ((12_050, 6_900), (330, 260), 44),
    ((5_050, 3_900), (330, 200), 45),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Land:
    """Where land, sea and water are; all in metres on the drawing board.

    ``district`` is the governed land with its island; ``rivers`` their middle lines downstream.
    """

    land: Geometry
    sea: Geometry
    district: Geometry
    mainland: Polygon
    island: Polygon
    rivers: dict[str, LineString]
    river_water: dict[str, Geometry]
    still_water: dict[str, Geometry]
    hills: tuple[Geometry, ...]
    parks: tuple[Geometry, ...]

    @property
    def water(self) -> Geometry:
        """Return everything wet inside the coast."""
        return shapely.union_all([*self.river_water.values(), *self.still_water.values()])


def draw_land() -> Land:
    """Draw the land; the same at every call."""
    coast = roughen(smooth(_COAST), amplitude=150.0, spacing=40.0, seed=7)
    ground = shapely.union(_inland_of(coast), _quays())
    islands = [blob(centre, size, seed=seed) for centre, size, seed in _ISLANDS]
    land = shapely.intersection(shapely.union_all([ground, *islands]), SHEET)
    border = roughen(smooth(_BORDER), amplitude=110.0, spacing=60.0, seed=9)
    inside = Polygon(
        np.vstack(
            [
                border,
                [
                    (17_500, 7_500),
                    (16_500, 2_000),
                    (13_000, 1_500),
                    (6_600, 1_700),
                    (1_000, -2_500),
                    (-2_000, -1_500),
                ],
            ]
        )
    )
    mainland = _largest(shapely.intersection(ground, inside))
    lines = {name: roughen(smooth(points), amplitude=45.0, spacing=30.0, seed=60 + i)
             for i, (name, (points, _)) in enumerate(_RIVERS.items())}  # fmt: skip
    water = {
        name: shapely.intersection(widening(line, _RIVERS[name][1]), land)
        for name, line in lines.items()
    }
    still = [Polygon(smooth(_RESERVOIR, closed=True)), *_blobs(_LAKES), *_blobs(_PONDS)]
    return Land(
        land=land,
        sea=shapely.difference(SHEET, land),
        district=shapely.union(mainland, islands[0]),
        mainland=mainland,
        island=islands[0],
        rivers={name: LineString(line) for name, line in lines.items()},
        river_water=water,
        still_water=dict(zip(("yuntan", "jinghu", "yuehu", "hetang", "xinghu"), still,
                             strict=True)),
        hills=tuple(shapely.intersection(hill, land) for hill in _blobs(_HILLS)),
        parks=tuple(_blobs(_PARKS)),
    )  # fmt: skip


def _inland_of(coast: NDArray[np.float64]) -> Geometry:
    beyond = [(31_000, 40_000), (-30_000, 40_000), (-30_000, -3_500)]
    return shapely.make_valid(Polygon(np.vstack([coast, beyond])))


def _quays() -> Geometry:
    """Reclaim the port: a quay along the promontory with two piers and a basin between them."""
    shapes = [
        shapely.box(-250, -330, 1_150, 330),
        shapely.box(350, -900, 560, -300),
        shapely.box(860, -1_050, 1_150, -300),
        shapely.box(-250, -760, 40, -300),
    ]
    turned = shapely.affinity.rotate(shapely.union_all(shapes), 14, origin=(0, 0))
    return shapely.affinity.translate(turned, 8_350, 2_450)


def _blobs(
    given: tuple[tuple[tuple[float, float], tuple[float, float], int], ...],
) -> list[Polygon]:
    return [blob(centre, size, seed=seed) for centre, size, seed in given]


def _largest(geometry: Geometry) -> Polygon:
    """Return the largest part of a geometry: what a headland's tip cut off is left out."""
    parts = shapely.get_parts(geometry)
    largest = parts[np.argmax(shapely.area(parts))]
    return Polygon(largest.exterior)
