"""Messages on our own disk while the database is away: acknowledged once they are synced.

Segments are files that only grow: for each message its length, its CRC-32 and its content. A batch
is one write and one fdatasync; what a crash tore at the end of the newest segment was never
acknowledged, and is cut off at the next start. Segments are read in order and deleted when all of
them is stored; after a crash a segment is read again from its start, which changes nothing,
because a reading's identity is its key.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from iot_ingest.message import Message

_log = logging.getLogger(__name__)

MOST_BYTES = 4 * 1024**3
_SEGMENT_BYTES = 16 * 1024**2
_READ_BYTES = 1024**2
_HEAD = struct.Struct(">II")
# no message of a device is larger (the broker's limit is a megabyte)
_MOST_CONTENT = 64 * 1024**2

_SEGMENTS = "[0-9]" * 16 + ".spool"

_Content = tuple[str, bytes, int, str]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


class SpoolFull(Exception):
    """There is no room for a batch; nothing of it was kept."""


class SpoolInUse(Exception):
    """Another process works with this folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """Messages of one segment, in the order they came, and where the next slice begins."""

    segment: int
    messages: Sequence[Message]
    begin: int
    end: int


@dataclass(kw_only=True, slots=True)
class _Segment:
    """One file: how long it is, up to where it is stored, and its messages that are not."""

    number: int
    size: int
    stored: int
    messages: int


class Spool:
    """The spool of one ingester, in a folder of its own, of at most ``most_bytes``.

    Raises SpoolInUse when another process has it, OSError when the folder cannot be used.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int = MOST_BYTES, segment_bytes: int = _SEGMENT_BYTES
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._segment_bytes = segment_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise SpoolInUse(str(folder)) from error
        self._file: int | None = None
        self.full = False
        self.damaged = 0
        # (others' files are left alone)
        numbers = sorted(int(path.stem) for path in folder.glob(_SEGMENTS))
        self._next = numbers[-1] + 1 if numbers else 1
        self._segments = [self._look(number, newest=number == numbers[-1]) for number in numbers]
        self.oldest_us: int | None = None
        self._note_oldest()

    def close(self) -> None:
        """Let another process have it; what is in it stays."""
        self._seal()
        os.close(self._lock)

    @property
    def messages(self) -> int:
        """How many messages wait."""
        return sum(one.messages for one in self._segments)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(one.size for one in self._segments)

    def append(self, messages: Sequence[Message]) -> None:
        """Keep a batch: it is on disk when this returns. Raises SpoolFull."""
        data = b"".join(map(_record, messages))
        if self.size + len(data) > self._most_bytes:
            self.full = True
            raise SpoolFull(f"the spool would be larger than {self._most_bytes} bytes")
        try:
            segment = self._open()
            self._write(segment, data)
        except OSError as error:
            self.full = True
            raise SpoolFull(str(error)) from error
        self.full = False
        segment.size += len(data)
        segment.messages += len(messages)
        if self.oldest_us is None and messages:
            self.oldest_us = messages[0].received_us
        if segment.size >= self._segment_bytes:
            self._seal()

    def read(self, most: int) -> Slice | None:
        """The oldest messages, up to ``most``; None when nothing waits. `done` moves on."""
        while self._segments:
            segment = self._segments[0]
            found, end = self._read(segment, most)
            if found:
                return Slice(segment=segment.number, messages=found, begin=segment.stored, end=end)
            if segment.stored < segment.size:
                self._put_rest_aside(segment)
            self._forget(segment)
        self.oldest_us = None
        return None

    def done(self, taken: Slice) -> None:
        """A slice is stored: delete its segment when that was the last of it."""
        segment = self._segments[0]
        if segment.number != taken.segment or segment.stored != taken.begin:
            raise ValueError("slices are stored in their order")
        segment.stored = taken.end
        segment.messages -= len(taken.messages)
        if segment.stored >= segment.size:
            self._forget(segment)
        self._note_oldest()
        self.full = False

    # --- writing ----------------------------------------------------------------------------

    def _open(self) -> _Segment:
        if self._file is None:
            number = self._next
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(self._path(number), flags, 0o600)
            self._next += 1
            self._segments.append(_Segment(number=number, size=0, stored=0, messages=0))
            self._sync_folder()
        return self._segments[-1]

    def _write(self, segment: _Segment, data: bytes) -> None:
        file = self._file
        if file is None:
            raise ValueError("no segment is open")
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fdatasync(file)
        except OSError:
            # nothing of it was promised; what is in the file must end with a whole record. A file
            # whose sync failed is not written to again.
            try:
                os.ftruncate(file, segment.size)
            finally:
                self._seal()
            raise

    def _seal(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
            if not self._segments[-1].size:
                self._forget(self._segments[-1])

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    # --- reading ----------------------------------------------------------------------------

    def _look(self, number: int, *, newest: bool) -> _Segment:
        """A segment of an earlier process; the torn end of the newest is cut off."""
        path = self._path(number)
        size = path.stat().st_size
        messages, end = 0, 0
        with path.open("rb") as file:
            for content in _records(file.read):
                messages += 1
                end += _HEAD.size + len(content)
        if newest and end < size:
            _log.warning("%s: %d bytes cut off, never acknowledged", path.name, size - end)
            with path.open("r+b") as file:
                file.truncate(end)
                os.fsync(file.fileno())
            size = end
        return _Segment(number=number, size=size, stored=0, messages=messages)

    def _read(self, segment: _Segment, most: int) -> tuple[list[Message], int]:
        found: list[Message] = []
        end = segment.stored
        with self._path(segment.number).open("rb") as file:
            file.seek(segment.stored)
            for content in _records(file.read):
                try:
                    topic, payload, received_us, protocol = _decode(content)
                except msgspec.MsgspecError:
                    break  # the check sum is right, but we did not write this
                found.append(Message(topic, payload, received_us, 0, 0, 0, protocol))
                end += _HEAD.size + len(content)
                if len(found) >= most or end - segment.stored >= _READ_BYTES:
                    break
        return found, end

    def _note_oldest(self) -> None:
        first = self.read(1)
        self.oldest_us = None if first is None else first.messages[0].received_us

    def _put_rest_aside(self, segment: _Segment) -> None:
        """The disk damaged a record: keep the rest of its segment for a person to look at."""
        path = self._path(segment.number)
        self.damaged += 1
        _log.error("%s is damaged at %d; kept as .damaged", path.name, segment.stored)
        path.with_suffix(".damaged").write_bytes(path.read_bytes()[segment.stored :])

    def _forget(self, segment: _Segment) -> None:
        if self._file is not None and segment is self._segments[-1]:
            os.close(self._file)
            self._file = None
        self._segments.remove(segment)
        self._path(segment.number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016d}.spool"


def _record(message: Message) -> bytes:
    content = _encode((message.topic, message.payload, message.received_us, message.protocol))
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def _records(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """The whole records that follow, up to the first that is not."""
    data, at = b"", 0
    while True:
        while at + _HEAD.size <= len(data):
            length, crc = _HEAD.unpack_from(data, at)
            # (zeros are what a file system leaves of a write it did not finish)
            if not 0 < length <= _MOST_CONTENT:
                return
            content = data[at + _HEAD.size : at + _HEAD.size + length]
            if len(content) < length:
                break
            if zlib.crc32(content) != crc:
                return
            at += _HEAD.size + length
            yield content
        more = read(_READ_BYTES)
        if not more:
            return
        data, at = data[at:] + more, 0
