"""How to reach the residents behind a ticket: personal data, read by name only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.store import ledger, reports
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.model.actor import Actor
    from events.model.ticket import Ticket


def read_contacts(
    engine: Engine, ticket: Ticket, *, by: Actor, now: datetime
) -> list[tuple[str, str]]:
    """(report number, contact) of the residents behind a ticket that ``by`` may see.

    Who read whose is in the ledger before anybody sees it; reading nothing leaves no trace.
    """
    with transaction(engine, by.key) as conn:
        found = reports.contacts_of_ticket(conn, ticket.ticket_id)
        if found:
            # not among the moves of the ticket: it changes nothing about it
            ledger.append(
                conn,
                at=now,
                verb="contact.read",
                object_kind="ticket",
                object_key=ticket.number,
                area_id=ticket.area_id,
                payload={"reports": [number for number, _ in found]},
            )
    return found
