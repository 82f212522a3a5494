"""Mosquitto, set so that it drops nothing: MQTT 3.1.1 and 5."""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from command_center.machine.broker_rights import right_of
from iot_ingest.model.broker_password import hash_password, mosquitto_entry

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
autosave_on_changes false
autosave_interval 1
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


def configuration(folder: Path, port: int) -> Mapping[str, str]:
    """Return the files (name -> text) of a private broker on a loopback port."""
    return {"mosquitto.conf": _CONFIGURATION.format(port=port, folder=folder)}


def accounts(users: Mapping[str, str], devices: Mapping[str, str]) -> Mapping[str, str]:
    """Return the files of who may connect (``passwords``) and say what (``acl``).

    ``users``: name -> password; ``devices``: device id -> stored entry.
    """
    lines = [
        f"{name}:{hash_password(password, salt=secrets.token_bytes(12))}"
        for name, password in users.items()
    ]
    lines += [f"{name}:{mosquitto_entry(entry)}" for name, entry in devices.items()]
    return {"passwords": "\n".join(lines) + "\n", "acl": "\n".join(_rules(users)) + "\n"}


def _rules(users: Mapping[str, str]) -> Iterator[str]:
    yield "# Written by command-center: who may say what."
    for name in users:
        right = right_of(name)
        if right.reads or right.writes:
            yield f"user {name}"
        if right.reads:
            yield f"topic read {right.reads}"
        if right.writes:
            yield f"topic write {right.writes}"
    yield "# A device publishes below its own name only. (A pattern holds for everybody.)"
    yield "pattern write cc/v1/+/%u/#"


def command(program: Path, folder: Path) -> tuple[str, ...]:
    """Return what starts the broker."""
    return (str(program), "-c", str(folder / "mosquitto.conf"))
