"""Where the services of a data folder are: database and broker URLs for our own processes.

`run` writes ``run/doors.json`` (socket folder, broker port) and ``secrets/`` (one generated
password per role); commands typed by hand find the running services through them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from command_center.machine.account import Account
from command_center.machine.secret_files import read_secrets, write_private
from command_center.problem import Problem
from command_center.settings import Settings

DATABASE = "city"


@dataclass(frozen=True, kw_only=True, slots=True)
class Doors:
    """The private services of one data folder; None where outside ones are used."""

    socket_folder: Path | None
    broker_port: int | None


def private_database_url(socket_folder: Path, role: str, password: str) -> str:
    """Return the URL of the private database for a login role."""
    host = quote(str(socket_folder), safe="")
    return f"postgresql://{role}:{quote(password, safe='')}@/{DATABASE}?host={host}"


def private_broker_url(port: int, user: str, password: str) -> str:
    """Return the URL of the private broker for a user."""
    return f"mqtt://{user}:{quote(password, safe='')}@127.0.0.1:{port}"


def write_doors(data: Path, doors: Doors, account: Account) -> None:
    """Record where the services are, for commands typed while they run."""
    record = {
        "socket_folder": str(doors.socket_folder) if doors.socket_folder else None,
        "broker_port": doors.broker_port,
    }
    write_private(data / "run" / "doors.json", json.dumps(record) + "\n", account)


def read_doors(data: Path) -> Doors | None:
    """Return where the services of ``data`` are, or None when nothing ever ran there.

    Raises Problem for a folder of somebody else.
    """
    try:
        record = json.loads((data / "run" / "doors.json").read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise Problem(
            zh=f"没有读取数据目录 {data} 的权限：请以启动 command-center run 的用户执行。",
            en=f"the data folder {data} may not be read: use the account that started"
            " `command-center run`.",
        ) from error
    folder = record["socket_folder"]
    return Doors(socket_folder=Path(folder) if folder else None, broker_port=record["broker_port"])


def database_url(settings: Settings, role: str) -> str:
    """Return the URL under which ``role`` (cc_admin, ...) reaches the city's database.

    The given one, else that of the private PostgreSQL of ``settings.data``. Pass the role to
    `make_engine`, too. Raises Problem when neither is there or the secrets cannot be read.
    """
    if settings.database_url:
        return settings.database_url
    doors = read_doors(settings.data)
    if doors is None or doors.socket_folder is None:
        raise _nothing_runs("COMMAND_CENTER_DATABASE_URL", settings.data)
    password = read_secrets(settings.data, "database")[role]
    return private_database_url(doors.socket_folder, role, password)


def broker_url(settings: Settings, user: str) -> str:
    """Return the URL under which ``user`` (cc_replay, ...) reaches the broker. Raises Problem."""
    if settings.broker_url:
        return settings.broker_url
    doors = read_doors(settings.data)
    if doors is None or doors.broker_port is None:
        raise _nothing_runs("COMMAND_CENTER_BROKER_URL", settings.data)
    return private_broker_url(doors.broker_port, user, read_secrets(settings.data, "broker")[user])


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerDoor:
    """Where devices find the broker; ``tls``: they speak mqtts there."""

    host: str
    port: int
    tls: bool


def broker_door(settings: Settings) -> BrokerDoor | None:
    """Return where devices find the broker, without anybody's password; None: not known here."""
    if settings.broker_url:
        parts = urlsplit(settings.broker_url)
        tls = parts.scheme == "mqtts"
        port = parts.port or (8883 if tls else 1883)
        return BrokerDoor(host=parts.hostname or "localhost", port=port, tls=tls)
    doors = read_doors(settings.data)
    if doors is None or doors.broker_port is None:
        return None
    return BrokerDoor(host="127.0.0.1", port=doors.broker_port, tls=False)


def _nothing_runs(variable: str, data: Path) -> Problem:
    return Problem(
        zh=f"数据目录 {data} 中没有运行过的服务：请先启动 command-center run，"
        f"或用 COMMAND_CENTER_DATA 指明数据目录，或设置 {variable}。",
        en=f"no services ever ran in the data folder {data}: start `command-center run` first,"
        f" or name the folder with COMMAND_CENTER_DATA, or set {variable}.",
    )
