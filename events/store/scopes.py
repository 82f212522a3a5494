"""What a scope spans: which areas, and whether that is everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from events.model.access import Scope

_SQL = Statements.beside(__file__)


def area_ids(conn: Connection, scope: Scope) -> list[int] | None:
    """The areas that a scope spans; None: all."""
    if scope.area_id is None or _SQL.value(conn, "is_root", area_id=scope.area_id):
        return None
    return [row.area_id for row in _SQL.rows(conn, "areas_inside", area_id=scope.area_id)]


def sees_all(conn: Connection, scope: Scope) -> bool:
    """Whether no ticket of the city is outside a scope."""
    if scope.department_id is not None:
        return False
    if scope.area_id is None:
        return True
    row = _SQL.maybe(conn, "sees_all", area_id=scope.area_id)
    return row is not None and bool(row[0])
