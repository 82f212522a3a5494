"""Readings that the judge remembers, so that a new one costs no look at all those before it.

Rules look back: half an hour, a day. What changed is known by its time (`iot.dirty`), so everything
before that time is as it was, and only the rest is read again, whatever the order of arrival.
This holds while nobody else judges: see `iot_ingest.store.dirty.take_turn`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from iot_ingest.model.reading import from_us
from iot_ingest.store import readings
from layers.contract import Series

# Readings kept in memory at most: 17 bytes each, 34 with the room to grow.
MOST_READINGS = 4_000_000

_Key = tuple[int, int]
_Arrays = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bytes_]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Readings from ``since_ms`` on, of which those from ``changed_ms`` on may be new."""

    since_ms: int
    changed_ms: int


class Held:
    """All readings of one device and metric from ``since_ms`` on, with room for more."""

    __slots__ = ("_arrays", "_begin", "_end", "since_ms")

    def __init__(self) -> None:
        self._arrays = _room(0)
        self._begin = self._end = 0
        self.since_ms = 0

    def __len__(self) -> int:
        return len(self._arrays[0])

    def cut(self, at_ms: int) -> None:
        """Forget the readings from a time on."""
        ts = self._arrays[0][self._begin : self._end]
        self._end = self._begin + int(ts.searchsorted(at_ms))

    def begin_anew(self, since_ms: int) -> None:
        """Hold nothing, from another time on."""
        self._begin = self._end = 0
        self.since_ms = since_ms

    def add(self, new: _Arrays, since_ms: int) -> None:
        """Add later readings; those before ``since_ms`` may go when there is no room."""
        count = len(new[0])
        if self._end + count > len(self):
            kept = self.of(since_ms)
            self.since_ms = max(self.since_ms, since_ms)
            ts, value, flag = _room(2 * (len(kept) + count))
            self._begin, self._end = 0, len(kept)
            ts[: self._end], value[: self._end] = kept.ts, kept.value
            flag[: self._end] = kept.flag
            self._arrays = ts, value, flag
        part = slice(self._end, self._end + count)
        ts, value, flag = self._arrays
        ts[part], value[part], flag[part] = new
        self._end += count

    def of(self, since_ms: int) -> Series:
        """The readings from a time on; to be looked at before anything is added."""
        ts, value, flag = self._arrays
        part = slice(
            self._begin + int(ts[self._begin : self._end].searchsorted(since_ms)), self._end
        )
        return Series(ts=ts[part], value=value[part], flag=flag[part])


def _room(count: int) -> _Arrays:
    return np.empty(count, np.int64), np.empty(count, np.float64), np.empty(count, "S1")


class Recent:
    """What is remembered, by device and metric; of ``most`` readings those read last stay."""

    def __init__(self, most: int = MOST_READINGS) -> None:
        self._most = most
        self._held: OrderedDict[_Key, Held] = OrderedDict()
        self._readings = 0

    def forget(self) -> None:
        """Remember nothing."""
        self._held.clear()
        self._readings = 0

    def read(self, conn: Connection, wanted: Mapping[_Key, Wanted]) -> dict[_Key, Series]:
        """The series that are wanted; asks the database once, for what is not known."""
        asked = [self._ask(key, one) for key, one in wanted.items()]
        firsts = [
            (*key, from_us(_first_us(at_ms))) for key, at_ms in zip(wanted, asked, strict=True)
        ]
        spans = readings.spans(conn, firsts)
        found = {
            key: self._take(key, one, new)
            for (key, one), new in zip(wanted.items(), spans, strict=True)
        }
        self._shrink(found)
        return found

    def _ask(self, key: _Key, one: Wanted) -> int:
        """From when on the database must be asked."""
        held = self._held.get(key)
        if held is None or held.since_ms > one.since_ms:
            return one.since_ms
        return max(one.changed_ms - 1, held.since_ms)

    def _take(self, key: _Key, one: Wanted, new: _Arrays) -> Series:
        held = self._held.setdefault(key, Held())
        self._held.move_to_end(key)
        before = len(held)
        if held.since_ms > one.since_ms or not before:
            held.begin_anew(one.since_ms)
        else:
            held.cut(max(one.changed_ms - 1, held.since_ms))
        held.add(new, one.since_ms)
        self._readings += len(held) - before
        return held.of(one.since_ms)

    def _shrink(self, used: Collection[_Key]) -> None:
        """Let go of what was not used for longest; what is in use now stays until next time."""
        while self._readings > self._most and len(self._held) > len(used):
            _, held = self._held.popitem(last=False)
            self._readings -= len(held)


def _first_us(at_ms: int) -> int:
    # readings are rounded to milliseconds: half a millisecond earlier is the same one
    return at_ms * 1000 - 500
