"""Bring in tickets with their whole past life: requests of another system, a city's history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.actions.record import record
from events.model.ledger import TICKET_COLUMNS
from events.model.workflow import OPEN
from events.store import past as store
from events.store import rules
from grid.store.postgis import notify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.category import Category
    from events.model.past import PastMove, PastTicket

_COLUMNS = frozenset(TICKET_COLUMNS)
# So many open tickets at most are told to the open walls; more arrive with their next snapshot.
_TOLD = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedPast:
    """How many tickets were brought in now, and how many keys were known already."""

    imported: int
    known: int


def import_past(
    conn: Connection, tickets: Sequence[PastTicket], *, by: Actor, now: datetime
) -> ImportedPast:
    """Write events, tickets, links, clocks and the ledger of past lives, in this transaction.

    Idempotent by the drafts' keys: what is known stays as it is. Each move becomes a ledger
    entry at its own time, in the name of ``by``; who did it there is kept in the payload.
    """
    recorded = record(conn, [one.draft for one in tickets], by=by, now=now)
    event_ids = {one.key: one.event_id for one in recorded if one.new}
    new = [one for one in tickets if one.draft.key in event_ids]
    ids = store.reserve_ticket_ids(conn, len(new))
    numbers = _numbers(conn, new)
    rows: list[dict[str, Any]] = []
    entries: list[tuple[datetime, str, str, int, int, dict[str, Any]]] = []
    city = rules.load(conn)
    for ticket, ticket_id, number in zip(new, ids, numbers, strict=True):
        category = city.categories[ticket.draft.category_code]
        row = _begin(ticket, number, category)
        for version, move in enumerate(ticket.moves, start=1):
            payload = _step(row, move, version, now)
            verb = f"ticket.{move.verb}"
            entries.append((move.at, verb, number, ticket_id, row["area_id"], payload))
        rows.append({**row, "ticket_id": ticket_id, "description": ticket.draft.description})
    links = [
        (ticket_id, event_ids[ticket.draft.key], ticket.moves[0].at)
        for ticket, ticket_id in zip(new, ids, strict=True)
    ]
    clocks = [(i, clock) for i, one in zip(ids, new, strict=True) for clock in one.clocks]
    store.add_tickets(conn, rows)
    store.add_links(conn, links, {"rule": "import"}, by.key)
    store.add_clocks(conn, clocks)
    store.add_ledger(conn, entries, by.key)
    open_ids = [row["ticket_id"] for row in rows if row["state"] in OPEN]
    store.relate(conn, open_ids)
    notify(conn, "cc_live", "ticket", open_ids[:_TOLD])
    return ImportedPast(imported=len(new), known=len(tickets) - len(new))


def _numbers(conn: Connection, tickets: Sequence[PastTicket]) -> list[str]:
    """Number the tickets by the city's day on which they began, in their given order."""
    city = rules.load(conn)
    days = [city.day(one.moves[0].at) for one in tickets]
    wanted = Counter(days)
    last = store.reserve_numbers(conn, wanted)
    used: Counter[date] = Counter()
    numbers = []
    for day in days:
        used[day] += 1
        numbers.append(f"{day:%Y%m%d}-{last[day] - wanted[day] + used[day]:05d}")
    return numbers


def _begin(ticket: PastTicket, number: str, category: Category) -> dict[str, Any]:
    draft = ticket.draft
    row: dict[str, Any] = dict.fromkeys(TICKET_COLUMNS)
    row.update(
        number=number, category_code=draft.category_code, category_version=category.version,
        family=category.family, layer=category.layer,
        severity=draft.severity, source=draft.source.value, title_zh=draft.title_zh,
        title_en=draft.title_en, lon=draft.lon, lat=draft.lat, cell_id=draft.cell_id,
        area_id=draft.area_id, component_id=ticket.component_id, device_no=draft.device_no,
        supervised=False, extensions=0, occurred_at=draft.occurred_at,
        created_at=ticket.moves[0].at,
    )  # fmt: skip
    return row


def _step(row: dict[str, Any], move: PastMove, version: int, now: datetime) -> dict[str, Any]:
    """Apply one move to the row; the ledger's payload of it."""
    before = row["state"]
    changes = {**move.changes, "updated_at": move.at}
    row.update(changes, state=move.target, version=version)
    told = changes if version > 1 else {k: v for k, v in row.items() if k in _COLUMNS}
    payload: dict[str, Any] = {
        "from": before,
        "to": move.target,
        "version": version,
        "set": dict(told),
        "why": move.why,
        "imported_at": now,
    }
    if move.as_actor:
        payload["imported_as"] = move.as_actor
    return payload
