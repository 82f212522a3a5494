"""Events go first: what can wait lets them through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from events.store import inbox
from grid.store.postgis import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

# An event younger than this is just being worked.
_CROWDED_AFTER_S = 0.3
_AGAIN_S = 0.05


def give_way(engine: Engine, *, most_s: float = 2.0) -> None:
    """Wait until no event waits for its ticket, or ``most_s``: even in a flood some is planned.

    Nothing may be locked meanwhile. For an event in trouble nobody waits.
    """
    until = time.monotonic() + most_s
    while time.monotonic() < until:
        with reading(engine) as conn:
            if not inbox.crowded(conn, after_s=_CROWDED_AFTER_S):
                return
        time.sleep(_AGAIN_S)
