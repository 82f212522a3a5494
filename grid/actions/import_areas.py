"""Import areas from a file: code, names, shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from grid.actions.import_result import names_of, stored
from grid.actions.put import put_areas
from grid.actions.read_table import read_table
from grid.model.area import AreaDraft
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
) -> ImportReport:
    """Import the areas of a file: all, or none when any row is refused.

    Columns: ``code`` (4, 6, 9 or 12 digits: city, district, street, community), ``name_zh``
    and/or ``name_en``, and polygons.  Known codes get the new names and shapes.  Raises
    GridProblem for what concerns the whole file.
    """
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
    return stored(table, lambda: put_areas(engine, drafts, by=by, rows=rows).unchanged)
