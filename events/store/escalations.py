"""Rows of events.ladder and events.escalations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from events.model.ladder import Escalation, Level, Rung
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from events.model.deadline import StageClock

_SQL = Statements.beside(__file__)


def ladder(conn: Connection) -> tuple[Level, ...]:
    """The city's levels, the first one first; none where the city has no ladder."""
    return tuple(
        Level(**{**row._mapping, "recipient": Rung(row.recipient)})
        for row in _SQL.rows(conn, "ladder")
    )


def put_level(conn: Connection, one: Level) -> None:
    """Make a level or bring it up to date."""
    _SQL.run(
        conn,
        "put_level",
        level=one.level,
        overdue_share=one.overdue_share,
        recipient=one.recipient.value,
        read_within=one.read_within,
        pack=one.pack,
    )


def plan(conn: Connection, run: StageClock, levels: Iterable[tuple[Level, datetime]]) -> None:
    """Keep when each level of a run is to be told; what is planned already stays."""
    for one, at in levels:
        _SQL.run(conn, "plan", clock_id=run.clock_id, level=one.level, ticket_id=run.ticket_id,
                 recipient=one.recipient.value, read_within=one.read_within, at=at)  # fmt: skip


def claim(conn: Connection, *, now: datetime) -> Escalation | None:
    """The next step to be told, locked; what others hold is passed over."""
    row = _SQL.maybe(conn, "claim", now=now)
    return None if row is None else _escalation(row)


def runs(conn: Connection, clock_id: int) -> bool:
    """Whether the run of a clock goes on."""
    return bool(_SQL.value(conn, "runs", clock_id=clock_id))


def told(
    conn: Connection, one: Escalation, notices: Sequence[int], *, now: datetime, unread_at: datetime
) -> None:
    """A step was told by these notices."""
    _SQL.run(conn, "told", clock_id=one.clock_id, level=one.level, notices=list(notices), now=now,
             unread_at=unread_at)  # fmt: skip


def end(conn: Connection, one: Escalation, *, now: datetime) -> None:
    """The run is over: its steps that were not told are not told any more."""
    _SQL.run(conn, "end", clock_id=one.clock_id, now=now)


def press_on(conn: Connection, *, now: datetime, limit: int) -> int:
    """What nobody has read in time: the next level is due now. How many steps were looked at."""
    return len(_SQL.rows(conn, "press_on", now=now, limit=limit))


def put_to_supervisors(
    conn: Connection, *, recipient: Rung, ticket_id: int, zh: str, en: str, now: datetime
) -> list[int]:
    """Notices to the supervisors of the ticket's area of that kind, else of the next one above."""
    rows = _SQL.rows(conn, "put_to_supervisors", kind=recipient.value, ticket_id=ticket_id,
                     body_zh=zh, body_en=en, now=now)  # fmt: skip
    return [row.notice_id for row in rows]


def mark_read(conn: Connection, ticket_id: int, account_id: int, *, now: datetime) -> int:
    """A person has seen what was escalated to them about a ticket; how many were new."""
    return _SQL.run(conn, "mark_read", ticket_id=ticket_id, account_id=account_id, now=now)


def of_tickets(conn: Connection, ticket_ids: Sequence[int]) -> tuple[Escalation, ...]:
    """The steps of tickets that were told, in order, with who was told and who has read."""
    rows = _SQL.rows(conn, "of_tickets", ticket_ids=list(ticket_ids))
    return tuple(_escalation(row) for row in rows)


def _escalation(row: Row[Any]) -> Escalation:
    values = dict(row._mapping)
    values["recipient"] = Rung(values["recipient"])
    values["notices"] = tuple(values["notices"])
    if "told" in values:
        values["told"] = tuple(values["told"])
        values["read_by"] = tuple(
            (str(who), datetime.fromisoformat(at)) for who, at in values["read_by"]
        )
    return Escalation(**values)
