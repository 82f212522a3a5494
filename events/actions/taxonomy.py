"""Bring a taxonomy into the city: first told, then done; live tickets stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.taxonomy import Deed, compare
from events.store import ledger, taxonomies

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.category import Category
    from events.model.taxonomy import Change


def look(
    conn: Connection, wanted: Sequence[Category], *, now: datetime, overwrite: bool = False
) -> tuple[Change, ...]:
    """What importing ``wanted``, all categories of one pack, would change; nothing is written."""
    return compare(taxonomies.known(conn), wanted, now=now, overwrite=overwrite)


def bring_in(
    conn: Connection, wanted: Sequence[Category], *, now: datetime, overwrite: bool = False
) -> tuple[Change, ...]:
    """Import all categories of one pack; what it changed.

    A ticket keeps the version of its category that it was filed under; a category that is retired
    keeps its tickets and its duties.
    """
    taxonomies.hold(conn)
    changes = look(conn, wanted, now=now, overwrite=overwrite)
    for one in changes:
        if one.given is None and one.deed is Deed.KEPT:
            continue  # the city's own
        taxonomies.put(conn, one.after, one.given)
        if one.deed not in (Deed.KEPT, Deed.SAME):
            ledger.append(
                conn, at=now, verb=f"category.{one.deed}", object_kind="category",
                object_key=one.after.code,
                payload={"pack": one.after.pack, "taken": one.taken, "kept": one.kept,
                         "name_zh": one.after.name_zh, "name_en": one.after.name_en,
                         "live": one.live},
            )  # fmt: skip
    return changes
