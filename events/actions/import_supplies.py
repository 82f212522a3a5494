"""Bring in a table of supplies: all of it, or nothing and every refused row."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from events.actions.count_supplies import count_supplies, facilities_of
from events.model.actor import system
from events.model.supply import SupplyCount
from grid.actions.load_file import load_rows
from grid.model.mapping import ColumnMapping
from grid.model.refusal import ImportReport, Refusal
from grid.store import city
from grid.store.postgis import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Engine

_REQUIRED = ("site", "item", "stock", "least")
_OPTIONAL = ("name_zh", "name_en", "unit", "counted_at")
# A count from further ahead was written with a wrong clock.
_AHEAD = timedelta(hours=1)


def import_supplies(
    engine: Engine, path: Path, *, by: str, now: datetime, mapping: ColumnMapping | None = None
) -> ImportReport:
    """Import counts: ``site`` (code of a facility), ``item``, ``stock``, ``least``; names, ``unit``
    and ``counted_at`` where known (now; times without a zone are the city's).

    Raises GridProblem for what concerns the whole file.
    """
    rows = load_rows(path, mapping or ColumnMapping(), _REQUIRED, _OPTIONAL)
    with reading(engine) as conn:
        known = set(facilities_of(conn, sorted({row["site"] for row in rows})))
        place = city.get(conn)
    zone = ZoneInfo(place.time_zone if place else "UTC")
    reader = _Reader(known, zone, now)
    counts = [reader.count(number, row) for number, row in enumerate(rows, start=1)]
    if reader.refusals:
        return ImportReport(imported=0, refused=tuple(reader.refusals))
    with transaction(engine, by) as conn:
        unchanged = count_supplies(
            conn, [one for one in counts if one is not None],
            by=system(by.removeprefix("system:")), now=now,
        )  # fmt: skip
    return ImportReport(imported=len(counts), refused=(), unchanged=unchanged)


class _Reader:
    """Reads rows, and gathers what is wrong with them."""

    def __init__(self, known: set[str], zone: ZoneInfo, now: datetime) -> None:
        self.refusals: list[Refusal] = []
        self._known = known
        self._zone = zone
        self._now = now
        self._seen: set[tuple[str, str]] = set()

    def count(self, number: int, row: Mapping[str, Any]) -> SupplyCount | None:
        """The count of a row; None where it is refused."""
        before = len(self.refusals)
        site, item = row["site"], row["item"]
        if site not in self._known:
            self._refuse(
                number,
                "site",
                f"没有部件 {site or '（空）'}：请先导入防控点位。",
                f"there is no facility {site or '(empty)'}: import the sites first.",
            )
        if not item:
            self._refuse(number, "item", "物资编码为空。", "the item is empty.")
        if (site, item) in self._seen:
            self._refuse(number, "item", "同一点位的同一物资在文件中出现了两次。",
                         "the same item of the same site is in the file twice.")  # fmt: skip
        self._seen.add((site, item))
        stock, least = (self._number(number, row, one) for one in ("stock", "least"))
        at = self._at(number, row["counted_at"])
        if len(self.refusals) > before or stock is None or least is None or at is None:
            return None
        zh, en = row["name_zh"] or row["name_en"], row["name_en"] or row["name_zh"]
        return SupplyCount(component_code=site, item=item, name_zh=zh or item, name_en=en or item,
                           unit=row["unit"], stock=stock, least=least, counted_at=at)  # fmt: skip

    def _refuse(self, row: int, field: str, zh: str, en: str) -> None:
        self.refusals.append(Refusal(row=row, field=field, reason_zh=zh, reason_en=en))

    def _number(self, number: int, row: Mapping[str, Any], field: str) -> float | None:
        try:
            found = float(row[field])
        except ValueError:
            found = math.nan
        if not (math.isfinite(found) and found >= 0):
            self._refuse(number, field, f"“{row[field]}”不是不小于 0 的数。",
                         f"“{row[field]}” is not a number of 0 or more.")  # fmt: skip
            return None
        return found

    def _at(self, number: int, text: str) -> datetime | None:
        if not text:
            return self._now
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self._refuse(number, "counted_at", f"“{text}”不是 2026-06-01T08:00:00+08:00 式的时间。",
                         f"“{text}” is no time as 2026-06-01T08:00:00+08:00.")  # fmt: skip
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=self._zone)
        if found > self._now + _AHEAD:
            self._refuse(number, "counted_at", f"盘点时间 {text} 在将来，请核对时钟。",
                         f"{text} lies in the future: check the clock.")  # fmt: skip
            return None
        return found.astimezone(UTC)
