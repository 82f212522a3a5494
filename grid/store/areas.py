"""Areas: the tree of city, districts, streets and communities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from grid.model.area import Area, AreaDraft, AreaKind, kind_of
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)


def all_areas(conn: Connection) -> list[Area]:
    """Every area, parents before children, then by code."""
    return _areas(_SQL.rows(conn, "all_areas"))


def by_code(conn: Connection, code: str) -> Area | None:
    """The area with a code, or None."""
    row = _SQL.maybe(conn, "by_code", code=code)
    return None if row is None else _areas([row])[0]


def by_id(conn: Connection, area_id: int) -> Area | None:
    """The area with an id, or None."""
    row = _SQL.maybe(conn, "by_id", area_id=area_id)
    return None if row is None else _areas([row])[0]


def children(conn: Connection, area_id: int) -> list[Area]:
    """The areas directly below one, by code."""
    return _areas(_SQL.rows(conn, "children", area_id=area_id))


def inside(conn: Connection, area_id: int) -> list[Area]:
    """The area itself and all below it, parents before children."""
    return _areas(_SQL.rows(conn, "inside", area_id=area_id))


def insert(conn: Connection, draft: AreaDraft, *, parent: Area | None) -> Area:
    """Store a new area below ``parent`` (None for a city). Raises IntegrityError when taken."""
    kind = kind_of(draft.code)
    area_id = _SQL.value(
        conn,
        "insert",
        code=draft.code,
        kind=kind.value,
        parent_id=None if parent is None else parent.area_id,
        name_zh=draft.name_zh,
        name_en=draft.name_en,
        synthetic=draft.synthetic,
        geometry=shapely.to_wkb(draft.geometry),
    )
    path = (*(() if parent is None else parent.path), area_id)
    _SQL.run(conn, "set_path", area_id=area_id, path=list(path))
    return Area(
        area_id=area_id,
        code=draft.code,
        kind=kind,
        parent_id=None if parent is None else parent.area_id,
        path=path,
        name_zh=draft.name_zh,
        name_en=draft.name_en,
        synthetic=draft.synthetic,
        geometry=draft.geometry,
    )


def update(conn: Connection, draft: AreaDraft) -> bool:
    """Give an existing area new names and a new shape; False when nothing changed."""
    changed = _SQL.run(
        conn,
        "update",
        code=draft.code,
        name_zh=draft.name_zh,
        name_en=draft.name_en,
        synthetic=draft.synthetic,
        geometry=shapely.to_wkb(draft.geometry),
    )
    return changed > 0


def _areas(rows: Sequence[Row[Any]]) -> list[Area]:
    shapes = shapely.from_wkb([bytes(row.geometry) for row in rows])
    return [
        Area(
            area_id=row.area_id,
            code=row.code,
            kind=AreaKind(row.kind),
            parent_id=row.parent_id,
            path=tuple(row.path),
            name_zh=row.name_zh,
            name_en=row.name_en,
            synthetic=row.synthetic,
            geometry=shape,
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]
