"""From a read table and a storing function to the report of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.model.refusal import ImportReport, Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from grid.actions.read_table import Table


def names_of(table: Table, n: int) -> tuple[str, str]:
    """The Chinese and English name of a row, one standing in for the other.

    A row without any is refused, and both are "".
    """
    zh, en = table.text("name_zh", n), table.text("name_en", n)
    if not zh and not en:
        table.refuse(
            n,
            "name_zh",
            zh="没有名称：需要 name_zh 或 name_en",
            en="there is no name: name_zh or name_en is needed",
        )
    return zh or en, en or zh


def refused(table: Table, refusals: tuple[Refusal, ...] = ()) -> ImportReport:
    """The report of an import that stored nothing."""
    every = sorted({*table.refusals, *refusals}, key=lambda one: (one.row, one.field))
    return ImportReport(imported=0, refused=tuple(every), source_crs=table.system.name)


def stored(table: Table, store: Callable[[], int]) -> ImportReport:
    """Store what was read (``store`` returns how many rows were unchanged), and report.

    Reasons found in reading and in storing are told together; with any, nothing is kept.
    """
    if table.refusals:
        return refused(table)
    try:
        unchanged = store()
    except Refused as fault:
        return refused(table, fault.refusals)
    return ImportReport(
        imported=table.count, refused=(), unchanged=unchanged, source_crs=table.system.name
    )
