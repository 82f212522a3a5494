"""Under which account children run: the caller's own, or an unprivileged one below root."""

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from command_center.problem import Problem

# Made by scripts/setup: no login, no home.
SERVICE_ACCOUNT = "command-center"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A system account; ``switch`` when a child has to give up root to become it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def prefix(self, death_signal: signal.Signals | None = None) -> tuple[str, ...]:
        """Return what stands before a command so that it runs as this account.

        With ``death_signal`` the child gets that signal when the thread that started it ends.
        """
        options: list[str] = []
        if self.switch:
            options += [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        if death_signal is not None:
            options.append(f"--pdeathsig={death_signal.name.removeprefix('SIG')}")
        return ("setpriv", *options, "--") if options else ()

    def may(self, test: str, path: Path) -> bool:
        """Whether the account may do ``test`` (-r, -w, -x of test(1)) to a file."""
        command = [*self.prefix(), "/usr/bin/test", test, str(path)]
        return subprocess.run(command, check=False, cwd="/").returncode == 0


def caller() -> Account:
    """Return the account that this process runs as."""
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Account(name=name, uid=uid, gid=os.getegid(), switch=False)


def service_account() -> Account:
    """Return the caller, or for root the unprivileged account. Raises Problem without one."""
    if os.geteuid() != 0:
        return caller()
    try:
        found = pwd.getpwnam(SERVICE_ACCOUNT)
    except KeyError as error:
        raise Problem(
            zh=f"系统中没有用户 {SERVICE_ACCOUNT}：请先执行 scripts/setup。",
            en=f"there is no system user {SERVICE_ACCOUNT}: run scripts/setup first.",
        ) from error
    return Account(name=SERVICE_ACCOUNT, uid=found.pw_uid, gid=found.pw_gid, switch=True)
