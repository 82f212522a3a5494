"""Everything on this machine: `command-center run`."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from command_center.machine.account import Account, caller, service_account
from command_center.machine.broker import (
    Broker,
    broker_service,
    has_accounts,
    write_accounts,
    write_broker_files,
)
from command_center.machine.broker_accounts import BrokerAccounts
from command_center.machine.broker_rights import USERS
from command_center.machine.daily import ARCHIVE, daily
from command_center.machine.data_folder import DataFolder, open_data_folder, socket_folder
from command_center.machine.doors import (
    DATABASE,
    Doors,
    private_broker_url,
    private_database_url,
    write_doors,
)
from command_center.machine.health import wait_for_health
from command_center.machine.ports import Port, check_ports
from command_center.machine.postgresql import (
    ROLES,
    SUPERUSER,
    ensure_cluster,
    ensure_database,
    postgresql_service,
)
from command_center.machine.secret_files import ensure_secrets, write_private
from command_center.machine.service import Service
from command_center.machine.signs_of_life import beats
from command_center.machine.supervisor import Supervisor, clear_leftovers
from command_center.machine.surroundings import CODE, may_run_our_code, python_environment
from command_center.machine.up_to_date import bring_up_to_date
from command_center.problem import Problem
from command_center.settings import Settings
from grid.store.postgis import make_engine

Told = Callable[[Problem], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What was asked for on the command line."""

    settings: Settings
    host: str
    port: int
    broker: Broker
    broker_port: int
    ingest_processes: int
    # of the listeners for stations; 0: none
    hj212_port: int
    sl651_port: int
    demo: bool
    simulator: bool
    speed: float

    @property
    def address(self) -> str:
        """The address of the web server as one would type it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


async def run(plan: Plan, *, told: Told, ready: Callable[[str], None]) -> None:
    """Start everything, call ``ready`` with the address, and keep it running until cancelled.

    Raises Problem when something cannot be started; what had been started is stopped then.
    """
    _raise_file_limit()
    account = service_account()
    data = await asyncio.to_thread(open_data_folder, plan.settings.data, account, told=told)
    try:
        await asyncio.to_thread(clear_leftovers, data)
        check_ports(_ports(plan))
        supervisor = Supervisor(data, told=told)
        try:
            await _Machine(plan, data, supervisor, told).run(ready)
        finally:
            await supervisor.stop()
    finally:
        data.close()


def _raise_file_limit() -> None:
    """Let children have as many open connections as this machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _ports(plan: Plan) -> list[Port]:
    ports = [
        Port(host=plan.host, number=plan.port, option="--port", name_zh="网页", name_en="the web")
    ]
    stations = (
        (plan.hj212_port, "--hj212-port", "HJ 212 监测设备", "HJ 212 stations"),
        (plan.sl651_port, "--sl651-port", "SL 651 遥测站", "SL 651 stations"),
    )
    ports += [
        Port(host=plan.host, number=number, option=option, name_zh=zh, name_en=en)
        for number, option, zh, en in stations
        if number
    ]
    if plan.settings.broker_url is None:
        ports.append(
            Port(
                host="127.0.0.1",
                number=plan.broker_port,
                option="--broker-port",
                name_zh="MQTT 消息代理",
                name_en="the MQTT broker",
            )
        )
    return ports


