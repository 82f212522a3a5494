"""Devices that speak MQTT: they keep what they measured until the broker has acknowledged it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from iot_ingest.model.device import readings_topic
from tests.chaos import packets
from tests.chaos.journal import Journal, Key, Sent

METRIC = "water_depth"
# The street is under water for so many of so many readings, and dry for the others.
_WET, _ROUND = 40, 120
_DEEP_M = 0.3

_IN_FLIGHT = 100
_ANSWER_WITHIN_S = 5.0
_RECONNECT_S = (0.1, 0.5)
_TICK_S = 0.01
# One of so many messages cannot be used, one of so many is sent late, after others.
_BAD, _LATE = 100, 20
_LATE_S = (0.3, 3.0)
# A careful device sends again, whenever it is connected again, so many of its last messages.
KEPT = 100


class Device:
    """One device with a persistent session of MQTT ``level`` (V311, V5).

    ``steady``: it sends nothing late, and nothing that cannot be used.
    """

    def __init__(
        self, device_id: str, secret: str, journal: Journal, *,
        level: int = packets.V5, careful: bool = False, steady: bool = False, seed: str = "",
    ) -> None:  # fmt: skip
        self.device_id = device_id
        self.connections = 0
        self._secret = secret
        self._journal = journal
        self._level = level
        self._careful = careful
        self._steady = steady
        self._random = random.Random(seed)
        self._topic = readings_topic(device_id)
        self._measured = 0
        self._newest_ms = 0
        self._late: deque[tuple[float, bytes]] = deque()
        self._waiting: deque[bytes] = deque()
        self._in_flight: dict[int, bytes] = {}
        self._kept: deque[bytes] = deque(maxlen=KEPT)
        self._mid = 0
        self._writer: asyncio.StreamWriter | None = None

    def measure(self) -> None:
        """Take a reading and send it, now or late."""
        now = time.time()
        number, self._measured = self._measured, self._measured + 1
        self._newest_ms = max(self._newest_ms + 1, round(now * 1000))
        depth = _DEEP_M if number % _ROUND < _WET else 0.0
        bad = self._once_in(_BAD)
        value = "wet" if bad else depth
        payload = json.dumps({"ts": self._newest_ms, "values": {METRIC: value}, "seq": number})
        data = payload.encode()
        self._journal.note_sent(
            self._topic, data,
            Sent(device_id=self.device_id, metric=METRIC, ts_ms=self._newest_ms,
                 value=None if bad else depth, careful=self._careful),
        )  # fmt: skip
        if self._once_in(_LATE):
            self._late.append((now + self._random.uniform(*_LATE_S), data))
        else:
            self._waiting.append(data)

    def go_on(self, *, late_too: bool = False) -> None:
        """Send what may be sent now."""
        now = time.time()
        while self._late and (late_too or self._late[0][0] <= now):
            self._waiting.append(self._late.popleft()[1])
        writer = self._writer
        if writer is None:
            return
        out = []
        while self._waiting and len(self._in_flight) < _IN_FLIGHT:
            mid = self._free_mid()
            self._in_flight[mid] = self._waiting.popleft()
            out.append(packets.publish(self._topic, self._in_flight[mid], mid, self._level))
        if out:
            writer.write(b"".join(out))

    @property
    def idle(self) -> bool:
        """Whether everything is acknowledged."""
        return not (self._waiting or self._in_flight or self._late)

    async def live(self, port: int) -> None:
        """Connect, and again whenever the connection breaks."""
        while True:
            with suppress(OSError, TimeoutError):
                await self._converse(port)
            self._writer = None
            await asyncio.sleep(self._random.uniform(*_RECONNECT_S))

    async def _converse(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(packets.connect(self.device_id, self._secret, self._level))
            cutter = packets.Cutter()
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._welcome(reader, cutter)
            self._resume(writer)
            while True:
                # a connection that swallows what is sent is given up
                wait_s = _ANSWER_WITHIN_S if self._in_flight else None
                async with asyncio.timeout(wait_s):
                    data = await reader.read(65_536)
                if not data:
                    return
                self._hear(cutter, data)
        finally:
            self._writer = None
            writer.transport.abort()

    async def _welcome(self, reader: asyncio.StreamReader, cutter: packets.Cutter) -> None:
        while True:
            data = await reader.read(65_536)
            if not data:
                raise ConnectionError("closed before CONNACK")
            for packet in cutter.feed(data):
                if packet.kind == packets.CONNACK:
                    if packet.body[1]:
                        raise ConnectionError(f"refused: {packet.body[1]}")
                    return

    def _resume(self, writer: asyncio.StreamWriter) -> None:
        """Send again what was under way; a careful device also what it kept."""
        self.connections += 1
        self._writer = writer
        for mid, data in self._in_flight.items():
            writer.write(packets.publish(self._topic, data, mid, self._level, again=True))
        if self._careful:
            self._waiting.extendleft(reversed(self._kept))
            self._kept.clear()
        self.go_on()

    def _hear(self, cutter: packets.Cutter, data: bytes) -> None:
        for packet in cutter.feed(data):
            if packet.kind != packets.PUBACK:
                continue
            payload = self._in_flight.pop(packets.mid_of(packet.body), None)
            if payload is not None:
                key: Key = (self._topic, payload)
                self._journal.note_taken(key)
                if self._careful:
                    self._kept.append(payload)
        self.go_on()

    def _once_in(self, times: int) -> bool:
        return not self._steady and self._random.randrange(times) == 0

    def _free_mid(self) -> int:
        while True:
            self._mid = self._mid % 65_535 + 1
            if self._mid not in self._in_flight:
                return self._mid


async def pace(devices: Sequence[Device], rate: float, until: asyncio.Event) -> None:
    """Let devices measure in turn, ``rate`` readings a second in all."""
    began, number = time.monotonic(), 0
    while not until.is_set():
        due = int((time.monotonic() - began) * rate)
        for n in range(number, due):
            devices[n % len(devices)].measure()
        number = max(number, due)
        for device in devices:
            device.go_on()
        await asyncio.sleep(_TICK_S)


async def finish(devices: Sequence[Device]) -> None:
    """Wait until everything that was measured is acknowledged."""
    while not all(one.idle for one in devices):
        for device in devices:
            device.go_on(late_too=True)
        await asyncio.sleep(_TICK_S)
