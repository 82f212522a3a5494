"""A city's own broker: its files from the registry, and what it does when they change."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client

from command_center.cli import main
from command_center.machine.account import service_account
from iot_ingest.model.device import readings_topic
from tests.iot_ingest.place import row, settle, until
from tests.iot_ingest.test_ingest_process import publisher
from tests.support.broker import TestBroker, on_both_brokers
from tests.support.cluster import TestDatabase


@pytest.fixture
def city(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two devices, which commands find through the environment; their secrets."""
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    return settle(database.engine("cc_admin"), [row("WL-1"), row("WL-2")])


@pytest.fixture
def write(broker: TestBroker, open_folder: Path) -> Callable[[], int]:
    """A function that writes the files, of which the running broker then reads."""
    open_folder.chmod(0o755)
    for name, ours in (
        ("passwords", "command-center.passwords"),
        ("acl", "command-center.acl"),
        ("users.conf", "command-center-users.conf"),
    ):
        path = broker.folder / name
        if path.exists():
            path.unlink()
            path.symlink_to(open_folder / ours)
    pid_file = open_folder / "pid"
    pid_file.write_text(f"{broker.pid}\n")
    options = ["--broker", broker.kind, "--owner", service_account().name]
    return lambda: main(
        ["broker-files", str(open_folder), *options, "--reload", str(pid_file), "--json"]
    )


@contextmanager
def connected(broker: TestBroker, user: str, secret: str) -> Iterator[Client]:
    client = publisher(broker, user, secret)
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@on_both_brokers
def test_who_is_disabled_or_has_an_old_secret_is_thrown_out_and_nobody_else(
    broker: TestBroker,
    city: dict[str, str],
    write: Callable[[], int],
    open_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert write() == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["devices"], said["left_out"]) == (2, [])
    users = json.loads(Path(said["secrets"]).read_text())
    for path in [*open_folder.glob("command-center*"), Path(said["secrets"])]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(secret in path.read_text() for secret in city.values())
    with (
        connected(broker, "WL-1", city["WL-1"]) as first,
        connected(broker, "WL-2", city["WL-2"]) as second,
        connected(broker, "cc_ingest", users["cc_ingest"]) as ingest,
    ):
        until(lambda: first.is_connected() and second.is_connected() and ingest.is_connected())
        assert main(["device", "disable", "WL-1"]) == 0
        assert write() == 0
        until(lambda: not first.is_connected())
        assert second.is_connected()
        assert ingest.is_connected()
        assert main(["device", "enable", "WL-1"]) == 0
        assert write() == 0
        until(first.is_connected)
        capsys.readouterr()
        assert main(["device", "secret", "WL-1"]) == 0
        fresh = capsys.readouterr().out.strip()
        assert write() == 0
        until(lambda: not first.is_connected())
        with connected(broker, "WL-1", fresh) as again:
            until(again.is_connected)
            heard: list[bytes | bytearray] = []
            ready: list[int] = []
            ingest.on_message = lambda _client, _data, message: heard.append(message.payload)
            ingest.on_subscribe = lambda _client, _data, mid, *_: ready.append(mid)
            ingest.subscribe("cc/v1/+/+/readings", 1)
            until(lambda: bool(ready))
            again.publish(readings_topic("WL-1"), b"its own", qos=1).wait_for_publish(10)
            again.publish(readings_topic("WL-2"), b"another's", qos=1)
            until(lambda: len(heard) == 1)
            second.publish(readings_topic("WL-2"), b"its own, too", qos=1).wait_for_publish(10)
            until(lambda: len(heard) == 2)
            assert heard == [b"its own", b"its own, too"]


def test_what_cannot_be_done_is_said(
    city: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_pid = ["--reload", str(tmp_path / "nothing")]
    for words, said in (
        (["broker-files", str(tmp_path), "--owner", "no-such-user"], "no user no-such-user"),
        (["broker-files", str(tmp_path), *no_pid], "the broker cannot be told"),
        (["broker-files", os.devnull], "cannot be written"),
        (["device", "secret", "WL-9"], "no device WL-9 is registered"),
        (["device", "disable", "WL-9"], "no device WL-9 is registered"),
    ):
        assert main(words) == 1
        assert said in capsys.readouterr().err
    assert main(["device", "enable", "WL-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"device_id": "WL-1", "disabled": False}


def test_devices_without_an_entry_for_nats_are_named(
    database: TestDatabase,
    city: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.superuser() as connection:
        connection.execute(
            "UPDATE iot.devices SET secret_hash = split_part(secret_hash, ' ', 1)"
            " WHERE device_id = 'WL-2'"
        )
    assert main(["broker-files", str(tmp_path), "--broker", "nats"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("1 devices may connect")
    assert "WL-2" in said.err
    assert '"WL-2"' not in (tmp_path / "command-center-users.conf").read_text()
