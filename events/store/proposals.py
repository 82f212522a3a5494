"""Rows of events.proposals: moves that wait for a second person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from events.model.actor import Role
from events.model.ledger import canonical, plain
from events.model.proposal import Outcome, Proposal
from events.model.verb import Verb
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from events.model.actor import Actor
    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)


def add(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    *,
    by: Actor,
    reason: str,
    given: Mapping[str, Any],
    deciders: Iterable[Role],
    now: datetime,
) -> int | None:
    """Keep a proposal; its id, or None when the same waits already."""
    found: int | None = _SQL.value(
        conn,
        "add",
        ticket_id=ticket.ticket_id,
        area_id=ticket.area_id,
        verb=verb.value,
        reason=reason,
        given=canonical(given),
        asked_at=now,
        deciders=sorted(deciders),
        people=[by.key],
    )
    return found


def of_ticket(conn: Connection, ticket_id: int) -> tuple[Proposal, ...]:
    """All proposals about a ticket, in order."""
    return tuple(_proposal(row) for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id))


def approve(
    conn: Connection,
    proposal: Proposal,
    approvals: Sequence[Mapping[str, Any]],
    *,
    deciders: Iterable[Role],
) -> None:
    """Keep one more approval, after which ``deciders`` decide."""
    _SQL.run(
        conn,
        "approve",
        proposal_id=proposal.proposal_id,
        approvals=json.dumps(plain(approvals)),
        deciders=sorted(deciders),
        people=[proposal.asked_by, *(str(one["by"]) for one in approvals)],
    )


def decide(
    conn: Connection,
    proposal: Proposal,
    outcome: Outcome,
    *,
    by: Actor,
    why: str,
    now: datetime,
    approvals: Sequence[Mapping[str, Any]],
) -> None:
    """Keep the end of a proposal."""
    _SQL.run(
        conn,
        "decide",
        proposal_id=proposal.proposal_id,
        outcome=outcome.value,
        decided_by=by.key,
        decided_at=now,
        decided_why=why,
        approvals=json.dumps(plain(approvals)),
    )


def lapse(
    conn: Connection, ticket_id: int, *, possible: Iterable[Verb], now: datetime
) -> list[tuple[int, Verb]]:
    """End the pending proposals that are none of ``possible``: (id, verb) of each."""
    rows = _SQL.rows(conn, "lapse", ticket_id=ticket_id, now=now,
                     possible=[one.value for one in possible])  # fmt: skip
    return [(row.proposal_id, Verb(row.verb)) for row in rows]


def for_actor(
    conn: Connection, actor: Actor, ticket_ids: Sequence[int]
) -> dict[int, tuple[Verb, ...]]:
    """Of some tickets: which proposed moves wait for a decision that ``actor`` may take."""
    found: dict[int, tuple[Verb, ...]] = {}
    for row in _SQL.rows(conn, "pending_of", ticket_ids=list(ticket_ids)):
        if actor.role in row.deciders and actor.key not in row.people:
            found[row.ticket_id] = (*found.get(row.ticket_id, ()), Verb(row.verb))
    return found


def partners(conn: Connection, number: str) -> list[str]:
    """The numbers of other tickets that pending proposals about a ticket would touch."""
    return [row.number for row in _SQL.rows(conn, "partners", number=number)]


def _proposal(row: Row[Any]) -> Proposal:
    values = dict(row._mapping)
    values["verb"] = Verb(values["verb"])
    values["outcome"] = Outcome(values["outcome"])
    values["approvals"] = tuple(values["approvals"])
    values["deciders"] = tuple(Role(one) for one in values["deciders"])
    return Proposal(**values)
