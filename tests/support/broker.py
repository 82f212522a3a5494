"""A real broker for one test, Mosquitto or nats-server, configured as `run` configures it."""

import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from command_center.machine.account import service_account
from command_center.machine.broker import (
    BROKERS,
    broker_answers,
    broker_service,
    write_accounts,
    write_broker_files,
)
from command_center.machine.broker_accounts import BrokerAccounts
from command_center.machine.broker_rights import USERS
from command_center.machine.data_folder import DataFolder, open_data_folder
from command_center.machine.doors import private_broker_url
from command_center.problem import Problem
from iot_ingest.model.broker_password import entry_of
from tests.support.ports import free_port

# For tests of what brokers do: they run on one kind after the other.
on_both_brokers = pytest.mark.parametrize("broker", ["mosquitto", "nats"], indirect=True)

# What a broker keeps of messages and sessions, in its folder.
_KEPT = ("broker.db", "store")


class TestBroker:
    """A broker on a loopback port. It can be killed and started again on the same files."""

    __test__ = False

    def __init__(self, data: DataFolder, kind: str = "mosquitto") -> None:
        self.kind = kind
        self.port = free_port()
        self._broker = BROKERS[kind]
        self._data = data
        self._users = {name: secrets.token_urlsafe(16) for name in USERS}
        self._devices: dict[str, str] = {}
        self._entries: dict[str, str] = {}
        self._rules = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        write_broker_files(self._broker, data, self.port)
        self._write_accounts()

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._data.room(self._broker.folder)

    @property
    def pid(self) -> int | None:
        """The process number while it runs."""
        return None if self._process is None else self._process.pid

    def url(self, user: str = "cc_ingest") -> str:
        """Return the URL of one of the broker's users (cc_ingest, cc_replay, ...)."""
        return private_broker_url(self.port, user, self._users[user])

    def device_url(self, device_id: str) -> str:
        """Return the URL of a device made by `add_devices`."""
        return private_broker_url(self.port, device_id, self._devices[device_id])

    def add_devices(self, *device_ids: str) -> Mapping[str, str]:
        """Let devices in; returns their secrets."""
        self._devices.update((one, secrets.token_urlsafe(16)) for one in device_ids)
        self._let_in(device_ids)
        return {one: self._devices[one] for one in device_ids}

    def remove_devices(self, *device_ids: str) -> None:
        """Let devices in no longer, as when they were disabled."""
        for one in device_ids:
            del self._devices[one]
        self._write_accounts()
        self.signal("broker", signal.SIGHUP)

    def admit(self, users: Mapping[str, str], rules: str) -> None:
        """Let users of your own in (name: password), with access rules of the ACL file's form.

        Mosquitto only.
        """
        self._rules += rules
        self._devices.update(users)
        self._let_in(tuple(users))

    def change(self, old: str, new: str) -> None:
        """Change a line of the configuration; it holds from the next start on."""
        (path,) = self.folder.glob(f"{self._broker.program}.conf")
        text = path.read_text()
        if old not in text:
            raise ValueError(f"{old} is not in the configuration")
        path.write_text(text.replace(old, new))

    def forget(self) -> None:
        """Start again without sessions and messages."""
        self.stop()
        for path in (self.folder / name for name in _KEPT):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self.start()

    def start(self) -> None:
        """Start the broker and wait until it answers."""
        with self._changing:
            self._start()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the broker (SIGKILL: like a crash)."""
        with self._changing:
            if self._process is not None:
                self._process.send_signal(number)
                self._process.wait(20)
                self._process = None

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the broker once it is up, as the supervisor of `run` does."""
        with self._changing:
            if name == "broker" and self._process is not None:
                self._process.send_signal(number)

    async def follow(self, engine: Engine) -> None:
        """From now on, let in who is registered in a database, and nobody else."""
        await BrokerAccounts(self._broker, self._data, self._users, engine, self).follow()

    def _start(self) -> None:
        service = broker_service(self._broker, self._data, self.port, self._users["cc_health"])
        with (self._data.room("logs") / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*service.account.prefix(service.stop_signal), *service.command],
                stdout=log,
                stderr=log,
                cwd=service.folder,
                env=dict(service.environment),
            )
        deadline = time.monotonic() + 20
        while not service.ready(datetime.now(UTC)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._data.room("logs") / "broker.log").read_text())
            time.sleep(0.02)

    def _let_in(self, names: tuple[str, ...]) -> None:
        self._write_accounts()
        self.signal("broker", signal.SIGHUP)
        if self._process is not None:
            self._wait_for_reload(names)

    def _write_accounts(self) -> None:
        for name, secret in self._devices.items():
            if name not in self._entries:
                self._entries[name] = entry_of(secret, salt=b"salt in test")
        entries = {name: self._entries[name] for name in self._devices}
        write_accounts(self._broker, self._data, self._users, entries)
        if self._rules:
            with (self.folder / "acl").open("a") as file:
                file.write(self._rules)

    def _wait_for_reload(self, device_ids: tuple[str, ...]) -> None:
        deadline = time.monotonic() + 10
        last = device_ids[-1]
        while not broker_answers("127.0.0.1", self.port, last, self._devices[last]):
            if time.monotonic() > deadline:
                raise RuntimeError("the broker did not read its accounts again")
            time.sleep(0.02)


@contextmanager
def running_broker(folder: Path, kind: str = "mosquitto") -> Iterator[TestBroker]:
    """Start a broker (mosquitto, nats) whose files are in an empty folder."""
    data = open_data_folder(folder, service_account(), told=_no_surprise)
    broker = TestBroker(data, kind)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        data.close()


def _no_surprise(problem: Problem) -> None:
    raise problem
