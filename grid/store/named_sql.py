"""Named SQL statements, kept in ``.sql`` files beside the store that uses them.

A file is a sequence of statements; each starts with ``-- name: statement_name`` followed by at
least one comment line that says what it is for. Parameters are written ``:name``.

A statement that joins much and is asked for few ids at a time says
``= ANY(ARRAY(SELECT unnest(CAST(:ids AS bigint[]))))``: of a plain ``ANY(CAST(:ids AS ...))``
PostgreSQL looks at the length of the array and plans anew each time, which takes longer than
reading the rows (7 ms against 0.4 ms for one ticket); so hidden, it keeps one plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, text
from sqlalchemy.exc import NoResultFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, CursorResult, Row, TextClause
    from sqlalchemy.sql.selectable import TextualSelect

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)
# SQLAlchemy does not see the parameter in `:name::type`.
_CAST = re.compile(r"(?<![:\w]):\w+::")


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement: its name, the comment that describes it, and its text."""

    name: str
    description: str
    sql: str


def parse(source: str) -> dict[str, Statement]:
    """Split the text of a ``.sql`` file into its statements, by name.

    Raises ValueError for a statement without a description, for a name used twice, and for
    ``:parameter::type``, which must be written ``CAST(:parameter AS type)``.
    """
    found: dict[str, Statement] = {}
    parts = _NAME.split(source)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = body.strip().splitlines()
        comment = [line[2:].strip() for line in lines if line.startswith("--")]
        if not comment:
            raise ValueError(f"statement {name} has no description")
        if name in found:
            raise ValueError(f"statement {name} is defined twice")
        sql = "\n".join(line for line in lines if not line.startswith("--")).rstrip().rstrip(";")
        if _CAST.search(sql):
            raise ValueError(f"statement {name} must write CAST(:x AS type), not :x::type")
        found[name] = Statement(name=name, description=" ".join(comment), sql=sql)
    return found


class Statements:
    """The statements of one file, ready to run on a Connection."""

    def __init__(self, statements: Mapping[str, Statement]) -> None:
        """Prepare the texts once; SQLAlchemy caches what it compiles from them."""
        self.statements = dict(statements)
        self._texts = {name: text(one.sql) for name, one in self.statements.items()}
        self._known: dict[str, TextualSelect] = {}

    @classmethod
    def beside(cls, module_file: str) -> Statements:
        """Load the ``.sql`` file that has the module's name: ``cells.py`` -> ``cells.sql``."""
        return cls(parse(Path(module_file).with_suffix(".sql").read_text(encoding="utf-8")))

    def text(self, name: str) -> TextClause:
        """The statement as SQLAlchemy text, for a store that adds to it."""
        return self._texts[name]

    def rows(self, conn: Connection, name: str, **params: Any) -> Sequence[Row[Any]]:
        """All rows."""
        return self._execute(conn, name, params).all()

    def maybe(self, conn: Connection, name: str, **params: Any) -> Row[Any] | None:
        """The first row, or None when there is none."""
        return self._execute(conn, name, params).first()

    def one(self, conn: Connection, name: str, **params: Any) -> Row[Any]:
        """The first row. Raises sqlalchemy.exc.NoResultFound when there is none."""
        row = self._execute(conn, name, params).first()
        if row is None:
            raise NoResultFound(f"{name} returned no row")
        return row

    def value(self, conn: Connection, name: str, **params: Any) -> Any:
        """First column of the first row, or None when there is none."""
        return self._execute(conn, name, params).scalar()

    def _execute(self, conn: Connection, name: str, params: Mapping[str, Any]) -> CursorResult[Any]:
        """Execute; from the second time on SQLAlchemy knows the columns, and need not find out
        each time anew what they are called (a third of the time that a small statement takes)."""
        known = self._known.get(name)
        if known is not None:
            return conn.execute(known, params)
        found = conn.execute(self._texts[name], params)
        if found.returns_rows:
            names = list(found.keys())
            self._known[name] = self._texts[name].columns(*(column(one) for one in names))
        return found

    def run(self, conn: Connection, name: str, **params: Any) -> int:
        """Execute; the number of rows touched."""
        return conn.execute(self._texts[name], params).rowcount

    def run_many(self, conn: Connection, name: str, params: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each mapping (psycopg sends them pipelined); nothing for none."""
        if params:
            conn.execute(self._texts[name], list(params))
