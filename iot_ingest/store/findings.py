"""The current findings: what the rules say about the readings as they are known now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFinding:
    """A row of iot.findings; ``revision`` counts what was told, a moving peak is not."""

    finding_id: str
    rule: str
    layer: str
    device_no: int
    metric_no: int
    onset: datetime
    ended_at: datetime | None
    level: int
    peak: float
    peak_at: datetime
    bound: float
    clause: str
    revision: int
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """A metric of a device that nothing came of for a while."""

    device_no: int
    metric_no: int
    ts: datetime
    received_at: datetime


def current(
    conn: Connection, device_no: int, metric_no: int, rule: str, first: datetime
) -> list[StoredFinding]:
    """A device's findings of one rule that last until ``first`` or longer, by onset."""
    rows = _SQL.rows(
        conn, "current", device_no=device_no, metric_no=metric_no, rule=rule, first=first
    )
    return [StoredFinding(**row._mapping) for row in rows]


def open(conn: Connection) -> list[StoredFinding]:  # noqa: A001 - findings.open(conn) reads well
    """Everything that is wrong now."""
    return [StoredFinding(**row._mapping) for row in _SQL.rows(conn, "open")]


def of_device(
    conn: Connection, device_no: int, first: datetime, until: datetime
) -> list[StoredFinding]:
    """A device's findings that touch ``[first, until)``."""
    rows = _SQL.rows(conn, "of_device", device_no=device_no, first=first, until=until)
    return [StoredFinding(**row._mapping) for row in rows]


def all_current(conn: Connection) -> list[StoredFinding]:
    """Every finding that is not withdrawn, by device, rule and onset."""
    return [StoredFinding(**row._mapping) for row in _SQL.rows(conn, "all_current")]


def free_id(conn: Connection, plain: str) -> str:
    """``plain``, or with ``~2``, ``~3``, ... when it is in use: an id is never used twice."""
    pattern = plain.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%") + "~%"
    taken = {row.finding_id for row in _SQL.rows(conn, "taken_ids", plain=plain, numbered=pattern)}
    number = 2
    found = plain
    while found in taken:
        found = f"{plain}~{number}"
        number += 1
    return found


def put(conn: Connection, finding: StoredFinding) -> None:
    """Keep a finding, new or changed."""
    _SQL.run(conn, "put", **asdict(finding))


def withdraw(conn: Connection, finding_id: str, *, revision: int, changed_at: datetime) -> None:
    """Mark a finding that never was."""
    _SQL.run(conn, "withdraw", finding_id=finding_id, revision=revision, changed_at=changed_at)


def quiet(
    conn: Connection, now: datetime, metric_nos: Sequence[int], rules: Sequence[str]
) -> list[Quiet]:
    """Metrics silent for two intervals or longer without an open finding of ``rules``."""
    rows = _SQL.rows(conn, "quiet", now=now, metric_nos=list(metric_nos), rules=list(rules))
    return [Quiet(**row._mapping) for row in rows]
