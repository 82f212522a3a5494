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
from iot_ingest.store import arrays
from iot_ingest.store.arrays import Span
from iot_ingest.store.binary import INCOMING, Integers, Smallints, Times, parameters

_SQL = Statements.beside(__file__)

_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000


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

    ``device_nos`` are the devices of the stored ones; ``dirty``: rules have to look at some.
    """

    stored: int
    device_nos: Sequence[int]
    conflicts: Sequence[Conflict] = ()
    duplicates: int = 0
    dirty: bool = False


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


def in_order(rows: NDArray[np.void]) -> NDArray[np.void]:
    """A batch by identity (device, metric, time); of one identity the first to come is first."""
    order = np.lexsort((rows["n"], rows["ts"], rows["metric_no"], rows["device_no"]))
    found: NDArray[np.void] = rows[order]
    return found


def has_doubles(ordered: NDArray[np.void]) -> bool:
    """Whether two rows of an ordered batch have one identity."""
    before, after = ordered[:-1], ordered[1:]
    return bool(np.any(_same_series(ordered) & (before["ts"] == after["ts"])))


def send_new(conn: Connection, ordered: NDArray[np.void], judged: Iterable[int]) -> Kept:
    """Store an ordered batch without doubles of which nothing is stored yet, as `keep` does.

    Waits for nothing when the statements are `pipelined`. The database refuses all of it with a
    unique violation when something was there: then take `keep`.
    """
    if not len(ordered):
        return Kept(stored=0, device_nos=())
    same = _same_series(ordered)
    fields = ["device_no", "metric_no", "ts", "value", "flag", "received_at"]
    _SQL.run(conn, "add_new", **parameters(ordered[fields]))
    _SQL.run(conn, "move_latest", **parameters(ordered[np.append(~same, True)][fields]))
    _mark_late(conn, ordered)
    return Kept(
        stored=len(ordered),
        device_nos=np.unique(ordered["device_no"]).tolist(),
        dirty=_mark_dirty(conn, ordered, list(judged)),
    )


def _same_series(ordered: NDArray[np.void]) -> NDArray[np.bool_]:
    """For each row but the last: whether the next is of the same device and metric."""
    before, after = ordered[:-1], ordered[1:]
    found: NDArray[np.bool_] = (before["device_no"] == after["device_no"]) & (
        before["metric_no"] == after["metric_no"]
    )
    return found


def _mark_late(conn: Connection, ordered: NDArray[np.void]) -> None:
    """Mark the hours that are closed already."""
    hour = ordered["ts"] // _HOUR_US
    firsts = ordered[np.append(True, ~_same_series(ordered) | (hour[1:] != hour[:-1]))]
    _SQL.run(conn, "mark_late", **parameters(firsts[["device_no", "metric_no", "ts"]]))


def _mark_dirty(conn: Connection, ordered: NDArray[np.void], judged: Sequence[int]) -> bool:
    """Mark the spans of metrics that some rule looks at, day by day; whether there were any."""
    rows = ordered[np.isin(ordered["metric_no"], judged)]
    if not len(rows):
        return False
    day = rows["ts"] // _DAY_US
    ends = np.append(~_same_series(rows) | (day[:-1] != day[1:]), True)
    firsts, lasts = rows[np.append(True, ends[:-1])], rows[ends]
    _SQL.run(
        conn,
        "mark_dirty",
        device_nos=Integers(lasts["device_no"]),
        metric_nos=Smallints(lasts["metric_no"]),
        firsts=Times(firsts["ts"]),
        lasts=Times(lasts["ts"]),
    )
    return True


def keep(conn: Connection, rows: NDArray[np.void], judged: Iterable[int]) -> Kept:
    """Store what is new of a batch (dtype `INCOMING`), its latest values and its dirty spans.

    ``judged`` are the metric numbers that some rule looks at. Of two rows with one identity the
    first stays. The days' partitions must be there.
    """
    if not len(rows):
        return Kept(stored=0, device_nos=())
    rows = in_order(rows)
    columns = parameters(rows)
    found = _SQL.one(conn, "keep", judged=list(judged), **columns)
    if found.stored:
        _mark_late(conn, rows)
    if found.stored == len(rows):
        return Kept(stored=found.stored, device_nos=found.device_nos, dirty=found.marked)
    del columns["received_ats"]
    bounds = {"first": from_us(int(rows["ts"].min())), "last": from_us(int(rows["ts"].max()))}
    conflicts = [
        Conflict(**row._mapping) for row in _SQL.rows(conn, "conflicts", **bounds, **columns)
    ]
    duplicates = 0
    if found.stored + len(conflicts) < len(rows):
        duplicates = int(_SQL.value(conn, "note_sent_again", **bounds, **columns))
    return Kept(
        stored=found.stored,
        device_nos=found.device_nos,
        conflicts=conflicts,
        duplicates=duplicates,
        dirty=found.marked,
    )


def span(conn: Connection, device_no: int, metric_no: int, first: datetime) -> Span:
    """Times (ms since 1970), values and flags from ``first`` on, sorted by time."""
    return arrays.spans(conn, [(device_no, metric_no, first)])[0]


def spans(conn: Connection, firsts: Sequence[tuple[int, int, datetime]]) -> list[Span]:
    """The `span` of each (device_no, metric_no, first), read together."""
    return arrays.spans(conn, firsts)


def newest_before(
    conn: Connection, moments: Sequence[tuple[int, int, datetime]]
) -> dict[tuple[int, int], tuple[datetime, float, str]]:
    """For each (device_no, metric_no, moment): time, value and flag of the last reading before.

    By device and metric; those without one are missing.
    """
    if not moments:
        return {}
    device_nos, metric_nos, ats = zip(*moments, strict=True)
    rows = _SQL.rows(
        conn,
        "newest_before",
        device_nos=Integers(device_nos),
        metric_nos=Smallints(metric_nos),
        moments=Times([to_us(at) for at in ats]),
    )
    return {(row.device_no, row.metric_no): (row.ts, row.value, row.flag) for row in rows}


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
