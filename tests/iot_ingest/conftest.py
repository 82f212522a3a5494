"""A village with devices, and a pipeline that stores into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iot_ingest.pipeline import Pipeline
from tests.iot_ingest.place import pipeline_of, row, settle
from tests.support.cluster import TestCluster, TestDatabase


@pytest.fixture(scope="session")
def settled(cluster: TestCluster) -> Iterator[TestDatabase]:
    """The village as it was settled; nobody is connected to it, so that it can be copied."""
    with cluster.database() as database:
        settle(
            database.engine("cc_admin"),
            [
                row("WL-1"),
                row("WL-2"),
                row("CD-1", "construction_dust"),
                row("OF-1", "outfall"),
            ],
        )
        database.leave()
        yield database


@pytest.fixture
def village(cluster: TestCluster, settled: TestDatabase) -> Iterator[TestDatabase]:
    """A database with devices WL-1, WL-2 (flood), CD-1 (construction_dust), OF-1 (outfall)."""
    with cluster.database(settled.name) as copy:
        yield copy


@pytest.fixture
def pipeline(village: TestDatabase) -> Pipeline:
    """A pipeline that has read the registry."""
    return pipeline_of(village)
