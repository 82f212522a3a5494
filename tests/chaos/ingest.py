"""The ingest process as a run starts, kills and watches it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Ingest:
    """The ingest process with its judge. ``peaks_mb``: the most memory of each, by its module."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    peaks_mb: dict[str, float] = field(default_factory=dict)
    ended_by_itself: list[int] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a process group of its own."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the whole group."""
        if self._process is not None:
            self.look()
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def kill_judge(self) -> None:
        """Kill the judge alone; its parent starts another."""
        for pid in self._family():
            if _module(pid) == "iot_ingest.judge":
                os.kill(pid, signal.SIGKILL)

    def kill_worker(self) -> None:
        """Kill one of several ingest processes, not the one that starts the others."""
        for pid in self._family():
            if "--number" in _words(pid):
                os.kill(pid, signal.SIGKILL)
                return

    def stop(self) -> None:
        """Stop it like a service."""
        if self._process is not None:
            self.look()
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def look(self) -> None:
        """Note the memory; start it again if it ended without being killed by us."""
        if self._process is None:
            return
        if self._process.poll() is not None:
            self.ended_by_itself.append(self._process.returncode)
            self.start()
            return
        for pid in self._family():
            name, peak = _module(pid), _peak_mb(pid)
            if name is not None and peak is not None:
                self.peaks_mb[name] = max(peak, self.peaks_mb.get(name, 0.0))

    def _family(self) -> list[int]:
        if self._process is None:
            return []
        own = self._process.pid
        names = (entry.name for entry in Path("/proc").iterdir())
        return [pid for pid in map(int, filter(str.isdigit, names)) if _group(pid) == own]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _words(pid: int) -> list[str]:
    """A process's command line; [] when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _module(pid: int) -> str | None:
    """What a process runs with ``-m``; None when it is gone, or has not begun."""
    words = _words(pid)
    return words[words.index("-m") + 1] if "-m" in words else None


def _peak_mb(pid: int) -> float | None:
    """The most memory a process ever had."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) / 1024 if found else None
