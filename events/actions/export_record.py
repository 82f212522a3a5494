"""A ticket's record is taken out of the house: who did it is in the ledger first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.store import history, ledger
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.model.actor import Actor
    from events.model.ticket import Ticket
    from events.store.history import TicketHistory


def export_record(engine: Engine, ticket: Ticket, *, by: Actor, now: datetime) -> TicketHistory:
    """Everything about a ticket that ``by`` may see, for a record on paper."""
    with transaction(engine, by.key) as conn:
        found = history.of_ticket(conn, ticket.ticket_id)
        # not among the moves of the ticket: it changes nothing about it
        ledger.append(
            conn,
            at=now,
            verb="record.export",
            object_kind="ticket",
            object_key=ticket.number,
            area_id=ticket.area_id,
            payload={"version": ticket.version, "entries": len(found.entries)},
        )
    return found
