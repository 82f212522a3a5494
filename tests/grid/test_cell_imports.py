"""What an import of cells tells: gaps, overlaps, codes, broken shapes, each by its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from grid.actions.import_cells import import_cells
from grid.store import cells
from grid.store.postgis import reading
from tests.grid.files import cell_frame, geopackage
from tests.grid.town import BY, WEST, build_areas
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from pathlib import Path


def _cells_report(
    database: TestDatabase, tmp_path: Path, frame: gpd.GeoDataFrame
) -> list[tuple[int, str, str]]:
    build_areas(database.engine())
    report = import_cells(database.engine(), geopackage(frame, tmp_path), by=BY)
    with reading(database.engine()) as conn:
        assert cells.count(conn) == 0
    assert report.imported == 0
    assert all(one.reason_zh for one in report.refused)
    return [(one.row, one.field, one.reason_en) for one in report.refused]


def test_a_gap_is_told_with_its_size_and_place(database: TestDatabase, tmp_path: Path) -> None:
    frame = cell_frame()
    away = frame.geometry.iloc[15]
    told = _cells_report(database, tmp_path, frame.drop(index=15))
    ((row, field, reason),) = told
    assert field == "geometry"
    assert frame.drop(index=15).geometry.iloc[row - 1].touches(away)
    assert f"community {WEST}: 39,9" in reason  # m2; the cell is 200 m wide
    lon, lat = (float(part.strip(",")) for part in reason.split(" at ")[1].split())
    assert shapely.contains_xy(away, lon, lat)


def test_overlaps_bad_codes_and_broken_shapes_are_told_by_row(
    database: TestDatabase, tmp_path: Path
) -> None:
    frame = cell_frame()
    frame.loc[0, "code"] = frame.loc[1, "code"]
    frame.loc[2, "code"] = "35020300100100X"
    frame.loc[3, "code"] = "350203001001000"
    frame.loc[4, "code"] = "350203001099001"
    shapes = frame.geometry.tolist()
    shapes[6] = shapely.Polygon(
        [(118.08, 24.47), (118.09, 24.48), (118.09, 24.47), (118.08, 24.48)]
    )
    shapes[20] = shapely.buffer(shapes[20], 1e-5, join_style="mitre")
    frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=4326))
    told = _cells_report(database, tmp_path, frame)
    by_row: dict[int, str] = {}
    for row, _, reason in told:
        by_row[row] = by_row.get(row, "") + reason
    assert "already in row 1" in by_row[2]
    assert "digits only" in by_row[3]
    assert "001 to 999" in by_row[4]
    assert "does not exist" in by_row[5]
    assert "Self-intersection" in by_row[7]
    assert "overlaps row" in by_row[21] + by_row[22]
    assert not any("are in no cell" in reason for _, _, reason in told)


def test_a_cell_beyond_its_community_is_told(database: TestDatabase, tmp_path: Path) -> None:
    frame = cell_frame()
    shapes = frame.geometry.tolist()
    outer = shapely.box(118.08, 24.489, 118.0802, 24.4901)
    shapes[0] = shapely.union(shapes[0], outer)
    told = _cells_report(database, tmp_path, frame.set_geometry(gpd.GeoSeries(shapes, crs=4326)))
    assert any("outside community" in reason for row, _, reason in told if row == 1)


def test_a_code_is_never_given_to_another_shape(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    build_areas(engine)
    frame = cell_frame()
    import_cells(engine, geopackage(frame, tmp_path), by=BY)
    # two cells of one become one: the joined cell needs a code of its own
    joined = frame.drop(index=1)
    shapes = joined.geometry.tolist()
    shapes[0] = shapely.union(frame.geometry.iloc[0], frame.geometry.iloc[1])
    joined = joined.set_geometry(gpd.GeoSeries(shapes, index=joined.index, crs=4326))
    report = import_cells(engine, geopackage(joined, tmp_path), by=BY)
    (only,) = report.refused
    assert (only.row, "never reused" in only.reason_en) == (1, True)
    joined.loc[0, "code"] = f"{WEST}900"
    report = import_cells(engine, geopackage(joined, tmp_path), by=BY)
    assert (report.refused, report.retired) == ((), 2)
    assert report.unchanged == len(joined) - 1
    back = import_cells(engine, geopackage(frame, tmp_path), by=BY)
    assert {one.row for one in back.refused} == {1, 2}
