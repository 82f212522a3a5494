"""The demo city, made once for all tests of this folder."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from command_center.demo import city
from tests.support.cluster import TestCluster, TestDatabase


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenOff:
    """What there is of the city when somebody pulls the plug while it is being made."""

    database: TestDatabase
    data: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The city, to look at or to be copied.

    ``broken_off``: as it was after most of that, at its last word before the accounts.
    """

    database: TestDatabase
    data: Path
    passwords: dict[str, str]
    broken_off: BrokenOff

    @property
    def engine(self) -> Engine:
        """The engine of whoever made it."""
        return self.database.engine()


@pytest.fixture(scope="package")
def made(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The demo city in a database of this folder's own."""
    data, data_then = (tmp_path_factory.mktemp(one) for one in ("data", "then"))
    found: list[TestDatabase] = []
    with ExitStack() as stack:
        database = stack.enter_context(cluster.database())

        def keep(text: str) -> None:
            if "past tickets" in text:
                shutil.copytree(data, data_then, dirs_exist_ok=True)
                database.leave()
                found.append(stack.enter_context(cluster.database(database.name)))

        passwords = city.ensure(database.engine(), data=data, language="en", told=keep)
        (then,) = found
        yield Made(
            database=database,
            data=data,
            passwords=passwords,
            broken_off=BrokenOff(database=then, data=data_then),
        )
