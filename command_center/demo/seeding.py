"""The drawn city as the rows that grid, events and iot_ingest take."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

import shapely
from shapely import MultiPolygon

from command_center.demo.basemap import draw_basemap
from command_center.demo.blocks import draw_buildings
from command_center.demo.communities import CITY_NAMES, DISTRICT_NAMES, DemoArea
from command_center.demo.land import Land
from command_center.demo.people import CREWS, DEPARTMENTS, DUTIES
from command_center.demo.plane import position, to_lon_lat
from command_center.demo.roads import Roads
from command_center.demo.stations import DemoComponent, DemoDevice
from events.model.category import Category
from events.model.configuration import CrewRow, DepartmentRow
from events.model.crew import Shift
from events.model.duty import DutyRule, TimeClass, When
from grid.model.area import AreaDraft
from grid.model.basemap import BasemapFeature, BasemapKind
from grid.model.city import City
from grid.model.component import ComponentDraft
from layers.packs import load_categories

TIME_ZONE = "Asia/Shanghai"


def city_row(land: Land) -> City:
    """Return the city as it is shown: both names, the middle and the extent of the district."""
    governed = to_lon_lat(land.district)
    west, south, east, north = (float(one) for one in governed.bounds)
    middle = governed.centroid
    return City(
        name_zh=f"{CITY_NAMES[0]}{DISTRICT_NAMES[0]}",
        name_en=f"{DISTRICT_NAMES[1]}, {CITY_NAMES[1]}",
        time_zone=TIME_ZONE,
        center=(round(middle.x, 6), round(middle.y, 6)),
        bbox=(west, south, east, north),
        demo=True,
    )


def area_rows(areas: Iterable[DemoArea]) -> list[AreaDraft]:
    """Return the areas in WGS-84, parents first."""
    return [
        AreaDraft(
            code=area.code,
            name_zh=area.name_zh,
            name_en=area.name_en,
            geometry=MultiPolygon(shapely.get_parts(to_lon_lat(area.geometry)).tolist()),
        )
        for area in areas
    ]


def basemap_rows(land: Land, roads: Roads) -> list[BasemapFeature]:
    """Return the base map in WGS-84."""
    features = draw_basemap(land, roads, draw_buildings(land, roads))
    return [
        BasemapFeature(
            kind=BasemapKind(one.kind),
            geometry=to_lon_lat(one.geometry),
            name_zh=one.name_zh,
            name_en=one.name_en,
        )
        for one in features
    ]


def component_rows(components: Iterable[DemoComponent]) -> list[ComponentDraft]:
    """Return the facilities in WGS-84."""
    rows = []
    for one in components:
        lon, lat = position(one.x, one.y)
        rows.append(
            ComponentDraft(
                code=one.code,
                kind=one.kind,
                name_zh=one.name_zh,
                name_en=one.name_en,
                lon=lon,
                lat=lat,
                standard="GB/T 47678.5" if one.class_code else None,
                class_code=one.class_code,
                owner_department=one.owner,
                attributes=dict(one.attributes),
            )
        )
    return rows


def device_rows(devices: Iterable[DemoDevice]) -> list[Mapping[str, Any]]:
    """Return the stations as the registry takes them."""
    rows: list[Mapping[str, Any]] = []
    for one in devices:
        lon, lat = position(one.x, one.y)
        rows.append(
            {
                "device_id": one.device_id,
                "model": one.model,
                "layer": one.layer,
                "name_zh": one.name_zh,
                "name_en": one.name_en,
                "metrics": list(one.metrics),
                "interval_s": one.interval_s,
                "lon": lon,
                "lat": lat,
                "component_code": one.component,
                "attributes": json.loads(json.dumps(dict(one.attributes))),
            }
        )
    return rows


def category_rows() -> Sequence[Category]:
    """Return the categories of the layers' pack."""
    return [Category.from_row(one.as_row()) for one in load_categories()]


def department_rows() -> list[DepartmentRow]:
    """Return the departments."""
    return [
        DepartmentRow(code=one.code, name_zh=one.name_zh, name_en=one.name_en, area_code=one.area)
        for one in DEPARTMENTS
    ]


def duty_rules() -> list[DutyRule]:
    """Return who answers for what."""
    return [
        DutyRule(
            position=position,
            department_code=one.department,
            area_code=one.area,
            category_code=one.category,
            family=one.family,
            when=When(times=frozenset(map(TimeClass, one.times))),
        )
        for position, one in enumerate(DUTIES, start=1)
    ]


def crew_rows() -> list[CrewRow]:
    """Return the crews with their shifts."""
    rows = []
    for one in CREWS:
        lon, lat = position(one.x, one.y)
        shifts = tuple(
            Shift(
                weekdays=frozenset(one.weekdays),
                starts_at=time.fromisoformat(start),
                ends_at=time.fromisoformat(end),
            )
            for start, end in one.shifts
        )
        rows.append(
            CrewRow(
                code=one.code,
                department_code=one.department,
                area_code=one.area,
                name_zh=one.name_zh,
                name_en=one.name_en,
                lon=lon,
                lat=lat,
                shifts=shifts,
                skills=frozenset(one.skills),
                capacity=one.capacity,
                simulated=one.simulated,
            )
        )
    return rows
