"""The data folder: whose it is, who may use it, what is refused."""

import json
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from command_center.machine.account import Account, caller, service_account
from command_center.machine.data_folder import open_data_folder, socket_folder
from command_center.machine.doors import (
    Doors,
    broker_url,
    database_url,
    private_database_url,
    write_doors,
)
from command_center.machine.ports import Port, check_ports
from command_center.machine.secret_files import ensure_secrets, read_secrets
from command_center.problem import Problem
from command_center.settings import Settings


def quiet(_: Problem) -> None:
    """Nothing to tell is expected, but it would not be wrong."""


def test_a_second_run_on_the_same_folder_is_refused(open_folder: Path) -> None:
    first = open_data_folder(open_folder, caller(), told=quiet)
    with pytest.raises(Problem) as caught:
        open_data_folder(open_folder, caller(), told=quiet)
    assert f"process {os.getpid()}" in caught.value.en
    assert "--data" in caught.value.zh
    first.close()
    open_data_folder(open_folder, caller(), told=quiet).close()


def test_a_folder_with_other_things_is_refused(open_folder: Path) -> None:
    (open_folder / "thesis.odt").write_text("mine")
    with pytest.raises(Problem, match=r"not a data folder.*thesis\.odt"):
        open_data_folder(open_folder, caller(), told=quiet)
    assert sorted(one.name for one in open_folder.iterdir()) == ["lock", "thesis.odt"]


@pytest.mark.parametrize("version", ['{"format": 99}', "nonsense", "[]"])
def test_a_folder_of_another_version_is_refused(open_folder: Path, version: str) -> None:
    (open_folder / "VERSION").write_text(version)
    with pytest.raises(Problem) as caught:
        open_data_folder(open_folder, caller(), told=quiet)
    assert "another version" in caught.value.en
    assert "另一个版本" in caught.value.zh


def test_a_folder_that_cannot_be_written_is_refused(open_folder: Path) -> None:
    account = service_account()
    closed = open_folder / "closed"
    closed.mkdir()
    (closed / "VERSION").write_text(json.dumps({"format": 1}))
    open_folder.chmod(0o755)
    closed.chmod(0o555)
    with pytest.raises(Problem) as caught:
        open_data_folder(closed, account, told=quiet)
    assert str(closed) in caught.value.en
    assert "权限" in caught.value.zh


def test_a_folder_below_a_file_is_refused(open_folder: Path) -> None:
    (open_folder / "file").write_text("")
    with pytest.raises(Problem, match="may not write"):
        open_data_folder(open_folder / "file" / "data", caller(), told=quiet)


@pytest.mark.root
def test_below_a_closed_folder_the_data_goes_elsewhere(open_folder: Path) -> None:
    open_folder.chmod(0o700)  # like /root
    system = Path(str(open_folder) + "-system")
    told: list[Problem] = []
    wanted = open_folder / "clone" / "var"
    wanted.parent.mkdir()
    account = service_account()
    try:
        data = open_data_folder(wanted, account, told=told.append, system_data=system)
        assert data.path.parent == system
        assert wanted.is_symlink()
        assert wanted.resolve() == data.path
        assert data.path.stat().st_uid == account.uid
        assert str(data.path) in told[0].en
        data.close()
        again = open_data_folder(wanted, account, told=told.append, system_data=system)
        assert again.path == data.path
        assert len(told) == 1
        again.close()
    finally:
        subprocess.run(["rm", "-r", str(system)], check=True)


@pytest.mark.root
def test_children_of_root_are_somebody_else(open_folder: Path) -> None:
    account = service_account()
    answer = subprocess.run(
        [*account.prefix(), "/usr/bin/id", "-u"], capture_output=True, text=True, check=True
    )
    assert int(answer.stdout) == account.uid != 0


def test_secrets_are_kept_and_nobody_else_may_read_them(open_folder: Path) -> None:
    data = open_data_folder(open_folder, service_account(), told=quiet)
    first = ensure_secrets(data.path, "database", ["cc_web"], data.account)
    more = ensure_secrets(data.path, "database", ["cc_web", "cc_ingest"], data.account)
    assert more["cc_web"] == first["cc_web"] != more["cc_ingest"]
    assert len(first["cc_web"]) >= 43
    assert read_secrets(data.path, "database") == more
    found = (data.path / "secrets" / "database.json").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_uid == data.account.uid
    assert stat.S_IMODE((data.path / "secrets").stat().st_mode) == 0o700
    data.close()


def test_a_long_path_gets_a_short_socket_folder(open_folder: Path, tmp_path: Path) -> None:
    long = tmp_path / ("district" * 12)
    found = socket_folder(long, caller(), below=open_folder)
    assert found.parent == open_folder
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    assert socket_folder(long, caller(), below=open_folder) == found
    found.chmod(0o777)
    with pytest.raises(Problem, match="remove it"):
        socket_folder(long, caller(), below=open_folder)


def test_commands_find_the_services_of_a_folder(open_folder: Path) -> None:
    account = caller()
    data = open_data_folder(open_folder, account, told=quiet)
    settings = Settings(data=data.path)
    with pytest.raises(Problem, match="no services ever ran"):
        database_url(settings, "cc_admin")
    write_doors(data.path, Doors(socket_folder=data.room("run"), broker_port=1883), account)
    password = ensure_secrets(data.path, "database", ["cc_admin"], account)["cc_admin"]
    ensure_secrets(data.path, "broker", ["cc_replay"], account)
    assert database_url(settings, "cc_admin") == private_database_url(
        data.room("run"), "cc_admin", password
    )
    assert broker_url(settings, "cc_replay").endswith("@127.0.0.1:1883")
    given = Settings(data=data.path, database_url="postgresql://elsewhere/city")
    assert database_url(given, "cc_admin") == "postgresql://elsewhere/city"
    data.close()


def test_ports_in_use_are_named_all_at_once() -> None:
    def port(number: int, option: str) -> Port:
        return Port(
            host="127.0.0.1", number=number, option=option, name_zh="网页", name_en="the web"
        )

    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        numbers = [held.getsockname()[1] for held in (one, two)]
        with pytest.raises(Problem) as caught:
            check_ports([port(numbers[0], "--port"), port(numbers[1], "--broker-port")])
    for text in (caught.value.en, caught.value.zh):
        assert all(str(number) in text for number in numbers)
        assert "--broker-port" in text
    check_ports([port(numbers[0], "--port")])


def test_an_address_of_another_machine_is_named() -> None:
    elsewhere = Port(
        host="192.0.2.1", number=8050, option="--port", name_zh="网页", name_en="the web"
    )
    with pytest.raises(Problem, match="does not have"):
        check_ports([elsewhere])


def test_an_account_knows_what_it_may(open_folder: Path) -> None:
    account: Account = service_account()
    open_folder.chmod(0o755)
    assert account.may("-x", open_folder)
    if account.switch:
        assert not account.may("-w", open_folder)
