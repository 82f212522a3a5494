"""Watches how much each device sends, and cuts off who floods: nobody else is to suffer.

Counting is done for whole batches; only who stands out is looked at more closely, twice a second.
From the moment a device is cut off its messages are counted and not stored, here at once, and the
broker is told to let it go (`iot_ingest.blocking`).
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from iot_ingest.decoders import json_reading
from iot_ingest.message import MQTT, Message
from iot_ingest.model.flood import (
    CATCHING_UP,
    QUIET_BYTES,
    QUIET_RATE,
    Allowance,
    Heard,
    Meter,
    allowance,
    span_s,
)

_WINDOW_S = 0.5
# So long after connecting at least, messages may have waited in the broker.
_FIRST_S = 2.0
# A window ends early rather than hold many messages.
_MOST_MESSAGES = 20_000
_MOST_BYTES = 16_000_000
# No reading is said in fewer bytes: {"ts":1,"values":{"a":1}}
_LEAST_READING_BYTES = 28
# What a device may send is asked again after so long.
_ALLOWED_FOR_S = 60.0
# Of a device that stands out so many messages are read for their times.
_SAMPLE = 16
# Messages of a device that are kept for people to look at, each time it is cut off.
_KEPT = 20

_ANYBODY = allowance(60.0, 1)

_topic, _payload = attrgetter("topic"), attrgetter("payload")


# (enough for those who send often: of all devices of a large city it would be a kilobyte each)
@lru_cache(maxsize=8_192)
def sender(topic: str) -> str:
    """The device that a topic names, whatever else it says; empty: no device's topic."""
    parts = topic.split("/")
    return parts[3] if len(parts) == 5 and parts[0] == "cc" else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flood:
    """A device that must be cut off, with what it sent in the last window."""

    device_id: str
    heard: Heard


