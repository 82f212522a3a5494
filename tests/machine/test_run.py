"""`command-center run` as a whole: start, refusals, kills, stop, second start."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from command_center.machine.doors import database_url
from command_center.machine.process_table import identify, working_in
from command_center.settings import Settings
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase
from tests.support.whole import PROGRAM, WholeCity, whole_city

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def city(module_folder: Path) -> Iterator[WholeCity]:
    """An empty city of its own (no demo), shared by the tests of this file, in their order."""
    with whole_city(module_folder, "--city", "none") as found:
        yield found


def run(arguments: list[str], city: WholeCity) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, capture_output=True, text=True, check=False, timeout=60, env=city.environment()
    )


def test_it_says_once_that_it_is_ready_and_everything_answers(city: WholeCity) -> None:
    assert city.said == [f"ready {city.address}"]
    health = city.health()
    assert health["status"] == "ok"
    assert set(health["components"]) >= {"database", "broker", "ingest", "dispatch", "web"}
    assert set(city.processes()) == {"postgresql", "broker", "ingest", "dispatch", "web"}


def test_nothing_of_it_runs_as_root_and_only_loopback_listens(city: WholeCity) -> None:
    for number in city.processes().values():
        assert Path(f"/proc/{number}").stat().st_uid != 0
    others = [
        line.split()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    ours = {f"{port:04X}" for port in (city.port, city.broker_port)}
    addresses = {one[1].split(":")[0] for one in others if one[1].split(":")[1] in ours}
    assert addresses == {"0100007F"}


def test_each_process_logs_in_as_its_own_role(city: WholeCity) -> None:
    url = database_url(Settings(data=city.folder), "cc_owner")
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'city'"
        ).fetchall()
    assert {"cc_web", "cc_ingest", "cc_dispatch"} <= {row[0] for row in found}


def test_a_second_run_on_the_same_folder_is_refused(city: WholeCity) -> None:
    answer = run([str(PROGRAM), "run", "--data", str(city.folder), "--port", "1"], city)
    assert answer.returncode == 1
    assert "in use by another command-center" in answer.stderr
    assert answer.stdout == ""


def test_ports_in_use_are_named_before_anything_starts(city: WholeCity, open_folder: Path) -> None:
    folder = open_folder / "data"
    open_folder.chmod(0o755)
    other = WholeCity(folder)
    other.port, other.broker_port = city.port, city.broker_port
    answer = run(other.command(), city)
    assert answer.returncode == 1
    assert f"port {city.port} of the web (--port) is in use" in answer.stderr
    assert f"port {city.broker_port} of the MQTT broker (--broker-port) is in use" in answer.stderr
    assert not (folder.resolve() / "postgresql").exists()
    assert run(["rm", "-r", str(folder.resolve())], city).returncode == 0


def test_the_administrator_finds_the_services_of_the_folder(city: WholeCity) -> None:
    environment = {**city.environment(), "COMMAND_CENTER_DATA": str(city.folder)}
    answer = subprocess.run(
        [str(PROGRAM), "doctor"], capture_output=True, text=True, check=False, env=environment
    )
    assert answer.returncode == 0, answer.stdout
    assert "the schema is up to date" in answer.stdout


@pytest.mark.parametrize("name", ["ingest", "dispatch", "web", "broker", "postgresql"])
def test_what_is_killed_is_back_within_ten_seconds(city: WholeCity, name: str) -> None:
    before = city.processes()
    killed = city.kill(name)
    begun = time.monotonic()
    while city.processes().get(name, killed) == killed:
        time.sleep(0.02)
        assert time.monotonic() - begun < 5
    city.wait_until_well()
    assert time.monotonic() - begun < 10
    after = city.processes()
    assert after.keys() == before.keys()
    assert {one for one in before if before[one] != after[one]} == {name}


def test_it_stops_cleanly_and_continues_on_the_same_data(city: WholeCity) -> None:
    numbers = city.processes()
    begun = time.monotonic()
    assert city.stop(signal.SIGINT) == 0
    assert time.monotonic() - begun < 15
    assert [name for name, number in numbers.items() if identify(number) is not None] == []
    assert working_in(city.folder / "postgresql", "postgres") == []
    log = (city.folder / "logs" / "postgresql.log").read_text()
    assert log.rstrip().splitlines()[-2].endswith("database system is shut down") or (
        "database system is shut down" in log.splitlines()[-1]
    )
    city.start()
    assert city.ready_s < 20


def test_killed_itself_it_leaves_nothing_behind_and_starts_again(city: WholeCity) -> None:
    numbers = city.processes()
    assert city.stop(signal.SIGKILL) == -signal.SIGKILL
    deadline = time.monotonic() + 15
    while any(identify(number) is not None for number in numbers.values()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    city.start()
    assert city.ready_s < 20


def test_a_child_of_a_stopped_terminal_is_not_hit_twice(city: WholeCity) -> None:
    """Children have process groups of their own: Ctrl-C reaches the supervisor only."""
    own = os.getpgid(os.getpid())
    for number in city.processes().values():
        assert os.getpgid(number) == number != own


@pytest.mark.parametrize(("language", "said"), [
    ("en", "0001_grid.sql was changed after it was applied"),
    ("zh", "数据库是用另一版本的 0001_grid.sql 建成的"),
])  # fmt: skip
def test_a_database_of_another_version_is_refused_in_a_sentence(
    open_folder: Path, database: TestDatabase, broker: TestBroker, language: str, said: str
) -> None:
    with database.superuser() as connection:
        connection.execute("UPDATE schema_migrations SET sha256 = 'other' WHERE number = 1")
    city = WholeCity(
        open_folder,
        "--city",
        "none",
        COMMAND_CENTER_DATABASE_URL=database.superuser_url(),
        COMMAND_CENTER_BROKER_URL=broker.url("cc_ingest"),
    )
    environment = {**city.environment(), "COMMAND_CENTER_LANGUAGE": language}
    answer = subprocess.run(
        city.command(), capture_output=True, text=True, check=False, timeout=60, env=environment
    )
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_port_that_is_taken_by_another_program(city: WholeCity, open_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [str(PROGRAM), "run", "--data", str(open_folder), "--port", str(port)]
        environment = {**city.environment(), "COMMAND_CENTER_LANGUAGE": "zh"}
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=environment
        )
    assert answer.returncode == 1
    assert f"网页的端口 {port}（--port）已被占用" in answer.stderr


def test_given_services_are_used_and_none_is_started(
    open_folder: Path, database: TestDatabase, broker: TestBroker
) -> None:
    settings = {
        "COMMAND_CENTER_DATABASE_URL": database.superuser_url(),
        "COMMAND_CENTER_BROKER_URL": broker.url("cc_ingest"),
    }
    with whole_city(open_folder, "--city", "none", **settings) as city:
        assert set(city.processes()) == {"ingest", "dispatch", "web"}
        assert not (open_folder / "postgresql").exists()
        with database.superuser() as connection:
            found = connection.execute(
                "SELECT process FROM grid.heartbeats WHERE at > now() - interval '3 seconds'"
            ).fetchall()
    assert {row[0] for row in found} >= {"ingest", "dispatch", "web"}


def test_it_runs_with_nats_server_too(open_folder: Path) -> None:
    with whole_city(open_folder, "--city", "none", "--broker", "nats") as city:
        program = Path(f"/proc/{city.processes()['broker']}/comm").read_text().strip()
        assert program == "nats-server"
        killed = city.kill("broker")
        while city.processes().get("broker", killed) == killed:
            time.sleep(0.02)
        city.wait_until_well()
