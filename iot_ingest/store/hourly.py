"""Roll-ups by device, metric and UTC hour, and how far they are written.

An hour is closed first: from then on, who stores a reading of it marks it stale. Then everybody
who may have seen it open is waited for, and it is rolled up. Stale hours are rolled up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Hours before ``closed_until`` are marked when a reading comes for them.

    Those of ``[rolled_from, rolled_until)`` are rolled up. Days before ``kept_from`` are kept in
    files, and take no readings.
    """

    closed_until: datetime
    rolled_from: datetime
    rolled_until: datetime
    kept_from: date


class SeriesHour(NamedTuple):
    """One hour of one metric of one device."""

    device_no: int
    metric_no: int
    hour: datetime


def claim(conn: Connection) -> bool:
    """Whether this transaction may write history: one at a time does."""
    return bool(_SQL.value(conn, "claim"))


def state(conn: Connection) -> State:
    """How far history is written."""
    return State(**_SQL.one(conn, "state")._mapping)


def close(conn: Connection, until: datetime) -> None:
    """Close the hours before ``until``; commit before they are rolled up."""
    _SQL.run(conn, "close", until=until)


def mark(conn: Connection) -> int:
    """A number for `unsettled`, to be taken after the commit that closed the hours."""
    return int(_SQL.value(conn, "mark"))


def unsettled(conn: Connection, mark: int) -> bool:
    """Whether somebody who wrote when the mark was taken is still under way."""
    return bool(_SQL.value(conn, "unsettled", mark=mark))


def roll_up(conn: Connection, first: datetime, until: datetime) -> None:
    """Roll up the whole hours of ``[first, until)``, which lie within one UTC day."""
    _SQL.run(conn, "roll_up", first=first, until=until)
    _SQL.run(conn, "rolled", first=first, until=until)


def roll_up_stale(conn: Connection, most: int) -> int:
    """Roll up at most ``most`` marked hours again; the number of marks taken.

    The marks are read first: whatever was stored with one of them is seen by the second statement
    (the transaction must be READ COMMITTED).
    """
    marks = [SeriesHour(**row._mapping) for row in _SQL.rows(conn, "take_stale", most=most)]
    if marks:
        device_nos, metric_nos, hours = zip(*sorted(set(marks)), strict=True)
        _SQL.run(
            conn,
            "roll_up_again",
            device_nos=list(device_nos),
            metric_nos=list(metric_nos),
            hours=list(hours),
        )
    return len(marks)


def day_before(conn: Connection, moment: datetime) -> datetime | None:
    """When the last day that has a partition and begins before ``moment`` begins."""
    found: date | None = _SQL.value(conn, "day_before", before=moment)
    return None if found is None else datetime.combine(found, time(), UTC)


def stale_hours(
    conn: Connection, device_no: int, metric_no: int, first: datetime, until: datetime
) -> Sequence[datetime]:
    """Hours of one series whose roll-up is not up to date, in order."""
    rows = _SQL.rows(
        conn,
        "stale_hours",
        device_no=device_no,
        metric_no=metric_no,
        first=first,
        until=until,
    )
    return [row.hour for row in rows]


def waiting(conn: Connection) -> int:
    """How many marks of stale hours wait."""
    return int(_SQL.value(conn, "waiting"))
