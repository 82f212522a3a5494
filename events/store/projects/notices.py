"""Notices about projects: rows of events.outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.ladder import Rung
    from events.model.projects.project import Project
    from events.model.words import Words

_SQL = Statements.beside(__file__)


def to_owner(conn: Connection, project: Project, kind: str, body: Words, *, now: datetime) -> None:
    """Tell the department that owns a project."""
    _SQL.run(
        conn, "to_owner", kind=kind, department_id=project.department_id,
        project_id=project.project_id, area_id=project.area_id, body_zh=body.zh, body_en=body.en,
        now=now,
    )  # fmt: skip


def to_supervisors(
    conn: Connection, project: Project, kind: str, body: Words, *, rung: Rung, now: datetime
) -> int:
    """Tell the supervisors of the project's area of that kind, else of the next one above that has
    any; how many."""
    return _SQL.run(
        conn, "to_supervisors", kind=kind, rung=rung.value, project_id=project.project_id,
        body_zh=body.zh, body_en=body.en, now=now,
    )  # fmt: skip


def to_account(
    conn: Connection, project: Project, key: str, kind: str, body: Words, *, now: datetime
) -> None:
    """Tell the person with an actor's key; nobody for those that are no accounts."""
    kind_of_actor, _, name = key.partition(":")
    if kind_of_actor == "account":
        _SQL.run(
            conn, "to_account", account_name=name, kind=kind, project_id=project.project_id,
            area_id=project.area_id, body_zh=body.zh, body_en=body.en, now=now,
        )  # fmt: skip
