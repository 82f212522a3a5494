"""Importing areas, cells, components and base map from files of every kind."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from grid.actions.import_areas import import_areas
from grid.actions.import_basemap import import_basemap
from grid.actions.import_cells import import_cells
from grid.actions.import_components import import_components
from grid.actions.read_table import read_mapping
from grid.model.coordinates import CoordinateSystem
from grid.model.mapping import column_mapping
from grid.model.refusal import GridProblem
from grid.store import areas, basemap, cells, city, components
from grid.store.postgis import reading
from tests.grid.files import area_frame, cell_frame, geopackage, shifted, write_csv
from tests.grid.town import BY, EAST, WEST, build_town
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _geojson(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    frame.to_file(folder / "town.geojson", driver="GeoJSON")
    return folder / "town.geojson"


def _shapefile(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    frame.to_crs(4490).to_file(folder / "town.shp", encoding="utf-8")
    return folder / "town.shp"


def _zipped(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    inner = folder / "inner"
    inner.mkdir()
    frame.to_crs(4548).to_file(inner / "town.shp", encoding="gb18030")
    return folder / shutil.make_archive(str(folder / "town"), "zip", inner)


def _geoparquet(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    frame.to_crs(32650).to_parquet(folder / "town.parquet")
    return folder / "town.parquet"


def _wkt_table(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    rows = [
        {**frame.drop(columns="geometry").iloc[n].to_dict(), "wkt": frame.geometry.iloc[n].wkt}
        for n in range(len(frame))
    ]
    return write_csv(folder / "town.csv", rows, encoding="gb18030")


@pytest.mark.parametrize(
    "write", [geopackage, _geojson, _shapefile, _zipped, _geoparquet, _wkt_table]
)
def test_areas_and_cells_come_from_every_kind_of_file(
    database: TestDatabase,
    tmp_path: Path,
    write: Callable[[gpd.GeoDataFrame, Path], Path],
) -> None:
    engine = database.engine()
    for name in ("areas", "cells"):
        (tmp_path / name).mkdir()
    area_file = write(area_frame(), tmp_path / "areas")
    cell_file = write(cell_frame(), tmp_path / "cells")
    first = import_areas(engine, area_file, by=BY)
    assert (first.refused, first.imported) == ((), 5)
    second = import_cells(engine, cell_file, by=BY)
    assert (second.refused, second.imported) == ((), len(cell_frame()))
    again = import_cells(engine, cell_file, by=BY)
    assert (again.unchanged, again.retired) == (again.imported, 0)
    with reading(engine) as conn:
        west = areas.by_code(conn, WEST)
        assert west is not None
        assert west.name_zh == f"甲{WEST}"
        expected = area_frame().geometry.iloc[3]
        assert shapely.hausdorff_distance(west.geometry, expected) < 1e-7
        assert cells.count(conn) == len(cell_frame())


@pytest.mark.parametrize("system", [CoordinateSystem.GCJ02, CoordinateSystem.BD09])
def test_shifted_coordinates_are_brought_back(
    database: TestDatabase, tmp_path: Path, system: CoordinateSystem
) -> None:
    engine = database.engine()
    file = geopackage(shifted(area_frame(), system), tmp_path)
    report = import_areas(engine, file, by=BY, crs=system.value)
    assert report.source_crs == system.value
    with reading(engine) as conn:
        west = areas.by_code(conn, WEST)
    assert west is not None
    assert shapely.hausdorff_distance(west.geometry, area_frame().geometry.iloc[3]) < 1e-12


def test_columns_are_renamed_and_filled_by_a_mapping(
    database: TestDatabase, tmp_path: Path
) -> None:
    engine = database.engine()
    build_town(engine)
    rows = [{"编号": "L-1", "名称": "一号灯", "类": "路灯", "X": 118.09, "Y": 24.48, "高": 8}]
    file = write_csv(tmp_path / "lamps.csv", rows)
    toml = tmp_path / "mapping.toml"
    toml.write_text(
        'crs = "EPSG:4490"\n[columns]\ncode = "编号"\nname_zh = "名称"\nkind = "类"\n'
        '[constants]\nowner_department = "D1"\n[values.kind]\n"路灯" = "lamp"\n',
        encoding="utf-8",
    )
    report = import_components(engine, file, by=BY, mapping=read_mapping(toml))
    assert (report.refused, report.source_crs) == ((), "EPSG:4490")
    with reading(engine) as conn:
        (lamp,) = components.all(conn)
    assert (lamp.kind, lamp.name_en, lamp.owner_department) == ("lamp", "一号灯", "D1")
    assert lamp.attributes == {"高": "8"}
    assert import_components(engine, file, by=BY, mapping=read_mapping(toml)).unchanged == 1


def test_a_base_map_is_laid_and_unknown_kinds_are_refused(
    database: TestDatabase, tmp_path: Path
) -> None:
    engine = database.engine()
    frame = gpd.GeoDataFrame(
        {"kind": ["sea", "road", "place"], "name_en": ["Sea", None, "Pier"]},
        geometry=[
            shapely.box(118, 24.4, 118.1, 24.5),
            shapely.LineString([(118, 24.4), (118.1, 24.5)]),
            shapely.Point(118.1, 24.5),
        ],
        crs=4326,
    )
    assert import_basemap(engine, _geojson(frame, tmp_path), by=BY).imported == 3
    frame.loc[1, "kind"] = "motorway"
    report = import_basemap(engine, geopackage(frame, tmp_path), by=BY)
    (only,) = report.refused
    assert (only.row, only.field, "motorway" in only.reason_zh) == (2, "kind", True)
    with reading(engine) as conn:
        assert basemap.count(conn) == 3


def test_mixed_coordinate_systems_are_refused(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    build_town(engine)
    base = {"kind": "lamp", "name_zh": "灯", "lon": 118.09, "lat": 24.48}
    rows = [
        {**base, "code": "A", "crs": "EPSG:4326"},
        {**base, "code": "B", "crs": "GCJ-02"},
        {**base, "code": "C", "crs": "EPSG:4326", "lon": 454321.0, "lat": 2708888.0},
    ]
    report = import_components(engine, write_csv(tmp_path / "lamps.csv", rows), by=BY)
    assert [(one.row, one.field) for one in report.refused] == [(2, "crs"), (3, "geometry")]
    assert "GCJ-02" in report.refused[0].reason_zh
    assert "mixed coordinate systems" in report.refused[1].reason_en
    with reading(engine) as conn:
        assert components.all(conn) == []


def test_positions_that_are_none_are_refused_row_by_row(
    database: TestDatabase, tmp_path: Path
) -> None:
    engine = database.engine()
    build_town(engine)
    base = {"kind": "lamp", "name_zh": "灯", "lon": "118.09", "lat": "24.48"}
    rows = [
        {**base, "code": "A"},
        {**base, "code": "B", "lon": "east"},
        {**base, "code": "C", "lat": ""},
        {**base, "code": "D", "lat": "nan"},
        {**base, "code": "", "lat": "24.49"},
        {**base, "code": "F", "name_zh": ""},
        {**base, "code": "G", "kind": ""},
    ]
    report = import_components(engine, write_csv(tmp_path / "lamps.csv", rows), by=BY)
    assert [(one.row, one.field) for one in report.refused] == [
        (2, "lon, lat"), (3, "lon, lat"), (4, "lon, lat"), (5, "code"), (6, "name_zh"), (7, "kind"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("none.csv", None, "there is no file"),
        ("town.xlsx", b"PK", "no known kind"),
        ("town.gpkg", b"not a database", "cannot be read"),
        ("town.geojson", b'{"type": "FeatureCollection", "features": [', "cannot be read"),
        ("town.parquet", b"PAR1 not really", "cannot be read"),
        ("town.csv", b"", "no records"),
        ("town.csv", b"code,kind,lon,lat\n", "no records"),
        ("town.csv", b"code,kind,lon,lat\nA,lamp,1\n", "row 1 has 3 columns"),
        ("town.csv", b"code,code,kind\nA,A,lamp\n", "cannot be read"),
        ("town.csv", b'code,kind,lon,lat\n"A,lamp,1,2\n', "cannot be read"),
        ("town.csv", b"\xff\xff\xff\x00", "encoding"),
        ("town.csv", b"code,lon,lat\nA,1,2\n", "lacks columns: kind"),
        ("town.csv", b"code,kind\nA,lamp\n", "no positions"),
    ],
)
def test_files_that_are_none_get_a_clear_sentence(
    database: TestDatabase, tmp_path: Path, name: str, content: bytes | None, text: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(GridProblem, match=text) as told:
        import_components(database.engine(), tmp_path / name, by=BY)
    assert told.value.zh != told.value.en


def test_coordinate_systems_are_not_guessed(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    file = _shapefile(area_frame(), tmp_path)
    with pytest.raises(GridProblem, match="contradictory"):
        import_areas(engine, file, by=BY, crs="EPSG:4548")
    with pytest.raises(GridProblem, match="not known"):
        import_areas(engine, file, by=BY, crs="EPSG:1")
    with pytest.raises(GridProblem, match="not known"):
        import_areas(engine, file, by=BY, crs="Mars 2000")
    (tmp_path / "town.prj").unlink()
    with pytest.raises(GridProblem, match="name it with --crs"):
        import_areas(engine, file, by=BY)
    assert import_areas(engine, file, by=BY, crs="CGCS2000").imported == 5


def test_several_layers_need_a_name(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    file = tmp_path / "town.gpkg"
    area_frame().to_file(file, layer="areas", driver="GPKG")
    cell_frame().to_file(file, layer="cells", driver="GPKG")
    with pytest.raises(GridProblem, match="several layers"):
        import_areas(engine, file, by=BY)
    mapping = column_mapping({"layer": "areas"})
    assert import_areas(engine, file, by=BY, mapping=mapping).imported == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[columns", "not proper TOML"),
        ("columns = 3", "columns in the mapping"),
        ("[columns]\ncode = [1]", "columns in the mapping"),
        ("crs = 4326", "crs in the mapping"),
        ("values = 1", "values in the mapping"),
    ],
)
def test_bad_mapping_files_get_a_clear_sentence(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(text)
    with pytest.raises(GridProblem, match=reason):
        read_mapping(file)
    with pytest.raises(GridProblem, match="cannot be opened"):
        read_mapping(tmp_path / "none.toml")


def test_numbers_read_as_codes_keep_their_digits(database: TestDatabase, tmp_path: Path) -> None:
    frame = area_frame()
    frame["code"] = frame["code"].astype("float64")
    assert import_areas(database.engine(), geopackage(frame, tmp_path), by=BY).imported == 5
    with reading(database.engine()) as conn:
        assert areas.by_code(conn, EAST) is not None


def test_long_outlines_in_a_csv_are_read(database: TestDatabase, tmp_path: Path) -> None:
    frame = area_frame()
    fine = shapely.segmentize(frame.geometry.iloc[0], 1e-5)
    frame = frame.set_geometry(gpd.GeoSeries([fine] * 3 + frame.geometry.tolist()[3:], crs=4326))
    assert len(fine.wkt) > 131_072  # beyond this Python's csv module refuses by default
    assert import_areas(database.engine(), _wkt_table(frame, tmp_path), by=BY).imported == 5


def test_empty_shapes_and_missing_ones_are_refused(database: TestDatabase, tmp_path: Path) -> None:
    frame = area_frame()
    shapes = frame.geometry.tolist()
    shapes[1] = None
    shapes[2] = shapely.Polygon()
    shapes[3] = shapely.Point(118.09, 24.48)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=4326))
    frame.to_parquet(tmp_path / "areas.parquet")
    report = import_areas(database.engine(), tmp_path / "areas.parquet", by=BY)
    assert [(one.row, one.reason_en.partition(",")[0]) for one in report.refused] == [
        (2, "there is no geometry"),
        (3, "the geometry is empty"),
        (4, "the geometry is a Point"),
    ]


def test_the_area_of_the_city_names_the_city(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    file = geopackage(area_frame(), tmp_path)
    with pytest.raises(GridProblem, match="no time zone Asia/Xiamen"):
        import_areas(engine, file, by=BY, time_zone="Asia/Xiamen")
    with reading(engine) as conn:
        assert city.get(conn) is None
        assert areas.all_areas(conn) == []
    import_areas(engine, file, by=BY)
    with reading(engine) as conn:
        named = city.get(conn)
    assert named is not None
    assert (named.name_zh, named.time_zone, named.demo) == ("甲3502", "Asia/Shanghai", False)
    assert named.bbox == pytest.approx((118.08, 24.47, 118.12, 24.50))
    import_areas(engine, file, by=BY, time_zone="Asia/Urumqi")
    import_areas(engine, file, by=BY)  # keeps what was said before
    with reading(engine) as conn:
        named = city.get(conn)
    assert named is not None
    assert named.time_zone == "Asia/Urumqi"


def test_a_second_city_is_refused(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    frame = area_frame().iloc[[0]]
    other = frame.assign(code="3503", geometry=frame.geometry.translate(1, 0).tolist())
    both = gpd.GeoDataFrame(pd.concat([frame, other], ignore_index=True), crs=4326)
    report = import_areas(engine, geopackage(both, tmp_path), by=BY)
    assert [(one.row, "3502 is there" in one.reason_en) for one in report.refused] == [(2, True)]
    import_areas(engine, geopackage(frame, tmp_path), by=BY)
    report = import_areas(engine, geopackage(other, tmp_path), by=BY)
    assert [one.row for one in report.refused] == [1]
