"""The one door for everything that happened: idempotent, appended, announced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from events.model.event import Recorded
from events.model.ledger import commitment
from events.model.problems import Incomplete, OutsideCity
from events.model.refusal import Reason, Refusal
from events.store import events, ledger, rules
from grid.store import cells
from grid.store.postgis import notify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.category import Category
    from events.model.event import EventDraft

# Up to here each draft is located by itself, which also tells the cell's code.
_FEW = 8
# So many of a bulk at most are named: walls show some dozens, the dispatcher only wakes.
_TOLD = 500


def record(
    conn: Connection, drafts: Sequence[EventDraft], *, by: Actor, now: datetime
) -> list[Recorded]:
    """Append the drafts whose key is new, in this transaction; one answer for each draft.

    A known key changes nothing and gets the event it had. New events wait in the inbox for their
    ticket, and the dispatcher is woken at the commit. Raises OutsideCity (with the draft's index)
    for a position in no area and Incomplete for an unknown category; nothing is recorded then.
    """
    if not drafts:
        return []
    categories = {one.code: one for one in rules.categories(conn)}
    codes: dict[str, str | None] = {}
    first: dict[str, EventDraft] = {}
    for draft in _located(conn, drafts, codes):
        first.setdefault(draft.key, _titled(draft, categories))
    new = events.add(conn, list(first.values()))
    old = events.known(conn, [key for key in first if key not in new])
    _trail(conn, {new[key]: draft for key, draft in first.items() if key in new}, by, now)
    waiting = [new[key] for key, draft in first.items() if key in new and draft.wants_ticket]
    notify(conn, "cc_inbox", "event", waiting[:_TOLD])
    notify(conn, "cc_live", "event", list(new.values())[-_TOLD:])
    answers: list[Recorded] = []
    told: set[str] = set()
    for one in drafts:
        draft = first[one.key]
        is_new = one.key in new and one.key not in told
        told.add(one.key)
        event_id, cell_id, area_id = (
            old[one.key] if one.key in old else (new[one.key], draft.cell_id, draft.area_id or 0)
        )
        answers.append(Recorded(event_id=event_id, key=one.key, new=is_new, cell_id=cell_id,
                                area_id=area_id, cell_code=codes.get(one.key)))  # fmt: skip
    return answers


def _located(
    conn: Connection, drafts: Sequence[EventDraft], codes: dict[str, str | None]
) -> list[EventDraft]:
    """The drafts with cell and area; ``codes`` gets the cell codes where they come for free."""
    found = list(drafts)
    unplaced = [i for i, draft in enumerate(drafts) if draft.area_id is None]
    if len(unplaced) <= _FEW:
        for i in unplaced:
            place = cells.locate(conn, drafts[i].lon, drafts[i].lat)
            if place is None:
                raise OutsideCity(i)
            codes[drafts[i].key] = place.cell_code
            found[i] = replace(drafts[i], cell_id=place.cell_id, area_id=place.area_id)
        return found
    many = cells.locate_many(
        conn, [drafts[i].lon for i in unplaced], [drafts[i].lat for i in unplaced]
    )
    for i, cell_id, area_id in zip(
        unplaced, many.cell_ids.tolist(), many.area_ids.tolist(), strict=True
    ):
        if area_id == 0:
            raise OutsideCity(i)
        found[i] = replace(drafts[i], cell_id=cell_id or None, area_id=area_id)
    return found


def _titled(draft: EventDraft, categories: Mapping[str, Category]) -> EventDraft:
    category = categories.get(draft.category_code)
    if category is None:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_CATEGORY, field="category"))
    if draft.title_zh and draft.title_en:
        return draft
    return replace(
        draft,
        title_zh=draft.title_zh or category.name_zh,
        title_en=draft.title_en or category.name_en,
    )


def _trail(conn: Connection, new: Mapping[int, EventDraft], by: Actor, now: datetime) -> None:
    if not new:
        return
    ledger.append_many(
        conn,
        at=now,
        verb="event.record",
        object_kind="event",
        object_keys=[str(event_id) for event_id in new],
        area_ids=[draft.area_id for draft in new.values()],
        payloads=[_payload(draft, by) for draft in new.values()],
    )


def _payload(draft: EventDraft, by: Actor) -> dict[str, Any]:
    # The words of people are bound by a commitment, salted with the event's key, not repeated.
    return {
        "source": draft.source,
        "category": draft.category_code,
        "severity": draft.severity,
        "occurred_at": draft.occurred_at,
        "lon": draft.lon,
        "lat": draft.lat,
        "cell_id": draft.cell_id,
        "area_id": draft.area_id,
        "component_id": draft.component_id,
        "device_no": draft.device_no,
        "thread": draft.thread,
        "revision": draft.revision,
        "change": draft.change,
        "late": draft.late,
        "titles": commitment(draft.key.encode(), f"{draft.title_zh}\0{draft.title_en}"),
        "description": commitment(draft.key.encode(), draft.description),
        "recorded_by": by.key,
    }
