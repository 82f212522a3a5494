"""Many open walls without screens, in a process of their own.

``python -m benchmarks.wall_clients`` reads what to do as JSON on standard input, says
``measuring`` when all of them are open and have settled, and ends with the figures as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

# So many of them read what they are told, the others take it only.
_READERS = 4


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Where to, with whose session, how many, and for how long."""

    address: str
    cookie: str
    walls: int
    settle_s: float
    seconds: float

    def command(self) -> tuple[list[str], bytes]:
        """How to start such a process, and what to write to it."""
        return [sys.executable, "-m", "benchmarks.wall_clients"], json.dumps(asdict(self)).encode()


@dataclass
class _Heard:
    counting: bool = False
    messages: int = 0
    octets: int = 0
    snapshots: int = 0
    closed: int = 0
    lags_s: list[float] = field(default_factory=list)


@contextmanager
def stalled(address: str, cookie: str, count: int) -> Iterator[None]:
    """So many walls that take part and never read, with as little room as a system gives."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_one_that_stalls(address, cookie))
        yield


def _one_that_stalls(address: str, cookie: str) -> socket.socket:
    parts = urlsplit(address)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.connect((parts.hostname, parts.port))
    lines = (
        "GET /live/wall HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket",
        "Connection: Upgrade", f"Origin: {address}", f"Cookie: {cookie}",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13", "", "",
    )  # fmt: skip
    made.sendall("\r\n".join(lines).encode())
    assert b" 101 " in made.recv(64)
    return made


async def _open(wanted: Wanted, heard: _Heard, number: int, ready: asyncio.Event) -> None:
    address = wanted.address.replace("http", "ws", 1) + "/live/wall"
    async with connect(
        address,
        additional_headers={"Cookie": wanted.cookie},
        origin=Origin(wanted.address),
        max_size=None,
        compression=None,
        ping_interval=None,
    ) as wall:
        ready.set()
        with suppress(ConnectionClosed):
            await _listen(wall, heard, number < _READERS)
        heard.closed += 1


async def _listen(wall: ClientConnection, heard: _Heard, reads: bool) -> None:
    async for text in wall:
        now = time.time()
        if not heard.counting:
            continue
        heard.messages += 1
        heard.octets += len(text)
        if not reads:
            continue
        told = json.loads(text)
        heard.snapshots += told["t"] == "snapshot"
        for device in told.get("devices", ()) if told["t"] == "changes" else ():
            read = device.get("values", {}).get("water_depth")
            if read:
                heard.lags_s.append(now - read[0] / 1000)


async def _main(wanted: Wanted) -> None:
    heard = _Heard()
    tasks = []
    for number in range(wanted.walls):
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(_open(wanted, heard, number, ready)))
        await asyncio.wait_for(ready.wait(), 30)
    await asyncio.sleep(wanted.settle_s)
    print("measuring", flush=True)
    heard.counting = True
    await asyncio.sleep(wanted.seconds)
    heard.counting = False
    p50, p95 = np.percentile(heard.lags_s, (50, 95))
    print(json.dumps({
        "messages": heard.messages, "octets": heard.octets, "snapshots": heard.snapshots,
        "closed": heard.closed, "p50": p50, "p95": p95,
    }), flush=True)  # fmt: skip
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_main(Wanted(**json.loads(sys.stdin.read()))))
