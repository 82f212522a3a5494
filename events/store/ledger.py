"""The trail: append-only rows of events.ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from events.model.ledger import FORMAT, LedgerEntry, canonical
from grid.store.named_sql import Statements
from grid.store.postgis import as_rows, gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)


def append(
    conn: Connection,
    *,
    at: datetime,
    verb: str,
    object_kind: str,
    object_key: str,
    payload: Mapping[str, Any],
    ticket_id: int | None = None,
    area_id: int | None = None,
) -> None:
    """Add one entry; its actor is that of the transaction."""
    row = (at, verb, object_kind, object_key, ticket_id, area_id, canonical(payload))
    gather(conn, _append, row)


def _append(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    _SQL.run(conn, "append", format=FORMAT, rows=as_rows(rows))


def append_many(
    conn: Connection,
    *,
    at: datetime,
    verb: str,
    object_kind: str,
    object_keys: Sequence[str],
    area_ids: Sequence[int | None],
    payloads: Sequence[Mapping[str, Any]],
) -> None:
    """Add one entry for each of ``object_keys``; the sequences run in parallel."""
    _SQL.run(
        conn,
        "append_many",
        at=at,
        verb=verb,
        object_kind=object_kind,
        rows=as_rows(zip(object_keys, area_ids, map(canonical, payloads), strict=True)),
        format=FORMAT,
    )


def of_ticket(conn: Connection, ticket_id: int) -> tuple[LedgerEntry, ...]:
    """Everything that was done to a ticket, in order."""
    return tuple(_entry(row) for row in _SQL.rows(conn, "of_ticket", ticket_id=ticket_id))


def of_object(conn: Connection, kind: str, key: str) -> tuple[LedgerEntry, ...]:
    """Everything that was done to one object (a project by its number), in order."""
    rows = _SQL.rows(conn, "of_object", object_kind=kind, object_key=key)
    return tuple(_entry(row) for row in rows)


def after(conn: Connection, entry_id: int, *, limit: int = 1000) -> tuple[LedgerEntry, ...]:
    """A page of the whole trail: entries with a higher id than ``entry_id``."""
    return tuple(_entry(row) for row in _SQL.rows(conn, "after", entry_id=entry_id, limit=limit))


def _entry(row: Row[Any]) -> LedgerEntry:
    values = dict(row._mapping)
    values["payload"] = json.loads(values["payload"])
    return LedgerEntry(**values)
