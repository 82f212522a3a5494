"""The grid's stores against a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
import shapely
from sqlalchemy.exc import DBAPIError

from grid.model.area import AreaDraft
from grid.model.cell import cell_code
from grid.model.city import City
from grid.model.component import ComponentDraft
from grid.store import areas, cells, city, components, heartbeats
from grid.store.postgis import reading, transaction
from tests.grid.town import BY, EAST, STREET, WEST, build_town, scattered, square
from tests.support.cluster import TestDatabase

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_the_city_is_put_and_replaced(database: TestDatabase) -> None:
    first = City(
        name_zh="海城", name_en="Haicheng", time_zone="Asia/Shanghai",
        center=(118.1, 24.5), bbox=(118.0, 24.4, 118.2, 24.6), demo=True,
    )  # fmt: skip
    second = City(
        name_zh="河城", name_en="Hecheng", time_zone="Asia/Shanghai",
        center=(118.3, 24.5), bbox=(118.2, 24.4, 118.4, 24.6),
    )  # fmt: skip
    with transaction(database.engine(), BY) as conn:
        assert city.get(conn) is None
        city.put(conn, first)
        assert city.get(conn) == first
        city.put(conn, second)
        assert city.get(conn) == second


def test_a_heartbeat_is_never_set_back(database: TestDatabase) -> None:
    later = START + timedelta(seconds=5)
    with transaction(database.engine("cc_web"), "system:web") as conn:
        heartbeats.beat(conn, "web", START, later, {"queue": 3})
        heartbeats.beat(conn, "web", START, START, {"queue": 9})
        (only,) = heartbeats.all(conn)
    assert (only.process, only.at, only.detail) == ("web", later, {"queue": 3})


def test_areas_form_a_tree(database: TestDatabase) -> None:
    known = build_town(database.engine())
    with reading(database.engine("cc_web")) as conn:
        assert [one.code for one in areas.all_areas(conn)] == list(known)
        assert areas.by_code(conn, WEST) == known[WEST]
        assert areas.by_code(conn, "999999") is None
        assert areas.by_id(conn, known[STREET].area_id) == known[STREET]
        assert [one.code for one in areas.children(conn, known[STREET].area_id)] == [WEST, EAST]
        assert [one.code for one in areas.inside(conn, known[STREET].area_id)] == [
            STREET, WEST, EAST,
        ]  # fmt: skip
    assert known[WEST].path == tuple(
        known[code].area_id for code in ("3502", "350203", STREET, WEST)
    )


def test_cells_are_read_by_code_area_and_distance(database: TestDatabase) -> None:
    known = build_town(database.engine())
    with reading(database.engine("cc_web")) as conn:
        inside = cells.inside(conn, known[STREET].area_id)
        assert len(inside) == cells.count(conn) > 800
        first = cells.by_code(conn, cell_code(WEST, 1))
        assert first == inside[0]
        assert cells.by_code(conn, cell_code(WEST, 999)) is None
        middle = shapely.point_on_surface(first.geometry)
        assert cells.nearest(conn, middle.x, middle.y)[0] == first
        assert cells.by_ids(conn, [first.cell_id, 10**9]) == [first]
        assert len(cells.taken_codes(conn, [WEST])) == len(cells.inside(conn, known[WEST].area_id))


def test_a_replaced_cell_is_kept_but_holds_nothing(database: TestDatabase) -> None:
    build_town(database.engine())
    with reading(database.engine()) as conn:
        before = cells.by_code(conn, cell_code(WEST, 1))
    assert before is not None
    middle = shapely.point_on_surface(before.geometry)
    with transaction(database.engine(), BY) as conn:
        assert cells.retire(conn, [before.cell_id]) == 1
        assert cells.retire(conn, [before.cell_id]) == 0
        found = cells.locate(conn, middle.x, middle.y)
        assert found is not None
        assert (found.cell_id, found.area_id) == (None, before.area_id)
        after = cells.by_code(conn, before.code)
    assert after is not None
    assert after.valid_to is not None
    with (
        pytest.raises(psycopg.errors.UniqueViolation),
        transaction(database.engine(), BY) as conn,
    ):
        cells.insert(conn, [(before.code, before.area_id, before.geometry)])


def test_one_point_is_located_in_cell_area_or_nowhere(database: TestDatabase) -> None:
    known = build_town(database.engine())
    with reading(database.engine("cc_web")) as conn:
        in_cell = cells.locate(conn, 118.09, 24.48)
        in_street = cells.locate(conn, 118.09, 24.495)
        assert cells.locate(conn, 118.2, 24.48) is None
        assert cells.locate(conn, float("nan"), 24.48) is None
    assert in_cell is not None
    assert in_cell.cell_code is not None
    assert in_cell.cell_code.startswith(WEST)
    assert in_cell.area_name_zh == known[WEST].name_zh
    assert in_street is not None
    assert (in_street.cell_id, in_street.area_id) == (None, known[STREET].area_id)


def test_few_and_many_points_get_the_same_answers(database: TestDatabase) -> None:
    build_town(database.engine())
    lons, lats = scattered(1_000)
    # borders and corners of cells, where two or four cells hold the point
    with reading(database.engine("cc_web")) as conn:
        corner = shapely.get_coordinates(cells.inside(conn, 1)[0].geometry)[:3]
        lons, lats = np.append(lons, corner[:, 0]), np.append(lats, corner[:, 1])
        lons[5] = np.nan
        many = cells.locate_many(conn, lons, lats)
        for part in np.array_split(np.arange(lons.size), 4):
            few = cells.locate_many(conn, lons[part], lats[part])
            np.testing.assert_array_equal(few.cell_ids, many.cell_ids[part])
            np.testing.assert_array_equal(few.area_ids, many.area_ids[part])
        for n in (*range(40), lons.size - 1):
            one = cells.locate(conn, lons[n], lats[n])
            expected = (0, 0) if one is None else (one.cell_id or 0, one.area_id)
            assert expected == (many.cell_ids[n], many.area_ids[n])
        nothing = cells.locate_many(conn, [], [])
    assert (many.cell_ids[5], many.area_ids[5]) == (0, 0)
    assert (many.area_ids == 0).any()
    assert ((many.cell_ids == 0) & (many.area_ids > 0)).any()
    assert nothing.cell_ids.size == 0


def test_components_are_put_changed_and_left_alone(database: TestDatabase) -> None:
    known = build_town(database.engine())
    draft = ComponentDraft(
        code="OF-1", kind="outfall", name_zh="一号排口", name_en="Outfall 1",
        lon=118.09, lat=24.48, attributes={"diameter_mm": 800},
    )  # fmt: skip
    with transaction(database.engine(), BY) as conn:
        place = cells.locate(conn, draft.lon, draft.lat)
        assert place is not None
        components.put(conn, [(draft, place.cell_id, place.area_id)])
    with transaction(database.engine(), "account:other") as conn:
        components.put(conn, [(draft, place.cell_id, place.area_id)])
        (only,) = components.all(conn)
        assert components.by_kind(conn, "outfall") == [only]
        assert components.by_kind(conn, "lamp") == []
        assert components.by_code(conn, "OF-1") == only
        assert components.codes(conn) == {"OF-1"}
    assert (only.lon, only.cell_id, only.attributes) == (
        118.09,
        place.cell_id,
        {"diameter_mm": 800},
    )
    with database.superuser() as root:
        row = root.execute("SELECT changed_by FROM grid.components").fetchone()
        assert row == (BY,)  # the second, equal put left the row alone
    with transaction(database.engine(), BY) as conn:
        cells.retire(conn, [only.cell_id or 0])
        cells.insert(
            conn,
            [
                (
                    cell_code(EAST, 999),
                    known[EAST].area_id,
                    square(118.08, 24.47, 118.1, 24.49).geoms[0],
                )
            ],
        )
        assert components.relocate(conn) == 1
        moved = components.by_code(conn, "OF-1")
        assert moved is not None
        assert moved.area_id == known[EAST].area_id


def test_a_write_without_an_actor_is_refused_by_the_database(database: TestDatabase) -> None:
    engine = database.engine()
    draft = square(1, 1, 2, 2)
    with pytest.raises(DBAPIError, match="changed_by"), engine.begin() as conn:
        areas.insert(
            conn,
            AreaDraft(code="3502", name_zh="甲", name_en="A", geometry=draft),
            parent=None,
        )


def test_processes_may_not_change_the_grid(database: TestDatabase) -> None:
    build_town(database.engine())
    for role in ("cc_web", "cc_ingest", "cc_dispatch"):
        with (
            pytest.raises(DBAPIError, match="permission denied"),
            transaction(database.engine(role), BY) as conn,
        ):
            cells.retire(conn, [1])


def test_an_empty_city_holds_nothing(database: TestDatabase) -> None:
    lons, lats = scattered(500)
    with reading(database.engine("cc_web")) as conn:
        for count in (3, 500):
            found = cells.locate_many(conn, lons[:count], lats[:count])
            assert not found.cell_ids.any()
            assert not found.area_ids.any()
        assert cells.nearest(conn, 118.1, 24.5) == []
        assert areas.all_areas(conn) == []
