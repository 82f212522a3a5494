"""A ticket as it stood at a past instant, put together from what the ledger had told by then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from events.model.ledger import TICKET_COLUMNS, LedgerEntry, rebuild
from events.model.workflow import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.model.ticket import Ticket


def known_at(entry: LedgerEntry) -> datetime:
    """Since when an entry is known here: what is imported, since it was imported."""
    imported = entry.payload.get("imported_at")
    return entry.at if imported is None else datetime.fromisoformat(imported)


def known_until(entries: Iterable[LedgerEntry], then: datetime) -> tuple[LedgerEntry, ...]:
    """The entries that were known at ``then``, in their order."""
    return tuple(one for one in entries if known_at(one) <= then)


def stood(ticket: Ticket, entries: Iterable[LedgerEntry]) -> Ticket | None:
    """``ticket`` as ``entries``, the first ones of its ledger, made it; None without any.

    The names beside the row are still those of today.
    """
    columns = rebuild(one.payload for one in entries if one.verb.startswith("ticket."))
    if not columns:
        return None
    return replace(ticket, **_typed(columns))


def _typed(columns: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: columns.get(name) for name in TICKET_COLUMNS}
    for name, value in found.items():
        if name.endswith("_at") and isinstance(value, str):
            found[name] = datetime.fromisoformat(value)
    found["state"] = State(found["state"])
    return found
