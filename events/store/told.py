"""What the thematic views of the wall tell of a layer's open tickets: who knows, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.told import EndangeredCell, Told
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from events.model.access import Scope

_SQL = Statements.beside(__file__)


def of_layers(
    conn: Connection, layers: Sequence[str], inside: Scope, *, limit: int = 60
) -> list[Told]:
    """Who was told about the open tickets of some layers; who has read least comes first."""
    rows = _SQL.rows(conn, "of_layers", layers=list(layers), scope_area=inside.area_id, limit=limit)
    return [Told(**row._mapping) for row in rows]


def cells(
    conn: Connection, categories: Sequence[str], inside: Scope, *, limit: int = 300
) -> list[EndangeredCell]:
    """The cells of open tickets of some categories, the gravest first."""
    rows = _SQL.rows(
        conn, "cells", categories=list(categories), scope_area=inside.area_id, limit=limit
    )
    return [EndangeredCell(**row._mapping) for row in rows]


def shapes(conn: Connection, cell_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    """Code and GeoJSON of some cells."""
    rows = _SQL.rows(conn, "shapes", cell_ids=list(cell_ids))
    return {row.cell_id: (row.code, row.shape) for row in rows}