class _Machine:
    """One run: the services of a data folder, from the database up to the web."""

    def __init__(self, plan: Plan, data: DataFolder, supervisor: Supervisor, told: Told) -> None:
        self._plan = plan
        self._data = data
        self._supervisor = supervisor
        self._told = told
        self._sockets = socket_folder(data.path, data.account)
        database_names = (SUPERUSER, *ROLES)
        self._database = ensure_secrets(data.path, "database", database_names, data.account)
        self._broker = ensure_secrets(data.path, "broker", USERS, data.account)
        self._secret = ensure_secrets(data.path, "web", ["report_tokens"], data.account)
        self._python_account = self._choose_python_account()
        self._engine = make_engine(self._database_url("cc_admin"), role="cc_admin", pool_size=1)

    async def run(self, ready: Callable[[str], None]) -> None:
        await self._start_private_services()
        await asyncio.to_thread(self._migrate)
        accounts = None
        if self._plan.settings.broker_url is None:
            accounts = BrokerAccounts(
                self._plan.broker, self._data, self._broker, self._engine, self._supervisor
            )
        if self._plan.demo:
            await self._make_demo_city()
        if accounts is not None:
            await accounts.refresh()
        await self._supervisor.start(*self._processes())
        await wait_for_health(self._plan.host, self._plan.port)
        ready(self._plan.address)
        async with asyncio.TaskGroup() as tasks:
            if accounts is not None:
                tasks.create_task(accounts.follow())
            tasks.create_task(self._archive_daily())
            tasks.create_task(asyncio.Event().wait())

    async def _archive_daily(self) -> None:
        log = self._data.room("logs") / "archive.log"
        environment = self._environment("cc_admin", None)
        await daily(ARCHIVE, environment, self._python_account, log)

    # --- PostgreSQL and the broker -----------------------------------------------------

    async def _start_private_services(self) -> None:
        settings = self._plan.settings
        own_database, own_broker = settings.database_url is None, settings.broker_url is None
        services = []
        cluster = None
        if own_database:
            cluster = await asyncio.to_thread(
                ensure_cluster, self._data, self._sockets, self._database[SUPERUSER]
            )
            services.append(postgresql_service(cluster))
        if own_broker:
            services.append(await asyncio.to_thread(self._broker_service))
        await self._supervisor.start(*services)
        if cluster is not None:
            await asyncio.to_thread(ensure_database, cluster, DATABASE, self._database)
        doors = Doors(
            socket_folder=self._sockets if own_database else None,
            broker_port=self._plan.broker_port if own_broker else None,
        )
        write_doors(self._data.path, doors, self._data.account)

    def _broker_service(self) -> Service:
        broker, port = self._plan.broker, self._plan.broker_port
        write_broker_files(broker, self._data, port)
        if not has_accounts(broker, self._data):
            write_accounts(broker, self._data, self._broker, {})
        return broker_service(broker, self._data, port, self._broker["cc_health"])

    def _migrate(self) -> None:
        outside = self._plan.settings.database_url
        bring_up_to_date(outside or self._database_url("cc_owner"))

    # --- the demo city -----------------------------------------------------------------

    async def _make_demo_city(self) -> None:
        """Let a child make the city: it needs much memory once."""
        environment = self._environment("cc_admin", None)
        child = await asyncio.create_subprocess_exec(
            *self._python_account.prefix(signal.SIGTERM),
            sys.executable,
            "-m",
            "command_center.machine.make_city",
            stdout=asyncio.subprocess.PIPE,
            cwd=CODE,
            env=environment,
            start_new_session=True,
        )
        try:
            answer, _ = await child.communicate()
        except asyncio.CancelledError:
            child.terminate()
            await child.wait()
            raise
        if child.returncode != 0:
            raise Problem(
                zh="演示城市未能建成，原因见上。",
                en="the demo city could not be made; the reason stands above.",
            )
        self._keep_demo_passwords(json.loads(answer))

    def _keep_demo_passwords(self, passwords: Mapping[str, str]) -> None:
        for name, password in passwords.items():
            self._told(
                Problem(
                    zh=f"演示账号 {name}，一次性密码 {password}",
                    en=f"demo account {name}, one-time password {password}",
                )
            )
        # Kept for --demo-login, now or at a later start.
        if passwords:
            path = self._data.room("secrets") / "demo-accounts.json"
            write_private(path, json.dumps(dict(passwords)) + "\n", self._data.account)

    # --- our own processes -------------------------------------------------------------

    def _processes(self) -> list[Service]:
        plan = self._plan
        ours = str(Path(sys.executable).with_name("command-center"))
        web = (ours, "serve", "--host", plan.host, "--port", str(plan.port))
        stations = ("--hj212-port", str(plan.hj212_port), "--sl651-port", str(plan.sl651_port))
        several = ("--processes", str(plan.ingest_processes))
        ingest = (sys.executable, "-m", "iot_ingest", "--listen", plan.host, *stations, *several)
        services = [
            self._python("ingest", ingest, "cc_ingest", "cc_ingest"),
            self._python("dispatch", (ours, "dispatch"), "cc_dispatch", None),
            replace(self._python("web", web, "cc_web", None), spare=(*web, "--spare")),
        ]
        if plan.demo and plan.simulator and plan.settings.broker_url is not None:
            self._told(
                Problem(
                    zh="使用外部消息代理时不启动模拟设备：它不认识演示设备的密钥。",
                    en="no simulated devices with an outside broker: it does not know the demo"
                    " devices' secrets.",
                )
            )
        elif plan.demo and plan.simulator:
            speed = ("--speed", f"{plan.speed:g}")
            simulator = (sys.executable, "-m", "iot_ingest.simulate", *speed)
            crews = (sys.executable, "-m", "command_center.demo.crews", *speed)
            services.append(self._python("simulator", simulator, "cc_web", "cc_demo"))
            services.append(self._python("crews", crews, "cc_web", "cc_crews"))
        return services

    def _python(
        self, name: str, command: tuple[str, ...], role: str, broker_user: str | None
    ) -> Service:
        settings = self._plan.settings
        has_heart = name in ("ingest", "dispatch", "web")
        return Service(
            name=name,
            command=command,
            account=self._python_account,
            folder=CODE,
            environment=self._environment(role, broker_user),
            needs=(
                *(("postgresql",) if settings.database_url is None else ()),
                *(("broker",) if settings.broker_url is None else ()),
                # the broker keeps what devices missed for a session that it knows
                *(("ingest",) if name == "simulator" else ()),
            ),
            ready=(lambda since: beats(self._engine, name, since=since))
            if has_heart
            else (lambda _since: True),
        )

    def _environment(self, role: str, broker_user: str | None) -> dict[str, str]:
        settings = self._plan.settings
        extra = {
            "COMMAND_CENTER_DATABASE_URL": self._database_url(role),
            "COMMAND_CENTER_DATA": str(self._data.path),
            "COMMAND_CENTER_LANGUAGE": settings.language,
            "COMMAND_CENTER_PUBLIC_URL": settings.public_url or self._plan.address,
            "COMMAND_CENTER_KEEP_DAYS": str(settings.keep_days),
            "COMMAND_CENTER_QUARANTINE_MOST": str(settings.quarantine_most),
            "COMMAND_CENTER_OPEN": ",".join(sorted(settings.open_parts)),
        }
        if broker_user is not None:
            extra["COMMAND_CENTER_BROKER_URL"] = self._broker_url(broker_user)
        if role == "cc_web":
            extra["COMMAND_CENTER_METRICS_TOKEN"] = settings.metrics_token
            extra["COMMAND_CENTER_SECRET"] = settings.secret.hex() or self._report_secret()
        if settings.demo_login:
            extra["COMMAND_CENTER_DEMO_LOGIN"] = "1"
        return python_environment(os.environ, self._data.room("run"), extra)

    def _report_secret(self) -> str:
        return self._secret["report_tokens"].encode().hex()

    def _database_url(self, role: str) -> str:
        return self._plan.settings.database_url or private_database_url(
            self._sockets, role, self._database[role]
        )

    def _broker_url(self, user: str) -> str:
        return self._plan.settings.broker_url or private_broker_url(
            self._plan.broker_port, user, self._broker[user]
        )

    def _choose_python_account(self) -> Account:
        account = self._data.account
        if not account.switch or may_run_our_code(account):
            return account
        self._told(
            Problem(
                zh=f"用户 {account.name} 无法读取 {CODE}，本程序的进程将以 root 运行；"
                "数据库和消息代理不受影响。要避免这一点，请把程序放到 /opt 之类的目录。",
                en=f"user {account.name} cannot read {CODE}: our own processes run as root"
                " (database and broker do not). To avoid that, put the program below /opt.",
            )
        )
        return caller()
