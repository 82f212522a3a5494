"""The statements that run all day use their indexes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

import grid.store.cells
import grid.store.tiles
from grid.store.named_sql import parse
from grid.store.postgis import reading
from tests.grid.town import build_town
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

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
    ],
)
def test_cells_are_found_by_index(
    database: TestDatabase, module: ModuleType, name: str, params: dict[str, object]
) -> None:
    build_town(database.engine(), size_m=70)
    with database.superuser() as root:
        root.execute("ANALYZE grid.cells")
    source = Path(str(module.__file__)).with_suffix(".sql").read_text(encoding="utf-8")
    statement = text(f"EXPLAIN (FORMAT JSON) {parse(source)[name].sql}")
    with reading(database.engine("cc_web")) as conn:
        found = conn.execute(statement, params).scalar_one()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    scans = [node for node in _nodes(plan) if node.get("Relation Name") == "cells"]
    assert scans
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Bitmap Heap Scan"}
