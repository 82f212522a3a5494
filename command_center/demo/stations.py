"""Components and sensor stations of the demo city: where they stand and what they watch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Point

from command_center.demo.basemap import WATER_NAMES
from command_center.demo.communities import STREETS
from command_center.demo.land import Land
from command_center.demo.roads import Roads

_OUTFALL_KINDS = (
    ("stormwater", "雨水排口", "stormwater outfall"),
    ("stormwater", "雨水排口", "stormwater outfall"),
    ("sewage_works", "污水处理厂排口", "treatment works outfall"),
    ("industrial", "工业排口", "industrial outfall"),
    ("agricultural", "农业退水口", "farm drain outfall"),
)
_WATER_QUALITY = (
    "cod",
    "nh3n",
    "tp",
    "ph",
    "dissolved_oxygen",
    "conductivity",
    "turbidity",
    "flow",
)
_DUST = ("pm10", "pm25", "tsp", "noise", "wind_speed", "wind_direction", "temperature", "humidity")
# Sites: name, English name, x, y, phase.
_SITES = (
    ("望海中心二期", "Wanghai Centre Phase II", 6_850, 4_380, "structure"),
    ("银滩音乐厅", "Yintan Concert Hall", 7_650, 3_520, "structure"),
    ("镜湖学校", "Jinghu School", 7_900, 5_000, "structure"),
    ("地铁二号线柳溪站", "Metro Line 2 Liuxi Station", 9_150, 7_300, "earthwork"),
    ("地铁二号线竹里站", "Metro Line 2 Zhuli Station", 7_450, 7_480, "earthwork"),
    ("东港物流园", "Donggang Logistics Park", 9_150, 3_250, "earthwork"),
    ("船坞三号仓库", "Chuanwu Warehouse 3", 8_650, 2_450, "structure"),
    ("丝巷更新片区", "Sixiang Renewal Quarter", 4_300, 5_700, "earthwork"),
    ("文庙地下停车场", "Wenmiao Underground Car Park", 4_150, 4_450, "earthwork"),
    ("学府实验楼", "Xuefu Laboratory", 1_150, 6_250, "structure"),
    ("云岭安置房", "Yunling Housing", 4_650, 7_900, "structure"),
    ("白沙邮轮码头", "Baisha Cruise Terminal", 2_750, 1_950, "earthwork"),
    ("长堤科创园", "Changdi Innovation Park", 1_500, 2_700, "structure"),
    ("珊瑚湾酒店", "Coral Bay Hotel", 12_950, 5_900, "structure"),
    ("金沙医院", "Jinsha Hospital", 12_250, 6_300, "structure"),
    ("环湾高速拓宽", "Bay Ring Expressway Widening", 6_200, 8_350, "earthwork"),
)
# Pump stations: name, English name, x, y.
_PUMPS = (
    ("老码头泵站", "Old Wharf Pump Station", 5_350, 4_080),
    ("钟楼泵站", "Zhonglou Pump Station", 4_900, 4_750),
    ("北门泵站", "Beimen Pump Station", 5_050, 5_550),
    ("望海泵站", "Wanghai Pump Station", 6_500, 3_900),
    ("银滩泵站", "Yintan Pump Station", 7_450, 3_420),
    ("听涛泵站", "Tingtao Pump Station", 9_650, 4_900),
    ("柳溪泵站", "Liuxi Pump Station", 9_850, 7_200),
    ("石桥泵站", "Shiqiao Pump Station", 9_350, 8_200),
    ("东港泵站", "Donggang Pump Station", 9_350, 3_050),
    ("珊瑚泵站", "Shanhu Pump Station", 12_350, 5_500),
    ("白沙泵站", "Baisha Pump Station", 2_950, 2_250),
    ("学府泵站", "Xuefu Pump Station", 1_000, 6_500),
)
# Level stations: river, share of its length inside the district, normal and warning level (m).
_RIVER_GAUGES = (
    ("cheng", 0.12, 2.4, 3.9), ("cheng", 0.38, 2.1, 3.4), ("cheng", 0.62, 1.9, 3.1),
    ("cheng", 0.9, 1.6, 2.8), ("liu", 0.15, 1.9, 3.0), ("liu", 0.5, 1.7, 2.8),
    ("liu", 0.88, 1.4, 2.5), ("zhu", 0.6, 1.1, 2.1), ("mei", 0.7, 0.9, 1.8), ("yin", 0.6, 0.9, 1.9),
)  # fmt: skip
# Tide gauges and the reservoir: name, English name, x, y, water, normal, warning (m).
_OTHER_GAUGES = (
    ("老码头潮位站", "Old Wharf Tide Gauge", 6_050, 3_700, "tide", 2.0, 3.6),
    ("东港潮位站", "Donggang Tide Gauge", 9_150, 2_300, "tide", 2.0, 3.6),
    ("盐湾潮位站", "Yan Cove Tide Gauge", 11_250, 4_450, "tide", 2.0, 3.6),
    ("云潭水库水位站", "Yuntan Reservoir Gauge", 2_000, 8_420, "reservoir", 31.5, 33.8),
)
_STREET_GAUGES = (
    ("老码头街", "Old Wharf Street", 5_500, 4_250),
    ("文庙低洼路段", "Wenmiao Low Street", 4_250, 4_250),
    ("银滩下穿通道", "Yintan Underpass", 7_300, 3_800),
    ("海月路口", "Haiyue Crossing", 6_150, 4_800),
    ("柳溪下穿通道", "Liuxi Underpass", 9_650, 6_700),
    ("东港集卡通道", "Donggang Truck Underpass", 8_900, 3_450),
    ("白沙路口", "Baisha Crossing", 2_450, 2_300),
    ("珊瑚路口", "Shanhu Crossing", 12_550, 5_450),
    ("云岭下穿通道", "Yunling Underpass", 4_450, 8_150),
    ("竹里下穿通道", "Zhuli Underpass", 7_100, 7_700),
)
_CAMERAS = (
    ("老码头", "Old Wharf", 5_700, 4_100, "cheng"),
    ("钟楼桥", "Zhonglou Bridge", 4_800, 5_200, "cheng"),
    ("状元桥", "Zhuangyuan Bridge", 3_650, 5_950, "cheng"),
    ("鹿鸣桥", "Luming Bridge", 2_300, 7_350, "cheng"),
    ("石桥", "Shiqiao Bridge", 9_600, 8_150, "liu"),
    ("柳溪桥", "Liuxi Bridge", 10_100, 6_600, "liu"),
    ("镜湖", "Mirror Lake", 7_050, 5_500, "lake"),
    ("月湖", "Moon Lake", 12_000, 6_800, "lake"),
    ("东港内港池", "Donggang Inner Basin", 8_300, 2_150, "sea"),
    ("银滩", "Yintan Beach", 7_200, 3_300, "sea"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoComponent:
    """A fixed facility; position in metres on the drawing board."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    x: float
    y: float
    owner: str
    class_code: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoDevice:
    """A sensor station; ``attributes`` carry the limits that the layers' rules read."""

    device_id: str
    model: str
    layer: str
    name_zh: str
    name_en: str
    metrics: tuple[str, ...]
    interval_s: float
    x: float
    y: float
    component: str
    attributes: Mapping[str, object] = field(default_factory=dict)


