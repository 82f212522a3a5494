"""Where things go: the latest value of devices and an earlier one, means of the last hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.measured import Averaged, Blown, Day, Moved

_SQL = Statements.beside(__file__)


def moved(
    conn: Connection, device_nos: Sequence[int], metric_nos: Sequence[int], span: timedelta
) -> list[Moved]:
    """The latest value of each device and metric, and the one ``span`` before."""
    if not device_nos:
        return []
    rows = _SQL.rows(
        conn, "before", device_nos=list(device_nos), metric_nos=list(metric_nos), span=span
    )
    return [Moved(**row._mapping) for row in rows]


def means(
    conn: Connection, device_nos: Sequence[int], metric_nos: Sequence[int], *, since: datetime,
    until: datetime,
) -> list[Averaged]:  # fmt: skip
    """Means of each device and metric in ``(since, until]``; none where nothing was measured."""
    if not device_nos:
        return []
    rows = _SQL.rows(
        conn, "means", device_nos=list(device_nos), metric_nos=list(metric_nos), since=since,
        until=until,
    )  # fmt: skip
    return [Averaged(**row._mapping) for row in rows]


def wind(
    conn: Connection, device_nos: Sequence[int], speed_no: int, direction_no: int, *,
    since: datetime, until: datetime,
) -> list[Blown]:  # fmt: skip
    """How the wind was in ``(since, until]`` at each device that measured it."""
    if not device_nos:
        return []
    rows = _SQL.rows(
        conn, "wind", device_nos=list(device_nos), speed_no=speed_no, direction_no=direction_no,
        since=since, until=until,
    )  # fmt: skip
    return [Blown(**row._mapping) for row in rows]


def days(
    conn: Connection, device_nos: Sequence[int], metric_no: int, *, value: float, share: float,
    since: datetime, zone: str,
) -> list[Day]:  # fmt: skip
    """By device and local day since a moment the hours that were measured, and those above
    ``value``; hours of less than ``share`` of their readings do not count."""
    if not device_nos:
        return []
    rows = _SQL.rows(
        conn, "days", device_nos=list(device_nos), metric_no=metric_no, value=value, share=share,
        since=since, zone=zone,
    )  # fmt: skip
    return [Day(**row._mapping) for row in rows]
