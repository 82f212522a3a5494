"""Nothing is disposed of, verified or closed without the proof that its category asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.problems import Unproven
from events.model.proof import LOOKED_AT, checks, missing
from events.store import proof

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.ticket import Ticket
    from events.model.verb import Verb


def prove(conn: Connection, ticket: Ticket, verb: Verb, *, now: datetime) -> None:
    """Look at the proof that ``verb`` needs. Raises Unproven, which names all that is missing."""
    if verb not in LOOKED_AT:
        return
    photos = proof.of_tickets(conn, [ticket.ticket_id])[ticket.ticket_id]
    refusals = missing(checks(ticket, photos, now), verb)
    if refusals:
        raise Unproven(refusals)
