"""Import components from a file: code, kind, names, position, and whatever else it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from grid.actions.import_result import names_of, stored
from grid.actions.put import put_components
from grid.actions.read_table import read_table
from grid.model.component import ComponentDraft
from grid.model.refusal import ImportReport
from grid.model.text import as_text

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from grid.actions.read_table import Table
    from grid.model.mapping import ColumnMapping

_OPTIONAL = ("name_zh", "name_en", "standard", "class_code", "owner_department")


def import_components(
    engine: Engine,
    path: Path,
    *,
    by: str,
    crs: str | None = None,
    mapping: ColumnMapping | None = None,
) -> ImportReport:
    """Import the components of a file: all, or none when any row is refused.

    Columns: ``code``, ``kind``, ``name_zh`` and/or ``name_en``, points; ``standard``,
    ``class_code``, ``owner_department`` where known; other columns become attributes.  Known
    codes are updated.  Raises GridProblem for what concerns the whole file.
    """
    table = read_table(
        path,
        required=("code", "kind"),
        optional=_OPTIONAL,
        types={"Point"},
        crs=crs,
        mapping=mapping,
    )
    drafts, rows = [], []
    for n in range(table.count):
        draft = _draft(table, n)
        if draft is not None:
            drafts.append(draft)
            rows.append(n + 1)
    return stored(table, lambda: put_components(engine, drafts, by=by, rows=rows).unchanged)


def _draft(table: Table, n: int) -> ComponentDraft | None:
    code, kind = table.text("code", n), table.text("kind", n)
    if not code:
        table.refuse(n, "code", zh="编码为空", en="the code is empty")
    if not kind:
        table.refuse(n, "kind", zh="部件类别为空", en="the kind of component is empty")
    zh, en = names_of(table, n)
    point = table.shapes[n]
    if point is None or not (code and kind and zh):
        return None
    return ComponentDraft(
        code=code,
        kind=kind,
        name_zh=zh,
        name_en=en,
        lon=point.x,
        lat=point.y,
        source_crs=table.system.name,
        standard=table.text("standard", n) or None,
        class_code=table.text("class_code", n) or None,
        owner_department=table.text("owner_department", n) or None,
        attributes={
            name: _plain(values[n])
            for name, values in table.others.items()
            if values[n] is not None
        },
    )


def _plain(value: Any) -> Any:
    """A value that JSON can hold: numbers and truth as they are, everything else as text."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return as_text(value)
