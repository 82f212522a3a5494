"""The demo city is made through the real actions, in an empty database."""

import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import layers
from command_center.demo import city
from events.model.access import Scope
from events.model.ledger import plain, rebuild
from events.model.projects.stage import Kind, Stage
from events.model.projects.trail import PROJECT_COLUMNS, rebuild_project
from events.model.workflow import OPEN
from events.store import accounts, departments, ledger, tickets
from events.store.projects import rows
from events.store.projects.rows import ProjectQuery
from grid.actions.put import put_city
from grid.model.city import City
from grid.store import areas, basemap, cells, components
from grid.store import city as city_store
from grid.store.postgis import reading
from iot_ingest.store import devices, metrics, readings
from layers.contract import Series
from tests.demo.conftest import Made
from tests.support.cluster import TestCluster, TestDatabase


def test_the_ground_is_there(made: Made) -> None:
    with reading(made.engine) as conn:
        found = city_store.get(conn)
        assert found is not None
        assert found.demo
        assert found.time_zone == "Asia/Shanghai"
        assert 9_500 <= cells.count(conn) <= 13_000
        assert len(areas.all_areas(conn)) == 54
        assert basemap.count(conn) > 5_000
        assert len(components.all(conn)) == 133
        middle = cells.locate(conn, *found.center)
        assert middle is not None
        assert middle.cell_code is not None
        assert middle.cell_code.startswith("990101")


def test_every_station_and_past_ticket_lies_in_a_cell(made: Made) -> None:
    with reading(made.engine) as conn:
        stations = devices.all(conn)
        assert len(stations) == 98
        assert all(station.cell_id for station in stations)
        latest = readings.latest(conn)
        assert {one.device_no for one in latest} == {station.device_no for station in stations}
        assert readings.count(conn) > 100_000


def test_the_past_day_was_quiet_for_nearly_every_rule(made: Made) -> None:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    since = datetime.now(UTC) - timedelta(days=2)
    loud = []
    with reading(made.engine) as conn:
        numbers = {name: one.metric_no for name, one in metrics.all(conn).items()}
        for device in devices.all(conn):
            attributes = {**device.attributes, "interval_s": 240.0}
            for name in device.metrics:
                span = readings.span(conn, device.device_no, numbers[name], since)
                for rule in layers.rules_of(name, device.layer):
                    limits = rule.limits(attributes)
                    if limits is not None and rule.scope is None:
                        found = rule.judge(Series.of(*span), limits, now_ms=now_ms)
                        loud += [(device.device_id, one.rule) for one in found if one.level > 1]
    assert not loud


def test_the_past_is_in_the_ledger_and_rebuilds_every_ticket(made: Made) -> None:
    with reading(made.engine) as conn:
        found = tickets.by_ids(conn, range(1, 500))
        assert 380 <= len(found) <= 440
        for ticket in found:
            entries = ledger.of_ticket(conn, ticket.ticket_id)
            again = rebuild([entry.payload for entry in entries])
            assert again["state"] == ticket.state
            assert again["version"] == ticket.version
            assert again["number"] == ticket.number
            assert again["department_id"] == ticket.department_id
        still_open = [ticket for ticket in found if ticket.state in OPEN]
        assert 2 <= len(still_open) <= 80
        assert all(ticket.department_id for ticket in found if ticket.dispatched_at)
        assert all(ticket.created_at <= datetime.now(UTC) for ticket in found)


def test_people_have_one_time_passwords_and_simulated_ones_do_not(made: Made) -> None:
    assert set(made.passwords) == {"operator", "dispatcher", "field", "supervisor", "admin"}
    assert len(set(made.passwords.values())) == 5
    with reading(made.engine) as conn:
        assert len(accounts.all(conn)) > 25
        assert departments.id_of(conn, "water") is not None


def test_the_secrets_of_the_devices_are_kept_private(made: Made) -> None:
    path = made.data / "secrets" / "devices.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets = json.loads(path.read_text())
    assert len(secrets) == 98
    assert len(set(secrets.values())) == 98


def test_a_second_start_changes_nothing(made: Made) -> None:
    before = (made.data / "secrets" / "devices.json").read_text()
    assert city.ensure(made.engine, data=made.data, language="zh", told=print) == {}
    assert (made.data / "secrets" / "devices.json").read_text() == before


def test_a_start_that_was_broken_off_goes_on(
    cluster: TestCluster, made: Made, tmp_path: Path
) -> None:
    shutil.copytree(made.broken_off.data, tmp_path, dirs_exist_ok=True)
    with cluster.database(made.broken_off.database.name) as copy:
        engine = copy.engine()
        with reading(engine) as conn:
            assert len(devices.all(conn)) == 98
            assert not accounts.all(conn)
        passwords = city.ensure(engine, data=tmp_path, language="en", told=lambda _: None)
        assert len(passwords) == 5
        with reading(engine) as conn:
            assert len(devices.all(conn)) == 98
            numbers = [one.number for one in tickets.by_ids(conn, range(1, 1_000))]
            assert 9_500 <= cells.count(conn) <= 13_000
    assert len(numbers) == len(set(numbers))
    assert 380 <= len(numbers) <= 440
    assert len(json.loads((tmp_path / "secrets" / "devices.json").read_text())) == 98


def test_a_database_that_governs_another_city_is_left_alone(
    database: TestDatabase, tmp_path: Path
) -> None:
    engine = database.engine()
    other = City(
        name_zh="别处", name_en="Elsewhere", time_zone="UTC", center=(0.0, 0.0),
        bbox=(-1.0, -1.0, 1.0, 1.0), demo=False,
    )  # fmt: skip
    put_city(engine, other, by="system:test")
    assert city.ensure(engine, data=tmp_path, language="en", told=print) == {}
    with reading(engine) as conn:
        assert cells.count(conn) == 0


def test_projects_are_at_every_stage_and_the_ledger_has_them_all(made: Made) -> None:
    now = datetime.now(UTC)
    with reading(made.engine) as conn:
        found = rows.find(conn, ProjectQuery(now=now, limit=500), Scope())
        assert {one.stage for one in found} >= {
            Stage.SURVEY, Stage.MONITOR, Stage.TRACE, Stage.RECTIFY, Stage.WATCH, Stage.DONE,
        }  # fmt: skip
        assert {one.kind for one in found} == set(Kind)
        for project in found:
            told = rebuild_project(ledger.of_object(conn, "project", project.number))
            assert told.columns == {
                name: plain(getattr(project, name)) for name in PROJECT_COLUMNS
            }, project.number
