"""Files of readings become device messages: long, wide, mapped, moved to now, published."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from command_center.cli import main
from command_center.problem import Problem
from command_center.replay.publish import Publisher
from command_center.replay.table import DeviceMessage, read_recording
from grid.actions.read_table import read_mapping
from grid.model.mapping import ColumnMapping, column_mapping
from iot_ingest.client import Session
from iot_ingest.ingester import Ingester
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.store import intake, quarantine, readings
from iot_ingest.store.import_devices import import_devices
from tests.iot_ingest.place import BY, NOW, rows_of, settle, until
from tests.support.broker import TestBroker, on_both_brokers
from tests.support.cluster import TestDatabase

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "calder"
NONE = ColumnMapping()


def told(messages: object) -> list[tuple[int, str, dict[str, float]]]:
    assert isinstance(messages, list)
    return [(one.ts_ms, one.device_id, dict(one.values)) for one in messages]


def test_long_and_wide_files_say_the_same(tmp_path: Path) -> None:
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv.gz"
    long.write_text(
        "time,device_id,metric,value,flag\n"
        "2026-01-01T00:00:00Z,A,ph,7.1,\n"
        "2026-01-01T00:00:00Z,A,cod,12,M\n"
        "2026-01-01T08:01:00+08:00,A,ph,7.2,N\n"
    )
    wide.write_bytes(
        gzip.compress(
            b"Time,device_id,ph,cod\n2026-01-01 00:01:00,A,7.2,\n2026-01-01 00:00:00,A,7.1,12\n"
        )
    )
    start = 1_767_225_600_000
    expected = [(start, "A", {"ph": 7.1, "cod": 12.0}), (start + 60_000, "A", {"ph": 7.2})]
    from_long, from_wide = read_recording([long], NONE), read_recording([wide], NONE)
    assert told(from_long.messages) == expected
    assert told(from_wide.messages) == expected
    assert from_long.messages[0].payload() == {
        "ts": start,
        "values": {"ph": 7.1, "cod": 12.0},
        "flags": {"cod": "M"},
    }
    assert from_wide.skipped == {"no value": 1}


def test_a_mapping_names_columns_zones_scales_and_series(tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    pd.DataFrame(
        {
            "when": ["2026-01-01 08:00", "bad", "2026-01-01 08:00"],
            "what": ["a", "a", "z"],
            "v": [1, 2, 3],
        }
    ).to_parquet(path)
    mapping = column_mapping(
        {
            "time_zone": "Asia/Shanghai",
            "columns": {"time": "when", "series": "what", "value": "v"},
            "series": {"a": {"device_id": "A", "metric": "ph", "scale": 0.5, "offset": 1}},
        }
    )
    found = read_recording([path], mapping)
    assert told(found.messages) == [(1_767_225_600_000, "A", {"ph": 1.5})]
    assert found.skipped == {"no time": 1, "not in the mapping": 1}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "there is no file"),
        ("readings.xlsx", b"x", "of no known kind"),
        ("readings.csv.gz", b"no gzip", "cannot be read"),
        ("readings.parquet", b"no parquet", "cannot be read"),
        ("readings.csv", b"a,b\n1,2\n", "no column for time"),
        ("readings.csv", b"time,value\n2026-01-01,2\n", "no column for device_id"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_clearly(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Problem, match=words) as caught:
        read_recording([path], NONE)
    assert caught.value.zh.strip()


def test_moving_to_now_keeps_the_gaps_and_whole_hours(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text("time,device_id,ph\n2020-01-01T00:15:00Z,A,7\n2020-01-01T03:30:00Z,A,7\n")
    found = read_recording([path], NONE)
    assert found.older_than(NOW, timedelta(days=400)) == 2
    first, last = found.shifted(NOW).messages
    assert last.ts_ms - first.ts_ms == 195 * 60_000
    assert first.ts_ms % 3_600_000 == 15 * 60_000
    assert NOW - timedelta(hours=1) < datetime.fromtimestamp(last.ts_ms / 1000, UTC) <= NOW


def test_a_broker_that_is_not_there_is_told() -> None:
    with pytest.raises(Problem, match="cannot be reached"):
        Publisher("mqtt://u:p@127.0.0.1:9").play([], 0)


def test_a_broker_that_refuses_the_login_is_told(broker: TestBroker) -> None:
    with pytest.raises(Problem, match="refuses the login"):
        Publisher(f"mqtt://cc_replay:wrong@127.0.0.1:{broker.port}").play([], 0)


def test_a_refused_message_is_counted(broker: TestBroker) -> None:
    """A device may not speak for another."""
    broker.add_devices("A")
    messages = [
        DeviceMessage(ts_ms=0, device_id=one, values={"ph": 7.0}, flags={}) for one in ("A", "B")
    ]
    found = Publisher(broker.device_url("A")).play(messages, 0)
    assert (found.acknowledged, found.refused) == (1, 1)


@on_both_brokers
@pytest.mark.alone
def test_speed_is_kept(broker: TestBroker) -> None:
    messages = [
        DeviceMessage(ts_ms=n * 1000, device_id="A", values={"ph": 7.0}, flags={}) for n in range(5)
    ]
    found = Publisher(broker.url("cc_replay")).play(messages, speed=10)
    assert 0.4 <= found.took_s < 1.5


def ingesting(
    village: TestDatabase, broker: TestBroker
) -> tuple[threading.Thread, threading.Event]:
    stop = threading.Event()
    session = Session(broker.url("cc_ingest"), client_id="cc_ingest")
    worker = Ingester(session, Pipeline(village.engine("cc_ingest"), Registry()), stop)

    def run() -> None:
        session.start()
        worker.run()
        session.stop()

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: session.connected)
    return thread, stop


def test_the_nine_calder_gauges_are_replayed_and_stored_once(
    samples: Path,
    database: TestDatabase,
    broker: TestBroker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settle(database.engine("cc_admin"), [])
    with database.superuser() as conn:
        conn.execute(
            "UPDATE grid.areas SET geometry = ST_Multi(ST_MakeEnvelope(122, 28, 123, 29, 4326))"
        )
    report, secrets = import_devices(
        database.engine("cc_admin"), HOW_TO / "devices.csv", by=BY, mapping=NONE
    )
    assert (report.imported, len(secrets)) == (9, 9)
    files = sorted(str(one) for one in samples.glob("open/ea_calder/*.csv.gz"))
    assert len(files) == 9
    monkeypatch.setenv("COMMAND_CENTER_BROKER_URL", broker.url("cc_replay"))
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", database.url("cc_web"))
    command = ["replay", *files, "--mapping", str(HOW_TO / "mapping.toml"), "--speed", "0"]
    thread, stop = ingesting(database, broker)
    try:
        for again in range(2):
            assert main([*command, "--shift-to-now", "--json"]) == 0
            counts = json.loads(capsys.readouterr().out)
            assert counts["rows"] == counts["messages"] == counts["acknowledged"] == 24_712
            expected = counts["rows"] * (again + 1)
            until(lambda: messages_in(database) == expected, 60)  # noqa: B023
    finally:
        stop.set()
        thread.join()
    with database.engine("cc_web").connect() as conn:
        found = intake.since(conn, NOW - timedelta(hours=2))
        assert readings.count(conn) == found.stored
        assert quarantine.counts(conn) == {}
    assert found.stored == 24_712
    assert found.duplicates == 24_712


def messages_in(database: TestDatabase) -> int:
    found = rows_of(database.engine("cc_web"), "SELECT coalesce(sum(messages), 0) FROM iot.intake")
    return int(found[0][0])


def test_mapping_and_devices_of_the_how_to_name_the_same_stations() -> None:
    devices = pd.read_csv(HOW_TO / "devices.csv")
    series = read_mapping(HOW_TO / "mapping.toml").document["series"]
    named = {(one["device_id"], one["metric"]) for one in series.values()}
    assert named == set(zip(devices["device_id"], devices["metrics"], strict=True))


def test_old_readings_are_announced_before_they_go_to_quarantine(
    tmp_path: Path,
    broker: TestBroker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "old.csv"
    path.write_text("time,device_id,ph\n2020-01-01T00:15:00Z,A,7\n")
    monkeypatch.setenv("COMMAND_CENTER_BROKER_URL", broker.url("cc_replay"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    assert main(["replay", str(path), "--speed", "0"]) == 0
    told_ = capsys.readouterr()
    assert "1 of 1 messages are over 400 days old" in told_.err
    assert "1 acknowledged" in told_.out
