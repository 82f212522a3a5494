"""One device, one rule, judged again from where its readings changed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from iot_ingest.model.device import Device
from iot_ingest.model.reading import EPOCH, from_us
from iot_ingest.store import findings, readings, windows
from iot_ingest.store.findings import StoredFinding
from iot_ingest.store.metrics import StoredMetric
from layers.contract import Finding, Limits, Rule, Seed, Series
from layers.rules import Change, compare, resume

_log = logging.getLogger(__name__)

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A change of one finding, with the row it is stored in (None: it is new)."""

    device: Device
    metric: StoredMetric
    rule: Rule
    limits: Limits
    change: Change
    row: StoredFinding | None


def ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - EPOCH) // _MILLISECOND


def moment(at_ms: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return from_us(at_ms * 1000)


def limits_of(rule: Rule, device: Device) -> Limits | None:
    """The limits of a rule for a device; None when it has none, or wrong ones (that is logged)."""
    try:
        return rule.limits({**device.attributes, "interval_s": device.interval_s})
    except ValueError as error:
        _log.warning("rule %s does not judge %s: %s", rule.name, device.device_id, error)
        return None


def judge(
    conn: Connection,
    device: Device,
    metric: StoredMetric,
    rule: Rule,
    first: datetime,
    *,
    clock: datetime | None,
) -> list[Judged]:
    """What changes in the findings of a rule because readings changed at or after ``first``.

    ``clock`` is the time up to which the device is known to be silent; None: it is not silent,
    a reading came just now.
    """
    limits = limits_of(rule, device)
    if limits is None:
        return []
    rows = findings.current(conn, device.device_no, metric.metric_no, rule.name, first)
    stored = {as_finding(row, rule): row for row in rows}
    again = resume(limits, ms(first), list(stored))
    series = _series(conn, device, metric, rule, again.read_from_ms, again.since_ms)
    newest_ms = int(series.ts[-1]) if len(series) else ms(first)
    now_ms = newest_ms if clock is None else ms(clock)
    found = _found(rule, series, limits, again.seed, now_ms, again.since_ms)
    if found is None:
        return []
    return [
        Judged(
            device=device,
            metric=metric,
            rule=rule,
            limits=limits,
            change=change,
            row=None if change.before is None else stored[change.before],
        )
        for change in compare(list(stored), found, since_ms=again.since_ms)
    ]


def as_finding(row: StoredFinding, rule: Rule) -> Finding:
    """A stored finding as the rule would return it."""
    return Finding(
        rule=row.rule,
        onset_ms=ms(row.onset),
        ended_ms=None if row.ended_at is None else ms(row.ended_at),
        level=row.level,
        peak=row.peak,
        peak_ms=ms(row.peak_at),
        bound=row.bound,
        clause=row.clause,
        # silence that lasts is the only thing that readings under way can undo
        provisional=rule.clock_driven and row.ended_at is None,
    )


def _series(
    conn: Connection,
    device: Device,
    metric: StoredMetric,
    rule: Rule,
    read_from_ms: int,
    since_ms: int,
) -> Series:
    no, metric_no = device.device_no, metric.metric_no
    if rule.scope is not None:
        return windows.series(conn, rule.name, no, moment(read_from_ms))
    ts, values, flags = readings.span(conn, no, metric_no, moment(read_from_ms))
    if rule.clock_driven and not (len(ts) and ts[0] < since_ms):
        # a silence begins at the last reading, however long ago that was
        before = readings.newest_before(conn, no, metric_no, moment(read_from_ms))
        if before is not None:
            ts, values, flags = readings.span(conn, no, metric_no, before)
    return Series(ts=ts, value=values, flag=flags)


def _found(
    rule: Rule, series: Series, limits: Limits, seed: Seed | None, now_ms: int, since_ms: int
) -> Sequence[Finding] | None:
    try:
        return rule.judge(series, limits, seed, now_ms, since_ms=since_ms)
    except Exception:  # noqa: BLE001 - a rule is somebody's arithmetic: it must not stop the others
        _log.exception("rule %s failed and is skipped", rule.name)
        return None
