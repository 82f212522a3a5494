"""Stations that speak HJ 212 or SL 651 over TCP: each frame is sent again until it is answered."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.journal import Journal, Key, Sent
from tests.iot_ingest import frames
from tests.iot_ingest.place import row
from tests.iot_ingest.stations import answer_to

# As in the standards. (Sooner, a station could never be answered by a machine that is busy.)
_AGAIN_AFTER_S = 10.0
_RECONNECT_S = (0.1, 0.5)
# One of so many frames holds a factor that nobody knows.
_BAD = 50
_SL651_ANSWER_BYTES = 25
_WARNING_M = 3.0


class Station(ABC):
    """A station with readings of the past, each at a time of its own."""

    protocol: str
    end = b""
    """What ends a frame and is not kept with it."""

    def __init__(self, number: int, journal: Journal, seed: str) -> None:
        self._number = number
        self._journal = journal
        self._random = random.Random(seed)
        self._begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=20)

    @abstractmethod
    def registration(self) -> dict[str, Any]:
        """The device's row."""

    @abstractmethod
    def frame(self, number: int, *, bad: bool) -> tuple[Key, Sent]:
        """The frame with this number, and what it says."""

    @abstractmethod
    def is_answer(self, frame: bytes, data: bytes) -> bool | None:
        """Whether the bytes answer the frame; None: too few are here."""

    async def live(self, port: int, every_s: float, until: asyncio.Event) -> None:
        """Send one frame after the other; after ``until`` the last one is still answered."""
        number, streams = 0, None
        while not until.is_set():
            key, sent = self.frame(number, bad=self._random.randrange(_BAD) == 0)
            self._journal.note_sent(*key, sent)
            while True:
                try:
                    streams = streams or await asyncio.open_connection("127.0.0.1", port)
                    if await self._ask(*streams, key[1] + self.end):
                        break
                except (OSError, TimeoutError):
                    await asyncio.sleep(self._random.uniform(*_RECONNECT_S))
                if streams is not None:
                    streams[1].transport.abort()
                    streams = None
            self._journal.note_answered(key)
            number += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await until.wait()
        if streams is not None:
            streams[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frame: bytes
    ) -> bool:
        """Send a frame; False when the connection ends or says something else."""
        writer.write(frame)
        got = b""
        async with asyncio.timeout(_AGAIN_AFTER_S):
            while (answered := self.is_answer(frame, got)) is None:
                data = await reader.read(1024)
                if not data:
                    raise ConnectionError("closed before the answer")
                got += data
        return answered


class DustStation(Station):
    """HJ 212: one frame of PM10 each second of its own time."""

    protocol = "hj212"
    end = b"\r\n"

    def registration(self) -> dict[str, Any]:
        """The device's row."""
        attributes = {"mn": self._mn, "profile": "hj212-dust-ug"}
        return row(self._device_id, "construction_dust", metrics=["pm10"], attributes=attributes)

    def frame(self, number: int, *, bad: bool) -> tuple[Key, Sent]:
        """The frame with this number, and what it says."""
        at = self._begin + timedelta(seconds=number)
        value = 20.0 + number % 17
        values = f"x{number:05d}-Rtd=1" if bad else f"a34002-Rtd={value},a34002-Flag=N"
        frame = frames.measured(values, at=at, qn=f"2026{number:013d}", mn=self._mn)
        sent = Sent(
            device_id=self._device_id, metric="pm10", ts_ms=round(at.timestamp() * 1000),
            value=None if bad else value,
        )  # fmt: skip
        return (f"hj212/{self._mn}", frame.removesuffix(self.end)), sent

    def is_answer(self, frame: bytes, data: bytes) -> bool | None:
        """Whether it is the 9014 with the frame's QN."""
        wanted = answer_to(frame)
        return None if len(data) < len(wanted) else data == wanted

    @property
    def _device_id(self) -> str:
        return f"DUST-{self._number}"

    @property
    def _mn(self) -> str:
        return f"{self._number:024d}"


class RiverStation(Station):
    """SL 651: a water level each minute of its own time; the river rises and falls."""

    protocol = "sl651"

    def registration(self) -> dict[str, Any]:
        """The device's row."""
        attributes = {"station_code": self._code, "warning_m": _WARNING_M, "guarantee_m": 3.5}
        return row(self._device_id, metrics=["water_level"], attributes=attributes)

    def frame(self, number: int, *, bad: bool) -> tuple[Key, Sent]:
        """The frame with this number, and what it says."""
        at = self._begin + timedelta(minutes=number)
        level = 2.0 if number % 60 < 40 else 3.2
        element = "EE 19 000001" if bad else f"39 23 {round(level * 1000):08d}"
        elements = frames.observed(at, self._code) + element
        frame = frames.sl651(0x32, elements, at=at, station=self._code, serial=number % 65_535 + 1)
        sent = Sent(
            device_id=self._device_id, metric="water_level", ts_ms=round(at.timestamp() * 1000),
            value=None if bad else level,
        )  # fmt: skip
        return (f"sl651/{self._code}", frame), sent

    def is_answer(self, frame: bytes, data: bytes) -> bool | None:
        """Whether it is a downward frame with the frame's serial number."""
        if len(data) < _SL651_ANSWER_BYTES:
            return None
        # 7E7E, station 5, centre 1, password 2, function 1, length 2, 02, serial 2
        return data[:2] == b"\x7e\x7e" and data[11] >> 4 == 8 and data[14:16] == frame[14:16]

    @property
    def _device_id(self) -> str:
        return f"RIVER-{self._number}"

    @property
    def _code(self) -> str:
        return f"{self._number:010d}"
