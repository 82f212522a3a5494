"""A village with devices, and a pipeline that stores into it."""

from __future__ import annotations

import pytest

from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from tests.iot_ingest.place import NOW, row, settle
from tests.support.cluster import TestDatabase


@pytest.fixture
def village(database: TestDatabase) -> TestDatabase:
    """A database with devices WL-1, WL-2 (flood), CD-1 (construction_dust), OF-1 (outfall)."""
    settle(
        database.engine("cc_admin"),
        [
            row("WL-1"),
            row("WL-2"),
            row("CD-1", "construction_dust"),
            row("OF-1", "outfall"),
        ],
    )
    return database


@pytest.fixture
def pipeline(village: TestDatabase) -> Pipeline:
    """A pipeline that has read the registry."""
    found = Pipeline(village.engine("cc_ingest"), Registry())
    found.prepare(NOW)
    return found
