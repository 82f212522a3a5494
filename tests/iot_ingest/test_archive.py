"""Old days leave the database for files: the same readings, whatever is killed in between."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import geopandas
import pandas as pd
import psycopg
import pytest
from sqlalchemy import text

from command_center.archive.day_file import Names, Spoiled, path_of, write_day
from command_center.cli import main
from command_center.machine.account import caller
from command_center.machine.daily import daily
from grid.store.postgis import reading, transaction
from iot_ingest.historian import Historian
from iot_ingest.model.quarantine import Reason
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.store import archive, hourly, quarantine, readings
from iot_ingest.store.intake import Counts
from iot_ingest.store.series import series
from tests.iot_ingest.place import (
    BY,
    NOW,
    item,
    message,
    minutes,
    pipeline_of,
    rows_of,
    until,
)
from tests.iot_ingest.test_history import finish, metric_no
from tests.support.cluster import TestCluster, TestDatabase

OLD = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=60)
DAYS = [(OLD + timedelta(days=n)).date() for n in range(2)]


@pytest.fixture(scope="module")
def filled(cluster: TestCluster, settled: TestDatabase) -> Iterator[TestDatabase]:
    """Two old days of readings, rolled up, and one of yesterday; to be copied."""
    with cluster.database(settled.name) as village:
        fill(village)
        village.leave()
        yield village


def fill(village: TestDatabase) -> None:
    pipeline = pipeline_of(village)
    for n, device in enumerate(("WL-1", "WL-2")):
        items = [item(OLD + minutes(37 * k), {"voltage": "M"}, water_level=k / 7 - n, voltage=k)
                 for k in range(77)]  # fmt: skip
        pipeline.flush([message(device, items)])
    pipeline.flush([message("WL-1", item(NOW - timedelta(days=1), water_level=1.0))])
    finish(Historian(village.engine("cc_ingest")))


@pytest.fixture
def full(cluster: TestCluster, filled: TestDatabase) -> Iterator[TestDatabase]:
    """A copy of it."""
    with cluster.database(filled.name) as copy:
        yield copy


@pytest.fixture
def pipeline(full: TestDatabase) -> Pipeline:
    """A pipeline that stores into it."""
    return pipeline_of(full)


@pytest.fixture
def folder(full: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder that commands work with."""
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", full.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_DATA", str(tmp_path))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    return tmp_path / "archive" / "readings"


def stored(village: TestDatabase, day: date) -> list[tuple[object, ...]]:
    """A day's readings as they are in the database."""
    return rows_of(
        village.engine("cc_web"),
        "SELECT d.device_id, m.name, r.ts, r.value, r.flag::text, r.received_at, ST_X(d.position)"
        " FROM iot.readings r JOIN iot.devices d USING (device_no)"
        f" JOIN iot.metrics m USING (metric_no) WHERE r.ts::date = '{day}'"
        " ORDER BY r.device_no, r.metric_no, r.ts",
    )


def in_file(folder: Path, day: date) -> list[tuple[object, ...]]:
    """... and in the file, as any program reads it."""
    frame = geopandas.read_parquet(folder / path_of(day))
    assert frame.crs.to_epsg() in (4326, None)
    frame["lon"] = frame.geometry.x
    names = ["device_id", "metric", "ts", "value", "flag", "received_at", "lon"]
    return [tuple(one) for one in frame[names].itertuples(index=False)]


def days_of(village: TestDatabase) -> list[date]:
    with village.engine("cc_web").connect() as conn:
        return [one.day for one in archive.days(conn, NOW.date() - timedelta(days=31))]


