"""A device's health: one word from what is known, and what is known from the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from grid.store.named_sql import Statements
from iot_ingest.model.health import WORDS, Health, Word, word
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import health
from tests.iot_ingest.place import NOW, item, message, minutes
from tests.iot_ingest.test_schema import scanned
from tests.support.cluster import TestDatabase

WELL = Health(
    device_no=1, device_id="WL-1", layer="flood", model="test", name_zh="站", name_en="Station",
    area_id=1, interval_s=60, disabled_at=None, online=True, since=NOW, last_message_at=NOW,
    expected_hour=60, received_hour=60, expected_day=1440, received_day=1440, late_share=0.0,
    clock_offset_s=0.4, voltage=12.4,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, Word.OK),
        ({"late_share": 0.5}, Word.LATE),
        ({"clock_offset_s": 400.0}, Word.LATE),
        ({"clock_offset_s": -400.0}, Word.FAULTY),
        ({"received_day": 700}, Word.FAULTY),
        ({"received_day": 700, "expected_day": None}, Word.OK),
        ({"voltage": 10.1}, Word.FAULTY),
        ({"flags": "D"}, Word.FAULTY),
        ({"flags": "M"}, Word.OK),
        ({"quarantined": {"unknown_metric": 3}}, Word.FAULTY),
        ({"trouble": "moved", "away_m": 900.0, "late_share": 1.0}, Word.MOVED),
        ({"last_message_at": NOW - minutes(6), "trouble": "moved"}, Word.SILENT),
        ({"last_message_at": None, "online": None}, Word.SILENT),
        ({"online": False}, Word.SILENT),
        ({"online": False, "blocked_until": NOW + minutes(1)}, Word.BLOCKED),
        ({"blocked_until": NOW - minutes(1)}, Word.OK),
        ({"disabled_at": NOW, "blocked_until": NOW + minutes(1)}, Word.DISABLED),
    ],
)
def test_the_worst_is_said(changes: dict[str, Any], wanted: Word) -> None:
    assert word(replace(WELL, **changes), NOW) is wanted
    assert set(WORDS) == set(Word)


def test_what_is_known_comes_from_the_tables(village: TestDatabase, pipeline: Pipeline) -> None:
    pipeline.flush(
        [
            message("WL-1", item(NOW - timedelta(seconds=90), water_level=1.0)),
            message("WL-1", item(NOW - timedelta(seconds=90), {"voltage": "D"}, voltage=11.9)),
            message("WL-1", b"?"),
            message("WL-1", item(NOW, nonsense=1)),
        ]
    )
    with village.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.blocks (device_no, since, until, readings_s, bytes_s)"
            " SELECT device_no, now(), now() + interval '1 min', 1, 1 FROM iot.devices"
            " WHERE device_id = 'WL-2'"
        )
    with village.engine("cc_web").connect() as conn:
        first, second = health.page(conn, layer="flood")
        again = health.of_devices(conn, [second.device_no])
    assert (first.device_id, first.online, first.flags, first.voltage) == ("WL-1", True, "D", 11.9)
    assert first.quarantined == {"not_json": 1, "unknown_metric": 1}
    assert first.clock_offset_s is not None
    # (NOW is when the tests began)
    assert 90 <= first.clock_offset_s < 200 + (datetime.now(UTC) - NOW).total_seconds()
    assert second.last_message_at is None
    assert word(second, NOW) is Word.BLOCKED
    assert again == [second]


def test_shares_are_those_of_whole_hours(village: TestDatabase) -> None:
    with village.superuser() as conn:
        conn.execute("UPDATE iot.history SET rolled_from = rolled_until - interval '30 hours'")
        conn.execute("UPDATE iot.due SET since = now() - interval '9 days'")
        conn.execute(
            "INSERT INTO iot.hourly SELECT d.device_no, m.metric_no, rolled_until - n * interval"
            " '1 hour', 30, 1, 30, 1, now(), now(), 0, CASE WHEN n = 2 THEN 24 ELSE 0 END"
            " FROM iot.devices d, iot.metrics m, iot.history, generate_series(1, 26) AS n"
            " WHERE d.device_id = 'WL-1' AND m.name IN ('water_level', 'voltage')"
        )
    with village.engine("cc_web").connect() as conn:
        first, second = health.page(conn, layer="flood")
    assert (first.expected_hour, first.received_hour, first.share_hour) == (120, 60, 0.5)
    assert (first.expected_day, first.received_day) == (2880, 24 * 60)
    assert first.late_share == pytest.approx(48 / 1440)
    assert (second.received_day, second.share_day, second.late_share) == (0, 0.0, None)


def test_a_page_reads_its_own_devices_alone(village: TestDatabase) -> None:
    with village.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics,"
            " interval_s, position, area_id, changed_by) SELECT 'P-' || n, bucket, model, layer,"
            " name_zh, name_en, metrics, interval_s, position, area_id, 'test' FROM iot.devices,"
            " generate_series(1, 5000) AS n WHERE device_id = 'WL-1'"
        )
        for table in ("latest", "quarantine", "device_status"):
            columns = {
                "latest": "device_no, 1, now(), 1, 'N', now()",
                "device_status": "device_no, true, now(), now()",
                "quarantine": "now(), 'mqtt', device_id, device_id, '', sha256(''), 'x', ''",
            }[table]
            into = "(received_at, protocol, topic, device_id, payload, payload_sha256, reason,"
            names = f"{into} detail)" if table == "quarantine" else ""
            conn.execute(f"INSERT INTO iot.{table} {names} SELECT {columns} FROM iot.devices")
        conn.execute("ANALYZE")
    statement = Statements.beside(health.__file__).statements["page"].sql
    params = {"after": 2000, "most": 50, "layer": None, "device_nos": None}
    with village.engine("cc_web").connect() as conn:
        (plan,) = conn.execute(text(f"EXPLAIN (FORMAT json) {statement}"), params).scalar_one()
    assert set(scanned(plan["Plan"])) <= {"metrics", "positions", "blocks", "history", "hourly"}