Station = tuple[DemoComponent, DemoDevice | None]


def place_stations(land: Land, roads: Roads) -> tuple[list[DemoComponent], list[DemoDevice]]:
    """Place every component and device on the governed land; the same at every call."""
    stations = [
        *_outfalls(land), *_construction_sites(), *_rain_gauges(), *_level_gauges(land),
        *_street_gauges(), *_pump_stations(), *_debris_cameras(), *_bridges(land, roads),
    ]  # fmt: skip
    ashore = [(_moved_ashore(component, land), device) for component, device in stations]
    devices = [_at(device, component) for component, device in ashore if device is not None]
    return [component for component, _ in ashore], [*devices, *_second_monitors(devices)]


def _station(
    code: str, kind: str, names: tuple[str, str], xy: tuple[float, float], owner: str,
    device: DemoDevice | None = None, *, class_code: str | None = None, **attributes: object,
) -> Station:  # fmt: skip
    component = DemoComponent(
        code=code, kind=kind, name_zh=names[0], name_en=names[1], x=xy[0], y=xy[1], owner=owner,
        class_code=class_code, attributes=attributes,
    )  # fmt: skip
    return component, device


def _device(
    number: tuple[str, int], model: str, layer: str, names: tuple[str, str],
    metrics: tuple[str, ...], interval_s: float, **attributes: object,
) -> DemoDevice:  # fmt: skip
    return DemoDevice(
        device_id=f"{number[0]}-{number[1]:03d}", model=model, layer=layer, name_zh=names[0],
        name_en=names[1], metrics=metrics, interval_s=interval_s, x=0.0, y=0.0, component="",
        attributes=attributes,
    )  # fmt: skip


def _at(device: DemoDevice, component: DemoComponent) -> DemoDevice:
    return DemoDevice(
        device_id=device.device_id, model=device.model, layer=device.layer,
        name_zh=device.name_zh, name_en=device.name_en, metrics=device.metrics,
        interval_s=device.interval_s, x=component.x, y=component.y, component=component.code,
        attributes=device.attributes,
    )  # fmt: skip