def test_a_day_goes_into_a_file_and_comes_back_the_same(
    full: TestDatabase, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {day: stored(full, day) for day in DAYS}
    assert sum(len(one) for one in before.values()) == 2 * 2 * 77
    number = metric_no(full)
    with full.engine("cc_web").connect() as conn:
        shown = series(conn, 1, number, OLD, NOW, timedelta(days=1))
    assert main(["archive", "--keep-days", "50", "--dry-run"]) == 0
    assert capsys.readouterr().out.split() == [one.isoformat() for one in DAYS]
    assert not folder.exists()
    assert main(["archive", "--keep-days", "50"]) == 0
    assert {day: in_file(folder, day) for day in DAYS} == before
    assert days_of(full) == DAYS
    assert main(["archive", "--keep-days", "50", "--drop", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(one["day"], one["dropped"], one["written"]) for one in told] == [
        (day.isoformat(), True, False) for day in DAYS
    ]
    assert days_of(full) == []
    assert {day: in_file(folder, day) for day in DAYS} == before
    # long series are as they were
    with full.engine("cc_web").connect() as conn:
        assert series(conn, 1, number, OLD, NOW, timedelta(days=1)) == shown
    assert main(["archive", "--keep-days", "50", "--drop"]) == 0
    assert "no day is old enough" in capsys.readouterr().out


def test_a_late_reading_makes_the_file_new(
    full: TestDatabase, folder: Path, pipeline: Pipeline
) -> None:
    assert main(["archive", "--keep-days", "50"]) == 0
    pipeline.flush([message("WL-1", item(OLD + minutes(1), water_level=8.5))])
    finish(Historian(full.engine("cc_ingest")))
    before = stored(full, DAYS[0])
    assert in_file(folder, DAYS[0]) != before
    assert main(["archive", "--keep-days", "50", "--drop"]) == 0
    assert in_file(folder, DAYS[0]) == before
    assert days_of(full) == []


def test_a_day_that_is_archived_takes_no_readings(
    full: TestDatabase, folder: Path, pipeline: Pipeline
) -> None:
    late = message("WL-1", [item(OLD + minutes(3), water_level=1), item(NOW, water_level=1)])
    unheard = Pipeline(full.engine("cc_ingest"), Registry())
    unheard.prepare(NOW)
    assert main(["archive", "--keep-days", "50", "--drop"]) == 0
    fresh = Pipeline(full.engine("cc_ingest"), Registry())
    fresh.prepare(NOW)
    assert fresh.flush([late]) == Counts(messages=1, readings=2, stored=1, quarantined=1, refused=1)
    # who has not heard of it is refused by the database, and keeps the message, too
    later = message("WL-2", item(OLD + minutes(3), water_level=1))
    assert unheard.flush([later]).quarantined == 1
    with full.engine("cc_web").connect() as conn:
        found = {one.reason: one.payload for one in quarantine.recent(conn)}
    assert found == {Reason.ARCHIVED_DAY: late.payload, Reason.REFUSED_BY_DATABASE: later.payload}
    with full.engine("cc_ingest").connect() as conn2, pytest.raises(Exception, match="are kept"):
        readings.ensure_partition(conn2, DAYS[1])
    # a roll-up of an archived hour stays as it is
    with full.superuser() as conn3:
        conn3.execute("INSERT INTO iot.stale VALUES (1, %s, %s)", (metric_no(full), OLD))
    finish(Historian(full.engine("cc_ingest")))
    query = f"SELECT readings FROM iot.hourly WHERE device_no = 1 AND hour = '{OLD}'"
    assert rows_of(full.engine("cc_web"), query)[0] == (2,)


def ask(village: TestDatabase, role: str, call: str) -> str:
    """What the database says to a call."""
    try:
        with transaction(village.engine(role), BY) as conn:
            return str(conn.execute(text(f"SELECT {call}")).scalar_one())
    except Exception as error:  # noqa: BLE001 - whatever it says
        return str(error)


def test_the_database_drops_nothing_that_is_not_in_a_file(full: TestDatabase, folder: Path) -> None:
    day, young = DAYS[0], NOW.date() - timedelta(days=1)
    drop, close = f"iot.drop_day('{day}')", f"iot.close_day('{day}')"
    for role in ("cc_ingest", "cc_web"):
        assert "permission denied" in ask(full, role, drop)
        assert "permission denied" in ask(full, role, close)
    assert "too young" in ask(full, "cc_admin", f"iot.drop_day('{young}')")
    assert "too young" in ask(full, "cc_admin", f"iot.close_day('{young}')")
    assert "is not closed" in ask(full, "cc_admin", drop)
    assert ask(full, "cc_admin", close) == "True"
    assert ask(full, "cc_admin", close) == "True"
    assert "in no file" in ask(full, "cc_admin", drop)
    with transaction(full.engine("cc_admin"), BY) as conn:
        count = archive.count(conn, day)
        wrong = archive.File(readings=count - 1, file="x", bytes=1, sha256="x")
        archive.record(conn, day, wrong)
    assert "in no file" in ask(full, "cc_admin", drop)
    with full.superuser() as conn2:
        conn2.execute("INSERT INTO iot.stale VALUES (1, 1, %s)", (OLD,))
    assert "not rolled up" in ask(full, "cc_admin", drop)
    assert days_of(full) == DAYS
    assert "permission denied" in ask(full, "cc_admin", f"count(*) FROM iot.readings_{day:%Y%m%d}")


def test_a_day_waits_until_it_is_rolled_up(full: TestDatabase, folder: Path) -> None:
    with full.superuser() as conn:
        conn.execute("UPDATE iot.history SET rolled_from = rolled_until")
    assert main(["archive", "--keep-days", "50", "--drop"]) == 0
    assert days_of(full) == DAYS
    finish(Historian(full.engine("cc_ingest")))
    assert main(["archive", "--keep-days", "50", "--drop"]) == 0
    assert days_of(full) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_too_few_days_and_a_busy_folder_are_told(
    full: TestDatabase,
    folder: Path,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import fcntl

    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", language)
    assert main(["archive", "--keep-days", "30"]) == 1
    assert "31" in capsys.readouterr().err
    folder.mkdir(parents=True)
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["archive", "--keep-days", "50"]) == 1
    assert ("try again" if language == "en" else "再试") in capsys.readouterr().err
    monkeypatch.setenv("COMMAND_CENTER_KEEP_DAYS", "0")
    assert main(["archive"]) == 0
    assert days_of(full) == DAYS


def test_a_file_that_does_not_hold_what_was_written_is_not_taken(
    full: TestDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from command_center.archive import day_file

    table = day_file._table
    monkeypatch.setattr(day_file, "_table", lambda block, names: table(block, names).slice(1))
    with reading(full.engine("cc_admin")) as conn:
        blocks = archive.copy_day(conn, DAYS[0])
        names = Names(devices=archive.senders(conn), metrics={})
        with pytest.raises(Spoiled):
            write_day(folder, DAYS[0], blocks, names)
    assert main(["archive", "--keep-days", "50", "--drop"]) == 1
    assert days_of(full) == DAYS


def test_killed_anywhere_it_loses_nothing(full: TestDatabase, folder: Path) -> None:
    with full.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.readings SELECT 4, n %% 7 + 1, %s + n * interval '4 seconds', n, 'N',"
            " now() FROM generate_series(0, 20000) AS n",
            (OLD,),
        )
        conn.execute("UPDATE iot.history SET rolled_from = rolled_until")
    finish(Historian(full.engine("cc_ingest")))
    before = {day: stored(full, day) for day in DAYS}
    assert len(before[DAYS[0]]) > 20_000
    place = folder / path_of(DAYS[0])
    command = [str(Path(sys.executable).with_name("command-center")),
               "archive", "--keep-days", "50", "--drop"]  # fmt: skip
    for sign in (place.with_name(f".{place.name}.part"), place):
        process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL)
        until(lambda sign=sign: sign.exists(), 30)  # type: ignore[misc] # of the default
        process.send_signal(signal.SIGKILL)
        process.wait()
        # either still here, or in a file that is whole
        here = {day: stored(full, day) for day in DAYS}
        assert here[DAYS[0]] == before[DAYS[0]] or in_file(folder, DAYS[0]) == before[DAYS[0]]
        assert here[DAYS[1]] == before[DAYS[1]] or in_file(folder, DAYS[1]) == before[DAYS[1]]
    assert subprocess.run(command, env=dict(os.environ), check=False).returncode == 0
    assert days_of(full) == []
    assert {day: in_file(folder, day) for day in DAYS} == before
    assert not list(folder.rglob("*.part"))


def test_a_file_can_be_replayed(full: TestDatabase, folder: Path) -> None:
    from command_center.replay.table import read_recording
    from grid.actions.read_table import read_mapping

    assert main(["archive", "--keep-days", "50"]) == 0
    recording = read_recording([folder / path_of(DAYS[0])], read_mapping(None))
    values = sorted(value for one in recording.messages for value in one.values.values())
    assert values == sorted(pd.read_parquet(folder / path_of(DAYS[0]))["value"])


def test_history_knows_from_when_on_days_are_here(full: TestDatabase, folder: Path) -> None:
    assert main(["archive", "--keep-days", "50", "--drop"]) == 0
    with full.engine("cc_web").connect() as conn:
        assert hourly.state(conn).kept_from == DAYS[-1] + timedelta(days=1)
    with full.superuser() as conn2, pytest.raises(psycopg.errors.CheckViolation):
        conn2.execute("SELECT iot.ensure_partition(%s)", (DAYS[0],))


async def test_run_does_it_daily_and_sooner_after_a_failure(tmp_path: Path) -> None:
    note = tmp_path / "note"
    command = ("sh", "-c", f'echo again >> {note}; cat {note}; test "$(wc -l < {note})" -gt 1')
    task = asyncio.create_task(
        daily(command, os.environ, caller(), tmp_path / "log", first_s=0, again_s=0, every_s=600)
    )
    await asyncio.to_thread(until, lambda: note.exists() and len(note.read_text().split()) == 2)
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (tmp_path / "log").read_text().split() == ["again", "again"]
