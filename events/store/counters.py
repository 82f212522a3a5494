"""Readable numbers that sort by time: YYYYMMDD-NNNNN, days of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def next_number(conn: Connection, kind: Literal["ticket", "report"], day: date) -> str:
    """The next number of ``kind`` on the city's ``day``; reports start with R.

    Take it late in the transaction: others wait for theirs until this one ends.
    """
    last: int = _SQL.value(conn, "next_number", kind=kind, day=day)
    return f"{'R' if kind == 'report' else ''}{day:%Y%m%d}-{last:05d}"
