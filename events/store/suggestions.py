"""Rows of events.suggestions: pairs of tickets that may be about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.ledger import canonical
from events.model.matching import Subject
from events.model.words import Words
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.category import Category
    from events.model.matching import Scored

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """``other_id``: the ticket that may be about the same thing, and why."""

    suggestion_id: int
    other_id: int
    score: float
    distance_m: float
    terms: Mapping[str, float]
    because: Words


def claim(conn: Connection, *, limit: int) -> list[int]:
    """The next tickets to be compared with those around them, taken from the queue."""
    return sorted({row.ticket_id for row in _SQL.rows(conn, "claim", limit=limit)})


def ask(conn: Connection, ticket_id: int) -> None:
    """Let a ticket be compared again."""
    _SQL.run(conn, "ask", ticket_id=ticket_id)


def side(
    conn: Connection, ticket_id: int, categories: Mapping[str, Category]
) -> tuple[Subject, int] | None:
    """What of an open ticket is compared, with its area; None when it is open no more."""
    row = _SQL.maybe(conn, "side", ticket_id=ticket_id)
    if row is None:
        return None
    values = {**row._mapping, "photos": tuple(row.photos)}
    category = categories[values.pop("category_code")]
    area_id: int = values.pop("area_id")
    return Subject(category=category, **values), area_id


def put(
    conn: Connection, one: int, other: int, scored: Scored, *, area_id: int, now: datetime
) -> bool:
    """Suggest a pair or say its score anew; whether it is new."""
    new = _SQL.value(
        conn,
        "put",
        older_id=min(one, other),
        newer_id=max(one, other),
        area_id=area_id,
        score=scored.score,
        distance_m=scored.distance_m,
        terms=canonical({name: round(value, 3) for name, value in scored.terms.items()}),
        because=canonical(scored.because.as_dict()),
        now=now,
    )
    return bool(new)


def of_ticket(conn: Connection, ticket_id: int, *, limit: int = 5) -> tuple[Suggestion, ...]:
    """The open tickets that may be about the same thing, the likeliest first."""
    rows = _SQL.rows(conn, "of_ticket", ticket_id=ticket_id, limit=limit)
    return tuple(Suggestion(**{**row._mapping, "because": Words(**row.because)}) for row in rows)


def refuse(conn: Connection, one: int, other: int, *, why: str, now: datetime) -> int | None:
    """Say that two tickets are not the same: the suggestion's id; None where none waits."""
    found: int | None = _SQL.value(conn, "refuse", one=one, other=other, why=why, now=now)
    return found
