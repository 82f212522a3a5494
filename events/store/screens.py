"""Rows of events.screens: how each account has set up the wall."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def get(conn: Connection, account_id: int) -> dict[str, Any] | None:
    """What an account has set up; None when it never did."""
    row = _SQL.maybe(conn, "get", account_id=account_id)
    return None if row is None else dict(row.screen)


def put(conn: Connection, account_id: int, screen: Mapping[str, Any]) -> None:
    """Keep what an account has set up. ``screen`` must be JSON."""
    _SQL.run(conn, "put", account_id=account_id, screen=json.dumps(screen))
