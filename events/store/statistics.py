"""Figures: what is open now, what came and went today, and how well it was handled."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from events.model.urgency import CRITICAL, DESK_STATES, DONE_STATES
from events.store import departments, rules
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from events.model.access import Scope

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class DepartmentCount:
    """What is open at a department."""

    id: int
    zh: str
    en: str
    open: int
    overdue: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCounts:
    """The figures of the wall. ``needs_decision``: somebody at the desk has to act.

    ``only_wait``: done and not critical, they wait to be verified or closed and are not late with
    that; ``by_severity`` counts the others.
    """

    open: int
    overdue: int
    needs_decision: int
    only_wait: int
    created_today: int
    closed_today: int
    by_layer: dict[str, dict[str, int]]
    by_state: dict[str, int]
    by_severity: dict[int, int]
    by_department: tuple[DepartmentCount, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def open_counts(conn: Connection, scope: Scope, now: datetime) -> OpenCounts:
    """What is open in a scope, and what came and went since the city's midnight."""
    limits = {"area_id": scope.area_id, "department_id": scope.department_id}
    rows = _SQL.rows(conn, "open_counts", now=now, **limits)
    today = _SQL.one(conn, "since", since=midnight(conn, now), **limits)
    by_state: Counter[str] = Counter()
    by_severity: Counter[int] = Counter()
    open_at: Counter[int] = Counter()
    late_at: Counter[int] = Counter()
    by_layer: dict[str, dict[str, int]] = {}
    only_wait = 0
    for row in rows:
        by_state[row.state] += row.open
        waits = row.state in DONE_STATES and row.severity < CRITICAL
        by_severity[row.severity] += row.overdue if waits else row.open
        only_wait += row.open - row.overdue if waits else 0
        layer = by_layer.setdefault(row.layer or "other", {"open": 0, "overdue": 0})
        layer["open"] += row.open
        layer["overdue"] += row.overdue
        if row.department_id is not None:
            open_at[row.department_id] += row.open
            late_at[row.department_id] += row.overdue
    return OpenCounts(
        open=sum(by_state.values()),
        overdue=sum(row.overdue for row in rows),
        needs_decision=sum(by_state[state] for state in DESK_STATES),
        only_wait=only_wait,
        created_today=today.created,
        closed_today=today.closed,
        by_layer=by_layer,
        by_state=dict(by_state),
        by_severity=dict(by_severity),
        by_department=tuple(
            DepartmentCount(
                id=one.department_id,
                zh=one.name_zh,
                en=one.name_en,
                open=open_at[one.department_id],
                overdue=late_at[one.department_id],
            )
            for one in departments.all(conn)
            if open_at[one.department_id]
        ),
    )


def midnight(conn: Connection, now: datetime) -> datetime:
    """When the city's day began, in UTC."""
    calendar = rules.load(conn).calendar
    return calendar.instant(datetime.combine(calendar.local(now).date(), time())).astimezone(UTC)
