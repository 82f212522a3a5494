"""The current findings: what the rules say about the readings as they are known now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.reading import to_us
from iot_ingest.store.binary import Integers, Smallints, Times

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
    conn: Connection, spans: Sequence[tuple[int, int, datetime]]
) -> dict[tuple[int, int, str], list[StoredFinding]]:
    """The findings that last until ``first`` or longer, for each (device_no, metric_no, first).

    By device, metric and rule; of one key by onset.
    """
    if not spans:
        return {}
    device_nos, metric_nos, firsts = zip(*spans, strict=True)
    found: dict[tuple[int, int, str], list[StoredFinding]] = {}
    for row in _SQL.rows(
        conn,
        "current",
        device_nos=Integers(device_nos),
        metric_nos=Smallints(metric_nos),
        firsts=Times([to_us(at) for at in firsts]),
    ):
        one = StoredFinding(**row._mapping)
        found.setdefault((one.device_no, one.metric_no, one.rule), []).append(one)
    return found


def open(conn: Connection) -> list[StoredFinding]:  # noqa: A001 - findings.open(conn) reads well
    """Everything that is wrong now."""
    return [StoredFinding(**row._mapping) for row in _SQL.rows(conn, "open")]


def loud_in(conn: Connection, area_ids: Sequence[int], *, most: int) -> list[int]:
    """Numbers of the devices of some areas at which something is wrong now, the worst first."""
    rows = _SQL.rows(conn, "loud_in", area_ids=list(area_ids), most=most)
    return [row.device_no for row in rows]


def of_device(
    conn: Connection, device_no: int, first: datetime, until: datetime
) -> list[StoredFinding]:
    """A device's findings that touch ``[first, until)``."""
    rows = _SQL.rows(conn, "of_device", device_no=device_no, first=first, until=until)
    return [StoredFinding(**row._mapping) for row in rows]


def all_current(conn: Connection) -> list[StoredFinding]:
    """Every finding that is not withdrawn, by device, rule and onset."""
    return [StoredFinding(**row._mapping) for row in _SQL.rows(conn, "all_current")]


def free_ids(conn: Connection, plain: Sequence[str]) -> list[str]:
    """Each id, or with ``~2``, ``~3``, ... when it is in use: an id is never used twice."""
    taken: set[str] = set()
    numbers = [1] * len(plain)
    waiting = list(range(len(plain)))
    names = list(plain)
    while waiting:
        asked = [names[place] for place in waiting]
        taken |= {row.finding_id for row in _SQL.rows(conn, "known_ids", ids=asked)}
        again = []
        for place in waiting:
            if names[place] in taken:
                numbers[place] += 1
                names[place] = f"{plain[place]}~{numbers[place]}"
                again.append(place)
            else:
                taken.add(names[place])
        waiting = again
    return names


def put(conn: Connection, found: Sequence[StoredFinding]) -> None:
    """Keep findings, new or changed."""
    _SQL.run_many(conn, "put", [asdict(one) for one in found])


def withdraw(conn: Connection, finding_id: str, *, revision: int, changed_at: datetime) -> None:
    """Mark a finding that never was."""
    _SQL.run(conn, "withdraw", finding_id=finding_id, revision=revision, changed_at=changed_at)


def quiet(
    conn: Connection, now: datetime, metric_nos: Sequence[int], rules: Sequence[str], nos: range
) -> list[Quiet]:
    """Metrics of a range of devices, silent for two intervals or longer, without an open finding
    of ``rules``."""
    rows = _SQL.rows(
        conn,
        "quiet",
        now=now,
        metric_nos=list(metric_nos),
        rules=list(rules),
        first_no=nos.start,
        end_no=nos.stop,
    )
    return [Quiet(**row._mapping) for row in rows]
