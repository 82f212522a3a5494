"""The listeners' thread: an asyncio loop of its own beside the ingester's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from iot_ingest.listeners.connection import Connection
from iot_ingest.listeners.hub import Hub
from iot_ingest.listeners.limits import Limits
from iot_ingest.listeners.wires import WIRES
from iot_ingest.message import Message

_log = logging.getLogger(__name__)

_SWEEP_S = 0.2
_START_S = 10.0
_GOODBYE_S = 2.0
_BACKLOG = 256
# Files beside the connections: database, broker, logs.
_OTHER_FILES = 128


class Address(NamedTuple):
    """Where a protocol (``hj212``, ``sl651``) is spoken."""

    protocol: str
    host: str
    port: int


class CannotListen(OSError):
    """An address cannot be had."""


class Listeners:
    """Takes frames at some addresses and puts them into the ingester's queue.

    ``put`` and ``knows`` are those of `Hub`. Reads nothing more soon after ``stop`` is set;
    `close` comes after the ingester's last batch, so that what was stored is answered.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        put: Callable[[Message], None],
        knows: Callable[[str], bool],
        stop: threading.Event,
        limits: Limits | None = None,
    ) -> None:
        self._addresses = tuple(addresses)
        self._stopped = stop
        self._loop = asyncio.new_event_loop()
        self._hub = Hub(self._loop, put, knows, limits or Limits())
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._run, name="listeners", daemon=True)
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open the ports and serve in the background. Raises CannotListen."""
        if not self._addresses:
            return
        _allow_files(self._hub.limits.connections + _OTHER_FILES)
        self._thread.start()
        try:
            self._call(self._open(), _START_S)
        except OSError as error:
            self._end()
            raise CannotListen(str(error)) from error

    def close(self) -> None:
        """Send the answers that are waiting and close every connection."""
        if not self._thread.is_alive():
            self._loop.close()
            return
        self._call(self._close(), _GOODBYE_S + 1)
        self._end()

    def detail(self) -> dict[str, Any]:
        """Figures for the heartbeat: connections, frames, bad frames, answers, who was closed."""
        return self._hub.detail()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Any, within_s: float) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GOODBYE_S)
        if not self._thread.is_alive():
            self._loop.close()

    async def _open(self) -> None:
        for protocol, host, port in self._addresses:
            make = partial(_connection, self._hub, protocol)
            server = await self._loop.create_server(make, host, port, backlog=_BACKLOG)
            self._servers.append(server)
            _log.info("listening for %s at %s port %d", protocol, host, port)
        self._sweeper = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        while not self._stopped.is_set():
            await asyncio.sleep(_SWEEP_S)
            self._hub.sweep()
        self._stop_reading()

    def _stop_reading(self) -> None:
        for server in self._servers:
            server.close()
        self._hub.stop()

    async def _close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        self._stop_reading()
        self._hub.close_all()
        for _ in range(int(_GOODBYE_S / 0.05)):
            if not self._hub.detail()["connections"]:
                break
            await asyncio.sleep(0.05)


def _connection(hub: Hub, protocol: str) -> Connection:
    return Connection(hub, protocol, WIRES[protocol]())


def _allow_files(wanted: int) -> None:
    """Raise the soft limit of open files as far as it goes: one connection is one file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
