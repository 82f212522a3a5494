"""What is open in a place where walls are not told of all of it one by one."""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

from command_center.components import TicketList
from command_center.live.messages import ticket_json
from command_center.pages.parts.reader import Reader
from command_center.services import Services
from events.model.access import scope
from events.store import scopes, tickets, urgent
from events.store.urgent import Narrow
from grid.store.postgis import reading


def open_there(
    services: Services, reader: Reader, *, most: int, area_id: int | None = None,
    narrow: Narrow | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """How many are open in an area, or as ``narrow`` says, and the most urgent of them: of what the
    reader may see.

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
        chosen = urgent.choose(conn, [own], reader.now, most=most, narrow=narrow)[own]
        found = tickets.by_ids(conn, list(chosen.ticket_ids))
    return {"n": chosen.open, "tickets": [ticket_json(one, reader.now) for one in found]}


def layer_tickets(services: Services, reader: Reader, code: str | None, *, most: int) -> Component:
    """The open tickets of a layer ("other": of none that the city has; None: of all)."""
    if code is None:
        narrow = None
    elif code in services.layers:
        narrow = Narrow(layers=(code,))
    else:
        narrow = Narrow(layers=tuple(services.layers), others=True)
    named = f"&layer={code}" if code in services.layers else ""
    return TicketList(
        id="layer-tickets", config=reader.config, layer=code, most=most,
        href=f"/desk?show=open{named}",
        open=open_there(services, reader, narrow=narrow, most=most),
    )  # fmt: skip
