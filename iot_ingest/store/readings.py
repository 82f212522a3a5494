"""Readings: stored once by (device, metric, time), with the latest value kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.reading import from_us, to_us
from iot_ingest.store.copying import INCOMING, copy_incoming, copy_span

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A row of a batch (its ``n``) whose identity is stored with another value or flag."""

    n: int
    device_no: int
    metric_no: int
    ts: datetime
    value: float
    kept: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What became of a batch: rows stored now, rows known already, and the conflicts.

    ``device_nos`` are the devices of the stored ones.
    """

    stored: int
    device_nos: Sequence[int]
    conflicts: Sequence[Conflict] = ()
    duplicates: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Latest:
    """The newest value (by event time) of one metric of one device."""

    device_no: int
    metric: str
    ts: datetime
    value: float
    flag: str
    received_at: datetime


def ensure_partition(conn: Connection, day: date) -> bool:
    """Make the partition of a UTC day; True when it was not there.

    Raises sqlalchemy.exc.IntegrityError for a day that is not kept. Use a transaction of its
    own: making one locks the readings for a moment.
    """
    return bool(_SQL.value(conn, "ensure_partition", day=day))


def keep(conn: Connection, rows: NDArray[np.void], judged: Iterable[int]) -> Kept:
    """Store a batch (dtype `INCOMING`), its latest values and its dirty spans.

    ``judged`` are the metric numbers that some rule looks at. Of two rows with one identity the
    first stays. The days' partitions must be there.
    """
    if not len(rows):
        return Kept(stored=0, device_nos=())
    _SQL.run(conn, "make_incoming")
    copy_incoming(conn, rows)
    found = _SQL.one(conn, "keep", judged=list(judged))
    if found.stored == len(rows):
        return Kept(stored=found.stored, device_nos=found.device_nos)
    bounds = {"first": from_us(int(rows["ts"].min())), "last": from_us(int(rows["ts"].max()))}
    conflicts = [Conflict(**row._mapping) for row in _SQL.rows(conn, "conflicts", **bounds)]
    duplicates = 0
    if found.stored + len(conflicts) < len(rows):
        duplicates = int(_SQL.value(conn, "note_sent_again", **bounds))
    return Kept(
        stored=found.stored,
        device_nos=found.device_nos,
        conflicts=conflicts,
        duplicates=duplicates,
    )


def span(
    conn: Connection, device_no: int, metric_no: int, first: datetime
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bytes_]]:
    """Times (ms since 1970), values and flags from ``first`` on, sorted by time."""
    rows = copy_span(conn, device_no, metric_no, first)
    return (
        rows["ts_ms"].astype(np.int64),
        rows["value"].astype(np.float64),
        np.ascontiguousarray(rows["flag"]),
    )


def newest_before(
    conn: Connection, device_no: int, metric_no: int, moment: datetime
) -> datetime | None:
    """When the last reading before ``moment`` was; None when there is none."""
    found: datetime | None = _SQL.value(
        conn, "newest_before", device_no=device_no, metric_no=metric_no, moment=moment
    )
    return found


def copy_history(conn: Connection, rows: Iterable[tuple[int, int, datetime, float]]) -> int:
    """Store readings that no rule shall look at: device_no, metric_no, time, value.

    For the past of a demo city. Their latest values are noted; partitions must be there.
    Returns how many were new.
    """
    table = np.array(
        [
            (n, device_no, metric_no, to_us(ts), value, b"N", to_us(ts))
            for n, (device_no, metric_no, ts, value) in enumerate(rows)
        ],
        INCOMING,
    )
    return keep(conn, table, judged=()).stored


def latest(conn: Connection, device_nos: Sequence[int] | None = None) -> list[Latest]:
    """The latest value of each metric of the given devices; of all devices for None."""
    wanted = None if device_nos is None else list(device_nos)
    return [Latest(**row._mapping) for row in _SQL.rows(conn, "latest", device_nos=wanted)]


def count(conn: Connection) -> int:
    """How many readings are stored."""
    return int(_SQL.value(conn, "count_readings"))
