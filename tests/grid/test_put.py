"""Storing what a program holds in memory: all or nothing, with every reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from grid.actions.put import put_areas, put_basemap, put_city, put_components
from grid.model.basemap import BasemapFeature, BasemapKind
from grid.model.city import City
from grid.model.component import ComponentDraft
from grid.model.refusal import Refused
from grid.store import areas, basemap, city, components
from grid.store.postgis import reading
from tests.grid.town import BY, DISTRICT, EAST, WEST, build_town, square, town_areas
from tests.support.cluster import TestDatabase


def test_areas_are_stored_in_any_order_and_again_without_change(database: TestDatabase) -> None:
    engine = database.engine()
    drafts = town_areas()
    assert put_areas(engine, drafts[::-1], by=BY).unchanged == 0
    assert put_areas(engine, drafts, by=BY).unchanged == len(drafts)
    renamed = replace(drafts[-1], name_en="Renamed")
    assert put_areas(engine, [renamed, drafts[0]], by=BY).unchanged == 1
    with reading(engine) as conn:
        found = areas.by_code(conn, EAST)
        assert found is not None
        assert found.name_en == "Renamed"
        assert found.path == tuple(
            area.area_id for area in areas.all_areas(conn) if area.code in EAST
        )


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"code": "35020300100"}, "code", "12"),
        ({"code": "35020300100X"}, "code", "digits only"),
        ({"code": ""}, "code", "empty"),
        ({"code": WEST}, "code", "already in row 4"),
        ({"code": "350203009001"}, "code", "350203009, does not exist"),
        ({"geometry": square(118.09, 24.47, 118.12, 24.49)}, "geometry", f"overlaps area {WEST}"),
        ({"geometry": square(119.0, 24.47, 119.1, 24.49)}, "geometry", "wholly outside"),
    ],
)
def test_bad_areas_are_refused_and_nothing_is_stored(
    database: TestDatabase, changes: dict[str, object], field: str, text: str
) -> None:
    drafts = town_areas()
    drafts[-1] = replace(drafts[-1], **changes)  # type: ignore[arg-type] # any field
    with pytest.raises(Refused) as told:
        put_areas(database.engine(), drafts, by=BY)
    (only,) = told.value.refusals
    assert (only.row, only.field) == (5, field)
    assert text in only.reason_en
    with reading(database.engine()) as conn:
        assert areas.all_areas(conn) == []


def test_an_area_may_not_overlap_one_that_is_stored(database: TestDatabase) -> None:
    engine = database.engine()
    drafts = town_areas()
    put_areas(engine, drafts[:4], by=BY)
    wide = replace(drafts[4], geometry=square(118.09, 24.47, 118.12, 24.49))
    with pytest.raises(Refused, match=f"overlaps area {WEST}"):
        put_areas(engine, [wide], by=BY)
    # a hair's breadth is how neighbours drawn apart look
    put_areas(
        engine, [replace(drafts[4], geometry=square(118.099999, 24.47, 118.12, 24.49))], by=BY
    )


def test_components_get_their_cell_or_area(database: TestDatabase) -> None:
    engine = database.engine()
    known = build_town(engine)
    in_cell = ComponentDraft(
        code="A", kind="lamp", name_zh="灯", name_en="Lamp", lon=118.09, lat=24.48
    )
    in_street = replace(in_cell, code="B", lat=24.495)
    assert put_components(engine, [in_cell, in_street], by=BY).unchanged == 0
    assert put_components(engine, [in_cell, in_street], by=BY).unchanged == 2
    with reading(engine) as conn:
        first, second = components.all(conn)
    assert (first.area_id, first.cell_id is not None) == (known[WEST].area_id, True)
    assert (second.area_id, second.cell_id) == (known["350203001"].area_id, None)


def test_components_outside_or_doubled_are_refused(database: TestDatabase) -> None:
    engine = database.engine()
    build_town(engine)
    good = ComponentDraft(
        code="A", kind="lamp", name_zh="灯", name_en="Lamp", lon=118.09, lat=24.48
    )
    with pytest.raises(Refused) as told:
        put_components(
            engine, [good, good, replace(good, code="C", lon=10.0)], by=BY, rows=[7, 8, 9]
        )
    assert [(one.row, one.field) for one in told.value.refusals] == [(8, "code"), (9, "geometry")]
    with reading(engine) as conn:
        assert components.all(conn) == []


def test_city_and_base_map_are_replaced(database: TestDatabase) -> None:
    engine = database.engine()
    town = City(
        name_zh="海城", name_en="Haicheng", time_zone="Asia/Shanghai",
        center=(118.1, 24.5), bbox=(118.0, 24.4, 118.2, 24.6),
    )  # fmt: skip
    put_city(engine, town, by=BY)
    sea = BasemapFeature(kind=BasemapKind.SEA, geometry=shapely.box(118, 24.4, 118.1, 24.5))
    place = BasemapFeature(
        kind=BasemapKind.PLACE, geometry=shapely.Point(118.1, 24.5), name_zh="码头", name_en="Pier"
    )
    assert put_basemap(engine, [sea, sea, place], by=BY) == 3
    assert put_basemap(engine, [sea, place], by=BY) == 2
    with reading(engine) as conn:
        assert basemap.count(conn) == 2
        assert city.get(conn) == town
        assert areas.by_code(conn, DISTRICT) is None
