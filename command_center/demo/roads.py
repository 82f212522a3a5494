"""The road network of the demo city: a grid bent along the bay and turned around the old town."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, LineString

from command_center.demo.curves import Points, roughen, smooth
from command_center.demo.land import Land
from command_center.demo.plane import SHEET

# Every sixth line of the grid is a major road, every second a road, the others are minor.
_GRID = 250.0
_MIDDLE = (6_800.0, 5_200.0)
_TURN = np.radians(-13.0)
# Where the grid turns: centre, angle, reach in metres.
_SWIRLS = (
    ((4_300.0, 4_900.0), np.radians(34.0), 1_500.0),
    ((9_900.0, 7_300.0), np.radians(-22.0), 1_700.0),
    ((1_300.0, 2_800.0), np.radians(-30.0), 2_300.0),
    ((12_600.0, 5_600.0), np.radians(30.0), 1_800.0),
)
# Where people live closely: centre and half axes in metres.
TOWNS = (
    ((4_500.0, 5_000.0), (1_700.0, 1_400.0)),
    ((7_200.0, 4_300.0), (1_800.0, 1_300.0)),
    ((9_600.0, 7_300.0), (1_500.0, 1_500.0)),
    ((8_800.0, 3_000.0), (1_000.0, 900.0)),
    ((4_700.0, 8_000.0), (1_200.0, 1_100.0)),
    ((1_700.0, 2_600.0), (1_300.0, 1_300.0)),
    ((12_400.0, 5_700.0), (1_000.0, 1_100.0)),
    ((1_200.0, 6_300.0), (900.0, 700.0)),
    ((7_400.0, 7_300.0), (1_200.0, 1_000.0)),
)
_EXPRESSWAY: Points = (
    (-16_000, 4_300), (-8_000, 5_500), (-2_500, 4_700), (-300, 5_100), (1_000, 6_700),
    (2_900, 7_800), (5_000, 8_900), (7_300, 8_350), (9_200, 9_300), (11_400, 8_900),
    (13_000, 10_000), (17_000, 11_500), (29_000, 14_500),
)  # fmt: skip
_BAY_BRIDGE: Points = (
    (1_900, 2_050), (2_900, 1_800), (4_300, 1_750), (5_900, 2_150), (7_300, 2_500), (8_300, 2_950),
    (9_000, 3_600),
)  # fmt: skip
_HILL_ROAD: Points = (
    (2_300, 7_700), (2_750, 8_500), (2_500, 9_100), (2_950, 9_600), (2_700, 10_300),
    (3_500, 11_300),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Road:
    """One road: ``kind`` as in the base map, its middle line in metres."""

    kind: str
    name_zh: str
    name_en: str
    line: Geometry


@dataclass(frozen=True, kw_only=True, slots=True)
class Roads:
    """The network by class, each a MultiLineString in metres, and the single named roads."""

    major: Geometry
    road: Geometry
    minor: Geometry
    named: tuple[Road, ...]


_NORTHWARD = (
    ("观潮路", "Guanchao Road"), ("学府路", "Xuefu Road"), ("澄江路", "Chengjiang Road"),
    ("钟楼路", "Zhonglou Road"), ("望海路", "Wanghai Road"), ("海澜大道", "Hailan Avenue"),
    ("柳溪路", "Liuxi Road"), ("银滩路", "Yintan Road"), ("东港路", "Donggang Road"),
    ("灯塔路", "Dengta Road"), ("崖山路", "Yashan Road"), ("金沙路", "Jinsha Road"),
)  # fmt: skip
_EASTWARD = (
    ("云岭路", "Yunling Road"), ("茶山路", "Chashan Road"), ("人民路", "Renmin Road"),
    ("镜湖路", "Jinghu Road"), ("文庙街", "Wenmiao Street"), ("白鹭大道", "Bailu Avenue"),
    ("滨江路", "Binjiang Road"), ("石桥路", "Shiqiao Road"), ("松泉路", "Songquan Road"),
    ("枫林路", "Fenglin Road"), ("盐田路", "Yantian Road"), ("听涛路", "Tingtao Road"),
)  # fmt: skip


def draw_roads(land: Land) -> Roads:
    """Draw the network; the same at every call."""
    hills = shapely.buffer(shapely.union_all(land.hills), -60)
    parks = shapely.union_all(land.parks)
    rivers = shapely.union_all([land.river_water["cheng"], land.river_water["liu"]])
    still = shapely.buffer(shapely.union_all(list(land.still_water.values())), 40)
    shore = shapely.buffer(land.land, -70)
    prepared = shapely.union_all([hills, still])
    named = _major_roads(shapely.difference(shore, prepared), land.mainland)
    special = _special_roads(land)
    inside = shapely.intersection(shore, shapely.buffer(land.mainland, 900))
    middle = shapely.difference(inside, shapely.union_all([prepared, parks, rivers]))
    wet = shapely.union_all([*land.river_water.values(), parks, prepared])
    lived_in = shapely.difference(shapely.intersection(inside, towns()), shapely.buffer(wet, 25))
    banks = _river_banks(land, middle)
    return Roads(
        major=shapely.union_all([road.line for road in (*named, *special)]),
        road=_tidy(shapely.union_all([shapely.intersection(_grid_lines(1), middle), banks]), 260),
        minor=_tidy(shapely.intersection(_grid_lines(2), lived_in), 160),
        named=(*named, *special),
    )


def towns() -> Geometry:
    """Return the built-up area, roughly."""
    discs = [
        shapely.affinity.scale(shapely.Point(centre).buffer(1.0, quad_segs=16), *size)
        for centre, size in TOWNS
    ]
    return shapely.union_all(discs)


def bend(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map positions on the straight grid (metres from the middle) to the drawing board: (n, 2)."""
    x = _MIDDLE[0] + u * np.cos(_TURN) - v * np.sin(_TURN)
    y = _MIDDLE[1] + u * np.sin(_TURN) + v * np.cos(_TURN)
    for (cx, cy), angle, reach in _SWIRLS:
        dx, dy = x - cx, y - cy
        turn = angle * np.exp(-((np.hypot(dx, dy) / reach) ** 2))
        x = cx + dx * np.cos(turn) - dy * np.sin(turn)
        y = cy + dx * np.sin(turn) + dy * np.cos(turn)
    x2 = x + 190 * np.sin(y / 2_600 + 0.6) + 60 * np.sin(y / 900 + x / 3_000)
    y2 = y + 210 * np.sin(x / 2_900 + 1.1) + 60 * np.sin(x / 1_000 - y / 2_500)
    return np.column_stack([x2, y2])


