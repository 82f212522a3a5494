"""Rows of events.formulas: the versions of the evaluation's figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from events.model.figure import Formula
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def all(conn: Connection) -> tuple[Formula, ...]:  # noqa: A001 - formulas.all(conn)
    """Every version of every figure, in the order of showing."""
    return tuple(Formula.from_row(dict(row._mapping)) for row in _SQL.rows(conn, "all"))


def add(conn: Connection, formula: Formula) -> None:
    """A further version of a figure."""
    values = asdict(formula)
    for name in ("counted", "good", "marked", "without"):
        values[name] = list(values[name])
    _SQL.run(conn, "add", **values)
