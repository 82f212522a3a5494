"""Columns of numpy as PostgreSQL's binary arrays: parameters of ``unnest``, one for each column.

A batch then is one statement, sent in one piece: no temporary table, no COPY, no row by row.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import psycopg
from numpy.typing import ArrayLike, NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

# The rows of a batch: ``n`` is the number of the message, times in microseconds since 1970.
INCOMING = np.dtype(
    [
        ("n", "i4"),
        ("device_no", "i4"),
        ("metric_no", "i2"),
        ("ts", "i8"),
        ("value", "f8"),
        ("flag", "S1"),
        ("received_at", "i8"),
    ]
)

# PostgreSQL counts microseconds from 2000-01-01.
FROM_1970_US = 946_684_800_000_000


class Column:
    """Values of one type, none of them null."""

    array_oid: ClassVar[int]
    element_oid: ClassVar[int]
    item: ClassVar[str]

    __slots__ = ("values",)

    def __init__(self, values: ArrayLike) -> None:
        self.values = np.asarray(values)


class Integers(Column):
    """integer[]"""

    array_oid, element_oid, item = 1007, 23, ">i4"


class Bigints(Column):
    """bigint[]"""

    array_oid, element_oid, item = 1016, 20, ">i8"


class Smallints(Column):
    """smallint[]"""

    array_oid, element_oid, item = 1005, 21, ">i2"


class Floats(Column):
    """double precision[]"""

    array_oid, element_oid, item = 1022, 701, ">f8"


class Flags(Column):
    """ "char"[]"""

    array_oid, element_oid, item = 1002, 18, "S1"


class Times(Column):
    """timestamptz[], of microseconds since 1970"""

    array_oid, element_oid, item = 1185, 1184, ">i8"

    def __init__(self, values: ArrayLike) -> None:
        super().__init__(np.asarray(values) - FROM_1970_US)


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        """One dimension, no nulls, the elements' type; length and first index; the elements."""
        column: Column = obj
        size = len(column.values)
        item = np.dtype(column.item)
        out = np.empty(size, [("length", ">i4"), ("value", item)])
        out["length"], out["value"] = item.itemsize, column.values
        head = np.array([1 if size else 0, 0, column.element_oid], ">i4")
        bounds = np.array([size, 1] if size else [], ">i4")
        return head.tobytes() + bounds.tobytes() + out.tobytes()


def _register() -> None:
    for column in (Integers, Bigints, Smallints, Floats, Flags, Times):
        dumper = type(f"{column.__name__}Dumper", (_ColumnDumper,), {"oid": column.array_oid})
        psycopg.adapters.register_dumper(column, dumper)


_register()


def parameters(rows: NDArray[np.void]) -> dict[str, Column]:
    """The columns of rows (dtype `INCOMING`, or a part of its fields), by the statements' names."""
    made: dict[str, type[Column]] = {
        "n": Integers,
        "device_no": Integers,
        "metric_no": Smallints,
        "ts": Times,
        "value": Floats,
        "flag": Flags,
        "received_at": Times,
    }
    return {f"{name}s": made[name](rows[name]) for name in rows.dtype.names or ()}
