"""Real files of real cities: addresses, districts, lakes, requests."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from grid.actions.import_areas import import_areas
from grid.actions.import_basemap import import_basemap
from grid.actions.import_components import import_components
from grid.actions.make_cells import make_cells
from grid.actions.put import put_areas
from grid.model.area import AreaDraft
from grid.model.faults import find_faults
from grid.model.mapping import column_mapping
from grid.store import areas, basemap, cells, components
from grid.store.postgis import reading
from tests.grid.town import BY, square
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

# Pairs of districts of New York that overlap by more than half a metre as published.
OVERLAPS = 2

pytestmark = pytest.mark.samples


def _district_over(engine: Engine, lons: np.ndarray, lats: np.ndarray) -> None:
    """A city of one district that covers some positions."""
    shape = square(
        float(lons.min()) - 0.001,
        float(lats.min()) - 0.001,
        float(lons.max()) + 0.001,
        float(lats.max()) + 0.001,
    )
    put_areas(
        engine,
        [
            AreaDraft(code=code, name_zh="市", name_en="City", geometry=shape)
            for code in ("9901", "990101")
        ],
        by=BY,
    )


def test_dutch_addresses_lie_in_the_cells_that_an_independent_join_finds(
    database: TestDatabase, samples: Path
) -> None:
    engine = database.engine()
    file = samples / "open/protocol/pygeoapi_samples/dutch_addresses_4326.gpkg"
    frame = gpd.read_file(file)
    _district_over(engine, frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
    make_cells(engine, area_code="990101", size_m=250, by=BY)
    mapping = column_mapping(
        {"columns": {"code": "id", "name_en": "straatnaam"}, "constants": {"kind": "address"}}
    )
    report = import_components(engine, file, by=BY, mapping=mapping)
    assert (report.refused, report.imported) == ((), 2481)
    with reading(engine) as conn:
        found = components.all(conn)
        grid = cells.inside(conn, 1)
    shapes = gpd.GeoDataFrame(
        {"cell_id": [cell.cell_id for cell in grid]},
        geometry=[cell.geometry for cell in grid],
        crs=4326,
    )
    joined = frame.sjoin(shapes, predicate="within").set_index("id")["cell_id"]
    assert len(joined) == len(frame)
    assert {one.code: one.cell_id for one in found} == joined.to_dict()
    assert found[0].attributes["woonplaats"]


def test_the_districts_of_new_york_are_imported_and_cut(
    database: TestDatabase, samples: Path, tmp_path: Path
) -> None:
    engine = database.engine()
    packed = samples / "unverified/nyc_community_districts.geojson.gz"
    (tmp_path / "districts.geojson").write_bytes(gzip.decompress(packed.read_bytes()))
    frame = gpd.read_file(tmp_path / "districts.geojson")
    number = next(name for name in frame.columns if name.lower() in {"boro_cd", "borocd"})
    frame["code"] = [f"360101001{int(one):03d}" for one in frame[number]]
    frame["name_en"] = [f"District {one}" for one in frame[number]]
    whole = shapely.box(*frame.total_bounds)
    above = gpd.GeoDataFrame(
        {"code": ["3601", "360101", "360101001"], "name_en": ["New York", "City", "All"]},
        geometry=[whole] * 3,
        crs=frame.crs,
    )
    everything = pd.concat([above, frame[["code", "name_en", "geometry"]]], ignore_index=True)
    everything.to_file(tmp_path / "areas.gpkg", driver="GPKG")
    report = import_areas(engine, tmp_path / "areas.gpkg", by=BY)
    # some of the published districts do overlap: take the common ground from the later one
    assert len(report.refused) == OVERLAPS
    for fault in report.refused:
        assert "overlaps area" in fault.reason_en
        other = everything["code"] == fault.reason_en.split()[2]
        everything.loc[fault.row - 1, "geometry"] = everything.geometry[fault.row - 1].difference(
            everything.geometry[other].iloc[0]
        )
    everything.to_file(tmp_path / "areas.gpkg", driver="GPKG")
    report = import_areas(engine, tmp_path / "areas.gpkg", by=BY)
    assert report.refused == ()
    assert report.imported == len(frame) + 3
    made = make_cells(engine, area_code="3601", size_m=500, by=BY)
    assert made.communities == len(frame)
    with reading(engine) as conn:
        everywhere = {area.area_id: area for area in areas.all_areas(conn)}
        grid = cells.inside(conn, 1)
    assert len(grid) == made.made > 3_000
    codes = [everywhere[cell.area_id].code for cell in grid]
    borders = {area.code: area.geometry for area in everywhere.values()}
    assert find_faults([cell.geometry for cell in grid], codes, borders) == []


def test_lakes_become_a_base_map(database: TestDatabase, samples: Path) -> None:
    engine = database.engine()
    file = samples / "open/protocol/pygeoapi_samples/ne_110m_lakes.geojson"
    mapping = column_mapping({"columns": {"name_en": "name"}, "constants": {"kind": "water"}})
    assert import_basemap(engine, file, by=BY, mapping=mapping).imported == 25
    with reading(engine) as conn:
        assert basemap.count(conn) == 25


@pytest.mark.alone
def test_requests_are_located_as_an_independent_join_does(
    database: TestDatabase, samples: Path
) -> None:
    engine = database.engine()
    frame = pd.read_parquet(samples / "unverified/boston311_2011_jul_aug.parquet")
    lons, lats = frame["longitude"].to_numpy(float), frame["latitude"].to_numpy(float)
    _district_over(engine, lons, lats)
    make_cells(engine, area_code="990101", size_m=150, by=BY)
    with reading(engine) as conn:
        started = time.process_time()
        found = cells.locate_many(conn, lons, lats)
        took = time.process_time() - started
        grid = cells.inside(conn, 1)
    assert found.cell_ids.all()
    assert found.area_ids.all()
    assert took < 1.0
    shapes = gpd.GeoDataFrame(
        {"cell_id": [cell.cell_id for cell in grid]},
        geometry=[cell.geometry for cell in grid],
        crs=4326,
    )
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lons, lats), crs=4326)
    joined = points.sjoin(shapes, predicate="intersects")["cell_id"]
    expected = joined.groupby(level=0).min().to_numpy()  # on a border the lower id
    np.testing.assert_array_equal(found.cell_ids, expected)
