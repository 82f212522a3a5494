"""Categories as versions of packs: rows of events.categories and events.category_versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.category import Category
from events.model.ledger import canonical
from events.model.taxonomy import Known
from events.store import departments
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def known(conn: Connection) -> tuple[Known, ...]:
    """All categories of the city, retired ones included, in the order of their coming."""
    found = []
    for row in _SQL.rows(conn, "known"):
        values = dict(row._mapping)
        given, live = values.pop("given"), values.pop("live")
        found.append(Known(category=Category.from_row(values), given=given, live=live))
    return tuple(found)


def hold(conn: Connection) -> None:
    """Until the end of the transaction nobody else imports categories."""
    _SQL.value(conn, "hold")


def put(conn: Connection, category: Category, given: Mapping[str, Any] | None) -> None:
    """Make a category or bring it up to date, with what its pack says."""
    departments.put_category(conn, category)
    _SQL.run(conn, "note", code=category.code, retired_at=category.retired_at,
             given=None if given is None else canonical(given))  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A category as it was from ``valid_from`` on, and how many tickets were filed under that."""

    category: Category
    valid_from: datetime
    changed_by: str
    tickets: int


def versions(conn: Connection, code: str) -> tuple[Version, ...]:
    """All versions of a category, the newest first; none for an unknown code."""
    found = []
    for row in _SQL.rows(conn, "versions", code=code):
        values = dict(row._mapping)
        own = {name: values.pop(name) for name in ("valid_from", "changed_by", "tickets")}
        found.append(Version(category=Category.from_row(values), **own))
    return tuple(found)
