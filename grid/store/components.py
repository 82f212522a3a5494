"""Components: fixed city facilities, each in a cell and an area."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grid.model.component import Component, ComponentDraft
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)


def all(conn: Connection) -> list[Component]:  # noqa: A001 - read as components.all(conn)
    """Every component, by code."""
    return _components(_SQL.rows(conn, "all"))


def by_kind(conn: Connection, kind: str) -> list[Component]:
    """The components of one kind ("outfall", "pump_station", ...), by code."""
    return _components(_SQL.rows(conn, "by_kind", kind=kind))


def by_cell(conn: Connection, cell_id: int, kind: str, *, most: int) -> list[Component]:
    """The first ``most`` components of one kind in a cell, by code."""
    return _components(_SQL.rows(conn, "by_cell", cell_id=cell_id, kind=kind, most=most))


def by_code(conn: Connection, code: str) -> Component | None:
    """The component with a code, or None."""
    row = _SQL.maybe(conn, "by_code", code=code)
    return None if row is None else Component(**row._mapping)


def codes(conn: Connection) -> set[str]:
    """All codes that are taken."""
    return {row.code for row in _SQL.rows(conn, "codes")}


def put(conn: Connection, placed: Iterable[tuple[ComponentDraft, int | None, int]]) -> int:
    """Store (draft, cell_id or None, area_id), new or changed; how many were.

    An equal one is left alone.
    """
    return sum(
        _SQL.run(
            conn,
            "put",
            code=draft.code,
            kind=draft.kind,
            standard=draft.standard,
            class_code=draft.class_code,
            name_zh=draft.name_zh,
            name_en=draft.name_en,
            lon=draft.lon,
            lat=draft.lat,
            source_crs=draft.source_crs,
            cell_id=cell_id,
            area_id=area_id,
            owner_department=draft.owner_department,
            attributes=json.dumps(draft.attributes, ensure_ascii=False),
        )
        for draft, cell_id, area_id in placed
    )


def relocate(conn: Connection) -> int:
    """Put every component into the cell that holds it now; how many moved."""
    return _SQL.run(conn, "relocate")


def _components(rows: Sequence[Row[Any]]) -> list[Component]:
    return [Component(**row._mapping) for row in rows]
