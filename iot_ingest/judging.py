"""Rules asked again from where readings changed, many devices at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from iot_ingest.model.device import Device
from iot_ingest.model.reading import EPOCH, from_us
from iot_ingest.recent import Recent, Wanted
from iot_ingest.store import findings, readings, windows
from iot_ingest.store.findings import StoredFinding
from iot_ingest.store.metrics import StoredMetric
from layers.contract import Finding, Limits, Rule, Seed, Series
from layers.rules import Change, Resume, compare, resume

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A rule to ask because readings of a device's metric changed at or after ``first``.

    ``clock`` is the time up to which the device is known to be silent; None: it is not silent,
    a reading came just now.
    """

    device: Device
    metric: StoredMetric
    rule: Rule
    limits: Limits
    first: datetime
    clock: datetime | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Of which device and metric the readings are."""
        return self.device.device_no, self.metric.metric_no


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    task: Task
    stored: Mapping[Finding, StoredFinding]
    again: Resume


def judge(
    conn: Connection, tasks: Sequence[Task], recent: Recent | None = None
) -> list[list[Judged]]:
    """What changes in the findings, a list for each task with changes.

    Asks the database a few times, however many tasks there are. ``recent`` is what is remembered
    of readings; None: all are read.
    """
    firsts: dict[tuple[int, int], datetime] = {}
    for task in tasks:
        firsts[task.key] = min(task.first, firsts.get(task.key, task.first))
    rows = findings.current(conn, [(*key, first) for key, first in firsts.items()])
    plans = [_plan(task, rows.get((*task.key, task.rule.name), ())) for task in tasks]
    single = [plan for plan in plans if plan.task.rule.scope is None]
    series = _read(conn, single, recent or Recent())
    found = (
        _judge(
            plan,
            _part(series[plan.task.key], plan)
            if plan.task.rule.scope is None
            else _compared(conn, plan),
        )
        for plan in plans
    )
    return [changes for changes in found if changes]


def _plan(task: Task, rows: Iterable[StoredFinding]) -> _Plan:
    stored = {
        as_finding(row, task.rule): row
        for row in rows
        if row.ended_at is None or row.ended_at >= task.first
    }
    return _Plan(task=task, stored=stored, again=resume(task.limits, ms(task.first), list(stored)))


def _judge(plan: _Plan, series: Series) -> list[Judged]:
    task, again = plan.task, plan.again
    newest_ms = int(series.ts[-1]) if len(series) else ms(task.first)
    now_ms = newest_ms if task.clock is None else ms(task.clock)
    found = _found(task.rule, series, task.limits, again.seed, now_ms, again.since_ms)
    if found is None:
        return []
    return [
        Judged(
            device=task.device,
            metric=task.metric,
            rule=task.rule,
            limits=task.limits,
            change=change,
            row=None if change.before is None else plan.stored[change.before],
        )
        for change in compare(list(plan.stored), found, since_ms=again.since_ms)
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


def _read(
    conn: Connection, plans: Sequence[_Plan], recent: Recent
) -> dict[tuple[int, int], Series]:
    """The readings that the plans need, by device and metric: each is read once for all rules."""
    wanted: dict[tuple[int, int], Wanted] = {}
    for plan in plans:
        key, since_ms, changed_ms = plan.task.key, plan.again.read_from_ms, ms(plan.task.first)
        known = wanted.get(key)
        if known is not None:
            since_ms = min(since_ms, known.since_ms)
            changed_ms = min(changed_ms, known.changed_ms)
        wanted[key] = Wanted(since_ms=since_ms, changed_ms=changed_ms)
    series = recent.read(conn, wanted)
    # a silence begins at the last reading, however long ago that was
    lacking = {
        plan.task.key
        for plan in plans
        if plan.task.rule.clock_driven and not _begins_before(series, plan)
    }
    before = readings.newest_before(conn, [(*key, moment(wanted[key].since_ms)) for key in lacking])
    for key, (at, value, flag) in before.items():
        rest = series[key]
        series[key] = Series(
            ts=np.append(np.int64(ms(at)), rest.ts),
            value=np.append(value, rest.value),
            flag=np.append(np.bytes_(flag.encode()), rest.flag),
        )
    return series


def _compared(conn: Connection, plan: _Plan) -> Series:
    """How far the device stood out among others, for a rule over several of them."""
    task = plan.task
    return windows.series(
        conn, task.rule.name, task.device.device_no, moment(plan.again.read_from_ms)
    )


def _begins_before(series: Mapping[tuple[int, int], Series], plan: _Plan) -> bool:
    ts = series[plan.task.key].ts
    return bool(len(ts) and ts[0] < plan.again.since_ms)


def _part(series: Series, plan: _Plan) -> Series:
    """The readings that one rule looks at, of those that were read for all."""
    start = int(series.ts.searchsorted(plan.again.read_from_ms))
    if plan.task.rule.clock_driven and not (
        start < len(series) and series.ts[start] < plan.again.since_ms
    ):
        start = max(start - 1, 0)
    return Series(ts=series.ts[start:], value=series.value[start:], flag=series.flag[start:])


def _found(
    rule: Rule, series: Series, limits: Limits, seed: Seed | None, now_ms: int, since_ms: int
) -> Sequence[Finding] | None:
    try:
        return rule.judge(series, limits, seed, now_ms, since_ms=since_ms)
    except Exception:  # noqa: BLE001 - a rule is somebody's arithmetic: it must not stop the others
        _log.exception("rule %s failed and is skipped", rule.name)
        return None
