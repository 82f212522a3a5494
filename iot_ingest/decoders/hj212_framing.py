"""HJ 212 on the wire: ``##`` + 4 digits of length + segment + 4 hexadecimal of CRC + CR LF.

A stream is cut into frames whatever it holds: split and glued frames, junk between them, wrong
lengths. The check sum tells good frames from bad ones; a bad one never swallows the next.
"""

from __future__ import annotations

import binascii
from typing import NamedTuple

START = b"##"
# Shorter than this nothing is a frame, however it begins: it is junk.
LEAST_FRAME = 20
# The longest segment that four digits can tell.
MOST_SEGMENT = 9_999
MOST_FRAME = 6 + MOST_SEGMENT + 4 + 2

_EMPTY_CRC = 0xFFFF


class Frame(NamedTuple):
    """One frame as it came, from ``##`` to the check sum; ``ok``: the check sum is right."""

    raw: bytes
    ok: bool


def _step(value: int) -> int:
    for _ in range(8):
        low = value & 1
        value >>= 1
        if low:
            value ^= 0xA001
    return value


_STEP = tuple(_step(value) for value in range(256))


def _lanes() -> tuple[bytes, ...]:
    """Table k: what a byte has become k bytes later (the upper half of `_STEP`, k times)."""
    tables = [bytes(range(256))]
    for _ in range(7):
        tables.append(bytes(_STEP[value] >> 8 for value in tables[-1]))
    return tuple(tables)


_LANES = _lanes()
_MASKS = {words: (1 << (64 * words)) - 1 for words in range(1, 2 + MOST_SEGMENT // 8)}


def crc(segment: bytes) -> int:
    """The check sum of the standard (it is not that of Modbus).

    The standard shifts the register before it adds the byte, so only its upper half is carried
    on, and eight steps bring a byte back to itself. Bytes that are eight apart can therefore be
    added first, which Python does with whole segments as one number: 10 times as fast.
    """
    length = len(segment)
    if not length:
        return _EMPTY_CRC
    total = int.from_bytes(segment, "big")
    words = (length + 7) // 8
    while words > 1:
        half = (words + 1) // 2
        total = (total >> (64 * half)) ^ (total & _MASKS[half])
        words = half
    value = _LANES[(length - 1) & 7][0xFF]
    for lane in _LANES:
        value ^= lane[total & 0xFF]
        total >>= 8
    return _STEP[value]


def segment_of(raw: bytes) -> bytes:
    """The data segment of a frame, without length and check sum."""
    return raw[6:-4]


def is_whole(raw: bytes) -> bool:
    """Whether the check sum at the end of ``##....`` is that of the segment before it."""
    if len(raw) < LEAST_FRAME:
        return False
    try:
        told = binascii.unhexlify(raw[-4:])
    except binascii.Error:
        return False
    return crc(raw[6:-4]) == int.from_bytes(told, "big")


def tells_its_length(raw: bytes) -> bool:
    """Whether the four digits are the length of the segment."""
    return raw[2:6].isdigit() and int(raw[2:6]) == len(raw) - 10


class Framer:
    """Cuts one connection's stream into frames; holds at most one frame's length of it."""

    def __init__(self) -> None:
        self._buffer = b""
        self.junk = 0

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
                start = len(buffer) - 1 if buffer.endswith(b"#", at) else len(buffer)
                self._skip(buffer, at, start)
                break
            self._skip(buffer, at, start)
            end = self._end(buffer, start)
            if end < 0:
                break
            at = self._take(buffer, start, end, frames)
        self._buffer = buffer[start:]
        return frames

    def _take(self, buffer: bytes, start: int, end: int, frames: list[Frame]) -> int:
        """Note the frame, or the junk, between two places; where to go on."""
        raw = buffer[start:end].rstrip(b"\r\n")
        if len(raw) >= LEAST_FRAME:
            frames.append(Frame(raw, is_whole(raw)))
        else:
            self.junk += len(raw)
        return end

    def _skip(self, buffer: bytes, at: int, start: int) -> None:
        if start > at:
            self.junk += len(buffer[at:start].strip(b"\r\n"))

    def _end(self, buffer: bytes, start: int) -> int:
        """Where the frame that begins at ``start`` ends; -1: more must come first."""
        digits = buffer[start + 2 : start + 6]
        if digits and not digits.isdigit():
            return start + 1
        if len(digits) < 4:
            return -1
        due = start + 10 + int(digits)
        early = _terminator(buffer, start + 6, min(due, len(buffer)))
        if early >= 0:
            # it ends, or another one begins, before it should
            return early
        return -1 if due > len(buffer) else _end_at(buffer, start, due)


def _end_at(buffer: bytes, start: int, due: int) -> int:
    """Where a frame ends that should end at ``due``; -1: perhaps it is longer than it says."""
    if is_whole(buffer[start:due]) or buffer[due : due + 1] in (b"\r", b"\n"):
        return due
    most = start + MOST_FRAME
    late = _terminator(buffer, due - 1, min(most, len(buffer)))
    if late >= 0:
        return late
    return -1 if len(buffer) < most else most


def _terminator(buffer: bytes, first: int, last: int) -> int:
    """The first place of a line's end, or of another frame's start, in [first, last); or -1."""
    other = buffer.find(START, first, last)
    line = buffer.find(b"\n", first, last if other < 0 else other)
    return line if line >= 0 else other
