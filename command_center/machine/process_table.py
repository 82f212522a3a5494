"""What /proc tells about processes: who is alive, who works in a folder, who was left behind."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A process that no later one can be mistaken for."""

    pid: int
    started: str
    boot: str


def identify(pid: int) -> Identity | None:
    """Return the identity of a living process; None when there is none (zombies included)."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    return Identity(pid=pid, started=fields[19], boot=boot)


def working_in(folder: Path, program: str) -> list[int]:
    """Return the processes called ``program`` whose working folder is ``folder``.

    Of those that we may look at; a shell that somebody opened there is none of them.
    """
    wanted = str(folder.resolve())
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            here = str((entry / "cwd").readlink())
            called = (entry / "comm").read_text().strip()
        except OSError:
            continue
        pid = int(entry.name)
        if here == wanted and called == program and identify(pid) is not None:
            found.append(pid)
    return found


def end(pids: list[int], steps: list[tuple[signal.Signals | None, float]]) -> list[int]:
    """End processes: per step a signal (None: only wait) and seconds to wait; return survivors."""
    identities = [found for pid in pids if (found := identify(pid)) is not None]
    for number, patience in steps:
        identities = [one for one in identities if identify(one.pid) == one]
        for one in identities:
            if number is not None:
                _signal(one.pid, number)
        deadline = time.monotonic() + patience
        while identities and time.monotonic() < deadline:
            time.sleep(0.02)
            identities = [one for one in identities if identify(one.pid) == one]
    return [one.pid for one in identities]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
