"""Whether our own processes are alive, from the heartbeats they write into the database."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store import heartbeats
from grid.store.postgis import reading

_FRESH_S = 3.0


def beats(engine: Engine, process: str, *, since: datetime) -> bool:
    """Whether ``process``, started at ``since`` or later, wrote a heartbeat in the last seconds."""
    try:
        with reading(engine) as conn:
            found = heartbeats.all(conn)
    except SQLAlchemyError:
        return False
    return any(
        one.process == process and one.started_at >= since and one.age_s <= _FRESH_S
        for one in found
    )
