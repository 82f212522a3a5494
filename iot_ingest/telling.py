"""A changed finding: stored, and told as an event, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from events.model.event import Change, EventDraft, Source
from iot_ingest.judging import Judged, moment
from iot_ingest.store import findings
from iot_ingest.store.findings import StoredFinding
from layers.contract import Finding, Words
from layers.titles import cleared, title, withdrawn

# Told so long after it happened, nobody needs to run any more.
LATE = timedelta(minutes=30)


def store_and_draft(conn: Connection, changes: Sequence[Judged], now: datetime) -> list[EventDraft]:
    """Bring iot.findings up to date; the events that tell what changed, in order.

    A peak that moves is stored and not told: a rising river is one event, not a thousand.
    """
    drafts: list[EventDraft] = []
    rows: list[StoredFinding] = []
    for judged, free_id in _with_ids(conn, changes):
        kind, after = judged.change.kind, judged.change.after
        if after is None:
            drafts.append(_withdraw(conn, judged, now))
        elif judged.row is None:
            row = _new_row(free_id, judged, after, now)
            drafts.append(_draft(judged, replace(row, revision=1), after, Change.RAISED, now))
            if after.ended_ms is not None:
                row = replace(row, revision=2)
                drafts.append(_draft(judged, row, after, Change.CLEARED, now))
            rows.append(row)
        else:
            told = kind != "updated"
            row = _changed_row(judged.row, after, now, revision=judged.row.revision + told)
            rows.append(row)
            if told:
                change = Change.CHANGED if after.ended_ms is None else Change.CLEARED
                drafts.append(_draft(judged, row, after, change, now))
    findings.put(conn, rows)
    return drafts


def _with_ids(conn: Connection, changes: Sequence[Judged]) -> Iterator[tuple[Judged, str]]:
    """Each change, with the id for its finding if it is a new one."""
    new = [judged for judged in changes if judged.row is None]
    ids = iter(findings.free_ids(conn, [_plain_id(judged) for judged in new]))
    for judged in changes:
        yield judged, next(ids) if judged.row is None else ""


def _plain_id(judged: Judged) -> str:
    if judged.change.after is None:
        raise ValueError("only a stored finding can be withdrawn")
    onset = moment(judged.change.after.onset_ms)
    return f"{judged.device.device_id}:{judged.rule.name}:{onset:%Y%m%dT%H%M%S.%f}"[:-3]


def _new_row(finding_id: str, judged: Judged, after: Finding, now: datetime) -> StoredFinding:
    onset = moment(after.onset_ms)
    blank = StoredFinding(
        finding_id=finding_id,
        rule=judged.rule.name,
        layer=judged.device.layer,
        device_no=judged.device.device_no,
        metric_no=judged.metric.metric_no,
        onset=onset,
        ended_at=None,
        level=after.level,
        peak=after.peak,
        peak_at=onset,
        bound=after.bound,
        clause=after.clause,
        revision=1,
        changed_at=now,
    )
    return _changed_row(blank, after, now, revision=1)


def _changed_row(
    row: StoredFinding, after: Finding, now: datetime, *, revision: int
) -> StoredFinding:
    return replace(
        row,
        onset=moment(after.onset_ms),
        ended_at=None if after.ended_ms is None else moment(after.ended_ms),
        level=after.level,
        peak=after.peak,
        peak_at=moment(after.peak_ms),
        bound=after.bound,
        clause=after.clause,
        revision=revision,
        changed_at=now,
    )


def _withdraw(conn: Connection, judged: Judged, now: datetime) -> EventDraft:
    row, before = judged.row, judged.change.before
    if row is None or before is None:
        raise ValueError("only a stored finding can be withdrawn")
    row = replace(row, revision=row.revision + 1, changed_at=now)
    findings.withdraw(conn, row.finding_id, revision=row.revision, changed_at=now)
    return _draft(judged, row, before, Change.WITHDRAWN, now)


def _occurred_at(row: StoredFinding, change: Change, now: datetime) -> datetime:
    if change is Change.RAISED:
        return row.onset
    if change is Change.CLEARED and row.ended_at is not None:
        return row.ended_at
    return row.peak_at if change is Change.CHANGED else now


def _title(judged: Judged, finding: Finding, change: Change) -> Words:
    if change is Change.CLEARED:
        return cleared(judged.rule, judged.limits, finding)
    if change is Change.WITHDRAWN:
        return withdrawn(judged.rule)
    return title(judged.rule, judged.limits, finding)


def _draft(
    judged: Judged, row: StoredFinding, finding: Finding, change: Change, now: datetime
) -> EventDraft:
    device, words = judged.device, _title(judged, finding, change)
    occurred_at = _occurred_at(row, change, now)
    return EventDraft(
        key=f"{row.finding_id}:{row.revision}",
        source=Source.SENSOR,
        category_code=judged.rule.category,
        severity=row.level,
        # a device's clock may run ahead of ours by minutes: nothing happened after now
        occurred_at=min(occurred_at, now),
        lon=device.lon,
        lat=device.lat,
        title_zh=f"{device.name_zh}：{words.zh}",
        title_en=f"{device.name_en}: {words.en}",
        attributes={
            "rule": row.rule,
            "device_id": device.device_id,
            "metric": judged.metric.name,
            "unit": judged.metric.unit,
            "onset": row.onset.isoformat(),
            "ended_at": None if row.ended_at is None else row.ended_at.isoformat(),
            "peak": row.peak,
            "peak_at": row.peak_at.isoformat(),
            "bound": row.bound,
            "clause": row.clause,
            "provisional": finding.provisional,
        },
        device_no=device.device_no,
        component_id=device.component_id,
        cell_id=device.cell_id,
        area_id=device.area_id,
        thread=row.finding_id,
        revision=row.revision,
        change=change,
        late=now - occurred_at > LATE,
    )
