"""Migrations: in order, once, never changed afterwards."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from grid.store.migrate import MIGRATIONS, MigrationError, available, migrate
from tests.support.cluster import TestCluster, TestDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def empty(cluster: TestCluster) -> Iterator[str]:
    """The URL of a database without any schema, owned by cc_owner."""
    with cluster.cluster.connect("postgres") as root:
        root.execute("CREATE DATABASE unmigrated OWNER cc_owner")
    found = TestDatabase(name="unmigrated", cluster=cluster.cluster, passwords=cluster.passwords)
    yield found.url("cc_owner")
    with cluster.cluster.connect("postgres") as root:
        root.execute("DROP DATABASE unmigrated WITH (FORCE)")


def _write(folder: Path, **files: str) -> Path:
    for name, sql in files.items():
        (folder / f"{name}.sql").write_text(sql)
    return folder


def test_each_file_is_applied_once_and_in_order(empty: str, tmp_path: Path) -> None:
    first = {"0001_a": "CREATE TABLE a (n int);", "0002_b": "INSERT INTO a VALUES (2);"}
    folder = _write(tmp_path, **first)
    told: list[str] = []
    assert migrate(empty, folder=folder, told=told.append) == ["0001_a.sql", "0002_b.sql"]
    assert told == ["0001_a.sql", "0002_b.sql"]
    assert migrate(empty, folder=folder) == []
    _write(folder, **{"0003_c": "INSERT INTO a VALUES (3); INSERT INTO a VALUES (4);"})
    assert migrate(empty, folder=folder) == ["0003_c.sql"]
    with psycopg.connect(empty) as conn:
        assert conn.execute("SELECT n FROM a ORDER BY n").fetchall() == [(2,), (3,), (4,)]


def test_nothing_of_a_file_that_fails_is_kept(empty: str, tmp_path: Path) -> None:
    folder = _write(tmp_path, **{"0001_a": "CREATE TABLE a (n int); SELECT 1 / 0;"})
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty, folder=folder)
    _write(folder, **{"0001_a": "CREATE TABLE a (n int);"})
    assert migrate(empty, folder=folder) == ["0001_a.sql"]


def test_a_changed_file_and_a_newer_database_are_refused(empty: str, tmp_path: Path) -> None:
    folder = _write(tmp_path, **{"0001_a": "SELECT 1;", "0002_b": "SELECT 2;"})
    migrate(empty, folder=folder)
    _write(folder, **{"0001_a": "SELECT 10;"})
    with pytest.raises(MigrationError, match=r"0001_a\.sql was changed"):
        migrate(empty, folder=folder)
    _write(folder, **{"0001_a": "SELECT 1;"})
    (folder / "0002_b.sql").unlink()
    with pytest.raises(MigrationError, match="newer version of the program"):
        migrate(empty, folder=folder)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "not numbered"),
        (["0001_a", "0003_c"], "not numbered"),
        (["0002_b"], "not numbered"),
        (["0001_a", "0001_b"], "not numbered"),
        (["first"], "not named like"),
    ],
)
def test_file_names_must_be_in_order(tmp_path: Path, names: list[str], text: str) -> None:
    _write(tmp_path, **dict.fromkeys(names, "SELECT 1;"))
    with pytest.raises(MigrationError, match=text):
        available(tmp_path)


def test_processes_that_migrate_at_once_wait_for_each_other(empty: str, tmp_path: Path) -> None:
    folder = _write(tmp_path, **{"0001_a": "SELECT pg_sleep(0.2); CREATE TABLE a (n int);"})
    applied: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: applied.append(migrate(empty, folder=folder)))
        for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert sorted(applied) == [[], [], [], ["0001_a.sql"]]


def test_the_repository_has_its_migrations() -> None:
    assert [one.name for one in available(MIGRATIONS)][:3] == [
        "0001_grid.sql", "0002_events.sql", "0003_iot.sql",
    ]  # fmt: skip
