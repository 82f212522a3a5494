"""What is open in a place where walls are not told of all of it one by one."""

from __future__ import annotations

from typing import Any

from command_center.live.messages import ticket_json
from command_center.pages.parts.reader import Reader
from command_center.services import Services
from events.model.access import scope
from events.store import scopes, tickets, urgent
from grid.store.postgis import reading


def open_there(
    services: Services, reader: Reader, *, most: int, area_id: int | None = None,
    cell_id: int | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """How many are open in an area or a cell and the most urgent of them, as the reader may see.

    ``{"n", "tickets"}``; None while the reader's wall is told of all.
    """
    own = scope(reader.actor).area_id
    if services.live.told(own) is None:
        return None
    with reading(services.engine) as conn:
        if area_id is not None:
            below = scopes.area_ids(conn, scope(reader.actor))
            # of a wider one the reader's own; both are branches of one tree
            own = area_id if below is None or area_id in below else own
        chosen = urgent.choose(conn, [own], reader.now, most=most, cell_id=cell_id)[own]
        found = tickets.by_ids(conn, list(chosen.ticket_ids))
    return {"n": chosen.open, "tickets": [ticket_json(one, reader.now) for one in found]}
