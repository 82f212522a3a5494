"""The private PostgreSQL: made, killed, back; refused when it is of another version."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from command_center.machine.account import service_account
from command_center.machine.data_folder import DataFolder, open_data_folder, socket_folder
from command_center.machine.doors import DATABASE, private_database_url
from command_center.machine.postgresql import (
    ROLES,
    Cluster,
    clear_crashed_server,
    ensure_cluster,
    ensure_database,
    postgresql_service,
)
from command_center.machine.process_table import identify, working_in
from command_center.machine.scram import scram_entry
from command_center.machine.supervisor import Supervisor
from command_center.problem import Problem

PASSWORDS = dict.fromkeys(ROLES, "a secret of the test")


def _unexpected(problem: Problem) -> None:
    raise problem


@pytest.fixture
async def data(open_folder: Path) -> AsyncIterator[DataFolder]:
    folder = open_data_folder(open_folder, service_account(), told=_unexpected)
    yield folder
    folder.close()


@pytest.fixture
async def cluster(data: DataFolder) -> Cluster:
    return ensure_cluster(data, socket_folder(data.path, data.account), "superuser's secret")


@pytest.fixture
async def supervisor(data: DataFolder, cluster: Cluster) -> AsyncIterator[Supervisor]:
    found = Supervisor(data, told=lambda _: None)
    await found.start(postgresql_service(cluster))
    ensure_database(cluster, DATABASE, PASSWORDS)
    yield found
    await found.stop()


def postmaster(data: DataFolder) -> int:
    record = json.loads((data.room("run") / "processes.json").read_text())
    return int(record["postgresql"]["identity"]["pid"])


async def test_roles_log_in_with_their_password_only(
    supervisor: Supervisor, cluster: Cluster
) -> None:
    for role in ROLES:
        url = private_database_url(cluster.socket_folder, role, PASSWORDS[role])
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_user, postgis_version()").fetchone()
        assert row is not None
        assert row[0] == role
    wrong = private_database_url(cluster.socket_folder, "cc_web", "guessed")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with cluster.connect("postgres") as connection:
        asked = "SELECT rolpassword FROM pg_authid WHERE rolcanlogin ORDER BY rolname"
        kept = [str(row[0]) for row in connection.execute(asked)]
    # of long random secrets; a stretched one would cost each connection 10 ms of a core
    assert [one.partition(":")[0] for one in kept] == ["SCRAM-SHA-256$1"] * (len(ROLES) + 1)
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize("bad", ["", "密码"])
def test_a_password_that_is_not_a_generated_one_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        scram_entry(bad)


async def test_nobody_listens_on_a_port_and_nothing_runs_as_root(
    supervisor: Supervisor, cluster: Cluster, data: DataFolder
) -> None:
    with cluster.connect("postgres") as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('fsync'),"
            " current_setting('data_checksums'), current_setting('TimeZone')"
        ).fetchone()
    assert row == ("", "on", "on", "UTC")
    owners = list(_owners(working_in(data.room("postgresql"), "postgres")))
    assert len(owners) > 3
    assert set(owners) == {data.account.uid}
    assert data.account.uid != 0


def _owners(pids: list[int]) -> Iterator[int]:
    """Whose each process is; a worker that ended since it was listed is nobody's."""
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            yield Path(f"/proc/{pid}").stat().st_uid


