"""The private broker: Mosquitto, set so that it drops nothing."""

import secrets
import shutil
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from command_center.machine.data_folder import DataFolder
from command_center.machine.secret_files import write_private
from command_center.machine.service import Service
from command_center.problem import Problem
from iot_ingest.model.broker_password import hash_password

# Users beside the devices, each one connection (the client id is the user's name).
USERS = ("cc_ingest", "cc_replay", "cc_demo", "cc_crews", "cc_health")

_ACL = """\
# Written by command-center at every start.
user cc_ingest
topic read cc/v1/#

user cc_replay
topic write cc/v1/#

user cc_demo
topic read cc/demo/#

user cc_crews
topic write cc/demo/#

# A device publishes below its own name only. (A pattern holds for everybody.)
pattern write cc/v1/+/%u/#
"""

# The values and why: deploy/mosquitto.conf, which is the same for a city's own broker.
_CONFIGURATION = """\
# Written by command-center at every start.
per_listener_settings false
listener {port} 127.0.0.1
allow_anonymous false
use_username_as_clientid true
password_file {folder}/passwords
acl_file {folder}/acl

persistence true
persistence_location {folder}/
persistence_file broker.db
autosave_on_changes true
autosave_interval 100
max_queued_messages 0
max_queued_bytes 1073741824
max_inflight_messages 0
max_packet_size 1048576
set_tcp_nodelay true

log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
log_timestamp_format %Y-%m-%dT%H:%M:%SZ
"""


def write_broker_files(data: DataFolder, port: int) -> None:
    """Write the broker's configuration and access rules."""
    folder = data.room("mosquitto")
    configuration = _CONFIGURATION.format(port=port, folder=folder)
    write_private(folder / "mosquitto.conf", configuration, data.account)
    write_private(folder / "acl", _ACL, data.account)


def write_passwords(data: DataFolder, users: Mapping[str, str], devices: Mapping[str, str]) -> None:
    """Write the password file. Send the broker SIGHUP afterwards when it runs.

    ``users``: name -> password; ``devices``: device id -> entry as `hash_password` made it.
    """
    lines = [
        f"{name}:{hash_password(password, salt=secrets.token_bytes(12))}"
        for name, password in users.items()
    ]
    lines += [f"{name}:{entry}" for name, entry in devices.items()]
    write_private(data.room("mosquitto") / "passwords", "\n".join(lines) + "\n", data.account)


def broker_service(data: DataFolder, port: int, health_password: str) -> Service:
    """Return the service that keeps the broker running. Raises Problem when not installed."""
    return Service(
        name="broker",
        command=(
            str(_find_program()),
            "-c",
            str(data.room("mosquitto") / "mosquitto.conf"),
        ),
        account=data.account,
        folder=data.room("mosquitto"),
        environment={"LC_ALL": "C.UTF-8", "TZ": "UTC"},
        ready=lambda: broker_answers("127.0.0.1", port, "cc_health", health_password),
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


def _remaining_length(length: int) -> bytes:
    """MQTT's variable-length integer."""
    out = bytearray()
    while True:
        length, digit = divmod(length, 128)
        out.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(out)


def _find_program() -> Path:
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise Problem(
            zh="本机没有 mosquitto：请先执行 scripts/setup。",
            en="mosquitto is not installed on this machine: run scripts/setup.",
        )
    return Path(found)
