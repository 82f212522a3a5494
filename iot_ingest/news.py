"""Telling open walls and the judge that there is something new: often enough, not each time.

A notification wakes every listener, and transactions that notify commit one after the other. So
what a batch changed is told with it only when the last time was a moment ago; else it waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from grid.store.postgis import notify

_EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Untold:
    """Devices that changed, and whether rules have something to look at."""

    device_nos: dict[int, None]
    dirty: bool


class News:
    """What was not told yet. `keep` what `tell` returns once its transaction is committed."""

    def __init__(self) -> None:
        self._untold = Untold(device_nos={}, dirty=False)
        self._told_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._untold.device_nos) or self._untold.dirty

    def tell(
        self, conn: Connection, device_nos: Iterable[int], *, dirty: bool, now: bool = False
    ) -> Untold:
        """Tell at the commit, if it is time (or ``now``); what is left to tell after it."""
        known = self._untold
        news = Untold(
            device_nos=known.device_nos | dict.fromkeys(device_nos), dirty=known.dirty or dirty
        )
        if not now and time.monotonic() - self._told_at < _EVERY_S:
            return news
        self._told_at = time.monotonic()
        if news.device_nos:
            notify(conn, "cc_live", "reading", news.device_nos)
        if news.dirty:
            # (the judge reads from the table what is to be done)
            notify(conn, "cc_dirty", "dirty", ())
        return Untold(device_nos={}, dirty=False)

    def keep(self, untold: Untold) -> None:
        """Remember what is left to tell."""
        self._untold = untold
