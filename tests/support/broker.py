"""A real Mosquitto for one test, configured like the one that `run` starts."""

import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from command_center.machine.account import service_account
from command_center.machine.broker import (
    USERS,
    broker_answers,
    broker_service,
    write_broker_files,
    write_passwords,
)
from command_center.machine.broker_accounts import BrokerAccounts
from command_center.machine.data_folder import DataFolder, open_data_folder
from command_center.machine.doors import private_broker_url
from command_center.problem import Problem
from iot_ingest.model.broker_password import hash_password
from tests.support.ports import free_port


class TestBroker:
    """A broker on a loopback port. It can be killed and started again on the same files."""

    __test__ = False

    def __init__(self, data: DataFolder) -> None:
        self.port = free_port()
        self._data = data
        self._users = {name: secrets.token_urlsafe(16) for name in USERS}
        self._devices: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        write_broker_files(data, self.port)
        self._write_passwords()

    def url(self, user: str = "cc_ingest") -> str:
        """Return the URL of one of the broker's users (cc_ingest, cc_replay, ...)."""
        return private_broker_url(self.port, user, self._users[user])

    def device_url(self, device_id: str) -> str:
        """Return the URL of a device made by `add_devices`."""
        return private_broker_url(self.port, device_id, self._devices[device_id])

    def add_devices(self, *device_ids: str) -> Mapping[str, str]:
        """Let devices in; returns their secrets."""
        self._devices.update((one, secrets.token_urlsafe(16)) for one in device_ids)
        self._write_passwords()
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)
            self._wait_for_reload(device_ids)
        return {one: self._devices[one] for one in device_ids}

    def admit(self, users: Mapping[str, str], rules: str) -> None:
        """Let users of your own in (name: password), with access rules of the ACL file's form."""
        with (self._data.room("mosquitto") / "acl").open("a") as file:
            file.write(rules)
        self._devices.update(users)
        self._write_passwords()
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)
            self._wait_for_reload(tuple(users))

    def change(self, old: str, new: str) -> None:
        """Change a line of the configuration; it holds from the next start on."""
        path = self._data.room("mosquitto") / "mosquitto.conf"
        text = path.read_text()
        if old not in text:
            raise ValueError(f"{old} is not in the configuration")
        path.write_text(text.replace(old, new))

    def forget(self) -> None:
        """Start again without sessions and messages."""
        self.stop()
        (self._data.room("mosquitto") / "broker.db").unlink(missing_ok=True)
        self.start()

    def start(self) -> None:
        """Start the broker and wait until it answers."""
        service = broker_service(self._data, self.port, self._users["cc_health"])
        with (self._data.room("logs") / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*service.account.prefix(service.stop_signal), *service.command],
                stdout=log,
                stderr=log,
                cwd=service.folder,
                env=dict(service.environment),
            )
        deadline = time.monotonic() + 20
        while not service.ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._data.room("logs") / "broker.log").read_text())
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the broker (SIGKILL: like a crash)."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the broker, as the supervisor of `run` does."""
        if name == "broker" and self._process is not None:
            self._process.send_signal(number)

    async def follow(self, engine: Engine) -> None:
        """From now on, let in who is registered in a database, and nobody else."""
        await BrokerAccounts(self._data, self._users, engine, self).follow()

    def _write_passwords(self) -> None:
        entries = {
            name: hash_password(secret, salt=b"salt in test")
            for name, secret in self._devices.items()
        }
        write_passwords(self._data, self._users, entries)

    def _wait_for_reload(self, device_ids: tuple[str, ...]) -> None:
        deadline = time.monotonic() + 5
        last = device_ids[-1]
        while not broker_answers("127.0.0.1", self.port, last, self._devices[last]):
            if time.monotonic() > deadline:
                raise RuntimeError("the broker did not read its passwords again")
            time.sleep(0.02)


@contextmanager
def running_broker(folder: Path) -> Iterator[TestBroker]:
    """Start a broker whose files are in an empty folder."""
    data = open_data_folder(folder, service_account(), told=_no_surprise)
    broker = TestBroker(data)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        data.close()


def _no_surprise(problem: Problem) -> None:
    raise problem
