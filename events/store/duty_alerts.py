"""What is wrong with the duties in force: broken rules, and matters for which nobody answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.words import Words
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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
    """Raise what a decision met: rules that it had to pass over, or nobody at all."""
    for one in routed.passed:
        if one.broken is not None:
            _put(conn, routed.version, one.position, one.broken.kind.value, one.broken.name,
                 one.why, now=now, ticket=ticket.number)  # fmt: skip
    if routed.department_id is None:
        _put(conn, routed.version, 0, _NOBODY, ticket.category_code, routed.because, now=now,
             ticket=ticket.number)  # fmt: skip


def renew(conn: Connection, version: int, broken: Sequence[Finding], *, now: datetime) -> None:
    """Raise what is broken now in the version in force; end what is not so any more."""
    standing = []
    for one in broken:
        position, name = one.rules[0], one.names[0]
        _put(conn, version, position, one.kind.value, name, one.words, now=now)
        standing.append({"version": version, "position": position, "kind": one.kind.value,
                         "subject": name})  # fmt: skip
    _SQL.run(conn, "end_mended", standing=json.dumps(standing), now=now)
    _SQL.run(conn, "end_answered", now=now)


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


def _put(
    conn: Connection, version: int, position: int, kind: str, subject: str, because: Words, *,
    now: datetime, ticket: str | None = None,
) -> None:  # fmt: skip
    _SQL.run(
        conn, "put", version=version, position=position, kind=kind, subject=subject,
        because_zh=because.zh, because_en=because.en, tickets=0 if ticket is None else 1,
        last_ticket=ticket, now=now,
    )  # fmt: skip
