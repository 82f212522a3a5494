"""The town in which events are tested."""

import pytest

from tests.events.town import Town, found_town
from tests.support.cluster import TestDatabase


@pytest.fixture
def town(database: TestDatabase) -> Town:
    """A small town in a database of this test's own."""
    return found_town(database)
