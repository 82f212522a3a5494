"""Counting what happened in each hour that is over, for the marks of the time machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from events.store import then
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.model.actor import Actor

# Who began to record something in an hour has committed it so long after its end.
_SETTLED = timedelta(minutes=10)
# So many hours at most in one transaction: after weeks without a dispatcher there are many.
_AT_ONCE = 48


def count_past_hours(engine: Engine, *, by: Actor, now: datetime) -> int:
    """Count the hours that are over and were not counted yet; how many were counted now."""
    with transaction(engine, by.key) as conn:
        return then.count_hours(conn, now - _SETTLED, most=_AT_ONCE)
