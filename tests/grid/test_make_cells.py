"""Cutting areas into cells, in the database."""

from __future__ import annotations

import pytest
import shapely

from grid.actions.make_cells import make_cells
from grid.model.area import AreaDraft
from grid.model.faults import find_faults
from grid.model.refusal import GridProblem
from grid.store import areas, cells
from grid.store.postgis import reading, transaction
from tests.grid.town import BY, CITY, DISTRICT, EAST, STREET, WEST, build_areas, build_town, square
from tests.support.cluster import TestDatabase


def test_communities_are_cut_and_cut_again_without_change(database: TestDatabase) -> None:
    engine = database.engine()
    build_town(engine)
    again = make_cells(engine, area_code=CITY, size_m=100, by=BY)
    assert (again.communities, again.synthetic, again.made, again.retired) == (2, 0, 0, 0)
    assert again.unchanged > 800


def test_other_cells_get_new_codes_and_old_codes_stay_taken(database: TestDatabase) -> None:
    engine = database.engine()
    build_town(engine)
    with reading(engine) as conn:
        before = {cell.code for cell in cells.inside(conn, 1)}
    other = make_cells(engine, area_code=WEST, size_m=200, by=BY)
    assert other.retired > other.made > 0
    with reading(engine) as conn:
        west = areas.by_code(conn, WEST)
        assert west is not None
        after = cells.inside(conn, west.area_id)
        assert len(after) == other.made + other.unchanged
        assert not {cell.code for cell in after} & before
        assert find_faults(
            [cell.geometry for cell in after], [WEST] * len(after), {WEST: west.geometry}
        ) == []  # fmt: skip
    with pytest.raises(GridProblem, match="never reused"):
        make_cells(engine, area_code=WEST, size_m=90, by=BY)


@pytest.mark.parametrize(("levels", "code"), [(1, CITY), (2, DISTRICT), (3, STREET)])
def test_an_area_without_communities_gets_synthetic_ones(
    database: TestDatabase, levels: int, code: str
) -> None:
    engine = database.engine()
    build_areas(engine, levels=levels)
    made = make_cells(engine, area_code=code, size_m=80, by=BY)
    assert made.communities == made.synthetic == 3
    with reading(engine) as conn:
        top = areas.by_code(conn, code)
        assert top is not None
        below = [area for area in areas.inside(conn, top.area_id) if len(area.code) == 12]
        assert len(below) == 3
        assert all(area.synthetic for area in below)
        for area in below:
            inside = cells.inside(conn, area.area_id)
            assert 1 <= len(inside) <= 999
            assert [cell.code for cell in inside] == [
                f"{area.code}{n:03d}" for n in range(1, len(inside) + 1)
            ]
        everything = shapely.union_all([area.geometry for area in below])
        assert shapely.area(shapely.symmetric_difference(everything, top.geometry)) < 1e-9
    again = make_cells(engine, area_code=code, size_m=80, by=BY)
    assert (again.synthetic, again.made, again.retired) == (0, 0, 0)


def test_refusals_say_what_to_do(database: TestDatabase) -> None:
    engine = database.engine()
    with pytest.raises(GridProblem, match="import the areas first") as none:
        make_cells(engine, area_code=CITY, size_m=100, by=BY)
    assert "请先导入辖区" in none.value.zh
    build_town(engine)
    with pytest.raises(GridProblem, match="--size") as many:
        make_cells(engine, area_code=CITY, size_m=40, by=BY)
    assert WEST in many.value.zh
    with pytest.raises(GridProblem, match="must be 10 to 10000 m"):
        make_cells(engine, area_code=CITY, size_m=5, by=BY)
    with pytest.raises(GridProblem, match="must be 10 to 10000 m"):
        make_cells(engine, area_code=CITY, size_m=float("nan"), by=BY)
    with reading(engine) as conn:
        assert {cell.code[:12] for cell in cells.inside(conn, 1)} == {WEST, EAST}


def test_the_advised_size_fits(database: TestDatabase) -> None:
    engine = database.engine()
    build_areas(engine)
    with pytest.raises(GridProblem) as many:
        make_cells(engine, area_code=WEST, size_m=40, by=BY)
    advised = int(many.value.en.split("--size ")[1].split()[0])
    assert make_cells(engine, area_code=EAST, size_m=advised, by=BY).made <= 999


def test_a_far_too_small_size_is_refused_before_memory_is_gone(database: TestDatabase) -> None:
    engine = database.engine()
    with transaction(engine, BY) as conn:
        areas.insert(
            conn,
            AreaDraft(code=CITY, name_zh="大", name_en="Big", geometry=square(100, 20, 110, 30)),
            parent=None,
        )
    with pytest.raises(GridProblem, match="in proportion"):
        make_cells(engine, area_code=CITY, size_m=10, by=BY)
