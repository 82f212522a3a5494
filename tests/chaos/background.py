"""An event loop in a thread of its own: devices, stations and links live in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_END_WITHIN_S = 10.0


class Background:
    """A running loop. Coroutines and functions of other threads go in through `run` and `call`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()

    def run(self, coroutine: Coroutine[Any, Any, T], *, within_s: float = 60.0) -> T:
        """Wait for a coroutine in the loop; its result. Raises TimeoutError."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(within_s)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in the loop; its result."""

        async def called() -> T:
            return function()

        return self.run(called())

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let a coroutine run until it ends, or the loop does."""

        def started() -> asyncio.Task[Any]:
            task = self._loop.create_task(coroutine)
            self._tasks.add(task)
            return task

        return self.call(started)

    def check(self) -> None:
        """Raise what a task failed with."""
        for task in list(self._tasks):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def end(self) -> None:
        """Cancel what still runs."""
        if self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=_END_WITHIN_S)


@contextmanager
def background() -> Iterator[Background]:
    """A loop for the time of a block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="background", daemon=True)
    thread.start()
    found = Background(loop)
    try:
        yield found
    finally:
        found.run(found.end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
