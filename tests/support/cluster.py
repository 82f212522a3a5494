"""A real PostgreSQL with PostGIS for the tests of one session, and a database for each test."""

import itertools
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from command_center.machine.account import service_account
from command_center.machine.data_folder import DataFolder, open_data_folder, socket_folder
from command_center.machine.doors import private_database_url
from command_center.machine.postgresql import (
    ROLES,
    SUPERUSER,
    Cluster,
    ensure_cluster,
    ensure_database,
    postgresql_service,
)
from command_center.problem import Problem
from grid.store.migrate import migrate
from grid.store.postgis import make_engine

_TEMPLATE = "city_template"


@dataclass(frozen=True, kw_only=True, slots=True)
class TestDatabase:
    """A migrated, empty database of its own."""

    __test__ = False

    name: str
    cluster: Cluster
    passwords: dict[str, str]
    engines: dict[str, Engine] = field(default_factory=dict)
    eyes: list[psycopg.Connection] = field(default_factory=list)

    def url(self, role: str = "cc_admin") -> str:
        """Return the URL under which a role (cc_owner, cc_web, ...) logs in."""
        base = private_database_url(self.cluster.socket_folder, role, self.passwords[role])
        return base.replace("@/city?", f"@/{self.name}?")

    def engine(self, role: str = "cc_admin") -> Engine:
        """Return the engine of a role; closed when the test ends."""
        if role not in self.engines:
            self.engines[role] = make_engine(self.url(role), role=role)
        return self.engines[role]

    def look(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a statement of the superuser; one connection is kept for all of them."""
        if not self.eyes:
            self.eyes.append(self.superuser())
        return list(self.eyes[0].execute(sql.encode()))

    def leave(self) -> None:
        """Close all connections that were kept here: a database that is used is not copied."""
        for engine in self.engines.values():
            engine.dispose()
        while self.eyes:
            self.eyes.pop().close()

    def superuser_url(self) -> str:
        """Return the URL of the one login that a city without roles of its own may use."""
        base = private_database_url(
            self.cluster.socket_folder, SUPERUSER, self.cluster.superuser_password
        )
        return base.replace("@/city?", f"@/{self.name}?")

    def superuser(self) -> psycopg.Connection:
        """Connect as superuser, in autocommit: to look, or to do what nobody may."""
        return self.cluster.connect(self.name)


class TestServer:
    """The server of a cluster. It can be killed and started again on the same files."""

    __test__ = False

    def __init__(self, data: DataFolder, cluster: Cluster) -> None:
        self._log = data.room("logs") / "postgresql.log"
        self._cluster = cluster
        self._service = postgresql_service(cluster)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The postmaster's process number."""
        if self._process is None:
            raise RuntimeError("the server is stopped")
        return self._process.pid

    def start(self, within_s: float = 60.0) -> None:
        """Start it and wait until it answers. It ends with the thread that starts it."""
        service = self._service
        service.prepare()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*service.account.prefix(service.stop_signal), *service.command,
                 "-c", "max_connections=200"],
                stdout=log,
                stderr=log,
                cwd=service.folder,
                env=dict(service.environment),
                start_new_session=True,  # Ctrl-C is for us: we stop it when we are done with it
            )  # fmt: skip
        self.wait(within_s)

    def wait(self, within_s: float = 60.0) -> None:
        """Wait until it answers. Raises RuntimeError."""
        deadline = time.monotonic() + within_s
        while not self._cluster.answers():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError(self._log.read_text()[-20_000:])
            time.sleep(0.02)

    def stop(self, number: signal.Signals | None = None) -> None:
        """Stop it: fast, or with a signal (SIGQUIT: at once; SIGKILL: like a crash)."""
        if self._process is not None:
            self._process.send_signal(number or self._service.stop_signal)
            self._process.wait(30)
            self._process = None


class TestCluster:
    """A running server; `database` makes copies of a migrated template."""

    __test__ = False

    def __init__(self, cluster: Cluster, server: TestServer) -> None:
        self.cluster = cluster
        self.server = server
        self.passwords = {role: secrets.token_urlsafe(16) for role in ROLES}
        self._numbers = itertools.count(1)
        ensure_database(cluster, _TEMPLATE, self.passwords)
        template = TestDatabase(name=_TEMPLATE, cluster=cluster, passwords=self.passwords)
        migrate(template.url("cc_owner"))
        self._clerk = cluster.connect("postgres")

    @contextmanager
    def database(self, template: str = _TEMPLATE) -> Iterator[TestDatabase]:
        """A fresh copy, dropped at the end: migrated and empty, or of another that nobody uses."""
        name = f"city_{next(self._numbers)}"
        self._order(f"CREATE DATABASE {name} OWNER cc_owner TEMPLATE {template} STRATEGY file_copy")
        found = TestDatabase(name=name, cluster=self.cluster, passwords=self.passwords)
        try:
            yield found
        finally:
            found.leave()
            self._order(f"DROP DATABASE {name} WITH (FORCE)")

    def _order(self, statement: str) -> None:
        """Tell the server, over a connection that is kept as long as it holds."""
        try:
            self._clerk.execute(statement.encode())
        except psycopg.OperationalError:
            # the server was killed since
            self.leave()
            self._clerk = self.cluster.connect("postgres")
            self._clerk.execute(statement.encode())

    def leave(self) -> None:
        """Close the connection that is kept here."""
        self._clerk.close()


@contextmanager
def running_cluster(folder: Path, *, fsync: bool = False) -> Iterator[TestCluster]:
    """Start a server in an empty folder, as an unprivileged account; tests do without fsync."""
    account = service_account()
    data = open_data_folder(folder, account, told=_no_surprise)
    cluster = ensure_cluster(
        data, socket_folder(data.path, account), secrets.token_urlsafe(16), fsync=fsync
    )
    server = TestServer(data, cluster)
    try:
        server.start()
        found = TestCluster(cluster, server)
        try:
            yield found
        finally:
            found.leave()
    finally:
        server.stop()
        data.close()


def _no_surprise(problem: Problem) -> None:
    raise problem
