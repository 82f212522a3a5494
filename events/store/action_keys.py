"""Rows of events.action_keys: an action that is sent again gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class UsedKey:
    """What a key was used for: an action on a ticket, or on a project."""

    account_id: int
    ticket_id: int | None = None
    project_id: int | None = None
    request_sha256: bytes
    version: int


def get(conn: Connection, key: str) -> UsedKey | None:
    """What a key was used for; None when it is new."""
    row = _SQL.maybe(conn, "get", key=key)
    return None if row is None else UsedKey(**row._mapping)


def claim(conn: Connection, key: str, use: UsedKey, *, now: datetime) -> bool:
    """Note the use of a key; False when another action has it."""
    return bool(
        _SQL.run(
            conn,
            "claim",
            key=key,
            account_id=use.account_id,
            ticket_id=use.ticket_id,
            project_id=use.project_id,
            request_sha256=use.request_sha256,
            version=use.version,
            now=now,
        )
    )
