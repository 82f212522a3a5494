"""The private broker: Mosquitto or nats-server, below the data folder."""

import shutil
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from command_center.machine import mosquitto, nats
from command_center.machine.broker_rights import with_ingest_users
from command_center.machine.data_folder import DataFolder
from command_center.machine.secret_files import write_private
from command_center.machine.service import Service
from command_center.problem import Problem

Files = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """One kind of broker.

    ``folder``: its room in the data folder; ``program``: its executable and how to get it;
    ``save``: the signal that has it write its sessions down at once (None: it always does).
    """

    kind: str
    folder: str
    program: str
    setup: str
    configuration: Callable[[Path, int], Files]
    accounts: Callable[[Mapping[str, str], Mapping[str, str]], Files]
    command: Callable[[Path, Path], tuple[str, ...]]
    save: signal.Signals | None = None


MOSQUITTO = Broker(
    kind="mosquitto",
    folder="mosquitto",
    program="mosquitto",
    setup="scripts/setup",
    configuration=mosquitto.configuration,
    accounts=mosquitto.accounts,
    command=mosquitto.command,
    save=signal.SIGUSR1,
)
NATS = Broker(
    kind="nats",
    folder="nats",
    program="nats-server",
    setup="scripts/setup --nats",
    configuration=nats.configuration,
    accounts=nats.accounts,
    command=nats.command,
)
BROKERS = {one.kind: one for one in (MOSQUITTO, NATS)}


def write_broker_files(broker: Broker, data: DataFolder, port: int) -> None:
    """Write the broker's configuration."""
    folder = data.room(broker.folder)
    _write(folder, broker.configuration(folder, port), data)


def write_accounts(
    broker: Broker, data: DataFolder, users: Mapping[str, str], devices: Mapping[str, str]
) -> None:
    """Write who may connect and say what. Send the broker SIGHUP afterwards when it runs.

    ``users``: name -> password of our own, to which those of further ingest processes are added;
    ``devices``: device id -> entry as it is stored.
    """
    files = broker.accounts(with_ingest_users(users), devices)
    _write(data.room(broker.folder), files, data)


def has_accounts(broker: Broker, data: DataFolder) -> bool:
    """Whether `write_accounts` ever wrote them."""
    return all((data.room(broker.folder) / name).exists() for name in broker.accounts({}, {}))


def broker_service(broker: Broker, data: DataFolder, port: int, health_password: str) -> Service:
    """Return the service that keeps the broker running. Raises Problem when not installed."""
    folder = data.room(broker.folder)
    return Service(
        name="broker",
        command=broker.command(_find_program(broker), folder),
        account=data.account,
        folder=folder,
        environment={"LC_ALL": "C.UTF-8", "TZ": "UTC"},
        ready=lambda _since: broker_answers("127.0.0.1", port, "cc_health", health_password),
        ready_within=timedelta(seconds=60),
        stop_within=timedelta(seconds=20),
    )


def broker_answers(host: str, port: int, user: str, password: str) -> bool:
    """Whether a broker takes this user's connection (MQTT 3.1.1 CONNECT, then DISCONNECT)."""
    fields = (user.encode(), user.encode(), password.encode())
    payload = b"".join(len(one).to_bytes(2, "big") + one for one in fields)
    body = b"\x00\x04MQTT\x04\xc2\x00\x0a" + payload
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(b"\x10" + _remaining_length(len(body)) + body)
            answer = connection.recv(4)
            connection.sendall(b"\xe0\x00")
    except OSError:
        return False
    return answer[:1] == b"\x20" and answer[3:4] == b"\x00"


def _write(folder: Path, files: Files, data: DataFolder) -> None:
    for name, text in files.items():
        write_private(folder / name, text, data.account)


def _remaining_length(length: int) -> bytes:
    """MQTT's variable-length integer."""
    out = bytearray()
    while True:
        length, digit = divmod(length, 128)
        out.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(out)


def _find_program(broker: Broker) -> Path:
    name = broker.program
    found = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise Problem(
            zh=f"本机没有 {name}：请先执行 {broker.setup}。",
            en=f"{name} is not installed on this machine: run {broker.setup}.",
        )
    return Path(found)
