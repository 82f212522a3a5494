"""What people asked to be decoded once more, and how far it is.

Who asks may not write readings (the web), so the ingester does it: it is woken by a notification
on `CHANNEL`, and looks by itself now and then.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from grid.store.named_sql import Statements
from grid.store.postgis import notify, transaction
from iot_ingest.store import trail
from iot_ingest.store.quarantine import Chosen

_SQL = Statements.beside(__file__)

CHANNEL = "cc_replay"


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """One request. ``reached`` is the last message that was tried; ``trouble_*`` what was wrong."""

    replay_id: int
    protocol: str | None
    reason: str | None
    device_id: str | None
    quarantine_id: int | None
    newest: int
    asked_by: str
    asked_at: datetime
    attempts: int
    reached: int
    tried: int
    resolved: int
    finished_at: datetime | None
    trouble_zh: str | None
    trouble_en: str | None

    @property
    def chosen(self) -> Chosen:
        """The messages that are meant."""
        return Chosen(
            protocol=self.protocol,
            reason=self.reason,
            device_id=self.device_id,
            quarantine_id=self.quarantine_id,
            newest=self.newest,
        )


def ask(engine: Engine, which: Chosen, *, by: str) -> int:
    """Ask that messages be decoded once more, as they are now; the number of the request.

    ``which.newest`` must be given. Only administrators may; it is in the ledger.
    """
    with transaction(engine, by) as conn:
        replay_id = int(_SQL.value(conn, "ask", **asdict(which)))
        trail.quarantine(conn, "replay", which.reason or "any", asdict(which))
        notify(conn, CHANNEL, "replay", [replay_id])
    return replay_id


def recent(conn: Connection, *, most: int) -> list[Replay]:
    """The last requests, newest first."""
    return [Replay(**row._mapping) for row in _SQL.rows(conn, "recent", most=most)]


def are_waiting(conn: Connection) -> bool:
    """Whether a request is not done yet."""
    return bool(_SQL.value(conn, "waiting"))


def only_one(conn: Connection) -> bool:
    """Whether this session may work on requests; it may until it ends, and no other."""
    return bool(_SQL.value(conn, "only_one"))


def take(conn: Connection) -> Replay | None:
    """The oldest request that is not done, this attempt counted; None when all are."""
    row = _SQL.maybe(conn, "next")
    return None if row is None else Replay(**row._mapping)


def went_on(conn: Connection, replay_id: int, *, reached: int, tried: int, resolved: int) -> None:
    """Note so many more messages tried and resolved, up to the number ``reached``."""
    _SQL.run(conn, "went_on", replay_id=replay_id, reached=reached, tried=tried, resolved=resolved)


def finish(
    conn: Connection, replay_id: int, *, zh: str | None = None, en: str | None = None
) -> None:
    """Note that a request is done, and what was in the way (None: nothing)."""
    _SQL.run(conn, "finish", replay_id=replay_id, zh=zh, en=en)
