"""Bring in a table of households: all of it, or nothing and every refused row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.household import BUILDING, MOST_RESIDENTS, HouseholdDraft
from events.store import households, ledger
from grid.actions.load_file import load_rows
from grid.model.mapping import ColumnMapping
from grid.model.refusal import ImportReport, Refusal
from grid.store import components
from grid.store.postgis import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Engine

_REQUIRED = ("building", "unit")
_OPTIONAL = ("residents", "contact", "phone", "note")
_LONGEST = 200


def import_households(
    engine: Engine, path: Path, *, by: str, now: datetime, mapping: ColumnMapping | None = None
) -> ImportReport:
    """Import households: ``building`` (code of a component of kind building), ``unit``;
    ``residents``, ``contact``, ``phone``, ``note`` where known.

    A building that the file names has the households of the file and no others afterwards; one
    row with nothing but the building: none.
    Raises GridProblem for what concerns the whole file.
    """
    rows = load_rows(path, mapping or ColumnMapping(), _REQUIRED, _OPTIONAL)
    with reading(engine) as conn:
        known = {one.code: one for one in components.by_kind(conn, BUILDING)}
    reader = _Reader(set(known))
    drafts = [reader.household(number, row) for number, row in enumerate(rows, start=1)]
    if reader.refusals:
        return ImportReport(imported=0, refused=tuple(reader.refusals))
    kept = [one for one in drafts if one is not None]
    emptied = [known[code].component_id for code in reader.emptied]
    with transaction(engine, by) as conn:
        placed = [(one, known[one.building_code].component_id) for one in kept]
        changed, forgotten = households.replace(conn, placed, emptied)
        ledger.append(
            conn, at=now, verb="household.import", object_kind="table", object_key="households",
            payload={"households": len(kept), "changed": changed, "forgotten": forgotten},
        )  # fmt: skip
    return ImportReport(
        imported=len(kept), refused=(), unchanged=len(kept) - changed, retired=forgotten
    )


class _Reader:
    """Reads rows, and gathers what is wrong with them."""

    def __init__(self, buildings: set[str]) -> None:
        self.refusals: list[Refusal] = []
        self._buildings = buildings
        self.emptied: list[str] = []
        self._seen: set[tuple[str, str]] = set()

    def household(self, number: int, row: Mapping[str, Any]) -> HouseholdDraft | None:
        """The household of a row; None where it is refused."""
        before = len(self.refusals)
        building, unit = row["building"], row["unit"]
        if building not in self._buildings:
            self._refuse(
                number, "building",
                f"没有楼栋 {building or '（空）'}：请先以部件导入，kind 为 building。",
                f"there is no building {building or '(empty)'}: import it first as a component of"
                " the kind building.",
            )  # fmt: skip
        if not unit and not any(row[one] for one in _OPTIONAL):
            self.emptied.append(building)
            return None
        if not unit:
            self._refuse(number, "unit", "门牌（单元房号）为空。", "the unit is empty.")
        if (building, unit) in self._seen:
            self._refuse(number, "unit", "同一楼栋的同一房号在文件中出现了两次。",
                         "the same unit of the same building is in the file twice.")  # fmt: skip
        self._seen.add((building, unit))
        for field in ("unit", "contact", "phone", "note"):
            if len(row[field]) > _LONGEST:
                self._refuse(number, field, f"超过 {_LONGEST} 个字符。",
                             f"longer than {_LONGEST} characters.")  # fmt: skip
        residents = self._residents(number, row["residents"])
        if len(self.refusals) > before:
            return None
        return HouseholdDraft(
            building_code=building, unit=unit, residents=residents, contact=row["contact"],
            phone=row["phone"], note=row["note"],
        )  # fmt: skip

    def _refuse(self, row: int, field: str, zh: str, en: str) -> None:
        self.refusals.append(Refusal(row=row, field=field, reason_zh=zh, reason_en=en))

    def _residents(self, number: int, text: str) -> int | None:
        if not text:
            return None
        if text.isdecimal() and len(text) <= 4 and int(text) <= MOST_RESIDENTS:
            return int(text)
        self._refuse(number, "residents", f"“{text}”不是 0 到 {MOST_RESIDENTS} 的整数。",
                     f"“{text}” is no whole number from 0 to {MOST_RESIDENTS}.")  # fmt: skip
        return None
