"""The described tables equal the migrated schema."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

from grid.store.postgis import reading
from grid.store.tables import metadata
from tests.support.cluster import TestDatabase
from tests.support.schema import differences


def test_described_tables_equal_the_migrated_ones(database: TestDatabase) -> None:
    with reading(database.engine("cc_owner")) as conn:
        assert differences(conn, metadata) == []


def test_every_difference_is_told(database: TestDatabase) -> None:
    wrong = MetaData(schema="grid")
    Table(
        "heartbeats",
        wrong,
        Column("process", Integer, primary_key=True),
        Column("started_at", Text, nullable=True),
        Column("extra", Text),
    )
    Table("ghosts", wrong, Column("ghost", Text, primary_key=True))
    with reading(database.engine("cc_owner")) as conn:
        told = "\n".join(differences(conn, wrong))
    for text in (
        "grid.ghosts is only described",
        "grid.cells is only in the database",
        "grid.heartbeats column process: described {'type': 'INTEGER'",
        "grid.heartbeats column extra",
        "grid.heartbeats column detail",
    ):
        assert text in told
