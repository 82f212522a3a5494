"""The administrator's commands, as they are typed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from command_center.cli import main
from grid.store import heartbeats
from grid.store.postgis import transaction
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase
from tests.support.ports import free_port


@pytest.fixture
def city(database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TestDatabase:
    """A database with one area that commands find through the environment."""
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_DATA", str(tmp_path))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    with transaction(database.engine("cc_admin"), "system:test") as conn:
        conn.execute(
            text(
                "INSERT INTO grid.areas (code, kind, path, name_zh, name_en, geometry)"
                " VALUES ('3502', 'city', '{1}', '城', 'City', ST_Multi(ST_MakeEnvelope("
                "118, 24, 119, 25, 4326)))"
            )
        )
    return database


def test_an_account_is_made_given_a_new_password_and_disabled(
    city: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "liwei", "--role", "operator", "--name-zh", "李伟"]) == 0
    first = capsys.readouterr().out.strip()
    assert len(first) >= 12
    assert main(["user", "passwd", "liwei", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["password"] != first
    assert main(["user", "disable", "liwei"]) == 0
    with city.superuser() as connection:
        row = connection.execute(
            "SELECT name_zh, role, disabled_at IS NOT NULL FROM events.accounts"
        ).fetchone()
        verbs = connection.execute("SELECT verb, actor FROM events.ledger ORDER BY 1").fetchall()
    assert row == ("李伟", "operator", True)
    assert [verb for verb, _ in verbs] == ["account.add", "account.disable", "account.passwd"]
    assert all(actor.startswith("system:cli:") for _, actor in verbs)


@pytest.mark.parametrize("wanted", ["doctor", "--help"])
def test_who_has_read_enough_is_told_no_more(city: TestDatabase, wanted: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "command_center", wanted],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
    assert child.returncode == 128 + signal.SIGPIPE


def test_a_spare_of_the_web_process_serves_when_it_is_told_and_else_ends(
    city: TestDatabase, tmp_path: Path
) -> None:
    port = free_port()
    command = [sys.executable, "-m", "command_center", "serve", "--port", str(port), "--spare"]
    environment = {
        **os.environ, "COMMAND_CENTER_DATABASE_URL": city.url("cc_web"),
        "COMMAND_CENTER_SECRET": "5" * 64,
    }  # fmt: skip
    untold = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    assert untold.returncode == 0
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as spare:
        assert spare.stdin is not None
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/api/health")
        spare.stdin.write(b"\n")
        spare.stdin.flush()
        until = time.monotonic() + 30
        while True:
            try:
                assert "components" in httpx.get(f"http://127.0.0.1:{port}/api/health").json()
                break
            except httpx.ConnectError:
                assert time.monotonic() < until
                time.sleep(0.1)
        spare.terminate()
        assert spare.wait(20) in (0, -signal.SIGTERM)  # uvicorn ends by the signal that it heard


def test_a_refused_account_says_why(
    city: TestDatabase, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["user", "disable", "nobody"]) == 1
    english = capsys.readouterr().err
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "zh")
    assert main(["user", "disable", "nobody"]) == 1
    chinese = capsys.readouterr().err
    assert english.startswith("command-center: ")
    assert chinese != english


def test_wrong_use_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["fly"], ["run", "--port", "99999"], ["user", "add", "x"]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 2


def test_a_database_that_is_away_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nowhere = f"postgresql://cc_admin:x@/city?host={tmp_path}"
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", nowhere)
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    for words in (["user", "disable", "liwei"], ["migrate"]):
        assert main(words) == 1
        assert capsys.readouterr().err.startswith("command-center: the ")
    assert main(["doctor"]) == 1
    assert "cannot be reached" in capsys.readouterr().out


def test_migrate_adds_the_categories_that_are_new_and_leaves_what_the_city_changed(
    city: TestDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", city.url("cc_owner"))
    assert main(["migrate", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["applied"] == []
    assert {"flooding", "construction_dust"} <= set(told["categories"])
    assert "timely_disposal 1" in told["figures"]
    changed = "UPDATE events.categories SET severity = 4 WHERE code = 'flooding'"
    forgotten = "DELETE FROM events.categories WHERE code = 'construction_dust'"
    asked = "SELECT severity FROM events.categories WHERE code = 'flooding'"
    with city.superuser() as conn:
        conn.execute("SELECT set_config('cc.actor', 'system:test', false)")
        conn.execute(changed)
        conn.execute(forgotten)
    assert main(["migrate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["categories"] == ["construction_dust"]
    with city.superuser() as conn:
        assert conn.execute(asked).fetchone() == (4,)
    assert main(["migrate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "applied": [], "categories": [], "figures": [], "proofs": [], "ladder": False,
    }  # fmt: skip


def test_doctor_names_what_is_well_and_what_is_not(
    city: TestDatabase,
    broker: TestBroker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_BROKER_URL", broker.url("cc_ingest"))
    now = datetime.now(UTC)
    with transaction(city.engine("cc_admin"), "system:test") as conn:
        heartbeats.beat(conn, "web", now, now)
    assert main(["doctor", "--json"]) == 1
    grades = {one["check"]: one["grade"] for one in json.loads(capsys.readouterr().out)}
    for well in ("python", "database", "postgis", "schema", "clock", "broker", "web"):
        assert grades[well] == "ok", well
    assert grades["ingest"] == grades["dispatch"] == "bad"
    with transaction(city.engine("cc_admin"), "system:test") as conn:
        for process in ("ingest", "dispatch"):
            heartbeats.beat(conn, process, now, now)
    assert main(["doctor"]) == 0
