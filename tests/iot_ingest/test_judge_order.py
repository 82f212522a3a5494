"""Findings are the same whatever the order in which readings arrive."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import layers
from iot_ingest.judge import Judge
from iot_ingest.judging import ms
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.store import devices, findings
from layers.contract import Series
from tests.iot_ingest.place import NOW, item, message, minutes, rows_of
from tests.support.cluster import TestDatabase


def plain(village: TestDatabase, device_id: str, now: datetime) -> list[tuple[Any, ...]]:
    """Every rule over the whole of what is stored, at once."""
    out = []
    with village.engine("cc_web").connect() as conn:
        device = devices.by_id(conn, device_id)
    assert device is not None
    for metric in device.metrics:
        rows = rows_of(
            village.engine("cc_web"),
            "SELECT (extract(epoch FROM r.ts) * 1000)::bigint, r.value, r.flag::text"
            " FROM iot.readings r JOIN iot.metrics m USING (metric_no)"
            f" WHERE device_no = {device.device_no} AND m.name = '{metric}' ORDER BY ts",
        )
        series = Series.of(
            np.array([one[0] for one in rows], np.int64),
            [one[1] for one in rows],
            [one[2].encode() for one in rows],
        )
        for rule in layers.rules_of(metric, layer=device.layer):
            limits = rule.limits({**device.attributes, "interval_s": device.interval_s})
            if limits is not None and rule.scope is None:
                out += [
                    (
                        one.rule,
                        one.onset_ms,
                        one.ended_ms,
                        one.level,
                        one.peak,
                        one.peak_ms,
                        one.bound,
                    )
                    for one in rule.judge(series, limits, None, ms(now))
                ]
    return sorted(out, key=str)


def stored(village: TestDatabase) -> list[tuple[Any, ...]]:
    with village.engine("cc_web").connect() as conn:
        return sorted(
            (
                (
                    one.rule,
                    ms(one.onset),
                    None if one.ended_at is None else ms(one.ended_at),
                    one.level,
                    one.peak,
                    ms(one.peak_at),
                    one.bound,
                )
                for one in findings.all_current(conn)
            ),
            key=str,
        )


def consistent(village: TestDatabase) -> None:
    """The last event of each thread says what its finding is; revisions have no gaps."""
    rows = rows_of(
        village.engine("cc_web"),
        "SELECT f.finding_id, f.withdrawn, f.ended_at IS NOT NULL, f.revision,"
        " array_agg(e.revision ORDER BY e.event_id),"
        " (array_agg(e.change ORDER BY e.event_id DESC))[1]"
        " FROM iot.findings f LEFT JOIN events.events e ON e.thread = f.finding_id"
        " GROUP BY f.finding_id",
    )
    for finding_id, withdrawn, ended, revision, revisions, last in rows:
        assert revisions == list(range(1, revision + 1)), finding_id
        expected = "withdrawn" if withdrawn else "cleared" if ended else ("raised", "changed")
        assert last in expected, finding_id


def story(seed: int) -> list[tuple[str, dict[str, Any]]]:
    """Some hours of a river, a building site and an outfall, with gaps, flags, excesses, values
    that do not move and faults that last."""
    chance = random.Random(seed)
    out: list[tuple[str, dict[str, Any]]] = []
    start = NOW - timedelta(hours=6)
    for device_id, metric, calm, wild, lively in (
        ("WL-1", "water_level", 2.0, 4.2, 0.15),
        ("CD-1", "tsp", 150.0, 5_000.0, 0.15),
        ("CD-1", "noise", 50.0, 95.0, 0.04),
        ("OF-1", "cod", 15.0, 300.0, 0.15),
    ):
        value, at, faulty = calm, start, 0
        while at < NOW:
            at += timedelta(seconds=60 * chance.choice((1, 1, 1, 1, 1, 1, 2, 14)))
            if chance.random() < lively:
                value = calm + (wild - calm) * chance.choice((0, 0, 0.3, 0.7, 1))
            flag = {metric: "M"} if chance.random() < 0.03 else None
            faulty = 45 if metric == "cod" and chance.random() < 0.02 else faulty - 1
            flag = {metric: "D"} if faulty > 0 else flag
            out.append((device_id, item(at, flag, **{metric: round(value, 3)})))
    return out


def arrive(
    pipeline: Pipeline, judge: Judge, parts: Sequence[tuple[str, dict[str, Any]]], cuts: list[int]
) -> None:
    """Store parts batch by batch, judging after each."""
    at = 0
    for size in [*cuts, len(parts)]:
        batch = [message(device_id, one) for device_id, one in parts[at : at + size]]
        at += size
        if batch:
            pipeline.flush(batch)
            while judge.work(NOW):
                pass


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32),
    order=st.sampled_from(["in order", "shuffled", "backwards", "last hour late"]),
    cuts=st.lists(st.integers(1, 150), max_size=8),
)
def test_the_findings_do_not_depend_on_the_order_of_arrival(
    village: TestDatabase, seed: int, order: str, cuts: list[int]
) -> None:
    with village.superuser() as conn:
        conn.execute(
            "TRUNCATE iot.readings, iot.latest, iot.dirty, iot.findings, iot.quarantine,"
            " iot.intake, iot.device_status, events.inbox, events.event_keys"
        )
        conn.execute("ALTER TABLE events.events DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM events.events")
    pipeline = Pipeline(village.engine("cc_ingest"), Registry())
    pipeline.prepare(NOW)
    judge = Judge(village.engine("cc_ingest"))
    parts = story(seed)
    parts.sort(key=lambda one: one[1]["ts"])
    chance = random.Random(seed)
    if order == "shuffled":
        chance.shuffle(parts)
    elif order == "backwards":
        parts.reverse()
    elif order == "last hour late":
        middle = len(parts) // 2
        parts = parts[:middle] + parts[middle + 40 :] + parts[middle : middle + 40]
    # some are sent twice
    parts += chance.sample(parts, 20)
    arrive(pipeline, judge, parts, cuts)
    later = NOW + minutes(3)
    expected = [one for name in ("CD-1", "OF-1", "WL-1") for one in plain(village, name, later)]
    assert stored(village) == sorted(expected, key=str)
    consistent(village)
