"""How devices are, page by page."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.health import Health

_SQL = Statements.beside(__file__)


def page(
    conn: Connection, *, after: int = 0, most: int = 100, layer: str | None = None
) -> list[Health]:
    """The health of up to ``most`` devices with numbers above ``after``, in their order."""
    return _healths(conn, after=after, most=most, layer=layer, device_nos=None)


def of_devices(conn: Connection, device_nos: Iterable[int]) -> list[Health]:
    """The health of these devices, in the order of their numbers."""
    wanted = list(device_nos)
    return _healths(conn, after=-1, most=len(wanted), layer=None, device_nos=wanted)


def _healths(conn: Connection, **which: object) -> list[Health]:
    return [
        Health(**{**row._mapping, "flags": row.flags or ""})
        for row in _SQL.rows(conn, "page", **which)
    ]
