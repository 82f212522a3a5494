"""The private PostgreSQL: made once, set up at every start, reached through a Unix socket only."""

import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from command_center.machine.account import Account
from command_center.machine.data_folder import DataFolder
from command_center.machine.process_table import end, working_in
from command_center.machine.scram import scram_entry
from command_center.machine.secret_files import write_private
from command_center.machine.service import Service
from command_center.problem import Problem

# Login roles of a city's database; what each may do is written in the migrations.
ROLES = ("cc_owner", "cc_web", "cc_ingest", "cc_dispatch", "cc_admin")
SUPERUSER = "postgres"
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")
OLDEST_VERSION = 15
_DEBIAN_VERSIONS = Path("/usr/lib/postgresql")

_HBA = """\
# Written by command-center at every start. Passwords only, through the Unix socket only.
local all all scram-sha-256
"""

_CONFIGURATION = """\
# Written by command-center at every start.
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
max_connections = 120
password_encryption = 'scram-sha-256'
shared_buffers = {shared_buffers_mb}MB
effective_cache_size = {cache_mb}MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_locks_per_transaction = 256
random_page_cost = 1.1
jit = off
fsync = {fsync}
synchronous_commit = on
wal_compression = on
min_wal_size = 128MB
max_wal_size = 1GB
checkpoint_timeout = 3min
# recovery after a crash: one syncfs() instead of opening every file
recovery_init_sync_method = syncfs
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05
idle_in_transaction_session_timeout = 5min
client_connection_check_interval = 5s
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %q%u %a '
log_min_duration_statement = 2s
log_lock_waits = on
lc_messages = 'C.UTF-8'
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """A private PostgreSQL: where its programs, its files and its socket are."""

    programs: Path
    folder: Path
    socket_folder: Path
    account: Account
    superuser_password: str

    def connect(self, database: str, *, patience_s: int = 5) -> psycopg.Connection:
        """Connect as superuser, in autocommit. Raises psycopg.OperationalError."""
        return psycopg.connect(
            host=str(self.socket_folder),
            dbname=database,
            user=SUPERUSER,
            password=self.superuser_password,
            connect_timeout=patience_s,
            autocommit=True,
        )

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            with self.connect("postgres", patience_s=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def ensure_cluster(
    data: DataFolder,
    socket_folder: Path,
    superuser_password: str,
    *,
    versions: Path = _DEBIAN_VERSIONS,
    fsync: bool = True,
) -> Cluster:
    """Make the cluster of a data folder if it has none, and write its configuration.

    Blocks some seconds the first time. Raises Problem when no fitting PostgreSQL is installed.
    """
    folder = data.room("postgresql")
    version_file = folder / "PG_VERSION"
    written_by = int(version_file.read_text()) if version_file.exists() else None
    cluster = Cluster(
        programs=_find_programs(versions, written_by, data.path),
        folder=folder,
        socket_folder=socket_folder,
        account=data.account,
        superuser_password=superuser_password,
    )
    if written_by is None:
        _initialise(cluster)
    configuration = _CONFIGURATION.format(
        socket_folder=str(socket_folder).replace("'", "''"),
        fsync="on" if fsync else "off",
        **_memory(),
    )
    write_private(folder / "postgresql.conf", configuration, data.account)
    write_private(folder / "pg_hba.conf", _HBA, data.account)
    return cluster


def postgresql_service(cluster: Cluster) -> Service:
    """Return the service that keeps the cluster's server running."""
    return Service(
        name="postgresql",
        command=(str(cluster.programs / "postgres"), "-D", str(cluster.folder)),
        account=cluster.account,
        folder=cluster.folder,
        environment={"LC_ALL": "C.UTF-8", "TZ": "UTC"},
        prepare=lambda: clear_crashed_server(cluster),
        ready=lambda _since: cluster.answers(),
        ready_within=timedelta(minutes=5),  # a long recovery after a crash
        stop_signal=signal.SIGINT,  # "fast": disconnect clients, write a checkpoint
        stop_within=timedelta(seconds=60),
    )


