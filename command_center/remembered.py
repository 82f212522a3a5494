"""What many look at is read once in a few seconds."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import TypeVar, cast

Value = TypeVar("Value")
_MOST = 200


class Kept:
    """Values by key, made anew when they are older than ``fresh_s``; one at a time makes one."""

    def __init__(self, fresh_s: float, slow_s: float = 120.0, *, stale: float = 1.0) -> None:
        """Nothing is known yet; ``slow_s``: how long what takes long is fresh.

        ``stale``: while a new value is made others are given the last one and do not wait, if it
        is not older than so many times of how long it is fresh.
        """
        self._fresh_s = fresh_s
        self._slow_s = slow_s
        self._stale = stale
        self._known: dict[Hashable, tuple[float, object]] = {}
        self._failed: dict[Hashable, tuple[float, Exception]] = {}
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of ``key``; who asks while it is made waits for it.

        Raises what ``make`` raises, also to those who waited.
        """
        return self._get(key, make, self._fresh_s)

    def slowly(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The same for what changes little and takes long."""
        return self._get(("slowly", key), make, self._slow_s)

    def _get(self, key: Hashable, make: Callable[[], Value], fresh_s: float) -> Value:
        with self._lock:
            if len(self._making) > _MOST:
                self._known.clear()
                self._failed.clear()
                self._making.clear()
            making = self._making.setdefault(key, Lock())
        asked_s = monotonic()
        if not making.acquire(blocking=False):
            found = self._known.get(key)
            if found is not None and asked_s - found[0] < self._stale * fresh_s:
                return cast("Value", found[1])
            making.acquire()
        try:
            return self._made(key, make, fresh_s, asked_s)
        finally:
            making.release()

    def _made(
        self, key: Hashable, make: Callable[[], Value], fresh_s: float, asked_s: float
    ) -> Value:
        found = self._known.get(key)
        if found is not None and monotonic() - found[0] < fresh_s:
            return cast("Value", found[1])
        failed = self._failed.get(key)
        if failed is not None and asked_s < failed[0]:
            raise failed[1]  # who waited for it does not try in turn
        try:
            value = make()
        except Exception as error:
            self._failed[key] = (monotonic(), error)
            raise
        self._failed.pop(key, None)
        self._known[key] = (monotonic(), value)
        return value
