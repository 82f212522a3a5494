"""Which tickets belong to which project, and which come again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.projects.project import Project
    from events.model.projects.recurrence import RecurrenceRule

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What of a ticket decides where it belongs."""

    ticket_id: int
    number: str
    state: str
    category_code: str
    family: str
    lon: float
    lat: float
    cell_id: int | None
    area_id: int
    component_id: int | None
    area_name_zh: str
    area_name_en: str
    category_name_zh: str
    category_name_en: str
    component_name_zh: str | None
    component_name_en: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where tickets count as the same: in these cells, or at this facility."""

    cell_ids: tuple[int, ...] = ()
    component_id: int | None = None


def claim(conn: Connection, *, limit: int) -> list[int]:
    """Take the next tickets that wait to be looked at; those in other hands are passed over."""
    return [row.ticket_id for row in _SQL.rows(conn, "claim", limit=limit)]


def ask_later(conn: Connection, ticket_id: int, *, seconds: float) -> None:
    """Look at a ticket again that nobody has decided about yet."""
    _SQL.run(conn, "ask_later", ticket_id=ticket_id, seconds=seconds)


def subject(conn: Connection, ticket_id: int) -> Subject | None:
    """What is to be known of a ticket; None where there is no such."""
    row = _SQL.maybe(conn, "subject", ticket_id=ticket_id)
    return None if row is None else Subject(**row._mapping)


def rectification_of(conn: Connection, one: Subject) -> int | None:
    """The live rectification that a ticket belongs to: at its facility, or next to it."""
    found: int | None = _SQL.value(conn, "rectification_of", ticket_id=one.ticket_id)
    return found


def tickets_at(conn: Connection, project: Project, *, since: datetime) -> list[int]:
    """The tickets about a project's facility since then that are not its yet."""
    rows = _SQL.rows(conn, "tickets_at", project_id=project.project_id, since=since)
    return [row.ticket_id for row in rows]


def place_of(conn: Connection, one: Subject, rule: RecurrenceRule) -> Place | None:
    """Where a rule looks for more of the same; None where the ticket has no such place."""
    if rule.around == "asset":
        return None if one.component_id is None else Place(component_id=one.component_id)
    if one.cell_id is None:
        return None
    if rule.around == "cell":
        return Place(cell_ids=(one.cell_id,))
    rows = _SQL.rows(conn, "neighbours", cell_id=one.cell_id)
    return Place(cell_ids=tuple(row.cell_id for row in rows) or (one.cell_id,))


def take_turn(conn: Connection, family: str) -> None:
    """Until the end of the transaction nobody else opens a root cause of this family."""
    _SQL.value(conn, "take_turn", family=family)


def root_cause_at(conn: Connection, family: str, place: Place) -> int | None:
    """The live root cause of a family at a place, or None."""
    found: int | None = _SQL.value(
        conn, "root_cause_at", family=family, cell_ids=list(place.cell_ids),
        component_id=place.component_id,
    )  # fmt: skip
    return found


def same(
    conn: Connection, family: str, rule: RecurrenceRule | None, place: Place, *, since: datetime
) -> list[tuple[int, int | None]]:
    """(ticket_id, department_id) of what counts as the same since then, the oldest first.

    Before a root cause is opened, and when it is judged. Not counted: what nobody filed, what was
    declined or merged, and what a live rectification has in hand; and
    nothing from before the last root cause of the same was solved.
    """
    rows = _SQL.rows(
        conn, "same", family=family,
        category_code=rule.code if rule is not None and rule.level == "category" else None,
        cell_ids=list(place.cell_ids), component_id=place.component_id, since=since,
    )  # fmt: skip
    return [(row.ticket_id, row.department_id) for row in rows]


def place_of_project(conn: Connection, project: Project, *, neighbours: bool) -> Place:
    """Where a root cause looks for more of the same."""
    if project.component_id is not None or project.cell_id is None:
        return Place(component_id=project.component_id)
    if not neighbours:
        return Place(cell_ids=(project.cell_id,))
    rows = _SQL.rows(conn, "neighbours", cell_id=project.cell_id)
    return Place(cell_ids=tuple(row.cell_id for row in rows) or (project.cell_id,))


def relapsed(conn: Connection, *, limit: int) -> list[tuple[int, str]]:
    """(project_id, number of the ticket) of watched rectifications about which one was filed."""
    rows = _SQL.rows(conn, "relapsed", limit=limit)
    return [(row.project_id, row.number) for row in rows]
