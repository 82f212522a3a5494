"""What is wrong with the duties in force: broken rules, and matters for which nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.words import Words
from grid.store.named_sql import Statements
from grid.store.postgis import as_rows, gather

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from events.model.duty_finding import Finding
    from events.model.routing import Routed
    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)
_NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """A row of events.duty_alerts that stands. ``position`` 0: nobody answers for ``subject``."""

    version: int
    position: int
    kind: str
    subject: str
    because: Words
    tickets: int
    last_ticket: str | None
    first_at: datetime
    last_at: datetime


def note(conn: Connection, routed: Routed, ticket: Ticket, *, now: datetime) -> None:
    """Raise what a decision met: rules that it had to pass over, or nobody at all.

    Call it when the crew is chosen: whoever holds the alerts waits for nothing else, and so nobody
    who has them waits for a department whose holder waits for them.
    """
    for one in routed.passed:
        if one.broken is not None:
            alert = routed.version, one.position, one.broken.kind.value, one.broken.name
            _met(conn, alert, one.why, ticket, now=now)
    if routed.department_id is None:
        alert = routed.version, 0, _NOBODY, ticket.category_code
        _met(conn, alert, routed.because, ticket, now=now)


def renew(conn: Connection, version: int, broken: Sequence[Finding], *, now: datetime) -> None:
    """Raise what is broken now in the version in force; end what is not so any more."""
    _SQL.value(conn, "hold")
    found = [((version, one.rules[0], one.kind.value, one.names[0]), one.words) for one in broken]
    _put(conn, ((*alert, why.zh, why.en, 0, None, now) for alert, why in found))
    _SQL.run(conn, "end_mended", standing=as_rows(alert for alert, _ in found), now=now)
    _SQL.run(conn, "end_answered", version=version, now=now)


def standing(conn: Connection) -> tuple[Alert, ...]:
    """What is wrong now."""
    found = []
    for row in _SQL.rows(conn, "standing"):
        values = dict(row._mapping)
        because = Words(zh=values.pop("because_zh"), en=values.pop("because_en"))
        found.append(Alert(because=because, **values))
    return tuple(found)


def count(conn: Connection) -> int:
    """How many things are wrong now."""
    found: int = _SQL.value(conn, "count")
    return found


# Version, position, kind and subject: at most one such alert stands.
_Key = tuple[int, int, str, str]


def _met(conn: Connection, alert: _Key, why: Words, ticket: Ticket, *, now: datetime) -> None:
    row = (*alert, why.zh, why.en, 1, ticket.number, now)
    gather(conn, _raise, row, last=True)


def _raise(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    """What decisions met, one row of each alert: with the first reason and the last ticket."""
    merged: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for *alert, zh, en, tickets, ticket, now in rows:
        key = tuple(alert)
        first_zh, first_en, before = merged[key][:3] if key in merged else (zh, en, 0)
        merged[key] = first_zh, first_en, before + tickets, ticket, now
    _SQL.value(conn, "hold")
    _put(conn, ((*key, *told) for key, told in merged.items()))


def _put(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """The caller holds the alerts."""
    _SQL.run(conn, "put", rows=as_rows(rows))