class Writer(threading.Thread):
    """Inserts numbers one by one and remembers those whose COMMIT was answered."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.acknowledged: list[int] = []
        self.done = threading.Event()
        self._number = 0

    def run(self) -> None:
        while not self.done.is_set():
            try:
                self._insert()
            except psycopg.OperationalError:
                time.sleep(0.02)

    def _insert(self) -> None:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
            while not self.done.is_set():
                self._number += 1
                connection.execute("INSERT INTO public.kept VALUES (%s)", [self._number])
                self.acknowledged.append(self._number)


def work_long(url: str) -> None:
    """Occupy a backend that does not look up from its work when the postmaster dies."""
    with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT sum(sqrt(n)) FROM generate_series(1, 2000000000) AS n")


async def test_killed_in_the_middle_of_work_it_is_back_with_what_was_committed(
    supervisor: Supervisor, cluster: Cluster, data: DataFolder
) -> None:
    url = private_database_url(cluster.socket_folder, "cc_owner", PASSWORDS["cc_owner"])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.kept (number integer PRIMARY KEY)")
    writer, worker = Writer(url), threading.Thread(target=work_long, args=[url])
    writer.start()
    worker.start()
    try:
        for _ in range(2):
            await asyncio.sleep(0.7)
            old = postmaster(data)
            os.kill(old, signal.SIGKILL)
            begun = time.monotonic()
            # Orphans of the old server go on for a moment, so ask for a new connection.
            while identify(old) is not None or not await asyncio.to_thread(cluster.answers):
                await asyncio.sleep(0.02)
            before = len(writer.acknowledged)
            while len(writer.acknowledged) < before + 5:
                await asyncio.sleep(0.02)
            assert time.monotonic() - begun < 10
    finally:
        writer.done.set()
        await asyncio.to_thread(writer.join)
        await asyncio.to_thread(worker.join)
    with psycopg.connect(url) as connection:
        stored = {row[0] for row in connection.execute("SELECT number FROM public.kept")}
    assert set(writer.acknowledged) <= stored
    assert len(stored) - len(writer.acknowledged) <= 3  # in flight at a kill


async def test_a_second_start_finds_the_data(data: DataFolder) -> None:
    account = data.account
    for turn in (1, 2):
        cluster = ensure_cluster(data, socket_folder(data.path, account), "superuser's secret")
        supervisor = Supervisor(data, told=lambda _: None)
        begun = time.monotonic()
        await supervisor.start(postgresql_service(cluster))
        ensure_database(cluster, DATABASE, PASSWORDS)
        try:
            with cluster.connect(DATABASE) as connection:
                connection.execute(f"CREATE TABLE public.turn_{turn} ()")
                found = connection.execute("SELECT to_regclass('public.turn_1')").fetchone()
            assert found == ("turn_1",)
            if turn == 2:
                assert time.monotonic() - begun < 5
        finally:
            await supervisor.stop()
    assert working_in(data.room("postgresql"), "postgres") == []


async def test_a_lock_file_of_a_dead_server_is_no_obstacle(
    data: DataFolder, cluster: Cluster
) -> None:
    # After a reboot its number may be that of a living process of the same account.
    (cluster.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.folder}\n")
    supervisor = Supervisor(data, told=lambda _: None)
    await supervisor.start(postgresql_service(cluster))
    await supervisor.stop()


async def test_a_shell_in_the_folder_is_left_alone(data: DataFolder, cluster: Cluster) -> None:
    with subprocess.Popen(["/bin/sleep", "60"], cwd=cluster.folder) as somebody:
        clear_crashed_server(cluster)
        assert somebody.poll() is None
        somebody.kill()


async def test_data_of_another_version_is_refused(data: DataFolder) -> None:
    folder = data.room("postgresql")
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(Problem) as caught:
        ensure_cluster(data, data.room("run"), "secret")
    assert "belongs to PostgreSQL 9" in caught.value.en
    assert "postgresql-9-postgis-3" in caught.value.zh


async def test_without_postgresql_it_says_what_to_run(data: DataFolder, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="run scripts/setup"):
        ensure_cluster(data, data.room("run"), "secret", versions=tmp_path)


async def test_a_cluster_that_was_half_made_is_made_again(data: DataFolder) -> None:
    half = data.path / "postgresql.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")
    cluster = ensure_cluster(data, data.room("run"), "secret")
    assert (cluster.folder / "global" / "pg_control").exists()
    assert not half.exists()
