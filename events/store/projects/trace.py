"""Where the water of outfalls comes from, as far as their projects have found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.projects.traced import Traced
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from events.model.access import Scope

_SQL = Statements.beside(__file__)


def outfalls(conn: Connection, inside: Scope, *, limit: int = 500) -> list[Traced]:
    """The sources of live outfall projects, those that are not settled first."""
    rows = _SQL.rows(
        conn, "outfalls", scope_area=inside.area_id, scope_department=inside.department_id,
        limit=limit,
    )  # fmt: skip
    return [Traced(**row._mapping) for row in rows]
