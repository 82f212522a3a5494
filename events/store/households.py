"""Households of buildings: stored by import, read one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.household import BUILDING, Household
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from events.model.household import HouseholdDraft

_SQL = Statements.beside(__file__)


def replace(
    conn: Connection, placed: Sequence[tuple[HouseholdDraft, int]], emptied: Sequence[int] = ()
) -> tuple[int, int]:
    """Store (draft, component_id of its building) as all that these buildings have; buildings that
    are ``emptied`` have none.

    How many are new or changed, and how many were forgotten.
    """
    buildings = [component_id for _, component_id in placed]
    doors = [draft.unit for draft, _ in placed]
    forgotten = _SQL.run(
        conn, "forget", component_ids=[*buildings, *emptied], units=doors + [""] * len(emptied)
    )
    changed = _SQL.run(
        conn, "put", component_ids=buildings, units=doors,
        residents=[draft.residents for draft, _ in placed],
        contacts=[draft.contact for draft, _ in placed],
        phones=[draft.phone for draft, _ in placed],
        notes=[draft.note for draft, _ in placed],
    )  # fmt: skip
    return changed, forgotten


def units(conn: Connection, component_id: int, *, most: int) -> list[tuple[int, str]]:
    """(household_id, unit) of a building, short doors first."""
    rows = _SQL.rows(conn, "units", component_id=component_id, most=most)
    return [(row.household_id, row.unit) for row in rows]


def by_id(conn: Connection, household_id: int, scope_area: int | None) -> Household | None:
    """A household in ``scope_area`` (None: anywhere), or None."""
    row = _SQL.maybe(
        conn, "by_id", household_id=household_id, scope_area=scope_area, building=BUILDING
    )
    return None if row is None else Household(**row._mapping)
