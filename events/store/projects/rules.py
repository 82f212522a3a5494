"""How long a project's stages may take, and when something counts as recurring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.calendar import Clock
from events.model.deadline import Limit
from events.model.projects.recurrence import Around, Level, RecurrenceRule
from events.model.projects.stage import Kind, Stage
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def limits(conn: Connection) -> dict[tuple[Kind, Stage], Limit]:
    """The limit of each stage that has one."""
    return {
        (Kind(row.kind), Stage(row.stage)): Limit(clock=Clock(row.clock), time_limit=row.time_limit)
        for row in _SQL.rows(conn, "limits")
    }


def put_limit(conn: Connection, kind: Kind, stage: Stage, limit: Limit, *, pack: str) -> None:
    """Set how long a stage may take."""
    _SQL.run(conn, "put_limit", kind=kind.value, stage=stage.value, clock=limit.clock.value,
             time_limit=limit.time_limit, pack=pack)  # fmt: skip


def recurrence(conn: Connection) -> tuple[RecurrenceRule, ...]:
    """All rules of recurrence."""
    return tuple(
        RecurrenceRule(**{**row._mapping, "level": Level(row.level), "around": Around(row.around)})
        for row in _SQL.rows(conn, "recurrence")
    )


def put_recurrence(conn: Connection, one: RecurrenceRule) -> None:
    """Make a rule of recurrence or bring it up to date."""
    _SQL.run(
        conn,
        "put_recurrence",
        level=one.level.value,
        code=one.code,
        times=one.times,
        within=one.within,
        around=one.around.value,
        observe=one.observe,
        share=one.reduce_to,
        pack=one.pack,
    )
