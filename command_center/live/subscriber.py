"""What one open wall is still to be told."""

import asyncio
from collections import deque
from collections.abc import Callable

# Messages a client may be behind before it gets a new snapshot instead: about 3 s of changes.
BEHIND = 32


class Subscriber:
    """One open wall, on the event loop: `next` gives what to send."""

    def __init__(
        self, snapshot: Callable[[], tuple[int, str]], area_id: int | None = None, *,
        known: bool = True,
    ) -> None:  # fmt: skip
        """``snapshot`` makes the message with everything, and says how new it is.

        ``area_id``: what the wall may be told of (None: everywhere). ``known`` False: nothing is
        yet; it is told how the system is, and not that all is quiet, until everything is.
        """
        self._snapshot = snapshot
        self.area_id = area_id
        self._waiting: deque[str] = deque()
        self._ready = asyncio.Event()
        self._known = known
        if known:
            self._ready.set()
        self._lost = True
        self._since = 0

    async def next(self) -> str:
        """The next message: a snapshot first, and again whenever this client fell behind."""
        await self._ready.wait()
        if self._lost and self._known:
            self._since, text = self._snapshot()
            self._lost = False
            self._waiting.clear()
            self._ready.clear()
            return text
        text = self._waiting.popleft()
        if not self._waiting:
            self._ready.clear()
        return text

    def offer(self, number: int, text: str | None) -> None:
        """Queue message ``number``; None means that everything is to be sent anew."""
        if self._lost:
            self._offer_first(text)
            return
        if number <= self._since:
            return
        if text is None or len(self._waiting) >= BEHIND:
            self._lost = True
        else:
            self._waiting.append(text)
        self._ready.set()

    def _offer_first(self, text: str | None) -> None:
        """While nothing is known: told is how the system is, and then that everything is known."""
        if self._known:
            return
        if text is None:
            self._known = True
        elif len(self._waiting) < BEHIND:
            self._waiting.append(text)
        self._ready.set()

    def beat(self, text: str) -> None:
        """Queue ``text`` for somebody for whom nothing else waits: a sign of life."""
        if not self._waiting and not (self._lost and self._known):
            self._waiting.append(text)
            self._ready.set()