def _moved_ashore(component: DemoComponent, land: Land) -> DemoComponent:
    """Move what the rough coast put into the sea, or outside the border, onto governed land."""
    ground = shapely.buffer(land.district, -15)
    here = Point(component.x, component.y)
    if ground.contains(here):
        return component
    there, _ = shapely.get_coordinates(shapely.shortest_line(ground, here))
    return DemoComponent(
        code=component.code, kind=component.kind, name_zh=component.name_zh,
        name_en=component.name_en, x=float(there[0]), y=float(there[1]), owner=component.owner,
        class_code=component.class_code, attributes=component.attributes,
    )  # fmt: skip


def _inside(land: Land, river: str) -> LineString:
    """Return the longest stretch of a river's middle line in the district, below the reservoir."""
    governed = shapely.difference(land.mainland, land.still_water["yuntan"])
    parts = shapely.get_parts(shapely.intersection(land.rivers[river], governed))
    longest: LineString = parts[np.argmax(shapely.length(parts))]
    return longest


def _bank(land: Land, river: str, share: float, left: bool) -> tuple[float, float]:
    """Return the point of a river's bank at a share of its way through the district."""
    line = _inside(land, river)
    middle = line.interpolate(share, normalized=True)
    ahead = line.interpolate(min(1.0, share + 0.01), normalized=True)
    direction = np.array([ahead.x - middle.x, ahead.y - middle.y])
    normal = np.array([-direction[1], direction[0]]) / max(np.hypot(*direction), 1e-9)
    ray = LineString(
        [
            (middle.x, middle.y),
            tuple(np.array([middle.x, middle.y]) + normal * (160 if left else -160)),
        ]
    )
    dry = shapely.difference(ray, land.river_water[river])
    if dry.is_empty:
        return middle.x, middle.y
    near = shapely.get_coordinates(shapely.shortest_line(dry, middle))[0]
    return float(near[0]), float(near[1])


def _outfalls(land: Land) -> Iterator[Station]:
    plan = (("cheng", 9, "III"), ("liu", 6, "III"), ("zhu", 3, "IV"), ("yin", 2, "IV"),
            ("mei", 2, "IV"), ("yan", 1, "V"))  # fmt: skip
    number = 0
    for river, count, water_class in plan:
        for i in range(count):
            number += 1
            xy = _bank(land, river, (i + 0.6) / (count + 0.3), i % 2 == 0)
            yield _outfall(number, i + 1, river, WATER_NAMES[river], xy, water_class)
    shore = shapely.buffer(land.mainland, -25).exterior
    for i, (x, y) in enumerate(((4_300, 2_900), (6_700, 3_500), (8_900, 2_000), (10_050, 4_300),
                                (13_700, 6_400))):  # fmt: skip
        number += 1
        near = shore.interpolate(shore.project(Point(x, y)))
        yield _outfall(number, i + 1, "sea", ("入海", "Sea"), (near.x, near.y), "V")


def _outfall(
    number: int, index: int, water: str, names: tuple[str, str], xy: tuple[float, float], grade: str
) -> Station:
    kind, zh, en = _OUTFALL_KINDS[(number * 2 + 1) % len(_OUTFALL_KINDS)]
    called = (f"{names[0]}{index}号{zh}", f"{names[1]} {en} {index}")
    device = None
    if number <= 24:
        device = _device(("OF", number), "outfall-station", "outfall", called, _WATER_QUALITY, 30,
                         water_class=grade, outfall_type=kind, receives=water)  # fmt: skip
    return _station(f"CW-OF-{number:03d}", "outfall", called, xy, "ecology", device,
                    class_code="01073", outfall_type=kind, receives=water)  # fmt: skip


def _construction_sites() -> Iterator[Station]:
    for number, (zh, en, x, y, phase) in enumerate(_SITES, start=1):
        site = f"CS-{number:02d}"
        names = (f"{zh}扬尘监测", f"{en} Dust Monitor")
        device = _device(("CD", number), "dust-monitor", "construction_dust", names, _DUST, 15,
                         phase=phase, site=site)  # fmt: skip
        yield _station(f"CW-{site}", "construction_site", (f"{zh}工地", f"{en} Site"), (x, y),
                       "housing", device, phase=phase)  # fmt: skip


def _second_monitors(devices: list[DemoDevice]) -> Iterator[DemoDevice]:
    """Give two large sites a second dust monitor at their other end."""
    for number, device_id in ((17, "CD-004"), (18, "CD-006")):
        first = next(device for device in devices if device.device_id == device_id)
        yield DemoDevice(
            device_id=f"CD-{number:03d}", model=first.model, layer=first.layer,
            name_zh=f"{first.name_zh}（二）", name_en=f"{first.name_en} 2", metrics=first.metrics,
            interval_s=first.interval_s, x=first.x + 110, y=first.y - 60,
            component=first.component, attributes=first.attributes,
        )  # fmt: skip


