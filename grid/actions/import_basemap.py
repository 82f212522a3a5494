"""Import the base map from a file: the shapes by which people recognise the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.actions.import_result import stored
from grid.actions.put import put_basemap
from grid.actions.read_table import read_table
from grid.model.basemap import BasemapFeature, BasemapKind
from grid.model.refusal import ImportReport

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from grid.model.mapping import ColumnMapping


def import_basemap(
    engine: Engine,
    path: Path,
    *,
    by: str,
    crs: str | None = None,
    mapping: ColumnMapping | None = None,
) -> ImportReport:
    """Lay the base map of a file in place of the old one; all, or nothing when a row is refused.

    Columns: ``kind`` (one of BasemapKind), ``name_zh`` and ``name_en`` where there are names,
    and shapes of any type.  Raises GridProblem for what concerns the whole file.
    """
    table = read_table(
        path,
        required=("kind",),
        optional=("name_zh", "name_en"),
        types=(),
        crs=crs,
        mapping=mapping,
    )
    kinds = {kind.value: kind for kind in BasemapKind}
    features = []
    for n in range(table.count):
        kind = kinds.get(table.text("kind", n))
        if kind is None:
            known = ", ".join(kinds)
            table.refuse(
                n,
                "kind",
                zh=f"不认识的底图类别“{table.text('kind', n)}”：应为 {known}",
                en=f"unknown kind of base map “{table.text('kind', n)}”: one of {known}",
            )
        elif table.shapes[n] is not None:
            features.append(
                BasemapFeature(
                    kind=kind,
                    geometry=table.shapes[n],
                    name_zh=table.text("name_zh", n) or None,
                    name_en=table.text("name_en", n) or None,
                )
            )

    def store() -> int:
        put_basemap(engine, features, by=by)
        return 0

    return stored(table, store)
