"""What the judge remembers of readings is what the database holds, whatever comes in between."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection

from grid.store.postgis import transaction
from iot_ingest.judge import Judge
from iot_ingest.model.reading import to_us
from iot_ingest.pipeline import Pipeline
from iot_ingest.recent import Recent, Wanted
from iot_ingest.store import dirty, readings
from iot_ingest.store.binary import INCOMING
from tests.iot_ingest.place import BY, NOW, item, message, minutes, rows_of
from tests.support.cluster import TestDatabase

_KEYS = [(1, 1), (1, 2), (2, 1)]


def _store(conn: Connection, times_us: list[tuple[tuple[int, int], int]]) -> None:
    rows = [
        (n, *key, ts, float(n), b"N", ts) for n, (key, ts) in enumerate(times_us)
    ]  # fmt: skip
    readings.keep(conn, np.array(rows, INCOMING), judged=())


def test_the_series_are_those_of_the_database(village: TestDatabase) -> None:
    rng = random.Random(8)
    recent, small = Recent(), Recent(most=60)
    start_us = to_us(NOW - timedelta(hours=2))
    for days in (0, 1):
        with transaction(village.engine("cc_ingest"), BY) as conn:
            readings.ensure_partition(conn, (NOW - timedelta(days=days)).date())
    for turn in range(60):
        # mostly the next ones, sometimes far behind; microseconds, too
        at = start_us + turn * 60_000_000
        behind = rng.choice((0, 0, 0, 400_000_000, 3_000_000_000))
        new = [
            (rng.choice(_KEYS), at - rng.randint(0, behind or 60_000_000))
            for _ in range(rng.randint(1, 8))
        ]
        changed = {key: min(ts for one, ts in new if one == key) for key, _ in new}
        wanted = {
            key: Wanted(
                since_ms=ts // 1000 - rng.choice((0, 60_000, 1_800_000)), changed_ms=ts // 1000
            )
            for key, ts in changed.items()
        }
        with transaction(village.engine("cc_ingest"), BY) as conn:
            _store(conn, new)
            told, told_small = recent.read(conn, wanted), small.read(conn, wanted)
            plain = Recent().read(conn, wanted)
        for key, series in plain.items():
            for one in (told[key], told_small[key]):
                assert one.ts.tolist() == series.ts.tolist(), turn
                assert one.value.tolist() == series.value.tolist()
                assert one.flag.tolist() == series.flag.tolist()


def test_who_was_not_the_last_to_judge_remembers_nothing(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    one, other = (Judge(village.engine("cc_ingest")) for _ in range(2))

    def take(judge: Judge, at: float, level: float) -> None:
        pipeline.flush([message("WL-1", [item(NOW - minutes(at), water_level=level)])])
        while judge.work(NOW):
            pass

    take(one, 9, 2.0)
    take(one, 8, 2.0)
    # what the other one was told of: without it the water has not risen
    take(other, 7, 1.4)
    take(one, 5, 2.4)
    found = rows_of(
        village.engine("cc_web"), "SELECT onset, peak FROM iot.findings WHERE rule = 'river_rise'"
    )
    assert found == [(NOW - minutes(5), 1.0)]
    with transaction(village.engine("cc_ingest"), BY) as conn:
        assert not dirty.take_turn(conn, "somebody")
        assert dirty.take_turn(conn, "somebody")
