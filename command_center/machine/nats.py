"""nats-server, which keeps every message in a file before it says so: MQTT 3.1.1."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from command_center.machine.broker_rights import right_of
from iot_ingest.model.broker_password import bcrypt_password, nats_entry
from iot_ingest.model.device import bucket

# The values and why: deploy/nats-server.conf, which is the same for a city's own broker.
_CONFIGURATION = """\
# Written by command-center at every start.
server_name: command-center
listen: "127.0.0.1:-1"
mqtt {{
    host: "127.0.0.1"
    port: {port}
    ack_wait: "3s"
    max_ack_pending: 500
}}
authorization {{
    include users.conf
}}
jetstream {{
    store_dir: {store}
    max_memory_store: 67108864
    max_file_store: 4294967296
}}
max_payload: 1048576
max_connections: 200000
"""


def configuration(folder: Path, port: int) -> Mapping[str, str]:
    """Return the files (name -> text) of a private broker on a loopback port."""
    store = json.dumps(str(folder / "store"))
    return {"nats-server.conf": _CONFIGURATION.format(port=port, store=store)}


def accounts(users: Mapping[str, str], devices: Mapping[str, str]) -> Mapping[str, str]:
    """Return the file of who may connect and say what.

    ``users``: name -> password; ``devices``: device id -> stored entry; those without one for
    NATS are left out.
    """
    lines = ["# Written by command-center: who may connect and say what.", "users: ["]
    lines += [_user(name, password) for name, password in users.items()]
    lines += _devices(devices)
    return {"users.conf": "\n".join([*lines, "]"]) + "\n"}


def without_entry(devices: Mapping[str, str]) -> list[str]:
    """Return the devices that NATS cannot let in until they get a new secret."""
    return [name for name, entry in devices.items() if nats_entry(entry) is None]


def _user(name: str, password: str) -> str:
    right = right_of(name)
    publish = f'"{_subject(right.writes)}"' if right.writes else '{deny: ">"}'
    # ($MQTT.sub: where the server hands out what a session subscribed to)
    reads = f'["{_subject(right.reads)}", "$MQTT.sub.>"]' if right.reads else None
    return _line(name, bcrypt_password(password), publish, reads)


def _devices(devices: Mapping[str, str]) -> Iterator[str]:
    for name, entry in devices.items():
        found = nats_entry(entry)
        if found is not None:
            yield _line(name, found, f'"cc.v1.{bucket(name)}.{name}.>"', None)


def _line(name: str, hashed: str, publish: str, reads: str | None) -> str:
    subscribe = '{deny: ">"}' if reads is None else f"{{allow: {reads}}}"
    return (
        f' {{user: "{name}", password: "{hashed}", allowed_connection_types: ["MQTT"],'
        f" permissions: {{publish: {publish}, subscribe: {subscribe}}}}}"
    )


def _subject(topic: str) -> str:
    """A topic filter of MQTT as a subject of NATS."""
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")


def command(program: Path, folder: Path) -> tuple[str, ...]:
    """Return what starts the broker."""
    return (str(program), "-c", str(folder / "nats-server.conf"))
