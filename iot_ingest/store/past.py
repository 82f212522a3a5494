"""What had been received by a past instant: devices in use, their newest values, a series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from grid.store.postgis import planned_anew
from iot_ingest.store.series import MOST_POINTS, Point

_SQL = Statements.beside(__file__)

# A device's clock may run ahead of ours by so much.
_AHEAD = timedelta(minutes=10)
# Older values are not shown: devices that send once a day have one.
_KEPT = timedelta(hours=26)


class Heard(NamedTuple):
    """The newest values of one device, as JSON ``{metric: [ms since 1970, value, flag]}``, and when
    the last of them came (seconds since 1970). (Thousands make a frame: no dataclass.)"""

    device_no: int
    heard_s: float
    values: str


def in_use(conn: Connection, then: datetime) -> dict[int, float]:
    """The devices that were in use at an instant: number -> its interval in seconds."""
    return {row.device_no: row.interval_s for row in _SQL.rows(conn, "in_use", then=then)}


def latest(conn: Connection, then: datetime, device_nos: Sequence[int]) -> list[Heard]:
    """The newest value of each metric that had come by ``then``, none older than a day; devices of
    which nothing had come are missing."""
    with planned_anew(conn):  # for any instant the plan would have each day of a year in it
        rows = _SQL.rows(
            conn, "latest", then=then, since=then - _KEPT, until=then + _AHEAD,
            device_nos=list(device_nos),
        )  # fmt: skip
    return [Heard._make(row) for row in rows]


def series(
    conn: Connection, device_no: int, metric_no: int, then: datetime, *, span: timedelta,
    step: timedelta,
) -> list[Point]:  # fmt: skip
    """The series of the ``span`` before ``then``, of what had come by then, down-sampled.

    Always of the readings themselves: roll-ups hold what came late, too.
    """
    rows = _SQL.rows(
        conn, "by_step", device_no=device_no, metric_no=metric_no, first=then - span,
        until=then + _AHEAD, then=then, step=step, most=MOST_POINTS,
    )  # fmt: skip
    return [
        Point(at=row.at, lowest=row.lowest, mean=row.total / row.readings, highest=row.highest,
              readings=row.readings)
        for row in rows
    ]  # fmt: skip
