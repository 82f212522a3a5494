"""Spans of committed readings that the rules have still to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.store.binary import Bigints

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class DirtySpan:
    """Readings of one device and metric changed from ``first`` to ``last``."""

    device_no: int
    metric_no: int
    first: datetime
    last: datetime


def take_turn(conn: Connection, judge: str) -> bool:
    """Take spans alone until this transaction ends; whether this judge was the last who did.

    If so, and only then, readings have changed since only where there are spans of them.
    """
    if _SQL.value(conn, "lock_turn") == judge:
        return True
    _SQL.run(conn, "note_turn", judge=judge)
    return False


def claim(conn: Connection, most: int) -> list[int]:
    """Up to ``most`` spans for `take`, and their devices for this transaction alone."""
    return [row.dirty_id for row in _SQL.rows(conn, "claim", most=most)]


def claim_device(conn: Connection, device_no: int) -> bool:
    """Claim one device for this transaction; False when another judge has it."""
    return bool(_SQL.value(conn, "claim_device", device_no=device_no))


def take(conn: Connection, dirty_ids: Sequence[int]) -> list[DirtySpan]:
    """Claimed spans, one per device and metric; deleted when this commits."""
    rows = _SQL.rows(conn, "take", dirty_ids=Bigints(dirty_ids))
    return [DirtySpan(**row._mapping) for row in rows]


def waiting(conn: Connection) -> int:
    """How many spans wait."""
    return int(_SQL.value(conn, "waiting"))
