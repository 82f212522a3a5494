"""Days of readings that leave the database for a file, and never before they are in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)

# The database closes and drops no younger days: late readings, and the rules, need them.
YOUNGEST_DAYS = 31

_DAY = timedelta(days=1)
_ROWS = 400_000
_HEADER_BYTES = 19
_FROM_1970_US = 946_684_800_000_000
_TUPLE = np.dtype(
    [
        ("fields", ">i2"),
        ("device_len", ">i4"), ("device_no", ">i4"),
        ("metric_len", ">i4"), ("metric_no", ">i2"),
        ("ts_len", ">i4"), ("ts", ">i8"),
        ("value_len", ">i4"), ("value", ">f8"),
        ("flag_len", ">i4"), ("flag", "S1"),
        ("received_len", ">i4"), ("received_at", ">i8"),
    ]
)  # fmt: skip
_COPY = (
    "COPY (SELECT device_no, metric_no, ts, value, flag, received_at FROM iot.readings"
    " WHERE ts >= %s AND ts < %s ORDER BY device_no, metric_no, ts) TO STDOUT (FORMAT binary)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file of one day: its name below the archive's folder, and what it was when counted."""

    readings: int
    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A UTC day of readings; ``file`` None: it is in no file yet."""

    day: date
    file: File | None


def days(conn: Connection, before: date) -> list[Day]:
    """The days before one, the oldest first."""
    return [
        Day(
            day=row.day,
            file=None
            if row.file is None
            else File(readings=row.readings, file=row.file, bytes=row.bytes, sha256=row.sha256),
        )
        for row in _SQL.rows(conn, "days", before=before)
    ]


def count(conn: Connection, day: date) -> int:
    """How many readings a day has."""
    first = _begin(day)
    return int(_SQL.value(conn, "count", first=first, until=first + _DAY))


def is_rolled_up(conn: Connection, day: date) -> bool:
    """Whether a day's hours are rolled up: else it may not be dropped."""
    first = _begin(day)
    return bool(_SQL.value(conn, "rolled_up", first=first, until=first + _DAY))


def close(conn: Connection, day: date) -> bool:
    """Take no readings of a day, or of one before it, any more; False when there is none.

    What comes for it is put aside. Raises sqlalchemy.exc.IntegrityError for a day that is too
    young, OperationalError when somebody reads the day for longer than 5 s.
    """
    return bool(_SQL.value(conn, "close", day=day))


def drop(conn: Connection, day: date) -> int:
    """Drop a day; the number of readings it had.

    Raises sqlalchemy.exc.IntegrityError unless it is old, closed, rolled up, and recorded with as
    many readings as it has; OperationalError as `close`.
    """
    return int(_SQL.value(conn, "drop", day=day))


def record(conn: Connection, day: date, file: File) -> None:
    """Note that a day is in a file that was read back."""
    _SQL.run(
        conn,
        "record",
        day=day,
        readings=file.readings,
        file=file.file,
        bytes=file.bytes,
        sha256=file.sha256,
    )


def senders(conn: Connection) -> dict[int, tuple[str, bytes]]:
    """Id and place (WKB point, WGS-84) of every device, by its number."""
    rows = _SQL.rows(conn, "senders")
    return {row.device_no: (row.device_id, bytes(row.geometry)) for row in rows}


def copy_day(conn: Connection, day: date) -> Iterator[NDArray[np.void]]:
    """A day's readings in the order of their key, in blocks of up to 400,000.

    Fields: device_no, metric_no, ts and received_at (microseconds since 1970), value, flag.
    """
    driver = conn.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("copy_day needs a psycopg connection")
    first = _begin(day)
    held = bytearray()
    skipped = False
    with driver.cursor() as cursor, cursor.copy(_COPY, (first, first + _DAY)) as copy:
        for part in copy:
            held += part
            if not skipped and len(held) >= _HEADER_BYTES:
                del held[:_HEADER_BYTES]
                skipped = True
            if len(held) >= _ROWS * _TUPLE.itemsize:
                yield _block(held[: _ROWS * _TUPLE.itemsize])
                del held[: _ROWS * _TUPLE.itemsize]
    whole = len(held) // _TUPLE.itemsize * _TUPLE.itemsize
    if whole:
        yield _block(held[:whole])


_FIELDS = np.dtype(
    [
        ("device_no", "i4"), ("metric_no", "i2"), ("ts", "i8"), ("value", "f8"), ("flag", "S1"),
        ("received_at", "i8"),
    ]
)  # fmt: skip


def _block(data: bytearray) -> NDArray[np.void]:
    rows = np.frombuffer(bytes(data), _TUPLE)
    out = np.empty(len(rows), _FIELDS)
    for name in _FIELDS.names or ():
        out[name] = rows[name]
    out["ts"] += _FROM_1970_US
    out["received_at"] += _FROM_1970_US
    return out


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
