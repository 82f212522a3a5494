"""Whether our own processes are alive, from the heartbeats they write into the database."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from grid.store import heartbeats
from grid.store.postgis import reading
from iot_ingest.model.worker import ingest_beats

_FRESH_S = 3.0


def beats(engine: Engine, process: str, *, since: datetime) -> bool:
    """Whether ``process``, started at ``since`` or later, wrote a heartbeat in the last seconds.

    Of several ingest processes all.
    """
    try:
        with reading(engine) as conn:
            found = heartbeats.all(conn)
    except SQLAlchemyError:
        return False
    named = {one.process: one for one in found}
    wanted = ingest_beats(found) if process == "ingest" else [named.get(process)]
    return all(
        one is not None and one.started_at >= since and one.age_s <= _FRESH_S for one in wanted
    )