def _grid_line(index: int, across: bool, reach: float) -> LineString:
    along = np.arange(-reach, reach + 1, 50.0)
    fixed = np.full_like(along, index * _GRID)
    return LineString(bend(along, fixed) if across else bend(fixed, along))


def _grid_lines(level: int) -> Geometry:
    """Return the lines of one class: 1 = roads, 2 = minor roads."""
    chosen = [
        i for i in range(-40, 41) if i % 6 != 0 and (i % 2 == 0 if level == 1 else i % 2 != 0)
    ]
    lines = [_grid_line(i, across, 9_500.0) for i in chosen for across in (True, False)]
    return shapely.multilinestrings(lines)


def _major_roads(ground: Geometry, district: Geometry) -> tuple[Road, ...]:
    """Draw the major roads; beyond the district only every second goes on."""
    roads = []
    nearby = shapely.intersection(ground, shapely.buffer(district, 1_500))
    sheet = shapely.intersection(ground, SHEET)
    for across, names in ((False, _NORTHWARD), (True, _EASTWARD)):
        for place, (zh, en) in enumerate(names):
            line = _grid_line((place - 5) * 6, across, 24_000.0)
            tidy = _tidy(shapely.intersection(line, nearby if place % 2 else sheet), 700)
            if not tidy.is_empty:
                roads.append(Road(kind="road_major", name_zh=zh, name_en=en, line=tidy))
    return tuple(roads)


def _special_roads(land: Land) -> tuple[Road, ...]:
    inner = shapely.buffer(shapely.buffer(land.mainland, -420), 270)
    near_sea = shapely.buffer(land.sea, 330)
    ring = shapely.intersection(shapely.simplify(inner.boundary, 25), near_sea)
    given = (
        ("环湾高速", "Bay Ring Expressway", LineString(smooth(_EXPRESSWAY))),
        ("澄湾大桥", "Chengwan Bay Bridge", LineString(smooth(_BAY_BRIDGE))),
        ("云潭山路", "Yuntan Hill Road",
         LineString(roughen(smooth(_HILL_ROAD), amplitude=60, spacing=40, seed=77))),
        ("滨海大道", "Coast Avenue", _tidy(shapely.line_merge(ring), 500)),
    )  # fmt: skip
    return tuple(
        Road(kind="road_major", name_zh=zh, name_en=en, line=line) for zh, en, line in given
    )


def _river_banks(land: Land, ground: Geometry) -> Geometry:
    water = shapely.union_all([land.river_water[name] for name in ("cheng", "liu", "zhu")])
    banks = shapely.simplify(shapely.buffer(shapely.buffer(water, 160), -105), 12).boundary
    return shapely.intersection(banks, shapely.intersection(ground, towns()))


def _tidy(lines: Geometry, shortest: float) -> Geometry:
    """Merge what hangs together and drop the scraps that the clipping left over."""
    merged = shapely.line_merge(shapely.union_all(shapely.get_parts(lines)))
    parts = shapely.get_parts(merged)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    return shapely.multilinestrings(parts[shapely.length(parts) >= shortest])
