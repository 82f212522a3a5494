"""What lies with crews: the tickets that people (or the demo's simulated ones) work on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from events.model.day_route import Stop, day_route
from events.model.distance import metres
from events.model.forecast import Forecast, done_at
from events.model.workflow import State
from events.store import rules, tickets
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from events.model.day_route import Leg
    from events.model.ticket import Ticket

_SQL = Statements.beside(__file__)

# What a crew has to go to.
_ON_THE_WAY = frozenset({State.DISPATCHED, State.ACCEPTED})


def with_simulated_crews(conn: Connection, *, limit: int) -> tuple[Ticket, ...]:
    """Tickets that simulated crews have in hand or have just finished, longest untouched first."""
    rows = _SQL.rows(conn, "with_simulated_crews", limit=limit)
    return tickets.by_ids(conn, [row.ticket_id for row in rows])


class Movable(NamedTuple):
    """A ticket that a plan may place; ``crew_id``: who has it now, without having accepted it.

    (A tuple in the order of the statement's columns: there may be ten thousand of them.)
    """

    ticket_id: int
    version: int
    category_code: str
    severity: int
    lon: float
    lat: float
    due_at: datetime | None
    crew_id: int | None


def departments_at_work(conn: Connection) -> list[int]:
    """The departments that have tickets which a plan may place."""
    return [row.department_id for row in _SQL.rows(conn, "departments_at_work")]


def movable(conn: Connection, department_id: int) -> tuple[Movable, ...]:
    """What a plan may place, in the order of the ids."""
    rows = _SQL.rows(conn, "movable", department_id=department_id)
    return tuple(Movable._make(row) for row in rows)


def lock(conn: Connection, ticket_ids: Sequence[int]) -> dict[int, Ticket]:
    """Dispatched tickets by id, held until the end of the transaction; the others are left out."""
    rows = _SQL.rows(conn, "lock", ticket_ids=list(ticket_ids))
    found = tickets.by_ids(conn, [row.ticket_id for row in rows])
    return {one.ticket_id: one for one in found}


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """A crew and where its day begins."""

    crew_id: int
    code: str
    name_zh: str
    name_en: str
    lon: float
    lat: float


def bases(
    conn: Connection, *, crew_id: int | None = None, code: str | None = None
) -> tuple[Base, ...]:
    """The crews that are not disabled, by code; with ``crew_id`` or ``code``, that one."""
    rows = _SQL.rows(conn, "bases", crew_id=crew_id, code=code)
    return tuple(Base(**row._mapping) for row in rows)


def days(conn: Connection, crews: Sequence[Base], now: datetime) -> dict[int, tuple[Leg, ...]]:
    """The order of work of each crew from now on, to the minute, by the crew's id."""
    stops: dict[int, list[Stop]] = {one.crew_id: [] for one in crews}
    for row in _SQL.rows(conn, "stops", crew_ids=list(stops)):
        values = dict(row._mapping)
        stops[values.pop("crew_id")].append(Stop(**values))
    minute = now.replace(second=0, microsecond=0)
    return {one.crew_id: day_route(one.lon, one.lat, tuple(stops[one.crew_id]), minute)
            for one in crews}  # fmt: skip


def forecast(conn: Connection, ticket: Ticket, zone: ZoneInfo, now: datetime) -> Forecast | None:
    """When the crew that has it will have done it; None while no crew goes to it, or nobody knows.

    What the crew has accepted comes first, then what is due first.
    """
    if ticket.crew_id is None or ticket.state not in _ON_THE_WAY:
        return None
    crew = _SQL.maybe(conn, "at_work", crew_id=ticket.crew_id)
    if crew is None:
        return None
    before = _SQL.value(
        conn, "before", crew_id=ticket.crew_id, ticket_id=ticket.ticket_id,
        dispatched=ticket.state is State.DISPATCHED, due_at=ticket.due_at,
        severity=ticket.severity,
    )  # fmt: skip
    way_m = metres(crew.lon, crew.lat, ticket.lon, ticket.lat)
    shifts = rules.read_shifts(crew.shifts)
    done = done_at(now, way_m=way_m, before=before, shifts=shifts, zone=zone)
    return None if done is None else Forecast(done_at=done, due_at=ticket.due_at, before=before)


def handed_back_before(conn: Connection, at: datetime, *, limit: int) -> tuple[Ticket, ...]:
    """Tickets that were handed back before ``at`` and that nobody has dispatched since."""
    rows = _SQL.rows(conn, "handed_back_before", at=at, limit=limit)
    return tickets.by_ids(conn, [row.ticket_id for row in rows])
