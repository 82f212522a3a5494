"""What was known at a past instant: open tickets, alarms, events; and when something happened.

Everything is asked for by the instant alone (``events.ticket_past``, ``events.alarm_past``), so
that an instant a year ago costs what the last hour does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from events.model.ticket import Ticket
from events.model.workflow import State
from events.store import events
from events.store.scopes import area_ids
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from events.model.access import Scope
    from events.model.event import Event

_SQL = Statements.beside(__file__)

_HOUR = timedelta(hours=1)
# Spans up to this long are counted one by one.
_SHORT = timedelta(hours=26)
_STATES = {one.value: one for one in State}
# What is not asked for of a ticket of then: a list does not show it.
_UNSEEN: dict[str, Any] = dict.fromkeys(
    (
        "component_id", "routing", "merged_into", "accepted_at", "disposed_by", "closed_at",
        "recovered_at", "overdue_at", "late_at", "suspended_at", "resume_at", "appealed_at",
        "exempted_at", "parent_id", "owned_by", "parent_number", "merged_number", "crew_code",
        "department_code",
    )
) | {
    "category_version": 0, "family": "", "description": "", "extensions": 0, "assisting": (),
    "unsigned": (), "open_parts": 0, "parent_closed": False,
}  # fmt: skip
# So many of a device's findings are listed.
_MOST_ALARMS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What happened in one slice of a span, the ``slice``-th from 0."""

    slice: int
    alarms: int
    tickets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PastAlarm:
    """A finding as it was known; ``until`` None: it lasted."""

    thread: str
    level: int
    title_zh: str
    title_en: str
    since: datetime
    until: datetime | None


def open_tickets(
    conn: Connection, then: datetime, scope: Scope, *, most: int
) -> tuple[Ticket, ...]:
    """Tickets that were open at an instant, as they stood; at most ``most``, the gravest first.

    What never changes of a ticket (number, title, place) is read from its row; state, severity,
    who answers and deadlines are those of then. What a list does not show is left empty.
    """
    rows = _SQL.rows(conn, "open_at", then=then, area_ids=area_ids(conn, scope), most=most)
    return tuple(_stood(row) for row in rows)


def _stood(row: Row[Any]) -> Ticket:
    """A ticket as it stood in a version; of its moments only that of the stage is true."""
    values = row._asdict()
    stage_at = values.pop("stage_at")
    values["state"] = _STATES[values["state"]]
    values["area_path"] = tuple(values["area_path"])
    for name in ("filed_at", "dispatched_at", "disposed_at", "verified_at"):
        values[name] = stage_at
    return Ticket(**_UNSEEN, **values)


def count_open(conn: Connection, then: datetime, scope: Scope) -> int:
    """How many tickets were open at an instant."""
    return int(_SQL.value(conn, "count_open", then=then, area_ids=area_ids(conn, scope)))


def levels(conn: Connection, then: datetime) -> dict[int, int]:
    """The worst finding that was known to last, by device number."""
    return {row.device_no: row.level for row in _SQL.rows(conn, "levels", then=then)}


def recent(conn: Connection, then: datetime, scope: Scope, *, most: int) -> tuple[Event, ...]:
    """The last events recorded until an instant, newest first, with the tickets they had then."""
    inside = area_ids(conn, scope)
    if inside is None:
        rows = _SQL.rows(conn, "recent", then=then, most=most)
    else:
        rows = _SQL.rows(conn, "recent_inside", then=then, area_ids=inside, most=most)
    ids = [row.event_id for row in rows]
    numbers = {
        row.event_id: row.number for row in _SQL.rows(conn, "links", event_ids=ids, then=then)
    }
    return tuple(
        replace(one, ticket_number=numbers.get(one.event_id), ticket_state=None)
        for one in events.by_ids(conn, ids)
    )


def closed(conn: Connection, since: datetime, then: datetime, scope: Scope) -> int:
    """How many tickets were closed from an instant until another."""
    inside = area_ids(conn, scope)
    return int(_SQL.value(conn, "closed", since=since, then=then, area_ids=inside))


def first(conn: Connection) -> datetime | None:
    """When the first event was recorded; None when there is none."""
    found: datetime | None = _SQL.value(conn, "first")
    return found


def marks(
    conn: Connection, first: datetime, until: datetime, scope: Scope, *, slices: int
) -> list[Mark]:
    """Alarms raised and tickets filed in each slice of a span; slices without any are left out.

    Of a long span whole hours are counted, each in the slice in which it begins.
    """
    counted: datetime = _SQL.value(conn, "counted_until")
    slice_s = (until - first).total_seconds() / slices
    given: dict[str, Any] = {"first": first, "slice_s": slice_s}
    rows: list[Row[Any]] = []
    since = first
    if until - first > _SHORT and counted > first:
        since = min(until, counted)
        rows += _SQL.rows(
            conn, "hours", since=first, until=since, area_id=_top(conn, scope), **given
        )
    if since < until:
        rows += _SQL.rows(
            conn, "moments", since=since, until=until, area_ids=area_ids(conn, scope), **given
        )
    return _added_up(rows, slices)


def _top(conn: Connection, scope: Scope) -> int | None:
    return None if area_ids(conn, scope) is None else scope.area_id


def _added_up(rows: list[Row[Any]], slices: int) -> list[Mark]:
    found: dict[int, Mark] = {}
    for row in rows:
        at = max(0, min(row.slice, slices - 1))
        one = found.get(at, Mark(slice=at, alarms=0, tickets=0))
        found[at] = replace(
            one, alarms=one.alarms + int(row.alarms), tickets=one.tickets + int(row.tickets)
        )
    return [found[at] for at in sorted(found)]


def count_hours(conn: Connection, until: datetime, *, most: int) -> int:
    """Count the hours that ended before ``until``, at most so many; how many were counted."""
    begin: datetime | None = _SQL.value(conn, "claim_hours")
    if begin is None:
        return 0
    hours = min(most, (until - begin) // _HOUR)
    if hours <= 0:
        return 0
    end = begin + hours * _HOUR
    _SQL.run(conn, "count_hours", since=begin, until=end)
    _SQL.run(conn, "counted", until=end)
    return hours


def alarms_of(
    conn: Connection, device_no: int, first: datetime, then: datetime
) -> tuple[PastAlarm, ...]:
    """What was known at ``then`` of a device's findings since ``first``, newest first."""
    rows = _SQL.rows(
        conn, "alarms_of", device_no=device_no, first=first, then=then, most=_MOST_ALARMS
    )
    return tuple(PastAlarm(**row._mapping) for row in rows)
