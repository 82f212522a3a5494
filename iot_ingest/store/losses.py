"""The ledger of losses: per device and hour what was due, what came, and what became of it.

Readings count in the hour of their event time, messages that were put aside in the hour of their
receipt. What a device was to send is in ``iot.due``; what of it did not come is found from the
times between readings, so the figures are exact for devices that keep to their interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.hour import hour_of, next_hour
from iot_ingest.model.quarantine import REFUSALS
from iot_ingest.store import hourly

_SQL = Statements.beside(__file__)

# More is for a program: `command-center losses --json`.
MOST_LINES = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Whole UTC hours ``[first, until)``, seen at ``now``: what is not due yet is not missing.

    ``open_from``: from here on hours are not rolled up, and counted from the readings.
    """

    first: datetime
    until: datetime
    now: datetime
    open_from: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Counts of readings; ``quarantined`` and ``rejected`` count messages.

    Quarantined: what was said could not be used; rejected: who said it was refused, or cut off for
    sending too much, or it was too much of one kind for the quarantine. ``late`` and ``flagged``
    (of another flag than N) are among the received. ``device_id`` None: all devices (else a
    device, the name or topic of an unknown sender, or ``?``
    for all that were not even put aside); ``hour`` None: the whole span.
    """

    device_id: str | None
    hour: datetime | None
    received: int = 0
    missing: int = 0
    late: int = 0
    flagged: int = 0
    duplicates: int = 0
    quarantined: int = 0
    rejected: int = 0

    @property
    def expected(self) -> int:
        """How many readings were due."""
        return self.received + self.missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some lines, and how many there are in all."""

    lines: Sequence[Line]
    of: int


def span(conn: Connection, first: datetime, until: datetime, now: datetime) -> Span:
    """The whole hours that ``[first, until)`` touches, without those that are not known yet.

    Hours of before there was history, which are still being rolled up, and those to come.
    """
    state = hourly.state(conn)
    begin = max(hour_of(first), state.rolled_from)
    end = min(next_hour(until), next_hour(now))
    return Span(first=begin, until=max(begin, end), now=now, open_from=state.rolled_until)


def total(conn: Connection, within: Span, *, device_nos: Sequence[int] | None = None) -> Line:
    """Everything of a span together; of all devices for None."""
    found = _lines(conn, within, device_nos).lines
    return found[0] if found else Line(device_id=None, hour=None)


def by_hour(
    conn: Connection, within: Span, *, device_nos: Sequence[int] | None = None
) -> Sequence[Line]:
    """The devices together, hour by hour; hours without anything lack."""
    return _lines(conn, within, device_nos, by_hour=True).lines


def by_device(
    conn: Connection,
    within: Span,
    *,
    device_nos: Sequence[int] | None = None,
    only_troubled: bool = False,
    most: int = 100,
    skip: int = 0,
) -> Page:
    """Device by device, most missing first; a page of ``most`` after ``skip`` others.

    ``only_troubled``: only those with something missing, late, sent again or put aside.
    """
    return _lines(
        conn, within, device_nos, by_device=True, only_troubled=only_troubled, most=most, skip=skip
    )


def by_device_and_hour(
    conn: Connection,
    within: Span,
    *,
    device_nos: Sequence[int] | None = None,
    only_troubled: bool = True,
    most: int = MOST_LINES,
    skip: int = 0,
) -> Page:
    """One line for each device and hour, by device, then hour."""
    return _lines(
        conn,
        within,
        device_nos,
        by_device=True,
        by_hour=True,
        only_troubled=only_troubled,
        most=most,
        skip=skip,
    )


def _lines(
    conn: Connection,
    within: Span,
    device_nos: Sequence[int] | None,
    *,
    by_device: bool = False,
    by_hour: bool = False,
    only_troubled: bool = False,
    most: int = MOST_LINES,
    skip: int = 0,
) -> Page:
    rows = _SQL.rows(
        conn,
        "lines",
        first=within.first,
        until=within.until,
        now=within.now,
        open_from=within.open_from,
        device_nos=None if device_nos is None else list(device_nos),
        refusals=sorted(REFUSALS),
        by_device=by_device,
        by_hour=by_hour,
        only_troubled=only_troubled,
        most=most,
        skip=skip,
    )
    found = [row._asdict() for row in rows]
    of = found[0]["lines"] if found else 0
    for one in found:
        del one["lines"]
    return Page(lines=[Line(**one) for one in found], of=of)
