"""Bulk writing of tickets that were handled elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from events.model.ledger import FORMAT, canonical, plain
from grid.store.named_sql import Statements
from grid.store.postgis import copy_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from events.model.past import PastClock

_SQL = Statements.beside(__file__)

_TICKET_COLUMNS = (
    "ticket_id", "number", "state", "version", "category_code", "category_version", "family",
    "layer", "severity", "source", "title_zh", "title_en", "description", "cell_id", "area_id",
    "component_id",
    "device_no", "department_id", "crew_id", "supervised", "occurred_at", "created_at",
    "updated_at", "filed_at", "dispatched_at", "accepted_at", "disposed_at", "disposed_by",
    "verified_at", "closed_at", "recovered_at", "due_at", "overdue_at",
)  # fmt: skip


def reserve_ticket_ids(conn: Connection, count: int) -> list[int]:
    """Take ``count`` ticket ids in one go, ascending."""
    return [row.ticket_id for row in _SQL.rows(conn, "reserve_ticket_ids", count=count)]


def reserve_numbers(conn: Connection, days: Mapping[date, int]) -> dict[date, int]:
    """Reserve so many ticket numbers on each of the city's days; the last one of each day."""
    rows = _SQL.rows(conn, "reserve_numbers", days=list(days), counts=[days[one] for one in days])
    return {row.day: row.last for row in rows}


def add_tickets(conn: Connection, tickets: Iterable[Mapping[str, Any]]) -> int:
    """COPY whole rows of events.tickets (by column name, with ``lon`` and ``lat``); how many."""
    rows = list(tickets)
    points = shapely.points([row["lon"] for row in rows], [row["lat"] for row in rows])
    positions = shapely.to_wkb(shapely.set_srid(points, 4326), hex=True, include_srid=True)
    return copy_rows(
        conn,
        "events.tickets",
        (*_TICKET_COLUMNS, "routing", "position"),
        (
            (*map(row.get, _TICKET_COLUMNS), _json(row.get("routing")), position)
            for row, position in zip(rows, positions, strict=True)
        ),
    )


def relate(conn: Connection, ticket_ids: Sequence[int]) -> None:
    """Let the dispatcher look to which projects these belong."""
    _SQL.run(conn, "relate", ticket_ids=list(ticket_ids))


def add_links(
    conn: Connection, links: Iterable[tuple[int, int, datetime]], why: Mapping[str, Any], actor: str
) -> int:
    """Link (ticket_id, event_id, linked_at) to one another for one reason; how many."""
    reason = json.dumps(plain(why))
    return copy_rows(
        conn,
        "events.ticket_events",
        ("ticket_id", "event_id", "linked_at", "why", "actor"),
        ((ticket_id, event_id, at, reason, actor) for ticket_id, event_id, at in links),
    )


def add_clocks(conn: Connection, clocks: Iterable[tuple[int, PastClock]]) -> int:
    """Store the clocks of tickets, in their order; how many."""
    return copy_rows(
        conn,
        "events.ticket_clocks",
        ("ticket_id", "stage", "clock", "time_limit", "started_at", "due_at", "stopped_at", "why"),
        (
            (
                ticket_id, one.stage.value, one.clock.value, one.time_limit, one.started_at,
                one.due_at, one.stopped_at, json.dumps(plain(one.why)),
            )
            for ticket_id, one in clocks
        ),
    )  # fmt: skip


def add_ledger(
    conn: Connection,
    entries: Sequence[tuple[datetime, str, str, int, int, Mapping[str, Any]]],
    actor: str,
) -> int:
    """Append (at, verb, number, ticket_id, area_id, payload) about tickets; how many."""
    return copy_rows(
        conn,
        "events.ledger",
        ("at", "actor", "verb", "object_kind", "object_key", "ticket_id", "area_id", "format",
         "payload"),
        (
            (at, actor, verb, "ticket", number, ticket_id, area_id, FORMAT, canonical(payload))
            for at, verb, number, ticket_id, area_id, payload in entries
        ),
    )  # fmt: skip


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(plain(value))
