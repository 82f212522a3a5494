"""The statements that run all day use their indexes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

import grid.store.cells
import grid.store.lookup
import grid.store.tiles
import iot_ingest.store.directory
from grid.store.named_sql import parse
from grid.store.postgis import reading
from tests.grid.town import build_town
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

BY_INDEX = {"Index Scan", "Bitmap Heap Scan"}
HERE = {"lon": 118.09, "lat": 24.48}
TILE = {"z": 16, "x": 54266, "y": 28190}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


@pytest.mark.parametrize(
    ("module", "name", "params"),
    [
        (grid.store.cells, "locate", HERE),
        (grid.store.cells, "locate_some", {"lons": [118.09] * 3, "lats": [24.48] * 3}),
        (grid.store.cells, "nearest", {**HERE, "limit": 1}),
        (grid.store.cells, "by_code", {"code": "350203001001001"}),
        (grid.store.tiles, "cells", TILE),
        (grid.store.lookup, "cells", {"digits": "3502030010010", "most": 2}),
        (
            grid.store.cells,
            "lower",
            {"lons": [118.09], "lats": [24.48], "heights": [5.0], "reaches": [100.0], "most": 9},
        ),
    ],
)
def test_cells_are_found_by_index(
    database: TestDatabase, module: ModuleType, name: str, params: dict[str, object]
) -> None:
    build_town(database.engine(), size_m=70)
    with database.superuser() as root:
        root.execute("ANALYZE grid.cells")
    assert _reads(database, module, name, params, "cells") <= BY_INDEX


_MANY = """
INSERT INTO grid.components (code, kind, name_zh, name_en, position, area_id, changed_by)
SELECT 'C-' || n, 'lamp', '路灯' || n, 'Lamp ' || n, ST_Point(118.09, 24.48, 4326), a.area_id,
    'test'
FROM generate_series(1, 5000) AS n, (SELECT min(area_id) AS area_id FROM grid.areas) AS a;
INSERT INTO grid.basemap (kind, name_zh, name_en, geometry, changed_by)
SELECT 'road', '小路' || n, 'Lane ' || n, ST_Point(118.09, 24.48, 4326), 'test'
FROM generate_series(1, 5000) AS n;
INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    position, area_id, secret_hash, changed_by)
SELECT 'D-' || n, '00', 'gauge', 'flood', '水位站' || n, 'Gauge ' || n, '{water_level}', 60,
    ST_Point(118.09, 24.48, 4326), a.area_id, '', 'test'
FROM generate_series(1, 5000) AS n, (SELECT min(area_id) AS area_id FROM grid.areas) AS a;
ANALYZE;
"""


@pytest.mark.parametrize(
    ("module", "name", "table"),
    [
        (grid.store.lookup, "components", "components"),
        (grid.store.lookup, "places", "basemap"),
        (iot_ingest.store.directory, "called", "devices"),
    ],
)
def test_names_are_found_by_index(
    database: TestDatabase, module: ModuleType, name: str, table: str
) -> None:
    build_town(database.engine(), size_m=200)
    with database.superuser() as root:
        root.execute(_MANY.encode())
    params = {"words": "4321", "most": 3}
    reads = _reads(database, module, name, params, table)
    assert "Bitmap Heap Scan" in reads
    assert reads <= BY_INDEX


def _reads(
    database: TestDatabase, module: ModuleType, name: str, params: dict[str, object], table: str
) -> set[str]:
    """How the plan of a statement reads a table."""
    source = Path(str(module.__file__)).with_suffix(".sql").read_text(encoding="utf-8")
    statement = text(f"EXPLAIN (FORMAT JSON) {parse(source)[name].sql}")
    with reading(database.engine("cc_web")) as conn:
        found = conn.execute(statement, params).scalar_one()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    scans = [node["Node Type"] for node in _nodes(plan) if node.get("Relation Name") == table]
    assert scans
    return set(scans)
