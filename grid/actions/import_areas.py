"""Import areas from a file: code, names, shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from grid.actions.import_result import names_of, stored
from grid.actions.put import check_time_zone, name_city, put_areas
from grid.actions.read_table import read_table
from grid.model.area import AreaDraft, AreaKind, kind_of
from grid.model.refusal import ImportReport

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from grid.model.mapping import ColumnMapping


def import_areas(
    engine: Engine,
    path: Path,
    *,
    by: str,
    crs: str | None = None,
    mapping: ColumnMapping | None = None,
    time_zone: str | None = None,
) -> ImportReport:
    """Import the areas of a file: all, or none when any row is refused.

    Columns: ``code`` (4, 6, 9 or 12 digits: city, district, street, community), ``name_zh``
    and/or ``name_en``, and polygons.  Known codes get the new names and shapes.  The area of the
    city also names the city of this database (see name_city).  Raises GridProblem for what
    concerns the whole file.
    """
    check_time_zone(time_zone)
    table = read_table(
        path,
        required=("code",),
        optional=("name_zh", "name_en"),
        types={"Polygon", "MultiPolygon"},
        crs=crs,
        mapping=mapping,
    )
    drafts, rows = [], []
    for n in range(table.count):
        zh, en = names_of(table, n)
        shape = table.shapes[n]
        if shape is not None and zh:
            parts = shapely.get_parts(shape).tolist()
            drafts.append(
                AreaDraft(
                    code=table.text("code", n),
                    name_zh=zh,
                    name_en=en,
                    geometry=shapely.MultiPolygon(parts),
                )
            )
            rows.append(n + 1)

    def store() -> int:
        unchanged = put_areas(engine, drafts, by=by, rows=rows).unchanged
        for draft in drafts:
            if kind_of(draft.code) is AreaKind.CITY:
                name_city(engine, draft, by=by, time_zone=time_zone)
        return unchanged

    return stored(table, store)
