"""Who may connect to a city's own broker: files in a folder that it reads, kept up to date."""

import os
import pwd
import signal
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from command_center.machine import nats
from command_center.machine.account import Account, caller
from command_center.machine.broker import Broker
from command_center.machine.broker_rights import with_ingest_users
from command_center.machine.broker_sessions import SessionWatch
from command_center.machine.secret_files import ensure_secrets, write_private
from command_center.problem import Problem
from grid.store.postgis import reading
from iot_ingest.store import credentials

# Our own users at a city's broker; `ingest` and `replay` log in as these.
USERS = ("cc_ingest", "cc_replay")
SECRETS = "command-center-broker"

_NAMES = {
    "passwords": "command-center.passwords",
    "acl": "command-center.acl",
    "users.conf": "command-center-users.conf",
}
_LOOK_EVERY_S = 1.0


class BrokerFolder:
    """Writes the files of one broker into ``folder`` and has it read them again.

    They belong to ``owner`` (the account that the broker runs as), or to the caller when that is
    None; ``pid_file`` names the broker's process, None: it is not told. Our own users' secrets
    are made once and kept in ``folder``/secrets. Raises Problem for an unknown account.
    """

    def __init__(
        self, broker: Broker, folder: Path, *, owner: str | None, pid_file: Path | None
    ) -> None:
        self._broker = broker
        self._folder = folder
        self._account = _account(owner)
        self._pid_file = pid_file
        self._mark: str | None = None
        self._sessions = SessionWatch()

    @property
    def secrets(self) -> Path:
        """Where the secrets of our own users are; only the caller may read it."""
        return self._folder / "secrets" / f"{SECRETS}.json"

    def refresh(self, engine: Engine) -> tuple[int, list[str]] | None:
        """Bring the files up to date; how many devices may connect, and those that cannot yet.

        None when nothing changed since the last time. Raises SQLAlchemyError when the database is
        away, Problem when a file cannot be written or the broker not be told.
        """
        with reading(engine) as conn:
            mark = credentials.mark(conn)
            if mark == self._mark:
                return None
            entries = credentials.entries(conn)
        try:
            self._write(entries)
        except OSError as error:
            raise Problem(
                zh=f"无法写入 {self._folder}（{error.strerror}）：请以 root 执行，或换一个目录。",
                en=f"{self._folder} cannot be written ({error.strerror}): run it as root, or name"
                " another folder.",
            ) from error
        self._send(signal.SIGHUP)
        self._mark = mark
        left_out = nats.without_entry(entries) if self._broker.kind == "nats" else []
        return len(entries) - len(left_out), left_out

    def follow(self, engine: Engine, told: Callable[[Problem], None]) -> None:
        """Look for changes for ever; what goes wrong is told and tried again."""
        while True:
            time.sleep(_LOOK_EVERY_S)
            try:
                self.refresh(engine)
                self._save_sessions(engine)
            except SQLAlchemyError:
                continue
            except Problem as problem:
                told(problem)

    def _write(self, entries: dict[str, str]) -> None:
        self.secrets.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        users = with_ingest_users(ensure_secrets(self._folder, SECRETS, USERS, caller()))
        for name, text in self._broker.accounts(users, entries).items():
            write_private(self._folder / _NAMES[name], text, self._account)

    def _save_sessions(self, engine: Engine) -> None:
        """Have the broker write ingest's session down as soon as there is one."""
        if self._broker.save is None or self._pid_file is None:
            return
        with reading(engine) as conn:
            is_new = self._sessions.is_new(conn)
        if is_new:
            self._send(self._broker.save)

    def _send(self, number: signal.Signals) -> None:
        if self._pid_file is None:
            return
        try:
            os.kill(int(self._pid_file.read_text()), number)
        except (OSError, ValueError) as error:
            raise Problem(
                zh=f"文件已写好，但无法通知消息代理（{self._pid_file}：{error}）："
                "请确认它在运行，并检查其 pid 文件。",
                en=f"the files are written, but the broker cannot be told ({self._pid_file}:"
                f" {error}): see that it runs, and where its pid file is.",
            ) from error


def _account(owner: str | None) -> Account:
    if owner is None:
        return caller()
    try:
        found = pwd.getpwnam(owner)
    except KeyError as error:
        raise Problem(
            zh=f"本机没有用户 {owner}：请用 --owner 指定消息代理所用的用户。",
            en=f"this machine has no user {owner}: name the one that the broker runs as with"
            " --owner.",
        ) from error
    return Account(name=owner, uid=found.pw_uid, gid=found.pw_gid, switch=False)
