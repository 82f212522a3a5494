"""Many open tickets at once: copies of one that was filed, as its ordinary way would take hours."""

from __future__ import annotations

from events.model.ticket import Ticket
from tests.events.town import Town

# Columns that each copy has of its own, by an expression over the copy's number ``n``.
_OWN = {"number": "t.number || '-' || n"}


def copies(town: Town, ticket: Ticket, count: int, **own: str) -> None:
    """Put ``count`` copies of a ticket into the database; nobody is told of them.

    ``own``: SQL expressions of ``t`` (the ticket) and ``n`` (1 to ``count``), by column.
    """
    own = {**_OWN, **own}
    with town.database.superuser() as conn, conn.transaction():
        rows = conn.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'events'"
            " AND table_name = 'tickets' AND column_name <> 'ticket_id' AND is_generated = 'NEVER'"
            " ORDER BY ordinal_position"
        ).fetchall()
        names = [str(name) for (name,) in rows]
        values = [own.get(name, f"t.{name}") for name in names]
        conn.execute(
            f"INSERT INTO events.tickets ({', '.join(names)}) SELECT {', '.join(values)}"
            f" FROM events.tickets AS t, generate_series(1, {count}) AS n"
            f" WHERE t.ticket_id = {ticket.ticket_id} ORDER BY n".encode()
        )
        conn.execute("ANALYZE events.tickets")
