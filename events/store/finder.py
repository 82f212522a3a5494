"""Find tickets as people speak of them: by a number or its end, by words and a place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from events.model.access import Actor, Scope, in_scope, scope
from events.store import tickets
from events.store.scopes import area_ids
from events.store.search import TicketQuery, search
from grid.store import lookup
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)

# A day, as in 20261128, and the count of that day: five digits, or what was said behind a dash.
_NUMBER = re.compile(r"(?P<day>\d{1,8} ?- ?|\d{1,8}(?=\d{5}$))?(?P<count>\d{1,6})", re.ASCII)
# From so many digits on they are the end of a count; fewer are a count without its zeros.
_AN_END = 3
_NEVER = 10**9


def by_number(conn: Connection, said: str, actor: Actor, *, most: int) -> list[Ticket]:
    """Tickets of the number that was ``said``, with or without dash, or ended so; newest first."""
    found = tickets.by_numbers(conn, [said])
    parts = _NUMBER.fullmatch(said)
    if not found and parts is not None:
        ending = _ending(conn, parts["day"] or "", parts["count"], scope(actor), most=most)
        found = tickets.by_ids(conn, ending)
    return [one for one in found if in_scope(actor, one)]


def by_words(conn: Connection, said: str, actor: Actor, *, most: int) -> list[Ticket]:
    """Tickets that say the words; where an area is named with them, those of that area alone.

    The latest changed first; of an area that is named alone, the open ones.
    """
    inside = scope(actor)
    found = search(conn, TicketQuery(text=said, limit=most), inside).items
    area = lookup.area_said_in(conn, said) if len(found) < most else None
    narrow = None if area is None else _narrowed(conn, inside, area.area_id)
    if area is not None and narrow is not None:
        rest = " ".join(_without(said, (area.name_zh, area.name_en)).split())
        query = TicketQuery(text=rest or None, open_only=not rest, limit=most)
        known = {one.ticket_id for one in found}
        more = search(conn, query, narrow).items
        found = (*found, *(one for one in more if one.ticket_id not in known))
    return list(found[:most])


def _ending(conn: Connection, day: str, count: str, inside: Scope, *, most: int) -> list[int]:
    """Ids of the tickets ``inside`` whose number ends in ``day`` (its end) and ``count``."""
    first, step = int(count), 10 ** len(count)
    if day.endswith("-") or len(count) < _AN_END:
        step = _NEVER
    rows = _SQL.rows(
        conn, "by_digits", day_ends=day.rstrip("- "), first=first or step, step=step, most=most,
        area_ids=area_ids(conn, inside), department_id=inside.department_id,
    )  # fmt: skip
    return [row.ticket_id for row in rows]


def _narrowed(conn: Connection, inside: Scope, area_id: int) -> Scope | None:
    """``inside``, but of one area only; None when that lies elsewhere."""
    if inside.area_id is None:
        return replace(inside, area_id=area_id)
    above = [one.area_id for one in lookup.way(conn, area_id)]
    if inside.area_id in above:
        return replace(inside, area_id=area_id)
    own = [one.area_id for one in lookup.way(conn, inside.area_id)]
    return inside if area_id in own else None


def _without(said: str, names: tuple[str, ...]) -> str:
    for name in names:
        if name:
            said = re.sub(re.escape(name), " ", said, flags=re.IGNORECASE)
    return said
