"""From messages to committed rows, on the real database."""

from __future__ import annotations

import json
import random
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from grid.store.postgis import listen
from iot_ingest.message import Message
from iot_ingest.model.device import readings_topic, status_topic
from iot_ingest.model.quarantine import Reason
from iot_ingest.model.reading import from_us
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import devices, dirty, intake, quarantine, readings
from iot_ingest.store.intake import Counts
from iot_ingest.store.registration import register_devices
from iot_ingest.store.series import series
from tests.iot_ingest.place import BY, NOW, item, message, minutes, ms, row, rows_of, until
from tests.support.cluster import TestDatabase


def reasons(village: TestDatabase) -> dict[Reason, int]:
    with village.engine("cc_web").connect() as conn:
        return quarantine.counts(conn)


def test_a_batch_is_stored_with_latest_values_spans_and_counts(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    counts = pipeline.flush(
        [
            message("WL-1", [item(NOW, water_level=1.5), item(NOW - minutes(1), water_level=1.4)]),
            message("CD-1", item(NOW, tsp=120, noise=51, flags={"noise": "C"})),
            message("WL-2", item(NOW, voltage=12)),
        ]
    )
    assert counts == Counts(messages=3, readings=5, stored=5)
    with village.engine("cc_web").connect() as conn:
        latest = {(one.device_no, one.metric): one for one in readings.latest(conn)}
        assert readings.count(conn) == 5
        assert latest[1, "water_level"].value == 1.5
        assert latest[1, "water_level"].ts == NOW
        assert latest[3, "noise"].flag == "C"
        assert intake.since(conn, NOW - minutes(120)) == counts
        assert devices.statuses(conn)[1].online
        # nothing judges a voltage
        assert dirty.waiting(conn) == 3


def test_sent_again_changes_nothing(village: TestDatabase, pipeline: Pipeline) -> None:
    batch = [message("WL-1", item(NOW, water_level=1.5)), message("CD-1", item(NOW, tsp=1))]
    pipeline.flush(batch)
    before = rows_of(village.engine("cc_web"), "SELECT * FROM iot.readings")
    assert pipeline.flush([*batch, batch[0]]) == Counts(messages=3, readings=3, duplicates=3)
    assert rows_of(village.engine("cc_web"), "SELECT * FROM iot.readings") == before
    assert reasons(village) == {}


def test_a_batch_of_which_a_part_is_stored_adds_the_rest(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    def at(n: float) -> Message:
        return message("WL-1", item(NOW - minutes(n), water_level=n))

    pipeline.flush([at(1), at(3)])
    assert pipeline.flush([at(0), at(1), at(2)]) == Counts(
        messages=3, readings=3, stored=2, duplicates=1
    )
    # ... and goes on in the careful way, and then in the plain one again
    assert pipeline.flush([at(4)]).stored == 1
    pipeline._careful_until = 0.0
    assert pipeline.flush([at(5), at(6)]).stored == 2
    with village.engine("cc_web").connect() as conn:
        assert readings.count(conn) == 7
        assert [one.value for one in readings.latest(conn, [1])] == [0.0]
        assert intake.since(conn, NOW - minutes(120)) == Counts(
            messages=8, readings=8, stored=7, duplicates=1
        )
    spans = rows_of(village.engine("cc_web"), "SELECT from_ts, to_ts FROM iot.dirty ORDER BY 2, 1")
    # (a batch around midnight has a span for each day)
    assert sum(one[0] <= one[1] for one in spans) == len(spans) >= 4


@pytest.mark.parametrize("careful", [False, True])
def test_both_ways_store_the_same(village: TestDatabase, pipeline: Pipeline, careful: bool) -> None:
    pipeline._careful_until = float("inf") if careful else 0.0
    start = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=2)
    batch = [
        message(
            name,
            [
                item(start + minutes(n * 240), None, **{metric: n / 10, "voltage": n})
                for n in (9, 1, 4, 7, 2)
            ],
        )
        for name, metric in (("WL-2", "water_level"), ("CD-1", "tsp"), ("WL-1", "water_level"))
    ]
    assert pipeline.flush(batch) == Counts(messages=3, readings=30, stored=30)
    engine = village.engine("cc_web")
    assert rows_of(engine, "SELECT count(*), sum(value) FROM iot.readings") == [(30, 75.9)]
    assert rows_of(
        engine,
        "SELECT device_no, name, value, ts FROM iot.latest JOIN iot.metrics USING (metric_no)"
        " ORDER BY 1, 2",
    ) == [
        (no, name, value, start + minutes(9 * 240))
        for no, metric in ((1, "water_level"), (2, "water_level"), (3, "tsp"))
        for name, value in sorted([(metric, 0.9), ("voltage", 9.0)])
    ]
    assert rows_of(
        engine, "SELECT device_no, from_ts, to_ts FROM iot.dirty ORDER BY device_no, from_ts"
    ) == [
        (no, start + minutes(first * 240), start + minutes(last * 240))
        for no in (1, 2, 3)
        for first, last in ((1, 4), (7, 9))
    ]


def test_an_old_reading_does_not_replace_a_newer_latest_value(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    pipeline.flush([message("WL-1", item(NOW, water_level=1.5))])
    pipeline.flush([message("WL-1", item(NOW - timedelta(days=30), water_level=9.0))])
    with village.engine("cc_web").connect() as conn:
        assert [one.value for one in readings.latest(conn, [1])] == [1.5]
        assert readings.count(conn) == 2


@pytest.mark.parametrize("together", [True, False])
def test_of_two_values_for_one_identity_the_first_stays(
    village: TestDatabase, pipeline: Pipeline, together: bool
) -> None:
    first = message("WL-1", item(NOW, water_level=1.5))
    second = message("WL-1", item(NOW, water_level=1.6))
    if together:
        pipeline.flush([first, second])
    else:
        pipeline.flush([first])
        assert pipeline.flush([second]) == Counts(messages=1, readings=1, quarantined=1, refused=1)
    assert rows_of(village.engine("cc_web"), "SELECT value FROM iot.readings") == [(1.5,)]
    with village.engine("cc_web").connect() as conn:
        (aside,) = quarantine.recent(conn)
    assert aside.reason is Reason.CONFLICTING_VALUE
    assert aside.payload == second.payload
    assert "1.6, stored 1.5" in aside.detail


def test_what_cannot_be_used_is_kept_with_its_reason_once(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    good = readings_topic("WL-1")
    batch = [
        message("WL-1", b"not json \x00 at all"),
        message("WL-1", item(NOW, water_level=1.0, sea_serpents=3)),
        message("WL-1", item(NOW - minutes(1), water_level=-9_999_999.0, voltage=12)),
        message("WL-1", b'{"ts":1,"values":{"\\ud800":1}}'),
        message("nobody", item(NOW, water_level=1.0)),
        message("WL-1", item(NOW, water_level=1.0), topic=good.replace("/v1/", "/v1/z")),
        message("WL-1", b"perhaps", topic=status_topic("WL-1")),
    ]
    for _ in range(2):
        pipeline.flush(batch)
    assert reasons(village) == {
        Reason.NOT_JSON: 1,
        Reason.UNKNOWN_METRIC: 1,
        Reason.IMPOSSIBLE_VALUE: 1,
        Reason.TIME_OUT_OF_RANGE: 1,
        Reason.UNKNOWN_DEVICE: 1,
        Reason.WRONG_TOPIC: 1,
        Reason.BAD_STATUS: 1,
    }
    with village.engine("cc_web").connect() as conn:
        assert readings.count(conn) == 2
        assert {one.payload for one in quarantine.recent(conn)} == {one.payload for one in batch}


def test_a_device_registered_a_moment_ago_is_known(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    register_devices(village.engine("cc_admin"), [row("WL-9")], by=BY)
    assert pipeline.flush([message("WL-9", item(NOW, water_level=1.0))]).stored == 1


def test_a_disabled_device_is_refused(village: TestDatabase, pipeline: Pipeline) -> None:
    with village.superuser() as conn:
        conn.execute("UPDATE iot.devices SET disabled_at = now(), changed_at = now()")
    fresh = Pipeline(village.engine("cc_ingest"), type(pipeline._registry)())
    fresh.prepare(NOW)
    assert fresh.flush([message("WL-1", item(NOW, water_level=1.0))]).stored == 0
    assert reasons(village) == {Reason.DISABLED_DEVICE: 1}


def test_what_changes_in_the_registry_is_read_again_and_nothing_else(
    village: TestDatabase, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iot_ingest.registry._REFRESH_S", 0.0)
    with village.superuser() as conn:
        conn.execute("UPDATE iot.devices SET disabled_at = now() WHERE device_id = 'WL-1'")
    before = dict(pipeline._registry.doors)
    pipeline.prepare(NOW)
    after = pipeline._registry.doors
    assert [name for name in after if after[name] is not before[name]] == ["WL-1"]
    assert pipeline.flush([message("WL-1", item(NOW, water_level=1.0))]).stored == 0


def test_last_will_and_readings_tell_who_is_online(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    def online() -> bool:
        with village.engine("cc_web").connect() as conn:
            return devices.statuses(conn)[1].online

    pipeline.flush([message("WL-1", item(NOW, water_level=1.0))])
    assert online()
    pipeline.flush([message("WL-1", b"offline", topic=status_topic("WL-1"))])
    assert not online()
    pipeline.flush([message("WL-1", b"online", topic=status_topic("WL-1"))])
    assert online()


def test_a_row_the_database_refuses_does_not_hold_back_its_batch(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    with village.superuser() as conn:
        conn.execute("ALTER TABLE iot.readings ADD CHECK (value <> 66.6)")
    batch = [message("WL-1", item(NOW - minutes(n), water_level=n)) for n in range(20)]
    batch.insert(7, message("WL-2", item(NOW, water_level=66.6)))
    counts = pipeline.flush(batch)
    assert counts == Counts(messages=21, readings=20, stored=20, quarantined=1)
    assert reasons(village) == {Reason.REFUSED_BY_DATABASE: 1}


def test_what_no_index_can_hold_is_put_aside_and_not_tried_for_ever(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    """MQTT allows topics of 65,535 bytes, and an index entry has 2,704."""
    noise = random.Random(1)
    for _ in range(2):
        long = "".join(chr(noise.randrange(0x4E00, 0x9FA5)) for _ in range(5_000))
        topic = readings_topic("WL-1").replace("/v1/", f"/v1/{long}")
        pipeline.flush([message("WL-1", item(NOW, water_level=1), topic=topic)])
    assert reasons(village) == {Reason.WRONG_TOPIC: 2}
    with village.superuser() as conn:
        conn.execute("CREATE INDEX ON iot.readings ((repeat(md5(value::text), value::integer)))")
    batch = [message("WL-1", item(NOW - minutes(n), water_level=n)) for n in range(3)]
    batch[1] = message("WL-1", item(NOW - minutes(1), water_level=9_000))
    assert pipeline.flush(batch).stored == 2


def test_a_dropped_partition_is_made_again(village: TestDatabase, pipeline: Pipeline) -> None:
    old = NOW - timedelta(days=100)
    pipeline.flush([message("WL-1", item(old, water_level=1.0))])
    with village.superuser() as conn:
        conn.execute(f"DROP TABLE iot.readings_{old:%Y%m%d}")
    assert pipeline.flush([message("WL-1", item(old, water_level=1.0))]).stored == 1
    assert reasons(village) == {}


def test_a_database_that_is_away_raises_and_stores_nothing(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    with village.cluster.connect("postgres") as conn:
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS false")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (village.name,),
        )
        with pytest.raises(OperationalError):
            pipeline.flush([message("WL-1", item(NOW, water_level=1.0))])
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS true")
    assert pipeline.flush([message("WL-1", item(NOW, water_level=1.0))]).stored == 1


def test_listeners_hear_of_every_device_but_not_of_every_batch(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    heard: list[psycopg.Notify] = []
    done = threading.Event()

    def listener() -> None:
        with listen(
            village.url("cc_web"), ["cc_live", "cc_dirty"], wake_every_s=0.05, stopped=done.is_set
        ) as notices:
            for some in notices:
                ready.set()
                heard.extend(some)

    ready = threading.Event()
    thread = threading.Thread(target=listener)
    thread.start()
    try:
        ready.wait(10)
        pipeline._news._told_at = time.monotonic() + 60
        for n in range(5):
            pipeline.flush([message("WL-1", item(NOW - minutes(n), water_level=1))])
        pipeline.flush([message("WL-2", item(NOW, water_level=1))])
        assert (pipeline.has_news, heard) == (True, [])
        pipeline.tell_rest()
        until(lambda: len(heard) == 2)
        assert pipeline.has_news is False
    finally:
        done.set()
        thread.join()
    assert {one.channel: json.loads(one.payload)["ids"] for one in heard} == {
        "cc_live": [1, 2],
        "cc_dirty": [],
    }


def test_a_series_is_down_sampled_and_keeps_its_extremes(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    start = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=1)
    items = [item(start + minutes(n), water_level=float(n)) for n in range(60)]
    pipeline.flush([message("WL-1", items)])
    metric_no = rows_of(
        village.engine("cc_web"), "SELECT metric_no FROM iot.metrics WHERE name = 'water_level'"
    )[0][0]
    with village.engine("cc_web").connect() as conn:
        until = start + minutes(60)
        raw = series(conn, 1, metric_no, start, until)
        coarse = series(conn, 1, metric_no, start, until, step=minutes(30))
    assert [one.mean for one in raw] == [float(n) for n in range(60)]
    assert [(one.at, one.lowest, one.highest, one.readings) for one in coarse] == [
        (start, 0.0, 29.0, 30),
        (start + minutes(30), 30.0, 59.0, 30),
    ]
    assert coarse[0].mean == pytest.approx(14.5)


def test_received_times_are_those_of_receipt(village: TestDatabase, pipeline: Pipeline) -> None:
    one = message("WL-1", item(NOW, water_level=1.0))
    pipeline.flush([one])
    ((received_at,),) = rows_of(village.engine("cc_web"), "SELECT received_at FROM iot.readings")
    assert received_at == from_us(one.received_us)


@pytest.mark.parametrize("name", [b"\\ud800", b"a\\u0000b", b"\\udfff\\ud800"])
def test_names_that_no_text_can_hold_are_put_aside(
    village: TestDatabase, pipeline: Pipeline, name: bytes
) -> None:
    """Half a surrogate pair is JSON, but no UTF-8: it must not bring the ingester down."""
    for value in (b"1", b"NaN"):
        payload = b'{"ts": %d, "values": {"%s": %s}}' % (ms(NOW), name, value)
        pipeline.flush([message("WL-1", payload)])
    assert reasons(village) == {Reason.UNKNOWN_METRIC: 1, Reason.NOT_FINITE: 1}
