"""Devices are registered all or nothing, each with a secret of its own."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from command_center.cli import main
from grid.model.mapping import ColumnMapping
from iot_ingest.model.device import bucket, parse_device_id, parse_topic, readings_topic
from iot_ingest.store import credentials, devices, stations
from iot_ingest.store.import_devices import import_devices
from iot_ingest.store.registration import RefusedDevices, register_devices
from tests.iot_ingest.place import BY, row, rows_of
from tests.support.cluster import TestDatabase


def test_a_device_is_registered_with_place_bucket_and_a_hashed_secret(
    village: TestDatabase,
) -> None:
    made = register_devices(village.engine("cc_admin"), [row("NEW-1")], by=BY)
    assert list(made) == ["NEW-1"]
    with village.engine("cc_web").connect() as conn:
        device = devices.by_id(conn, "NEW-1")
        assert devices.by_nos(conn, [1, 2])[1].device_id == "WL-2"
        assert len(devices.all(conn)) == 5
    with village.engine("cc_admin").connect() as conn:
        entry = credentials.entries(conn)["NEW-1"]
    assert device is not None
    assert (device.bucket, device.area_id, device.lon) == (bucket("NEW-1"), 1, 118.09)
    assert device.attributes["warning_m"] == 3.0
    assert entry.startswith("$7$")
    assert made["NEW-1"] not in entry
    assert rows_of(
        village.engine("cc_web"), "SELECT changed_by FROM iot.devices WHERE device_id = 'NEW-1'"
    ) == [(BY,)]


def test_registering_again_updates_and_keeps_the_secret(village: TestDatabase) -> None:
    with village.engine("cc_admin").connect() as conn:
        before = credentials.entries(conn)
    assert register_devices(village.engine("cc_admin"), [row("WL-1", name_en="Moved")], by=BY) == {}
    with village.engine("cc_admin").connect() as conn:
        assert credentials.entries(conn) == before
        device = devices.by_id(conn, "WL-1")
    assert device is not None
    assert device.name_en == "Moved"


def test_one_bad_row_refuses_all_and_every_fault_is_told(village: TestDatabase) -> None:
    rows = [
        row("GOOD"),
        row("bad id"),
        row("GOOD"),
        row("L", layer="flood") | {"layer": "volcano"},
        row("M", metrics=["lava"]),
        row("I", interval_s=0),
        row("P", lon=0.0),
        row("N", lon=float("nan")),
        row("C", component_code="nothing"),
        {"device_id": "E"},
        row("cc_ingest"),
    ]
    with pytest.raises(RefusedDevices) as caught:
        register_devices(village.engine("cc_admin"), rows, by=BY)
    found = {(one.row, one.field) for one in caught.value.faults}
    assert {
        (1, "device_id"),
        (2, "device_id"),
        (3, "layer"),
        (4, "metrics"),
        (5, "interval_s"),
        (6, "lon, lat"),
        (7, "lon, lat"),
        (8, "component_code"),
        (9, "model"),
        (10, "device_id"),
    } <= found
    assert 0 not in {one.row for one in caught.value.faults}
    assert all(one.zh and one.en for one in caught.value.faults)
    with village.engine("cc_web").connect() as conn:
        assert devices.by_id(conn, "GOOD") is None


def test_a_file_of_devices_is_imported_with_its_limits(
    village: TestDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(
        "device_id,model,layer,name_zh,name_en,metrics,interval_s,lon,lat,warning_m,site\n"
        "F-1,box,flood,甲,,water_level;voltage,60,118.1,24.5,2.5,007\n"
    )
    report, secrets = import_devices(
        village.engine("cc_admin"), path, by=BY, mapping=ColumnMapping()
    )
    assert (report.imported, list(secrets)) == (1, ["F-1"])
    with village.engine("cc_web").connect() as conn:
        device = devices.by_id(conn, "F-1")
    assert device is not None
    assert device.metrics == ("water_level", "voltage")
    assert (device.name_zh, device.name_en) == ("甲", "甲")
    assert device.attributes == {"warning_m": 2.5, "site": "007"}


def test_refused_rows_of_a_file_are_told_by_their_number(
    village: TestDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(
        "device_id,model,layer,name_zh,metrics,interval_s,lon,lat\n"
        "F-1,box,flood,甲,water_level,60,118.1,24.5\n"
        "F-2,box,flood,乙,lava,60,118.1,24.5\n"
    )
    report, secrets = import_devices(
        village.engine("cc_admin"), path, by=BY, mapping=ColumnMapping()
    )
    assert (report.imported, secrets) == (0, {})
    assert [(one.row, one.field) for one in report.refused] == [(2, "metrics")]


def test_the_command_keeps_secrets_in_a_file_for_the_owner_alone(
    village: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, secrets = tmp_path / "devices.csv", tmp_path / "secrets.json"
    path.write_text(
        "device_id,model,layer,name_zh,metrics,interval_s,lon,lat\n"
        "F-1,box,flood,甲,water_level,60,118.1,24.5\n"
    )
    secrets.write_text('{"OLD": "x"}')
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", village.url("cc_admin"))
    assert main(["import", "devices", str(path), "--secrets", str(secrets)]) == 0
    found = json.loads(secrets.read_text())
    assert set(found) == {"OLD", "F-1"}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert found["F-1"] not in capsys.readouterr().out


def test_topics_and_buckets() -> None:
    assert readings_topic("WL-1") == f"cc/v1/{bucket('WL-1')}/WL-1/readings"
    topic = parse_topic(readings_topic("WL-1"))
    assert topic is not None
    assert (topic.device_id, topic.kind, topic.bucket) == ("WL-1", "readings", bucket("WL-1"))
    assert {len(bucket(str(n))) for n in range(500)} == {2}
    assert max(int(bucket(str(n)), 16) for n in range(500)) == 63
    for bad in ("cc/v1/00/WL-1", "cc/v2/00/WL-1/readings", "cc/v1/00/a b/readings", ""):
        assert parse_topic(bad) is None
    with pytest.raises(ValueError, match="not a device id"):
        parse_device_id("a/b")


def test_names_of_stations_stay_text_and_belong_to_one_device(
    village: TestDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "devices.csv"
    head = "device_id,model,layer,metrics,interval_s,name_en,lon,lat,mn,station_code,warning_m\n"
    line = "{id},x,flood,water_level,60,Gauge,118.09,24.48,{mn},{code},3.5\n"
    path.write_text(head + line.format(id="G-1", mn="88888888888888", code="12345678"))
    admin = village.engine("cc_admin")
    report, _ = import_devices(admin, path, by=BY)
    assert report.imported == 1
    with village.engine("cc_web").connect() as conn:
        found = devices.by_id(conn, "G-1")
        assert found is not None
        assert found.attributes == {
            "mn": "88888888888888", "station_code": "12345678", "warning_m": 3.5,
        }  # fmt: skip
        assert stations.by_names(conn, "hj212", ["88888888888888"]).keys() == {"88888888888888"}
        assert stations.by_names(conn, "sl651", ["0012345678"])["0012345678"].device_id == "G-1"
    import_devices(admin, path, by=BY)
    path.write_text(
        head
        + line.format(id="G-2", mn="88888888888888", code="")
        + line.format(id="G-3", mn="", code="0012345678")
        + line.format(id="G-4", mn="M4", code="")
        + line.format(id="G-5", mn="M4", code="")
    )
    report, _ = import_devices(admin, path, by=BY)
    assert report.imported == 0
    assert [(one.row, one.field, one.reason_en) for one in report.refused] == [
        (1, "mn", "mn belongs to G-1"),
        (2, "station_code", "station_code belongs to G-1"),
        (4, "mn", "mn belongs to G-4"),
    ]
