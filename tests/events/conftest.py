"""The town in which events are tested: founded once, copied for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.events.town import Town, found_town
from tests.support.cluster import TestCluster, TestDatabase

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def founded(cluster: TestCluster) -> Iterator[Town]:
    """The town as it was founded; nobody is connected to it, so that it can be copied."""
    with cluster.database() as database:
        town = found_town(database)
        for engine in database.engines.values():
            engine.dispose()
        yield town


@pytest.fixture
def town(founded: Town) -> Iterator[Town]:
    """A copy of the town for this test alone."""
    original = founded.database
    name = f"town_{next(_NUMBERS)}"
    with original.cluster.connect("postgres") as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {original.name} STRATEGY file_copy")
    copy = TestDatabase(name=name, cluster=original.cluster, passwords=original.passwords)
    yield Town(database=copy, people=founded.people)
    for engine in copy.engines.values():
        engine.dispose()
    with original.cluster.connect("postgres") as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
