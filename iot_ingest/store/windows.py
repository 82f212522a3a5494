"""Windows of groups of devices: which must be looked at, and what was measured in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from grid.store.named_sql import Statements
from layers.contract import Series

_SQL = Statements.beside(__file__)

# A device number and the end of a window.
Window = tuple[int, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Readings of a device changed within ``[first, last]``; a rule compares its windows of
    ``width`` with those of the devices of ``group_key``."""

    rule: str
    device_no: int
    group_key: str
    width: timedelta
    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What a device measured in the window that ended ``at``; ``value``: how far it stood out."""

    device_no: int
    at: datetime
    mean: float
    readings: int
    value: float | None


def districts(conn: Connection, device_nos: Sequence[int]) -> dict[int, int]:
    """The area id of each of these devices' district, by device number."""
    rows = _SQL.rows(conn, "districts", nos=list(device_nos))
    return {row.device_no: row.district for row in rows}


def mark(conn: Connection, marks: Sequence[Mark]) -> None:
    """Note windows that have to be looked at, once they are over."""
    if marks:
        _SQL.run(
            conn,
            "mark",
            rules=[one.rule for one in marks],
            device_nos=[one.device_no for one in marks],
            keys=[one.group_key for one in marks],
            widths=[one.width for one in marks],
            firsts=[one.first for one in marks],
            lasts=[one.last for one in marks],
        )


def due(conn: Connection, until: datetime, most: int) -> list[tuple[str, str]]:
    """Up to ``most`` (rule, group key) with windows that ended at or before ``until``."""
    rows = _SQL.rows(conn, "due", until=until, most=most)
    return [(row.rule, row.group_key) for row in rows]


def claim(conn: Connection, rule: str, group_key: str) -> bool:
    """Claim a group for this transaction; False when another judge has it."""
    return bool(_SQL.value(conn, "claim", rule=rule, group_key=group_key))


def take(conn: Connection, rule: str, group_key: str, until: datetime, most: int) -> list[Window]:
    """The dirty windows of the ``most`` oldest ends of a claimed group; deleted on commit."""
    rows = _SQL.rows(conn, "take", rule=rule, group_key=group_key, until=until, most=most)
    return sorted((row.device_no, row.at) for row in rows)


def measure(
    conn: Connection, rule: str, metric_no: int, width: timedelta, windows: Sequence[Window]
) -> None:
    """Take the means of these windows, and only these, from the readings."""
    _SQL.run(
        conn,
        "measure",
        rule=rule,
        metric_no=metric_no,
        width=width,
        device_nos=[no for no, _ in windows],
        ats=[at for _, at in windows],
    )


def measured(
    conn: Connection, rule: str, device_nos: Sequence[int], ats: Sequence[datetime]
) -> list[Measured]:
    """What these devices measured in the windows that ended at these times, by end."""
    rows = _SQL.rows(conn, "measured", rule=rule, device_nos=list(device_nos), ats=list(ats))
    return [Measured(**row._mapping) for row in rows]


def put_values(conn: Connection, rule: str, values: Mapping[Window, float | None]) -> None:
    """Keep how far devices stood out (None: nothing can be said)."""
    if values:
        _SQL.run(
            conn,
            "put_values",
            rule=rule,
            device_nos=[no for no, _ in values],
            ats=[at for _, at in values],
            values=list(values.values()),
        )


def series(conn: Connection, rule: str, device_no: int, first: datetime) -> Series:
    """How far a device stood out, window by window, from ``first`` on."""
    rows = _SQL.rows(conn, "series", rule=rule, device_no=device_no, first=first)
    return Series.of(np.array([row.ts_ms for row in rows], np.int64), [row.value for row in rows])


def forget(conn: Connection, before: datetime) -> None:
    """Drop what is older than anything that is still compared."""
    _SQL.run(conn, "forget", before=before)
