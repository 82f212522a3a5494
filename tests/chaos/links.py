"""A network path of our own on loopback: it can be cut, swallow everything for a while, or be slow.

What a link passes on can be listened to (`Ear`), at the moment the sender has sent it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Reach = Callable[[], Awaitable[Streams]]

_READ_BYTES = 65_536


class Ear(Protocol):
    """Hears one connection."""

    def from_client(self, data: bytes) -> None:
        """What the one who connected sent."""

    def from_server(self, data: bytes) -> None:
        """What the one who was called sent."""


class Link:
    """A path from a port of its own to wherever ``reach`` connects.

    All methods belong into the loop that `open` was called in.
    """

    def __init__(self, reach: Reach, ear: Callable[[], Ear] | None = None) -> None:
        self.port = 0
        self._reach = reach
        self._ear = ear
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._clear = asyncio.Event()
        self._clear.set()
        self._delay_s = 0.0

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no more; what is connected is cut off."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection, and each new one at once."""
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def swallow(self) -> None:
        """Take connections and bytes, pass nothing on until it is mended."""
        self._clear.clear()

    def slow(self, seconds: float) -> None:
        """Let every piece of data wait for so long."""
        self._delay_s = seconds

    def mend(self) -> None:
        """Pass everything on again, what was swallowed included."""
        self._is_cut = False
        self._delay_s = 0.0
        self._clear.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            there, back = await self._reach()
        except OSError:
            self._open.discard(writer)
            writer.transport.abort()
            return
        self._open.add(back)
        ear = self._ear() if self._ear is not None else _Deaf()
        pumps = (
            asyncio.create_task(self._pump(reader, back, ear.from_client)),
            asyncio.create_task(self._pump(there, writer, ear.from_server)),
        )
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for one in (writer, back):
                self._open.discard(one)
                with suppress(OSError):
                    one.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[bytes], None],
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_READ_BYTES):
                heard(data)
                await self._clear.wait()
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                writer.write(data)
                await writer.drain()


class _Deaf:
    def from_client(self, data: bytes) -> None:
        pass

    def from_server(self, data: bytes) -> None:
        pass


def to_port(port: int) -> Reach:
    """Connect to a port of this machine."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_socket(path: str) -> Reach:
    """Connect to a Unix socket."""
    return lambda: asyncio.open_unix_connection(path)
