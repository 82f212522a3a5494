"""Spans of committed readings that the rules have still to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class DirtySpan:
    """Readings of one device and metric changed from ``first`` to ``last``."""

    device_no: int
    metric_no: int
    first: datetime
    last: datetime


def claim(conn: Connection, most: int) -> list[int]:
    """Up to ``most`` devices with dirty spans, for this transaction alone."""
    waiting = [row.device_no for row in _SQL.rows(conn, "devices", most=most)]
    return [no for no in waiting if claim_device(conn, no)]


def claim_device(conn: Connection, device_no: int) -> bool:
    """Claim one device for this transaction; False when another judge has it."""
    return bool(_SQL.value(conn, "claim", device_no=device_no))


def take(conn: Connection, device_nos: Sequence[int]) -> list[DirtySpan]:
    """The dirty spans of claimed devices, one per metric; deleted when this commits.

    What is committed after this statement has spans of its own.
    """
    rows = _SQL.rows(conn, "take", device_nos=list(device_nos))
    return [DirtySpan(**row._mapping) for row in rows]


def waiting(conn: Connection) -> int:
    """How many spans wait."""
    return int(_SQL.value(conn, "waiting"))