class Guard:
    """Sifts batches. Used by the ingester's thread alone.

    ``allowances`` tells what devices may send, by device id; who is missing may send little. It
    is asked once for a device that stands out; None: that cannot be known now, and nobody is cut
    off for it.
    """

    def __init__(
        self,
        allowances: Callable[[Iterable[str]], Mapping[str, Allowance] | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowances = allowances
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._recent: list[Message] = []
        self._bytes = 0
        self._since = clock()
        self._meters: dict[str, Meter] = {}
        # of those that were looked at: who is within it is not looked at again
        self._allowed: dict[str, Allowance] = {}
        self._allowed_until = 0.0
        self._generation = -1
        self.catching_up = True
        self._connected_at = clock()
        # who is cut off, until when by our clock
        self._blocked: dict[str, float] = {}
        self._fresh: set[str] = set()
        self.floods: deque[Flood] = deque()
        self.rejected: Counter[str] = Counter()
        self.kept: list[Message] = []
        self._kept_of: Counter[str] = Counter()

    @property
    def blocked(self) -> Collection[str]:
        """Who is cut off now."""
        return self._blocked.keys()

    def sift(self, batch: Sequence[Message], waiting: int) -> Sequence[Message]:
        """The messages of a batch that are to be stored; the others are counted.

        ``waiting``: how many messages are behind this batch.
        """
        self._note_backlog(batch, waiting)
        self._counts.update(map(sender, map(_topic, batch)))
        self._recent += batch
        self._bytes += sum(map(len, map(_payload, batch)))
        now = self._clock()
        if (
            now - self._since >= _WINDOW_S
            or len(self._recent) >= _MOST_MESSAGES
            or self._bytes >= _MOST_BYTES
        ):
            self._close_window(now)
        return self._without_blocked(batch) if self._blocked else batch

    def set_blocks(self, seconds_left: Mapping[str, float]) -> None:
        """Who is cut off according to the database: blocks of other processes, ended and lifted
        ones. Those that are not written yet stay."""
        now = self._clock()
        ours = {one: until for one, until in self._blocked.items() if one in self._fresh}
        self._blocked = {**{one: now + left for one, left in seconds_left.items()}, **ours}
        for one in self._kept_of.keys() - self._blocked.keys():
            del self._kept_of[one]

    def written(self, device_id: str, seconds: float) -> None:
        """A flood is in the database: the device is cut off for so long."""
        self._fresh.discard(device_id)
        self._blocked[device_id] = self._clock() + seconds

    def _note_backlog(self, batch: Sequence[Message], waiting: int) -> None:
        generation = next((one.generation for one in batch if one.protocol == MQTT), None)
        if generation is not None and generation != self._generation:
            self._generation, self._connected_at = generation, self._clock()
            self.catching_up = True
        elif not waiting and self._clock() - self._connected_at > _FIRST_S:
            self.catching_up = False

    def _close_window(self, now: float) -> None:
        seconds = max(now - self._since, 0.001)
        loud = self._loud()
        if loud:
            self._look_at(loud, seconds)
        for one in list(self._meters.keys() - loud):
            self._meters[one].rest(seconds)
            if self._meters[one].calm:
                del self._meters[one]
        for one in [one for one, until in self._blocked.items() if until <= now]:
            if one not in self._fresh:
                del self._blocked[one]
                del self._kept_of[one]
        self._counts.clear()
        self._recent, self._bytes, self._since = [], 0, now

    def _loud(self) -> set[str]:
        """Who sent so much in this window that it must be looked at: more messages than anybody
        may send, or than fit into its own allowance if each were full of readings; or many bytes.
        """
        longest = max(map(len, map(_payload, self._recent)), default=0)
        readings_each = max(1, longest // _LEAST_READING_BYTES)
        allowed, least = self._allowed, QUIET_RATE * _WINDOW_S
        loud = set()
        large = set()
        for one, count in self._counts.items():
            if count > least:
                known = allowed.get(one)
                if known is None or count * readings_each > known.rate * _WINDOW_S:
                    loud.add(one)
            if count * longest > QUIET_BYTES * _WINDOW_S:
                large.add(one)
        if large:
            sizes: Counter[str] = Counter()
            for message in self._recent:
                device_id = sender(message.topic)
                if device_id in large:
                    sizes[device_id] += len(message.payload)
            loud |= {one for one, size in sizes.items() if size > QUIET_BYTES * _WINDOW_S}
        return loud - self._blocked.keys() - {""}

    def _look_at(self, loud: set[str], seconds: float) -> None:
        if self._clock() >= self._allowed_until:
            self._allowed.clear()
            self._allowed_until = self._clock() + _ALLOWED_FOR_S
        strange = [one for one in loud if one not in self._meters]
        if strange:
            known = self._allowances(strange)
            if known is None:
                loud = loud.difference(strange)
            else:
                self._allowed.update(known)
                self._meters.update((one, Meter(known.get(one, _ANYBODY))) for one in strange)
        messages: dict[str, list[Message]] = {one: [] for one in loud}
        for message in self._recent:
            mine = messages.get(sender(message.topic))
            if mine is not None:
                mine.append(message)
        times = CATCHING_UP if self.catching_up else 1.0
        for device_id, mine in messages.items():
            heard = _heard(mine, seconds)
            if self._meters[device_id].floods(heard, times=times):
                del self._meters[device_id]
                self._blocked[device_id] = float("inf")
                self._fresh.add(device_id)
                self.floods.append(Flood(device_id=device_id, heard=heard))

    def _without_blocked(self, batch: Sequence[Message]) -> Sequence[Message]:
        good: list[Message] = []
        for message in batch:
            device_id = sender(message.topic)
            if device_id not in self._blocked:
                good.append(message)
                continue
            self.rejected[device_id] += 1
            if self._kept_of[device_id] < _KEPT:
                self._kept_of[device_id] += 1
                self.kept.append(message)
        return good


def _heard(messages: Sequence[Message], seconds: float) -> Heard:
    step = -(-len(messages) // _SAMPLE)
    times: list[int] = []
    for message in (*messages[::step], messages[-1]):
        decoded = json_reading.decode(message.payload, message.received_us)
        times += [one.ts_us for one in decoded.readings]
    return Heard(
        seconds=seconds,
        # (an array is as many readings as it has times)
        readings=sum(max(1, one.payload.count(b'"ts"')) for one in messages),
        bytes=sum(len(one.payload) for one in messages),
        span_s=span_s(times),
    )
