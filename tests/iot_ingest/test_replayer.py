"""What an administrator asks for by page is decoded once more by the ingester's child."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from grid.store.postgis import make_engine, reading
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.replayer import Replayer, work
from iot_ingest.store import quarantine, replays
from iot_ingest.store.quarantine import Chosen
from iot_ingest.store.registration import register_devices
from iot_ingest.store.replays import Replay
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.iot_ingest.place import NOW, item, message, row, until

ADMIN = "account:admin"


@pytest.fixture
def town(town: Town) -> Town:
    """A town, and two messages of devices that it does not know."""
    database = town.database
    engine = database.engine("cc_admin")
    register_devices(engine, [here("WL-1")], by="system:test")
    pipeline = Pipeline(database.engine("cc_ingest"), Registry())
    pipeline.prepare(NOW)
    pipeline.flush([message(one, item(NOW, water_level=1.5)) for one in ("WL-8", "WL-9")])
    return town


def here(device_id: str) -> dict[str, object]:
    return row(device_id, lon=WEST + SIDE / 2, lat=SOUTH + SIDE / 2)


def requests(town: Town) -> list[Replay]:
    with reading(town.web) as conn:
        return replays.recent(conn, most=10)


def waiting(town: Town) -> int:
    with reading(town.web) as conn:
        return quarantine.waiting(conn, Chosen())[0]


def newest(town: Town) -> int:
    with reading(town.web) as conn:
        return quarantine.waiting(conn, Chosen())[1]


def test_a_request_is_worked_on_by_a_child_and_tells_how_far(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = town.database.url("cc_ingest")
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", url)
    monkeypatch.setenv("COMMAND_CENTER_DATA", str(tmp_path))
    stop = threading.Event()
    engine = make_engine(url, role="cc_ingest", pool_size=1)
    thread = Replayer(url, engine, stop)
    thread.start()
    try:
        register_devices(town.web, [here("WL-9")], by=ADMIN, all_metrics=False)
        which = Chosen(reason="unknown_device", newest=newest(town))
        replays.ask(town.web, which, by=ADMIN)
        until(lambda: requests(town)[0].finished_at is not None, within_s=30)
    finally:
        stop.set()
        thread.join(10)
        engine.dispose()
    (done,) = requests(town)
    assert (done.tried, done.resolved, done.asked_by, done.trouble_en) == (2, 1, ADMIN, None)
    assert waiting(town) == 1
    assert town.rows(
        "SELECT device_id, resolution, resolved_by FROM iot.quarantine"
        " WHERE resolved_at IS NOT NULL"
    ) == [("WL-9", "replayed", ADMIN)]
    assert town.rows("SELECT value FROM iot.readings") == [(1.5,)]


def test_only_what_was_there_is_meant_and_one_works_at_a_time(town: Town) -> None:
    engine = town.database.engine("cc_ingest")
    register_devices(town.web, [here("WL-8"), here("WL-9")], by=ADMIN, all_metrics=False)
    replays.ask(town.web, Chosen(newest=newest(town) - 1), by=ADMIN)
    with engine.connect() as conn:
        assert replays.only_one(conn)
        assert work(engine) == 0
        conn.rollback()
        conn.invalidate()
    until(lambda: work(engine) == 1)
    assert waiting(town) == 1
    replays.ask(town.web, Chosen(quarantine_id=newest(town), newest=newest(town)), by=ADMIN)
    assert work(engine) == 1
    assert waiting(town) == 0


def test_what_breaks_off_again_and_again_is_given_up(town: Town) -> None:
    replays.ask(town.web, Chosen(newest=newest(town)), by=ADMIN)
    with town.database.superuser() as conn:
        conn.execute("UPDATE iot.replays SET attempts = 3")
    assert work(town.database.engine("cc_ingest")) == 1
    (given_up,) = requests(town)
    assert given_up.finished_at is not None
    assert "3 次" in (given_up.trouble_zh or "")
    assert waiting(town) == 2


def test_what_was_seen_is_set_aside_with_who_and_why(town: Town) -> None:
    which = Chosen(device_id="WL-8", newest=newest(town))
    assert quarantine.set_aside_as_seen(town.web, which, why="已联系厂家", by=ADMIN) == 1
    assert town.rows(
        "SELECT device_id, resolution, resolved_by FROM iot.quarantine"
        " WHERE resolved_at IS NOT NULL"
    ) == [("WL-8", "已联系厂家", ADMIN)]
    ((actor, payload),) = town.rows(
        "SELECT actor, payload FROM events.ledger WHERE verb = 'quarantine.set_aside'"
    )
    assert actor == ADMIN
    assert json.loads(str(payload))["messages"] == 1
    assert waiting(town) == 1


def test_nobody_else_may(town: Town) -> None:
    for by in ("account:operator", "account:supervisor"):
        with pytest.raises(ProgrammingError, match="only an administrator"):
            replays.ask(town.web, Chosen(newest=9), by=by)
        with pytest.raises(ProgrammingError, match="only an administrator"):
            quarantine.set_aside_as_seen(town.web, Chosen(), why="x", by=by)
