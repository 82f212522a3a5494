"""Vector tiles, read back with an independent decoder: GDAL's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from grid.actions.put import put_basemap, put_components
from grid.model.basemap import BasemapFeature, BasemapKind
from grid.model.component import ComponentDraft
from grid.store import cells, tiles
from grid.store.named_sql import Statements
from grid.store.postgis import reading
from grid.store.tiles import NoSuchTile, tile
from tests.grid.town import BY, WEST, build_town
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from pathlib import Path


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile that holds a position."""
    n = 1 << z
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
    return int((lon + 180) / 360 * n), int(y * n)


def decoded(content: bytes, folder: Path, z: int, x: int, y: int) -> gpd.GeoDataFrame:
    """The features of a tile, in WGS-84."""
    file = folder / f"{y}.mvt"
    file.write_bytes(content)
    return gpd.read_file(file, engine="pyogrio", X=str(x), Y=str(y), Z=str(z)).to_crs(4326)


def test_cells_are_cut_into_tiles_with_their_ids(database: TestDatabase, tmp_path: Path) -> None:
    build_town(database.engine())
    z, (x, y) = 15, tile_of(118.09, 24.48, 15)
    with reading(database.engine("cc_web")) as conn:
        content = tile(conn, "cells", z, x, y)
        found = decoded(content, tmp_path, z, x, y)
        by_id = {cell.cell_id: cell for cell in cells.inside(conn, 1)}
    assert 40 < len(found) < 200
    for _, row in found.iterrows():
        cell = by_id[int(row["mvt_id"])]
        assert row["code"] == cell.code
        assert row["area_id"] == cell.area_id
    areas = shapely.area(np.asarray(found.geometry.array))
    inner = found[areas > 0.99 * np.median(areas)]
    row = inner.iloc[0]
    cell = by_id[int(row["mvt_id"])]
    assert shapely.hausdorff_distance(row.geometry, cell.geometry) < 360 / 2**z / 4096 * 2


