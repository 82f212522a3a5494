"""Take in counts of supplies: what has run short becomes a ticket, through the usual door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.actions.record import record
from events.model.event import EventDraft, Source
from events.model.supply import english_unit
from events.store import supplies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.supply import SupplyCount

CATEGORY = "epidemic_supplies"
_SHORT, _NONE_LEFT = 2, 3


def count_supplies(
    conn: Connection, counts: Sequence[SupplyCount], *, by: Actor, now: datetime
) -> int:
    """Keep the counts; how many were no news. What has run short since the last count is recorded.

    Every facility must be known (`events.store.supplies.places`): KeyError otherwise.
    """
    supplies.lock(conn)
    places = supplies.places(conn, sorted({one.component_code for one in counts}))
    unchanged = 0
    drafts = []
    for count in counts:
        place = places[count.component_code]
        put = supplies.put(conn, place.component_id, count)
        unchanged += not put.changed
        if put.changed and count.short and not put.was_short:
            drafts.append(_draft(count, place))
    if drafts:
        record(conn, drafts, by=by, now=now)
    return unchanged


def _draft(count: SupplyCount, place: supplies.Place) -> EventDraft:
    left, least = f"{count.stock:g}", f"{count.least:g}"
    return EventDraft(
        key=f"supplies:{count.component_code}:{count.item}:{count.counted_at.isoformat()}",
        source=Source.IMPORT,
        category_code=CATEGORY,
        severity=_SHORT if count.stock else _NONE_LEFT,
        occurred_at=count.counted_at,
        lon=place.lon,
        lat=place.lat,
        title_zh=f"{place.name_zh}：{count.name_zh}剩 {left} {count.unit}，下限 {least}",
        title_en=f"{place.name_en}: {left} {_in_english(count)} left, least {least}",
        component_id=place.component_id,
        cell_id=place.cell_id,
        area_id=place.area_id,
        attributes={"item": count.item, "stock": count.stock, "least": count.least},
    )


def _in_english(count: SupplyCount) -> str:
    unit = english_unit(count.unit)
    return f"{unit} of {count.name_en}" if unit else count.name_en


def facilities_of(conn: Connection, codes: Sequence[str]) -> Mapping[str, supplies.Place]:
    """The facilities with these codes; those that are not known are missing."""
    return supplies.places(conn, codes)
