"""Bring in how high the ground of cells lies: all of it, or nothing and every refused row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from grid.actions.load_file import load_rows
from grid.model.mapping import ColumnMapping
from grid.model.refusal import ImportReport, Refusal
from grid.store import cells
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

_LOWEST_M, _HIGHEST_M = -500.0, 9000.0


def import_elevations(
    engine: Engine, path: Path, *, by: str, mapping: ColumnMapping | None = None
) -> ImportReport:
    """Import ``cell`` (code of a valid cell) and ``elevation_m``: its lowest ground in metres above
    the datum of the gauges' heights. Other cells keep what they have.

    Raises GridProblem for what concerns the whole file.
    """
    rows = load_rows(path, mapping or ColumnMapping(), ("cell", "elevation_m"))
    refusals: list[Refusal] = []

    def refuse(row: int, field: str, zh: str, en: str) -> None:
        refusals.append(Refusal(row=row, field=field, reason_zh=zh, reason_en=en))

    heights: dict[str, float] = {}
    with transaction(engine, by) as conn:
        cells.lock(conn)
        valid = cells.valid_codes(conn, {row["cell"] for row in rows})
        for number, row in enumerate(rows, start=1):
            code, said = row["cell"], row["elevation_m"]
            if code not in valid:
                refuse(number, "cell", f"没有单元网格 {code or '（空）'}。",
                       f"there is no cell {code or '(empty)'}.")  # fmt: skip
            elif code in heights:
                refuse(number, "cell", f"单元网格 {code} 在文件中出现了两次。",
                       f"the cell {code} is in the file twice.")  # fmt: skip
            height = _number(said)
            if not _LOWEST_M <= height <= _HIGHEST_M:
                refuse(number, "elevation_m", f"“{said}”不是 -500 到 9000 之间的米数。",
                       f"“{said}” is no number of metres from -500 to 9000.")  # fmt: skip
            heights[code] = height
        if refusals:
            return ImportReport(imported=0, refused=tuple(refusals))
        changed = cells.put_elevations(conn, heights)
    return ImportReport(imported=len(rows), refused=(), unchanged=len(rows) - changed)


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
