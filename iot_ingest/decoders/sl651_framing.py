"""SL 651-2014 on the wire, hexadecimal form: ``7E 7E`` + header + text + end + CRC.

A stream is cut into frames whatever it holds. A frame may contain ``7E 7E``, so its length is
believed first; when that leads nowhere, the next frame whose check sum is right is taken.
"""

from __future__ import annotations

from typing import NamedTuple

START = b"\x7e\x7e"
# Start 2, centre 1, station 5, password 2, function 1, direction and length 2.
HEADER = 13
STX, SYN = 0x02, 0x16
ETX, ETB = 0x03, 0x17
# Header, STX, end, CRC.
FRAME_AROUND = HEADER + 1 + 1 + 2
# Number of packets and of this packet, behind SYN.
PACKET_NUMBERS = 3
MOST_TEXT = 0xFFF
MOST_FRAME = FRAME_AROUND + PACKET_NUMBERS + MOST_TEXT
# Shorter than its header and end nothing is a frame: it is junk.
LEAST_FRAME = FRAME_AROUND

_UP = 0
# Places looked at, in one go, for a frame behind one that does not end.
_MOST_TRIES = 16


class Frame(NamedTuple):
    """One frame as it came; ``ok``: its length leads to an end and the check sum is right."""

    raw: bytes
    ok: bool


def _step(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


_STEP = tuple(_step(value) for value in range(256))


def crc(data: bytes) -> int:
    """CRC-16/MODBUS; the frame carries its high byte first."""
    value = 0xFFFF
    step = _STEP
    for byte in data:
        value = (value >> 8) ^ step[(value ^ byte) & 0xFF]
    return value


def with_crc(data: bytes) -> bytes:
    """``data`` and its check sum."""
    return data + crc(data).to_bytes(2, "big")


def text_of(raw: bytes) -> bytes:
    """The text of a whole frame: from the serial number to before the end."""
    return raw[HEADER + 1 + (PACKET_NUMBERS if raw[HEADER] == SYN else 0) : -3]


def numbers_of(raw: bytes) -> tuple[int, int]:
    """The number of this packet and of all packets of its report; (1, 1): it is the only one."""
    if raw[HEADER] != SYN:
        return 1, 1
    numbers = int.from_bytes(raw[HEADER + 1 : HEADER + 1 + PACKET_NUMBERS], "big")
    return numbers & 0xFFF, numbers >> 12


def split(data: bytes) -> list[bytes]:
    """Whole frames that stand one behind the other; empty when it is anything else."""
    found = []
    at = 0
    while at < len(data):
        if len(data) < at + HEADER + 1:
            return []
        ends = [at + length for length in _lengths(data, at)]
        end = next((end for end in ends if is_whole(data[at:end])), None)
        if end is None:
            return []
        found.append(data[at:end])
        at = end
    return found


def tells_its_length(raw: bytes) -> bool:
    """Whether the frame is as long as its header says."""
    return len(raw) > HEADER and len(raw) in _lengths(raw, 0)


def is_whole(raw: bytes) -> bool:
    """Whether these bytes are one frame of a station with a right check sum."""
    return (
        len(raw) >= LEAST_FRAME
        and raw.startswith(START)
        and _may_begin(raw, 0)
        and len(raw) in _lengths(raw, 0)
        and raw[-3] in (ETX, ETB)
        and crc(raw[:-2]) == int.from_bytes(raw[-2:], "big")
    )


def _may_begin(buffer: bytes, start: int) -> bool:
    """Whether a station's frame may begin here, as far as bytes have come."""
    length = len(buffer)
    if length > start + 11 and buffer[start + 11] >> 4 != _UP:
        return False
    return length <= start + HEADER or buffer[start + HEADER] in (STX, SYN)


def _lengths(buffer: bytes, start: int) -> tuple[int, ...]:
    """The lengths that a frame may have. In packets, some count the packet numbers as text."""
    text = int.from_bytes(buffer[start + 11 : start + HEADER], "big") & MOST_TEXT
    if buffer[start + HEADER] == SYN:
        return FRAME_AROUND + PACKET_NUMBERS + text, FRAME_AROUND + text
    return (FRAME_AROUND + text,)


class Framer:
    """Cuts one connection's stream into frames; holds at most one frame's length of it."""

    def __init__(self) -> None:
        self._buffer = b""
        self.junk = 0
        # Places behind the held start where no frame is, whatever comes.
        self._barren: set[int] = set()

    @property
    def held(self) -> int:
        """Bytes that are waiting for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now. Bytes outside of frames are counted as ``junk``."""
        buffer = self._buffer + data if self._buffer else data
        frames: list[Frame] = []
        at = 0
        while True:
            start = buffer.find(START, at)
            if start < 0:
                # half of a start may have come
                start = len(buffer) - 1 if buffer.endswith(b"\x7e", at) else len(buffer)
                self.junk += start - at
                break
            self.junk += start - at
            if start:
                self._barren.clear()
            end, ok = self._end(buffer, start)
            if end < 0:
                break
            self._take(buffer[start:end], ok, frames)
            self._barren.clear()
            at = end
        self._buffer = buffer[start:]
        return frames

    def _take(self, raw: bytes, ok: bool, frames: list[Frame]) -> None:
        if len(raw) >= LEAST_FRAME:
            frames.append(Frame(raw, ok))
        else:
            self.junk += len(raw)

    def _end(self, buffer: bytes, start: int) -> tuple[int, bool]:
        """Where the frame that begins here ends, and whether it is good; -1: wait for more."""
        if not _may_begin(buffer, start):
            return start + 1, False
        if len(buffer) < start + HEADER + 1:
            return -1, False
        complete = True
        for length in _lengths(buffer, start):
            end = start + length
            if end > len(buffer):
                complete = False
            elif is_whole(buffer[start:end]):
                return end, True
        if complete:
            other = buffer.find(START, start + 2)
            whole = start + min(_lengths(buffer, start))
            return (whole if other < 0 or other > whole else other), False
        return self._next_good(buffer, start), False

    def _next_good(self, buffer: bytes, start: int) -> int:
        """The place of a good frame behind a beginning that is not complete; -1: none yet."""
        tries = 0
        other = buffer.find(START, start + 2)
        while other >= 0 and tries < _MOST_TRIES:
            place = other - start
            if place not in self._barren:
                state = self._look(buffer, other)
                if state:
                    return other
                tries += state is False
                if state is False:
                    self._barren.add(place)
            other = buffer.find(START, other + 1)
        return -1

    @staticmethod
    def _look(buffer: bytes, start: int) -> bool | None:
        """Whether a good frame begins here; None: not all of it has come."""
        if not _may_begin(buffer, start):
            return False
        if len(buffer) < start + HEADER + 1:
            return None
        lengths = _lengths(buffer, start)
        if any(is_whole(buffer[start : start + length]) for length in lengths):
            return True
        return None if start + max(lengths) > len(buffer) else False
