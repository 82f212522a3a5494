"""Readable numbers that sort by time: YYYYMMDD-NNNNN, days of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from grid.store.named_sql import Statements
from grid.store.postgis import gather, noted

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)
_INITIALS = {"ticket": "", "report": "R", "project": "P"}


def next_number(conn: Connection, kind: Literal["ticket", "report", "project"], day: date) -> str:
    """The next number of ``kind`` on the city's ``day``; reports start with R, projects with P.

    Take it late in the transaction: others wait for theirs until this one ends. Inside
    `gathering` the row is ours after the first one: the others are counted here.
    """
    known = noted(conn)
    last: int | None = None if known is None else known.get(("counter", kind, day))
    if last is None:
        last = int(_SQL.value(conn, "next_number", kind=kind, day=day))
    else:
        last += 1
        gather(conn, _advance, (kind, day, last))
    if known is not None:
        known["counter", kind, day] = last
    return f"{_INITIALS[kind]}{day:%Y%m%d}-{last:05d}"


def _advance(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    for (kind, day), last in {(kind, day): last for kind, day, last in rows}.items():
        _SQL.run(conn, "advance", kind=kind, day=day, last=last)


def hold(conn: Connection, kind: Literal["ticket", "report"], day: date) -> None:
    """Take the place in the row of those who want a number, without one; nobody is passed over."""
    _SQL.run(conn, "hold", kind=kind, day=day)
