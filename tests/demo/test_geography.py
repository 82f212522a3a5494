"""The drawn city is one place: governed without gaps, dry where it must be, always the same."""

from collections import Counter

import pytest
import shapely

from command_center.demo.basemap import draw_basemap
from command_center.demo.blocks import draw_buildings
from command_center.demo.communities import STREETS, DemoArea, draw_areas
from command_center.demo.land import Land, draw_land
from command_center.demo.plane import to_lon_lat
from command_center.demo.roads import Roads, draw_roads
from command_center.demo.stations import place_stations


@pytest.fixture(scope="module")
def land() -> Land:
    return draw_land()


@pytest.fixture(scope="module")
def roads(land: Land) -> Roads:
    return draw_roads(land)


@pytest.fixture(scope="module")
def areas(land: Land, roads: Roads) -> list[DemoArea]:
    return draw_areas(land, roads)


def test_the_district_is_about_ten_thousand_hectares(land: Land) -> None:
    assert 95e6 < land.district.area < 110e6
    assert land.district.is_valid


def test_communities_cover_the_district_without_gaps_or_overlaps(
    land: Land, areas: list[DemoArea]
) -> None:
    shapes = [area.geometry for area in areas if area.kind == "community"]
    assert len(shapes) == sum(len(members) for *_, members in STREETS)
    assert shapely.coverage_is_valid(shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(land.district.area, rel=1e-6)


def test_each_community_is_one_piece_that_999_cells_can_cover(areas: list[DemoArea]) -> None:
    for area in areas:
        if area.kind == "community":
            assert area.geometry.geom_type == "Polygon", area.name_en
            assert area.geometry.area < 9.0e6, area.name_en


def test_codes_lead_from_the_city_down(areas: list[DemoArea]) -> None:
    codes = {area.code for area in areas}
    assert len(codes) == len(areas)
    for area in areas:
        assert area.parent_code is None or area.parent_code in codes
        assert area.parent_code is None or area.code.startswith(area.parent_code)
    kinds = Counter(area.kind for area in areas)
    assert kinds == {"city": 1, "district": 1, "street": 6, "community": 46}


def test_the_city_is_the_same_at_every_start(land: Land, areas: list[DemoArea]) -> None:
    again = draw_land()
    assert again.district.equals_exact(land.district)
    assert [a.geometry.wkb for a in draw_areas(again, draw_roads(again))] == [
        a.geometry.wkb for a in areas
    ]


def test_every_shape_of_the_base_map_is_valid_in_degrees(land: Land, roads: Roads) -> None:
    features = draw_basemap(land, roads, draw_buildings(land, roads))
    assert {feature.kind for feature in features} == {
        "sea", "land", "water", "river", "green", "building", "road_major", "road", "road_minor",
        "place",
    }  # fmt: skip
    assert all(to_lon_lat(feature.geometry).is_valid for feature in features)
    names = [feature for feature in features if feature.kind == "place"]
    assert all(feature.name_zh and feature.name_en for feature in names)


def test_stations_stand_on_governed_land_and_have_names_in_both_languages(
    land: Land, roads: Roads
) -> None:
    components, devices = place_stations(land, roads)
    codes = {component.code for component in components}
    assert len(codes) == len(components)
    assert len({device.device_id for device in devices}) == len(devices) >= 95
    shapely.prepare(land.district)
    for component in components:
        assert land.district.contains(shapely.Point(component.x, component.y)), component.code
        assert all((component.name_zh, component.name_en))
    for device in devices:
        assert device.component in codes
        assert land.district.contains(shapely.Point(device.x, device.y)), device.device_id


def test_level_stations_have_rising_limits(land: Land, roads: Roads) -> None:
    _, devices = place_stations(land, roads)
    gauges = [device for device in devices if device.model in ("river-gauge", "street-gauge")]
    assert len(gauges) == 24
    for gauge in gauges:
        levels = [float(str(gauge.attributes[name])) for name in
                  ("normal_m", "warning_m", "guarantee_m", "record_m")]  # fmt: skip
        assert levels == sorted(levels), gauge.device_id
