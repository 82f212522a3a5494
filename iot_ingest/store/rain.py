"""How much fell in the last hours at each gauge: whole hours from roll-ups, the rest from readings.

A sum is that of the readings of ``(now - hours, now]`` that are normal, as the rules sum it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.hour import hour_of, next_hour
from iot_ingest.model.measured import Fallen
from iot_ingest.store import hourly

_SQL = Statements.beside(__file__)

Span = tuple[datetime, datetime]


def sums(
    conn: Connection, device_nos: Sequence[int], metric_no: int, hours: Sequence[int], now: datetime
) -> Mapping[tuple[int, int], Fallen]:
    """What fell by device and number of hours; no entry where nothing was measured."""
    if not device_nos:
        return {}
    state = hourly.state(conn)
    spans: list[Span] = []
    parts: dict[int, list[int]] = {}
    whole: dict[int, Span] = {}
    for count in hours:
        first = now - timedelta(hours=count)
        begin = max(next_hour(first), state.rolled_from)
        end = min(hour_of(now), state.rolled_until)
        cut = [(first, now)] if begin >= end else [(first, begin - _TICK), (end - _TICK, now)]
        if begin < end:
            whole[count] = (begin, end)
        for span in cut:
            if span not in spans:
                spans.append(span)
        parts[count] = [spans.index(span) for span in cut]
    by_span = _by_span(conn, device_nos, metric_no, spans)
    by_hour = _by_hour(conn, device_nos, metric_no, whole)
    found: dict[tuple[int, int], Fallen] = {}
    for device_no in device_nos:
        for count in hours:
            pieces = [by_span[key] for n in parts[count] if (key := (device_no, n)) in by_span]
            if count in whole:
                begin, end = whole[count]
                pieces += [one for at, one in by_hour.get(device_no, ()) if begin <= at < end]
            if pieces:
                found[device_no, count] = Fallen(
                    mm=sum(mm for mm, _ in pieces), readings=sum(n for _, n in pieces)
                )
    return found


# an hour's reading at its very beginning is the hour's own: spans end before it
_TICK = timedelta(microseconds=1)


def _by_span(
    conn: Connection, device_nos: Sequence[int], metric_no: int, spans: Sequence[Span]
) -> dict[tuple[int, int], tuple[float, int]]:
    rows = _SQL.rows(
        conn, "by_span", device_nos=list(device_nos), metric_no=metric_no,
        firsts=[first for first, _ in spans], untils=[until for _, until in spans],
    )  # fmt: skip
    return {(row.device_no, row.n - 1): (row.total, row.readings) for row in rows}


def _by_hour(
    conn: Connection, device_nos: Sequence[int], metric_no: int, whole: Mapping[int, Span]
) -> dict[int, list[tuple[datetime, tuple[float, int]]]]:
    found: dict[int, list[tuple[datetime, tuple[float, int]]]] = {}
    if whole:
        first = min(begin for begin, _ in whole.values())
        until = max(end for _, end in whole.values())
        for row in _SQL.rows(
            conn, "by_hour", device_nos=list(device_nos), metric_no=metric_no, first=first,
            until=until,
        ):  # fmt: skip
            found.setdefault(row.device_no, []).append((row.hour, (row.total, row.readings)))
    return found
