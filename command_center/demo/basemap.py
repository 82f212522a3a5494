"""The demo city's base map: what a newcomer recognises the place by."""

from dataclasses import dataclass

import shapely
from shapely import Geometry, Point

from command_center.demo.communities import STREETS
from command_center.demo.land import Land
from command_center.demo.plane import SHEET
from command_center.demo.roads import Roads

WATER_NAMES = {
    "cheng": ("澄江", "Cheng River"),
    "liu": ("柳溪", "Liu Creek"),
    "zhu": ("竹溪", "Zhu Brook"),
    "song": ("松涧", "Song Brook"),
    "yin": ("银沟", "Yin Brook"),
    "mei": ("梅涧", "Mei Brook"),
    "yan": ("盐河", "Yan Brook"),
    "yuntan": ("云潭水库", "Yuntan Reservoir"),
    "jinghu": ("镜湖", "Mirror Lake"),
    "yuehu": ("月湖", "Moon Lake"),
    "hetang": ("荷塘", "Lotus Pond"),
    "xinghu": ("杏湖", "Apricot Pond"),
}
# Names that stand alone on the map: at sea and on the hills.
_PLACES = (
    ("澄湾", "Chengwan Bay", 5_600, 2_400),
    ("盐湾", "Yan Cove", 10_700, 3_700),
    ("东海", "East Sea", 11_500, -1_200),
    ("白鹭屿", "Egret Islet", 6_500, 900),
    ("鹰角山", "Yingjiao Headland", 2_000, -350),
    ("崖山", "Yashan Headland", 12_900, 4_000),
    ("云岭", "Yunling Hills", 700, 10_000),
    ("枫山", "Feng Hill", 7_300, 9_500),
    ("东港港区", "Donggang Port", 8_550, 1_950),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """One feature of the base map: ``kind`` as in grid.basemap, geometry in metres."""

    kind: str
    name_zh: str | None = None
    name_en: str | None = None
    geometry: Geometry


def draw_basemap(land: Land, roads: Roads, buildings: list[Geometry]) -> list[Feature]:
    """Return every feature of the base map, in the order in which they are painted."""
    return [
        *_pieces("sea", land.sea),
        *_pieces("land", land.land),
        *(Feature(kind="green", geometry=one) for one in (*land.hills, *land.parks)),
        *_waters(land),
        *(Feature(kind="building", geometry=one) for one in buildings),
        *_road_features(roads),
        *_place_names(),
    ]


def _pieces(kind: str, geometry: Geometry) -> list[Feature]:
    """Cut a wide shape into squares, so that a tile touches only what it shows."""
    west, south, east, north = SHEET.bounds
    side = 4_000.0
    squares = [
        shapely.box(x, y, x + side, y + side)
        for x in range(int(west), int(east), int(side))
        for y in range(int(south), int(north), int(side))
    ]
    shapely.prepare(geometry)
    cut = (shapely.intersection(geometry, square) for square in squares)
    return [
        Feature(kind=kind, geometry=part)
        for piece in cut
        for part in shapely.get_parts(piece)
        if part.geom_type == "Polygon" and part.area > 1.0
    ]


def _waters(land: Land) -> list[Feature]:
    features = []
    for kind, waters in (("river", land.river_water), ("water", land.still_water)):
        for key, water in waters.items():
            zh, en = WATER_NAMES[key]
            features.append(Feature(kind=kind, name_zh=zh, name_en=en, geometry=water))
    return features


def _road_features(roads: Roads) -> list[Feature]:
    plain = [
        Feature(kind=kind, geometry=part)
        for kind, lines in (("road_minor", roads.minor), ("road", roads.road))
        for part in shapely.get_parts(lines)
    ]
    named = [
        Feature(kind="road_major", name_zh=road.name_zh, name_en=road.name_en, geometry=road.line)
        for road in roads.named
    ]
    return plain + named


def _place_names() -> list[Feature]:
    streets = [
        Feature(kind="place", name_zh=zh, name_en=en, geometry=_middle(members))
        for _, zh, en, members in STREETS
    ]
    others = [
        Feature(kind="place", name_zh=zh, name_en=en, geometry=Point(x, y))
        for zh, en, x, y in _PLACES
    ]
    return streets + others


def _middle(members: tuple[tuple[str, str, float, float], ...]) -> Point:
    """Return the member nearest to the mean of all: inside its street, whatever its shape."""
    mean = Point(
        sum(m[2] for m in members) / len(members), sum(m[3] for m in members) / len(members)
    )
    return min((Point(m[2], m[3]) for m in members), key=mean.distance)
