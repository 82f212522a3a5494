"""Mend what was missing, replay, and nothing of it is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from iot_ingest.message import Message
from iot_ingest.model.quarantine import Reason
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.replay_quarantine import replay
from iot_ingest.store import quarantine
from iot_ingest.store.quarantine import Chosen
from iot_ingest.store.registration import register_devices
from iot_ingest.unit_profiles import city_profiles
from tests.iot_ingest import frames
from tests.iot_ingest.place import BY, NOW, item, message, row, rows_of
from tests.iot_ingest.stations import MN, dust, now, register_stations
from tests.support.cluster import TestDatabase

PROFILE = """
name = "own"
base = "hj212"
title_zh = "自定义"
title_en = "Own"
[factors]
a34002 = "pm10"
x1 = { metric = "tsp", times = 1000 }
"""


def frame_message(raw: bytes, mn: str = MN) -> Message:
    return message("-", raw.rstrip(), topic=f"hj212/{mn}")._replace(protocol="hj212", qos=0)


def waiting(village: TestDatabase) -> dict[Reason, int]:
    with village.engine("cc_web").connect() as conn:
        return quarantine.counts(conn)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The city's data folder, with room for profiles of its own."""
    (tmp_path / "profiles").mkdir()
    return tmp_path


@pytest.fixture
def pipeline(village: TestDatabase, folder: Path) -> Pipeline:
    """A pipeline that knows the profiles of the folder."""
    register_stations(village)
    found = Pipeline(village.engine("cc_ingest"), Registry(city_profiles(str(folder))))
    found.prepare(NOW)
    return found


def fill(pipeline: Pipeline) -> None:
    """Put messages aside for four reasons."""
    pipeline.flush(
        [
            frame_message(dust(1, mn="LATER"), "LATER"),
            frame_message(frames.measured("x1-Rtd=0.2;a34002-Rtd=7", at=now(), mn=MN)),
            frame_message(dust(2).replace(b"Rtd=31", b"Rtd=37")),
            message("WL-9", item(NOW, water_level=1.5)),
        ]
    )


def test_what_was_mended_is_stored_and_the_rest_stays(
    village: TestDatabase, pipeline: Pipeline, folder: Path
) -> None:
    fill(pipeline)
    assert waiting(village) == {
        Reason.BAD_CRC: 1,
        Reason.UNKNOWN_DEVICE: 2,
        Reason.UNKNOWN_FACTOR: 1,
    }
    engine = village.engine("cc_ingest")
    assert replay(engine, pipeline, Chosen()) == (4, 0)
    (folder / "profiles" / "own.toml").write_text(PROFILE)
    admin = village.engine("cc_admin")
    with admin.begin() as conn:
        conn.execute(
            text("UPDATE iot.devices SET attributes = attributes || '{\"profile\": \"own\"}',"
                 " changed_at = now() WHERE device_id = 'DUST-1'")
        )  # fmt: skip
    register_devices(
        admin,
        [
            row("WL-9"),
            row("DUST-9", "construction_dust", attributes={"mn": "LATER", "profile": "own"}),
        ],
        by=BY,
    )
    fresh = Pipeline(engine, Registry(city_profiles(str(folder))))
    assert replay(engine, fresh, Chosen(protocol="hj212", reason="unknown_device")) == (1, 1)
    assert replay(engine, fresh, Chosen()) == (3, 2)
    assert waiting(village) == {Reason.BAD_CRC: 1}
    found = rows_of(
        village.engine("cc_web"),
        "SELECT d.device_id, m.name, r.value FROM iot.readings r JOIN iot.devices d"
        " USING (device_no) JOIN iot.metrics m USING (metric_no) ORDER BY 1, 2",
    )
    assert found == [
        ("DUST-1", "pm10", 7.0),
        ("DUST-1", "tsp", 200.0),
        ("DUST-9", "pm10", 31.0),
        ("WL-9", "water_level", 1.5),
    ]
    assert replay(engine, fresh, Chosen()) == (1, 0)


def test_what_the_database_refuses_again_stays(village: TestDatabase, pipeline: Pipeline) -> None:
    engine = village.engine("cc_ingest")
    with village.superuser() as conn:
        conn.execute("ALTER TABLE iot.readings ADD CONSTRAINT own CHECK (value <> 66.6)")
    bad = [message(one, item(NOW, water_level=66.6)) for one in ("WL-1", "WL-2")]
    pipeline.flush(bad)
    assert waiting(village) == {Reason.REFUSED_BY_DATABASE: 2}
    assert replay(engine, pipeline, Chosen()) == (2, 0)
    assert waiting(village) == {Reason.REFUSED_BY_DATABASE: 2}
    with village.superuser() as conn:
        conn.execute("ALTER TABLE iot.readings DROP CONSTRAINT own")
    assert replay(engine, pipeline, Chosen()) == (2, 2)
    assert waiting(village) == {}
    assert rows_of(engine, "SELECT count(*) FROM iot.readings") == [(2,)]


def test_the_command_lists_and_replays(
    village: TestDatabase, pipeline: Pipeline, folder: Path
) -> None:
    fill(pipeline)
    listed = run(village, folder, "list", "--json", "--protocol", "hj212")
    answer = json.loads(listed)
    assert answer["counts"] == {"bad_crc": 1, "unknown_device": 2, "unknown_factor": 1}
    assert [one["reason"] for one in answer["items"]] == [
        "unknown_device", "unknown_factor", "bad_crc",
    ]  # fmt: skip
    assert bytes.fromhex(answer["items"][0]["payload_hex"]).startswith(b"##")
    told = run(village, folder, "list")
    assert "设备未登记" in told
    assert "x1-Rtd=0.2" in told
    register_devices(village.engine("cc_admin"), [row("WL-9")], by=BY)
    assert "重放 4 条，其中 1 条已可使用，3 条仍在隔离区" in run(village, folder, "replay")
    assert json.loads(run(village, folder, "replay", "--json")) == {"tried": 3, "resolved": 0}


def run(village: TestDatabase, folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "COMMAND_CENTER_DATABASE_URL": village.url("cc_ingest"),
        "COMMAND_CENTER_DATA": str(folder),
        "COMMAND_CENTER_LANGUAGE": "zh",
    }
    command = [sys.executable, "-m", "command_center", "quarantine", *arguments]
    answer = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout
