"""Streets and communities of the demo city: blocks between roads and rivers, grown from seeds."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from command_center.demo.land import Land
from command_center.demo.roads import Roads

CITY_CODE = "9901"
DISTRICT_CODE = "990101"
CITY_NAMES = ("海澜市", "Hailan City")
DISTRICT_NAMES = ("澄湾区", "Chengwan District")


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoArea:
    """One area of the tree; ``geometry`` in metres."""

    code: str
    kind: str
    parent_code: str | None
    name_zh: str
    name_en: str
    geometry: Geometry


# Street: code, names, communities as (name, English name, x, y of its middle in metres).
_Community = tuple[str, str, float, float]
STREETS: tuple[tuple[str, str, str, tuple[_Community, ...]], ...] = (
    ("001", "澄江街道", "Chengjiang Subdistrict", (
        ("老码头社区", "Old Wharf Community", 5_300, 4_250),
        ("钟楼社区", "Zhonglou Community", 4_700, 4_900),
        ("文庙社区", "Wenmiao Community", 4_000, 4_500),
        ("状元桥社区", "Zhuangyuanqiao Community", 3_600, 5_300),
        ("丝巷社区", "Sixiang Community", 4_300, 5_800),
        ("南门社区", "Nanmen Community", 3_900, 3_500),
        ("北门社区", "Beimen Community", 5_400, 5_700),
        ("芦洲社区", "Luzhou Community", 2_800, 4_300))),
    ("002", "望海街道", "Wanghai Subdistrict", (
        ("望海社区", "Wanghai Community", 6_500, 4_100),
        ("镜湖社区", "Jinghu Community", 7_300, 5_700),
        ("银滩社区", "Yintan Community", 7_500, 3_700),
        ("海月社区", "Haiyue Community", 6_100, 4_900),
        ("观潮社区", "Guanchao Community", 7_300, 4_600),
        ("帆影社区", "Fanying Community", 8_500, 4_300),
        ("听涛社区", "Tingtao Community", 9_200, 5_200),
        ("青屿社区", "Qingyu Community", 6_350, 6_500))),
    ("003", "柳溪街道", "Liuxi Subdistrict", (
        ("柳溪社区", "Liuxi Community", 9_400, 7_000),
        ("杏园社区", "Xingyuan Community", 8_300, 7_100),
        ("竹里社区", "Zhuli Community", 7_200, 7_500),
        ("荷塘社区", "Hetang Community", 8_300, 8_300),
        ("石桥社区", "Shiqiao Community", 9_600, 8_400),
        ("稻香社区", "Daoxiang Community", 8_800, 9_400),
        ("梅岭社区", "Meiling Community", 10_900, 8_800),
        ("新亭社区", "Xinting Community", 8_600, 6_200))),
    ("004", "云岭街道", "Yunling Subdistrict", (
        ("云岭社区", "Yunling Community", 4_600, 7_500),
        ("松泉社区", "Songquan Community", 4_700, 8_700),
        ("茶山社区", "Chashan Community", 2_900, 9_300),
        ("云潭社区", "Yuntan Community", 1_300, 8_700),
        ("鹿鸣社区", "Luming Community", 3_100, 7_400),
        ("石鼓社区", "Shigu Community", 1_500, 7_300),
        ("枫林社区", "Fenglin Community", 6_600, 9_200),
        ("学府社区", "Xuefu Community", 1_000, 6_100))),
    ("005", "东港街道", "Donggang Subdistrict", (
        ("东港社区", "Donggang Community", 8_700, 3_200),
        ("船坞社区", "Chuanwu Community", 8_500, 2_200),
        ("盐田社区", "Yantian Community", 10_600, 6_200),
        ("金沙社区", "Jinsha Community", 12_000, 6_900),
        ("崖山社区", "Yashan Community", 12_800, 4_100),
        ("珊瑚社区", "Shanhu Community", 12_900, 5_700),
        ("渔灯社区", "Yudeng Community", 11_500, 5_200),
        ("东岭社区", "Dongling Community", 13_100, 8_000))),
    ("006", "鹰角街道", "Yingjiao Subdistrict", (
        ("鹰角社区", "Yingjiao Community", 1_800, 0),
        ("白沙社区", "Baisha Community", 2_500, 2_000),
        ("芦湾社区", "Luwan Community", 1_100, 3_900),
        ("长堤社区", "Changdi Community", 1_400, 2_500),
        ("贝滩社区", "Beitan Community", 200, 1_200),
        ("白鹭屿社区", "Egret Islet Community", 6_500, 900))),
)  # fmt: skip


def draw_areas(land: Land, roads: Roads) -> list[DemoArea]:
    """Return city, district, streets and communities, parents first; the same at every call.

    Communities meet along roads and rivers without gaps or overlaps; streets are their unions.
    """
    communities = _grow(land, roads)
    areas: list[DemoArea] = []
    index = 0
    for number, zh, en, members in STREETS:
        code = DISTRICT_CODE + number
        shapes = communities[index : index + len(members)]
        index += len(members)
        areas.append(
            DemoArea(code=code, kind="street", parent_code=DISTRICT_CODE, name_zh=zh, name_en=en,
                     geometry=shapely.union_all(shapes))
        )  # fmt: skip
        areas += [
            DemoArea(code=f"{code}{i + 1:03d}", kind="community", parent_code=code,
                     name_zh=member[0], name_en=member[1], geometry=shape)
            for i, (member, shape) in enumerate(zip(members, shapes, strict=True))
        ]  # fmt: skip
    whole = shapely.union_all([area.geometry for area in areas if area.kind == "street"])
    top = (
        DemoArea(code=CITY_CODE, kind="city", parent_code=None, name_zh=CITY_NAMES[0],
                 name_en=CITY_NAMES[1], geometry=whole),
        DemoArea(code=DISTRICT_CODE, kind="district", parent_code=CITY_CODE,
                 name_zh=DISTRICT_NAMES[0], name_en=DISTRICT_NAMES[1], geometry=whole),
    )  # fmt: skip
    return [*top, *areas]


def _seeds() -> NDArray[np.float64]:
    return np.array([(x, y) for *_, members in STREETS for _, _, x, y in members])


def _grow(land: Land, roads: Roads) -> list[Geometry]:
    """Give every block to the nearest seed, and loose pieces to the neighbour they touch most."""
    blocks = _blocks(land, roads)
    middles = shapely.get_coordinates(shapely.point_on_surface(blocks))
    seeds = _seeds()
    owner = np.argmin(np.linalg.norm(middles[:, None, :] - seeds[None], axis=2), axis=1)
    for _ in range(6):
        moved = _give_loose_pieces_away(blocks, owner)
        if not moved:
            break
    return [
        *(shapely.union_all(blocks[owner == i]) for i in range(len(seeds) - 1)),
        land.island,
    ]


def _blocks(land: Land, roads: Roads) -> NDArray[np.object_]:
    """Return the faces between roads and rivers; wide ones (hills, fields) are cut by a lattice."""
    lines = [
        shapely.intersection(one, land.mainland)
        for one in (roads.major, roads.road, *land.rivers.values())
    ]
    lines += [land.mainland.boundary, _lattice(land), _shore_cuts(land)]
    # A millimetre grid makes every meeting of two lines one and the same point for both sides.
    network = shapely.union_all(shapely.set_precision(np.array(lines), 0.001))
    faces = shapely.get_parts(shapely.polygonize([network]))
    shapely.prepare(land.mainland)
    chosen: NDArray[np.object_] = faces[
        shapely.contains(land.mainland, shapely.point_on_surface(faces))
    ]
    return chosen


def _shore_cuts(land: Land) -> Geometry:
    """Return cuts halfway between seeds where no road divides: along shore and border."""
    strip = shapely.difference(land.mainland, shapely.buffer(land.mainland, -330))
    halves = shapely.voronoi_polygons(shapely.multipoints(_seeds()), extend_to=strip)
    edges = shapely.union_all(shapely.boundary(shapely.get_parts(halves)))
    return shapely.intersection(edges, strip)


def _lattice(land: Land) -> Geometry:
    """Return winding lines through the hills: where no road divides, a ridge does."""
    wild = shapely.intersection(
        shapely.union_all([*land.hills, *land.still_water.values()]), land.mainland
    )
    x = np.arange(-3_000.0, 17_000.0, 40.0)
    lines = []
    for offset in np.arange(-2_000.0, 12_000.0, 450.0):
        wave = 70 * np.sin(x / 310 + offset) + 40 * np.sin(x / 130)
        lines.append(shapely.LineString(np.column_stack([x, offset + wave])))
        lines.append(shapely.LineString(np.column_stack([offset + wave + 1_500, x])))
    return shapely.intersection(shapely.union_all(lines), wild)


def _give_loose_pieces_away(blocks: NDArray[np.object_], owner: NDArray[np.int64]) -> bool:
    """Move the blocks that hang apart from their community's body; tell whether any moved."""
    moved = False
    for community in np.unique(owner):
        mine = np.flatnonzero(owner == community)
        parts = shapely.get_parts(shapely.union_all(blocks[mine]))
        body = parts[np.argmax(shapely.area(parts))]
        shapely.prepare(body)
        for block in mine[~shapely.covers(body, shapely.point_on_surface(blocks[mine]))]:
            touching = np.flatnonzero(shapely.intersects(blocks, blocks[block]))
            others = touching[owner[touching] != community]
            shared = shapely.length(shapely.intersection(blocks[others], blocks[block]))
            if others.size and shared.max() > 0:
                owner[block] = owner[others[np.argmax(shared)]]
                moved = True
    return moved
