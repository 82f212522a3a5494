"""Named statements in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import NoResultFound

from grid.store.named_sql import Statements, parse
from grid.store.postgis import reading
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
A line before the first statement belongs to no statement.

-- name: numbers
-- Numbers up to one.
-- In two lines.
SELECT n FROM generate_series(1, :last) AS n;

-- name: letters
-- A cast is not a parameter.
SELECT CAST(:letter AS text) AS letter, now()::text AS now
WHERE 'a' <> ''
"""


def test_a_file_is_split_into_its_statements() -> None:
    found = parse(FILE)
    assert list(found) == ["numbers", "letters"]
    assert found["numbers"].description == "Numbers up to one. In two lines."
    assert found["numbers"].sql == "SELECT n FROM generate_series(1, :last) AS n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("-- name: a\nSELECT 1;\n", "no description"),
        ("-- name: a\n-- x\nSELECT :x::text", "CAST"),
        ("-- name: a\n-- x\nSELECT 1;\n-- name: a\n-- x\nSELECT 2;\n", "defined twice"),
    ],
)
def test_statements_are_described_and_named_once(source: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse(source)


def test_statements_run_with_their_parameters(database: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "store.sql").write_text(FILE)
    found = Statements.beside(str(tmp_path / "store.py"))
    with reading(database.engine()) as conn:
        assert [row.n for row in found.rows(conn, "numbers", last=3)] == [1, 2, 3]
        assert found.one(conn, "numbers", last=3).n == 1
        assert found.value(conn, "numbers", last=3) == 1
        assert found.maybe(conn, "numbers", last=0) is None
        assert found.value(conn, "numbers", last=0) is None
        with pytest.raises(NoResultFound):
            found.one(conn, "numbers", last=0)
        with pytest.raises(KeyError):
            found.rows(conn, "unknown")
        assert found.value(conn, "letters", letter="ä") == "ä"
        found.run_many(conn, "numbers", [])
