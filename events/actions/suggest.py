"""Tickets that may be about one thing: found by the dispatcher, decided by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model import access
from events.model.matching import compare
from events.model.problems import Incomplete, NotAllowed, NotFound
from events.model.refusal import Reason, Refusal
from events.model.verb import State, Verb
from events.model.workflow import MOVES
from events.store import ledger, rules, suggestions, tickets
from grid.store.postgis import notify, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.store.rules import CityRules

# A ticket is suggested to be the same as so many others at most.
_MOST = 5
_LONGEST_WHY = 2_000


def suggest(engine: Engine, *, by: Actor, now: datetime, limit: int = 10) -> int:
    """Compare up to ``limit`` waiting tickets with the open ones around them; how many it did.

    Each is compared with the nearest tickets of its family only, however many there are.
    """
    with transaction(engine, by.key) as conn:
        waiting = suggestions.claim(conn, limit=limit)
        city = rules.load(conn) if waiting else None
        for ticket_id in waiting:
            if city is not None:
                _compare(conn, ticket_id, now=now, city=city)
    return len(waiting)


def _compare(conn: Connection, ticket_id: int, *, now: datetime, city: CityRules) -> None:
    found = suggestions.side(conn, ticket_id, city.categories)
    if found is None:
        return
    subject, area_id = found
    weights = city.weights_of(subject.category.family)
    around = tickets.nearby(conn, subject, wider=weights.wider)
    pairs = [(compare(subject, one, weights), one.ticket_id) for one in around
             if one.ticket_id != ticket_id]  # fmt: skip
    likely = sorted((pair for pair in pairs if pair[0].score >= weights.suggest_at),
                    key=lambda pair: (-pair[0].score, pair[1]))  # fmt: skip
    new = [
        other
        for scored, other in likely[:_MOST]
        if suggestions.put(conn, ticket_id, other, scored, area_id=area_id, now=now)
    ]
    if new:
        notify(conn, "cc_live", "ticket", [ticket_id, *new])


def not_the_same(
    engine: Engine, number: str, other: str, *, by: Actor, why: str, now: datetime
) -> None:
    """Remember that two tickets are not about one thing: they are never suggested again.

    For those who may merge. Raises NotFound (also for what the actor may not see), NotAllowed,
    and Incomplete where they are not suggested to be the same.
    """
    with transaction(engine, by.key) as conn:
        found = {one.number: one for one in tickets.by_numbers(conn, [number, other])}
        one, its = found.get(number), found.get(other)
        if one is None or its is None or not all(access.in_scope(by, t) for t in (one, its)):
            raise NotFound(Refusal(reason=Reason.NO_SUCH_TICKET))
        if by.role not in MOVES[State.FILED, Verb.MERGE].roles:
            raise NotAllowed(Refusal(reason=Reason.ROLE))
        reason = why.strip()[:_LONGEST_WHY]
        if suggestions.refuse(conn, one.ticket_id, its.ticket_id, why=reason, now=now) is None:
            raise Incomplete(Refusal(reason=Reason.NOT_SUGGESTED, field="other"))
        for ticket, its_other in ((one, its), (its, one)):
            ledger.append(
                conn,
                at=now,
                verb="suggestion.refuse",
                object_kind="ticket",
                object_key=ticket.number,
                ticket_id=ticket.ticket_id,
                area_id=ticket.area_id,
                payload={"other": its_other.number, "why": reason},
            )
        notify(conn, "cc_live", "ticket", [one.ticket_id, its.ticket_id])