def _rain_gauges() -> Iterator[Station]:
    chosen = ("钟楼社区", "观潮社区", "柳溪社区", "稻香社区", "松泉社区", "鹿鸣社区", "学府社区",
              "长堤社区", "金沙社区", "船坞社区")  # fmt: skip
    seeds = {m[0]: m for *_, members in STREETS for m in members}
    for number, name in enumerate(chosen, start=1):
        _, en, x, y = seeds[name]
        names = (f"{name[:-2]}雨量站", f"{en.removesuffix(' Community')} Rain Gauge")
        device = _device(("RG", number), "rain-gauge", "flood", names, ("rain",), 30)
        yield _station(f"CW-RG-{number:02d}", "rain_station", names, (x + 90, y - 70), "water",
                       device, class_code="01067")  # fmt: skip


def _level_gauges(land: Land) -> Iterator[Station]:
    number = 0
    for river, share, normal, warning in _RIVER_GAUGES:
        number += 1
        zh, en = WATER_NAMES[river]
        names = (f"{zh}{number}号水位站", f"{en} Gauge {number}")
        limits = _levels(normal, warning, 0.6, 0.7)
        xy = _bank(land, river, share, number % 2 == 0)
        yield _gauge(number, names, xy, {"water": "river", "body": river, **limits})
    for zh, en, x, y, water, normal, warning in _OTHER_GAUGES:
        number += 1
        body = "yuntan" if water == "reservoir" else "sea"
        limits = _levels(normal, warning, 0.6, 0.6)
        yield _gauge(number, (zh, en), (x, y), {"water": water, "body": body, **limits})


def _levels(normal: float, warning: float, guarantee: float, record: float) -> dict[str, float]:
    return {
        "normal_m": normal,
        "warning_m": warning,
        "guarantee_m": round(warning + guarantee, 2),
        "record_m": round(warning + guarantee + record, 2),
    }


def _gauge(
    number: int, names: tuple[str, str], xy: tuple[float, float], attributes: dict[str, object]
) -> Station:
    device = _device(("WL", number), "river-gauge", "flood", names, ("water_level", "voltage"), 10,
                     **attributes)  # fmt: skip
    return _station(f"CW-WL-{number:02d}", "water_level_station", names, xy, "water", device,
                    class_code="01067")  # fmt: skip


def _street_gauges() -> Iterator[Station]:
    limits = {"normal_m": 0.0, "warning_m": 0.15, "guarantee_m": 0.27, "record_m": 0.5}
    for number, (zh, en, x, y) in enumerate(_STREET_GAUGES, start=1):
        names = (f"{zh}积水监测", f"{en} Water Gauge")
        device = _device(("SG", number), "street-gauge", "flood", names, ("water_depth",), 10,
                         water="street", **limits)  # fmt: skip
        yield _station(f"CW-UP-{number:02d}", "underpass", (zh, en), (x, y), "drainage", device)


def _pump_stations() -> Iterator[Station]:
    for number, (zh, en, x, y) in enumerate(_PUMPS, start=1):
        device = _device(("PS", number), "pump-station", "sewage_station", (zh, en),
                         ("wet_well_level", "pump_current", "pump_running", "flow"), 15,
                         normal_m=1.8, warning_m=3.2, overflow_m=4.0,
                         rated_current_a=42.0)  # fmt: skip
        yield _station(f"CW-PS-{number:02d}", "pump_station", (zh, en), (x, y), "drainage",
                       device, class_code="01072")  # fmt: skip


def _debris_cameras() -> Iterator[Station]:
    for number, (zh, en, x, y, water) in enumerate(_CAMERAS, start=1):
        names = (f"{zh}漂浮物摄像机", f"{en} Debris Camera")
        owner = "marine" if water == "sea" else "water"
        device = _device(("FD", number), "debris-camera", "floating_debris", names,
                         ("debris_cover", "voltage"), 30, water=water)  # fmt: skip
        yield _station(f"CW-FD-{number:02d}", "debris_camera", names, (x, y), owner, device)


def _bridges(land: Land, roads: Roads) -> Iterator[Station]:
    number = 0
    for road in roads.named:
        for river in ("cheng", "liu"):
            crossing = shapely.intersection(road.line, _inside(land, river))
            for point in shapely.get_parts(crossing):
                if point.geom_type != "Point":
                    continue
                number += 1
                zh, en = WATER_NAMES[river]
                yield _station(f"CW-BR-{number:02d}", "bridge",
                               (f"{road.name_zh}{zh}桥", f"{road.name_en} {en} Bridge"),
                               (point.x, point.y), "city_management")  # fmt: skip
