"""Look up what stands on the ground by name or code, without its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grid.model.found import Found, Step
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)


def areas(conn: Connection, words: str, *, most: int) -> list[Found]:
    """Areas with ``words`` in a name, or with a code that begins so; the best first."""
    return _found(_SQL.rows(conn, "areas", words=words, most=most))


def area_said_in(conn: Connection, words: str) -> Step | None:
    """The area whose name stands in ``words``, the longest name; None when there is none."""
    row = _SQL.maybe(conn, "said_in", words=words)
    return None if row is None else Step(**row._mapping)


def cells(conn: Connection, digits: str, *, most: int) -> list[Found]:
    """Valid cells whose code begins with ``digits``, by code."""
    return _found(_SQL.rows(conn, "cells", digits=digits[:15], most=most))


def components(conn: Connection, words: str, *, most: int) -> list[Found]:
    """Components with ``words`` in code or names; the best of the first 500."""
    return _found(_SQL.rows(conn, "components", words=words, most=most))


def places(conn: Connection, words: str, *, most: int) -> list[Found]:
    """Shapes of the base map with ``words`` in a name, one of each name and kind."""
    return _found(_SQL.rows(conn, "places", words=words, most=most))


def all_areas(conn: Connection) -> list[Found]:
    """Every area, parents before children."""
    return _found(_SQL.rows(conn, "all_areas"))


def way(conn: Connection, area_id: int) -> list[Step]:
    """The areas from the city down to one; empty when there is none of this id."""
    return [Step(**row._mapping) for row in _SQL.rows(conn, "way", area_id=area_id)]


def area_id_of(conn: Connection, code: str) -> int | None:
    """The id of the area with a code, or None."""
    row = _SQL.maybe(conn, "id_of", code=code)
    return None if row is None else int(row.area_id)


def below(conn: Connection, area_id: int) -> list[tuple[Step, int | None]]:
    """An area and all below it, each with the id of the child it belongs to (itself: None)."""
    return [
        (
            Step(area_id=row.area_id, code=row.code, kind=row.kind,
                 name_zh=row.name_zh, name_en=row.name_en),
            row.child_id,
        )
        for row in _SQL.rows(conn, "below", area_id=area_id)
    ]  # fmt: skip


def cell_codes(conn: Connection, cell_ids: Iterable[int]) -> dict[int, str]:
    """The codes of cells by id."""
    rows = _SQL.rows(conn, "codes_of", cell_ids=list(cell_ids))
    return {row.cell_id: row.code for row in rows}


def _found(rows: Sequence[Row[Any]]) -> list[Found]:
    return [
        Found(
            key=row.key, kind=row.kind, code=row.code, name_zh=row.name_zh, name_en=row.name_en,
            area_zh=row.area_zh, area_en=row.area_en, lon=row.lon, lat=row.lat,
            bbox=(row.west, row.south, row.east, row.north),
        )
        for row in rows
    ]  # fmt: skip
