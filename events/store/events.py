"""Rows of events.events: appended once, never changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from events.model.event import Change, Event, Source
from events.model.ledger import plain
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from events.model.event import EventDraft

_SQL = Statements.beside(__file__)

# How many drafts go into one statement.
_CHUNK = 4_000


def add(conn: Connection, drafts: Sequence[EventDraft]) -> dict[str, int]:
    """Append the drafts (located, with distinct keys) whose key is new: key -> event_id.

    The new ones wait in the inbox unless they want no ticket.
    """
    found: dict[str, int] = {}
    for start in range(0, len(drafts), _CHUNK):
        rows = _SQL.rows(conn, "add", **_arrays(drafts[start : start + _CHUNK]))
        found.update((row.key, row.event_id) for row in rows)
    return found


def _arrays(drafts: Sequence[EventDraft]) -> dict[str, Any]:
    return {
        "keys": [one.key for one in drafts],
        "sources": [one.source.value for one in drafts],
        "category_codes": [one.category_code for one in drafts],
        "severities": [one.severity for one in drafts],
        "occurred_ats": [one.occurred_at for one in drafts],
        "lons": [one.lon for one in drafts],
        "lats": [one.lat for one in drafts],
        "source_crss": [one.source_crs for one in drafts],
        "cell_ids": [one.cell_id for one in drafts],
        "area_ids": [one.area_id for one in drafts],
        "component_ids": [one.component_id for one in drafts],
        "device_nos": [one.device_no for one in drafts],
        "threads": [one.thread for one in drafts],
        "revisions": [one.revision for one in drafts],
        "changes": [one.change.value for one in drafts],
        "lates": [one.late for one in drafts],
        "titles_zh": [one.title_zh for one in drafts],
        "titles_en": [one.title_en for one in drafts],
        "descriptions": [one.description for one in drafts],
        "wants_ticket": [one.wants_ticket for one in drafts],
        # in one text: quotes cost much in an array
        "attributes": json.dumps([plain(one.attributes) for one in drafts]),
    }


def known(conn: Connection, keys: Sequence[str]) -> dict[str, tuple[int, int | None, int]]:
    """Events of keys that were recorded before: key -> (event_id, cell_id, area_id)."""
    rows = _SQL.rows(conn, "known", keys=list(keys))
    return {row.key: (row.event_id, row.cell_id, row.area_id) for row in rows}


def by_ids(conn: Connection, event_ids: Sequence[int]) -> tuple[Event, ...]:
    """Events, newest first; unknown ids are left out."""
    if not event_ids:
        return ()
    rows = _SQL.rows(conn, "by_ids", event_ids=list(event_ids))
    return tuple(_event(row) for row in rows)


def recent(conn: Connection, *, limit: int, area_id: int | None = None) -> tuple[Event, ...]:
    """The newest events inside an area (None: everywhere), newest first."""
    rows = _SQL.rows(conn, "recent_ids", area_id=area_id, limit=limit)
    return by_ids(conn, [row.event_id for row in rows])


def head_of_thread(conn: Connection, thread: str) -> Change | None:
    """What the latest revision of a finding says."""
    row = _SQL.maybe(conn, "head_of_thread", thread=thread)
    return None if row is None else Change(row.change)


def area_path(conn: Connection, area_id: int) -> tuple[int, ...]:
    """The area itself and all above it, from the city down."""
    return tuple(_SQL.value(conn, "area_path", area_id=area_id) or ())


def lock_threads(conn: Connection, threads: Iterable[str]) -> None:
    """Until the end of the transaction nobody else works on these findings; before any place."""
    if ordered := sorted(set(threads)):
        _SQL.rows(conn, "lock_threads", threads=ordered)


def lock_places(conn: Connection, places: Iterable[str]) -> None:
    """Until the end of the transaction nobody else files in these places."""
    _SQL.rows(conn, "lock_places", places=sorted(set(places)))


def _event(row: Row[Any]) -> Event:
    values = dict(row._mapping)
    values["source"] = Source(values["source"])
    values["change"] = Change(values["change"])
    values["area_path"] = tuple(values["area_path"])
    return Event(**values)