def clear_crashed_server(cluster: Cluster) -> None:
    """Make way for a new server after the old one was killed. Blocks. Raises Problem.

    Every PostgreSQL process works in the cluster's folder. The orphans of a killed postmaster
    end by themselves, except those in the middle of a long statement; the new server would
    refuse to start beside them. Its lock files name a process number that may be anybody's now.
    """
    survivors = end(
        working_in(cluster.folder, "postgres"),
        [(None, 0.3), (signal.SIGQUIT, 1.5), (signal.SIGKILL, 5.0)],
    )
    if survivors:
        raise Problem(
            zh=f"旧的 PostgreSQL 进程 {survivors} 无法结束，请检查磁盘。",
            en=f"old PostgreSQL processes {survivors} do not end: check the disk.",
        )
    (cluster.folder / "postmaster.pid").unlink(missing_ok=True)
    for left in cluster.socket_folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def ensure_database(cluster: Cluster, name: str, passwords: Mapping[str, str]) -> None:
    """Make the login roles, the database and its extensions where they are missing.

    Passwords are generated ones (`scram_entry`); that of the superuser, too.
    """
    literal, identifier = psycopg.sql.Literal, psycopg.sql.Identifier
    wanted = {one: passwords[one] for one in ROLES} | {SUPERUSER: cluster.superuser_password}
    with cluster.connect("postgres") as connection:
        present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role, password in wanted.items():
            verb = (
                "ALTER ROLE {} LOGIN PASSWORD {}"
                if role in present
                else ("CREATE ROLE {} LOGIN PASSWORD {}")
            )
            connection.execute(
                psycopg.sql.SQL(verb).format(identifier(role), literal(scram_entry(password)))
            )
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if exists.fetchone() is None:
            connection.execute(
                psycopg.sql.SQL("CREATE DATABASE {} OWNER cc_owner TEMPLATE template0").format(
                    identifier(name)
                )
            )
    with cluster.connect(name) as connection:
        for extension in EXTENSIONS:
            connection.execute(
                psycopg.sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(identifier(extension))
            )


def _find_programs(versions: Path, written_by: int | None, data: Path) -> Path:
    """Return the folder of the programs: of the version that wrote the data, else the newest."""
    installed = {
        int(one.name): one / "bin"
        for one in (versions.iterdir() if versions.is_dir() else ())
        if re.fullmatch(r"\d+", one.name) and (one / "bin" / "initdb").exists()
    }
    if written_by is not None:
        if written_by in installed:
            return installed[written_by]
        have = ", ".join(map(str, sorted(installed))) or "-"
        raise Problem(
            zh=f"数据目录 {data} 属于 PostgreSQL {written_by}，本机装有：{have}。"
            f"请安装 postgresql-{written_by}-postgis-3，或用 --data 指定其他目录。",
            en=f"the data folder {data} belongs to PostgreSQL {written_by}, this machine has"
            f" {have}: install postgresql-{written_by}-postgis-3, or name another folder"
            " with --data.",
        )
    fitting = [
        number
        for number, folder in installed.items()
        if number >= OLDEST_VERSION and _has_postgis(versions, number)
    ]
    if not fitting:
        raise Problem(
            zh="本机没有带 PostGIS 的 PostgreSQL 15 或更新版本：请先执行 scripts/setup。",
            en="this machine has no PostgreSQL 15 or later with PostGIS: run scripts/setup.",
        )
    return installed[max(fitting)]


def _has_postgis(versions: Path, number: int) -> bool:
    return (versions / str(number) / "lib" / "postgis-3.so").exists()


def _initialise(cluster: Cluster) -> None:
    """Make the cluster beside its place and move it there: it is whole, or not there."""
    new = cluster.folder.with_name(f"{cluster.folder.name}.new")
    if new.exists():
        shutil.rmtree(new)
    password_file = cluster.folder.parent / "run" / ".initdb-password"
    write_private(password_file, cluster.superuser_password + "\n", cluster.account)
    command = [
        *cluster.account.prefix(),
        str(cluster.programs / "initdb"),
        f"--pgdata={new}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=cluster.folder.parent,
            env={"LC_ALL": "C.UTF-8"},
        )
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        raise Problem(
            zh=f"无法初始化 PostgreSQL 数据目录 {cluster.folder}：\n{done.stderr.strip()}",
            en=f"the PostgreSQL folder {cluster.folder} cannot be made:\n{done.stderr.strip()}",
        )
    new.rename(cluster.folder)


def _memory() -> dict[str, int]:
    """Shares of this machine's memory, in MB."""
    text = Path("/proc/meminfo").read_text()
    found = re.search(r"^MemTotal:\s+(\d+) kB", text, re.MULTILINE)
    total_mb = int(found[1]) // 1024 if found else 1024
    return {
        "shared_buffers_mb": max(64, min(total_mb // 8, 512)),
        "cache_mb": max(256, total_mb // 2),
    }