def test_a_replaced_cell_is_on_no_tile(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    build_town(engine)
    z, (x, y) = 15, tile_of(118.09, 24.48, 15)
    with engine.begin() as conn:
        conn.exec_driver_sql("SELECT set_config('cc.actor', 'test', true)")
        before = tile(conn, "cells", z, x, y)
        here = cells.locate(conn, 118.09, 24.48)
        assert here is not None
        cells.retire(conn, [here.cell_id or 0])
        after = tile(conn, "cells", z, x, y)
    ids = [set(decoded(one, tmp_path, z, x, y)["mvt_id"]) for one in (before, after)]
    assert ids[0] - ids[1] == {here.cell_id}


def test_areas_appear_as_one_comes_nearer(database: TestDatabase, tmp_path: Path) -> None:
    build_town(database.engine())
    kinds = {}
    with reading(database.engine("cc_web")) as conn:
        for z in (8, 11, 14):
            x, y = tile_of(118.09, 24.48, z)
            found = decoded(tile(conn, "areas", z, x, y), tmp_path, z, x, y)
            kinds[z] = set(found["kind"])
    assert kinds == {
        8: {"city", "district"},
        11: {"city", "district", "street"},
        14: {"city", "district", "street", "community"},
    }
    assert WEST in set(found["code"])
    assert found["name_zh"].str.startswith("甲").all()


def test_base_map_and_components_are_cut(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    build_town(engine)
    road = shapely.LineString([(118.0, 24.48), (118.2, 24.48)])
    house = shapely.box(118.09, 24.48, 118.0901, 24.4801)
    put_basemap(
        engine,
        [
            BasemapFeature(kind=BasemapKind.ROAD_MAJOR, geometry=road, name_en="Ring Road"),
            BasemapFeature(kind=BasemapKind.BUILDING, geometry=house),
        ],
        by=BY,
    )
    lamp = ComponentDraft(
        code="L", kind="lamp", name_zh="灯", name_en="Lamp", lon=118.09, lat=24.48
    )
    put_components(engine, [lamp], by=BY)
    with reading(database.engine("cc_web")) as conn:
        x, y = tile_of(118.09, 24.48, 12)
        far = decoded(tile(conn, "basemap", 12, x, y), tmp_path, 12, x, y)
        assert far["kind"].tolist() == ["road_major"]
        assert "name_en" not in far
        x, y = tile_of(118.09, 24.48, 15)
        near = decoded(tile(conn, "basemap", 15, x, y), tmp_path, 15, x, y)
        assert sorted(near["kind"]) == ["building", "road_major"]
        assert near["name_en"].dropna().tolist() == ["Ring Road"]
        lamps = decoded(tile(conn, "components", 15, x, y), tmp_path, 15, x, y)
    assert lamps["code"].tolist() == ["L"]
    assert lamps.geometry.iloc[0].distance(shapely.Point(118.09, 24.48)) < 1e-5


def test_from_afar_roads_are_one_shape_of_each_kind(database: TestDatabase, tmp_path: Path) -> None:
    engine = database.engine()
    build_town(engine)
    roads = [
        BasemapFeature(kind=kind, geometry=shapely.LineString([(x, 24.47), (x, north)]))
        for kind, x, north in (
            (BasemapKind.ROAD_MAJOR, 118.08, 24.48), (BasemapKind.ROAD_MAJOR, 118.09, 24.6),
            (BasemapKind.ROAD, 118.085, 24.48), (BasemapKind.ROAD_MINOR, 118.095, 24.48),
        )
    ]  # fmt: skip
    pond = BasemapFeature(
        kind=BasemapKind.WATER, geometry=shapely.box(118.07, 24.47, 118.075, 24.48), name_en="Pond"
    )
    put_basemap(engine, [*roads, pond], by=BY)
    shown = {}
    with reading(database.engine("cc_web")) as conn:
        for z in (10, 12):
            x, y = tile_of(118.09, 24.475, z)
            found = decoded(tile(conn, "basemap", z, x, y), tmp_path, z, x, y)
            shown[z] = {one.kind: one for one in found.itertuples()}
            assert len(found) == len(shown[z])
    assert set(shown[10]) == {"road_major", "water"}
    assert set(shown[12]) == {"road_major", "road", "water"}
    assert shown[12]["water"].name_en == "Pond"
    assert len(shown[12]["road_major"].geometry.geoms) == 2


def test_from_afar_no_building_is_read(database: TestDatabase) -> None:
    build_town(database.engine())
    with database.superuser() as conn:
        conn.execute(
            "INSERT INTO grid.basemap (kind, geometry, changed_by) SELECT CASE WHEN n % 50 = 0 THEN"
            " 'road' ELSE 'building' END, ST_MakeEnvelope(118.09, 24.48, 118.091, 24.481, 4326),"
            " 'test' FROM generate_series(1, 5000) AS n"
        )
        conn.execute("ANALYZE grid.basemap")
    x, y = tile_of(118.09, 24.48, 12)
    with reading(database.engine("cc_web")) as conn:
        sql = str(Statements.beside(tiles.__file__).text("basemap_far"))
        plan = conn.execute(text("EXPLAIN " + sql), {"z": 12, "x": x, "y": y}).scalars().all()
    assert "basemap_far" in "\n".join(plan)


def test_what_lies_inside_a_tile_keeps_its_shape_and_a_speck_is_left_out(
    database: TestDatabase, tmp_path: Path
) -> None:
    engine = database.engine()
    build_town(engine)
    park = shapely.box(118.085, 24.475, 118.095, 24.485)
    pond = shapely.box(118.088, 24.478, 118.09, 24.48)
    shapes = [
        shapely.orient_polygons(park - pond, exterior_cw=clockwise) for clockwise in (True, False)
    ]
    speck = shapely.box(118.09, 24.4901, 118.090001, 24.490101)
    put_basemap(
        engine,
        [BasemapFeature(kind=BasemapKind.GREEN, geometry=one) for one in (*shapes, speck)],
        by=BY,
    )
    z, (x, y) = 12, tile_of(118.09, 24.48, 12)
    with reading(database.engine("cc_web")) as conn:
        found = decoded(tile(conn, "basemap", z, x, y), tmp_path, z, x, y)
    unit = 360 / 2**z / 4096
    assert len(found) == 2
    for shape in found.geometry:
        assert shapely.hausdorff_distance(shape, park - pond) < 2 * unit


def test_nothing_far_away_and_no_such_tile(database: TestDatabase) -> None:
    build_town(database.engine())
    with reading(database.engine("cc_web")) as conn:
        assert tile(conn, "cells", 15, 0, 0) == b""
        for layer, z, x, y in (
            ("cells; DROP", 1, 0, 0), ("cells", -1, 0, 0), ("cells", 23, 0, 0),
            ("cells", 1, 2, 0), ("cells", 1, 0, 2), ("areas", 1, -1, 0),
        ):  # fmt: skip
            with pytest.raises(NoSuchTile):
                tile(conn, layer, z, x, y)
