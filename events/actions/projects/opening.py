"""What happens beside the opening of a project: the tickets of its place become its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.actions.projects.move import move_project
from events.model.actor import DISPATCH
from events.model.projects.stage import Verb
from events.model.words import Words
from events.store.projects import parts, relate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.actions.projects.move import ProjectCity
    from events.model.projects.project import Project

_OF_THE_PLACE = Words(zh="同一设施的案卷", en="About the same facility")


def adopt_tickets(
    conn: Connection, project: Project, *, since: datetime, now: datetime, city: ProjectCity
) -> Project:
    """Link the tickets about the project's facility since then; the project as it is then."""
    found = relate.tickets_at(conn, project, since=since)
    return put_tickets(conn, project, found, {"by": "place"}, _OF_THE_PLACE, now=now, city=city)


def put_tickets(
    conn: Connection, project: Project, ticket_ids: Sequence[int], how: Mapping[str, Any],
    why: Words, *, now: datetime, city: ProjectCity,
) -> Project:  # fmt: skip
    """Link tickets that are not linked yet; the project as it is then."""
    linked = parts.link(conn, project.project_id, ticket_ids, how, now=now) if ticket_ids else ()
    if not linked:
        return project
    told = {"tickets": [{"number": one, "linked": True} for one in linked]}
    return move_project(conn, project, Verb.LINK, by=DISPATCH, now=now, city=city, why=why,
                        told=told)  # fmt: skip
