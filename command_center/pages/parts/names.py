"""The names of everybody who may stand in a ticket's history."""

from __future__ import annotations

from sqlalchemy import Connection

from command_center.problem import Language
from command_center.views import story
from events.store import accounts, departments, rules


def read_names(conn: Connection, language: Language) -> story.Names:
    """Names by id, and of accounts by key (three small queries)."""
    return story.Names(
        departments={one.department_id: story.titled(one, "name", language)
                     for one in departments.all(conn)},
        crews={one.crew_id: story.titled(one, "name", language) for one in rules.crews(conn)},
        accounts={one.actor.key: story.titled(one.actor, "name", language)
                  for one in accounts.all(conn)},
    )  # fmt: skip
