"""Import unit cells from a file: 15-digit code and polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grid.actions.import_result import refused
from grid.actions.read_table import read_table
from grid.model.cell_rules import CellDraft, check_cells, check_code
from grid.model.refusal import ImportReport, Refusal
from grid.model.replacement import matches
from grid.store import areas, cells, components
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from grid.actions.read_table import Table
    from grid.model.area import Area
    from grid.model.cell import Cell
    from grid.model.mapping import ColumnMapping


def import_cells(
    engine: Engine,
    path: Path,
    *,
    by: str,
    crs: str | None = None,
    mapping: ColumnMapping | None = None,
) -> ImportReport:
    """Import the cells of a file: all, or none when any row is refused.

    Columns: ``code`` (15 digits) and polygons.  The file replaces the cells of every community
    it names: they must cover it without gaps or overlaps.  A cell of the same code and shape
    stays; cells that the file does not have end, and their codes stay taken.  Raises
    GridProblem for what concerns the whole file.
    """
    table = read_table(path, required=("code",), types={"Polygon"}, crs=crs, mapping=mapping)
    drafts = _drafts(table)
    with transaction(engine, by) as conn:
        cells.lock(conn)
        wanted = {draft.community for draft in drafts}
        communities = {area.code: area for area in areas.all_areas(conn) if area.code in wanted}
        known = [cell for area in communities.values() for cell in cells.inside(conn, area.area_id)]
        staying = _staying(drafts, known)
        taken = cells.taken_codes(conn, communities)
        reused = {d.code for d in drafts if d.code in taken and d.code not in staying}
        refusals = check_cells(drafts, communities, reused, complete=not table.refusals)
        if table.refusals or refusals:
            return refused(table, tuple(refusals))
        retired = _store(conn, drafts, communities, known, staying)
    return ImportReport(
        imported=table.count,
        refused=(),
        unchanged=len(staying),
        retired=retired,
        source_crs=table.system.name,
    )


def _drafts(table: Table) -> list[CellDraft]:
    drafts = []
    for n in range(table.count):
        code = check_code(n + 1, table.text("code", n))
        if isinstance(code, Refusal):
            table.refusals.append(code)
        elif table.shapes[n] is not None:
            drafts.append(CellDraft(row=n + 1, code=code, shape=table.shapes[n]))
    return drafts


def _staying(drafts: Sequence[CellDraft], known: Sequence[Cell]) -> set[str]:
    """Codes that keep the shape they have."""
    found = matches(
        np.array([draft.shape for draft in drafts], dtype=object),
        [cell.geometry for cell in known],
    )
    return {
        draft.code
        for draft, match in zip(drafts, found.tolist(), strict=True)
        if match >= 0 and known[match].code == draft.code
    }


def _store(
    conn: Connection,
    drafts: Sequence[CellDraft],
    communities: dict[str, Area],
    known: Sequence[Cell],
    staying: set[str],
) -> int:
    """End what the file does not have, store what is new; how many ended."""
    retired = cells.retire(conn, [cell.cell_id for cell in known if cell.code not in staying])
    cells.insert(
        conn,
        [
            (draft.code, communities[draft.community].area_id, draft.shape)
            for draft in drafts
            if draft.code not in staying
        ],
    )
    components.relocate(conn)
    return retired
