"""The whole command center, started like a person would: `command-center run`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from command_center.machine.health import ask_health
from command_center.machine.process_table import identify
from tests.support.ports import free_port

PROGRAM = Path(sys.executable).with_name("command-center")


class WholeCity:
    """A running `command-center run`; ``ready_s`` is how long its start took."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.port, self.broker_port = free_port(), free_port()
        self.hj212_port, self.sl651_port = free_port(), free_port()
        self.arguments = arguments
        self.said: list[str] = []
        self.ready_s = 0.0
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where the web is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, within_s: float = 180.0) -> None:
        """Start it and wait for the line `ready http://...`; fails with what it said."""
        begun = time.monotonic()
        log = self.folder.with_suffix(".err").open("w")
        with log:
            self._process = subprocess.Popen(
                self.command(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.environment(),
            )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), True)
        line = self._process.stdout.readline()
        self.ready_s = time.monotonic() - begun
        self.said = [line.strip()]
        if line.strip() != f"ready {self.address}" or self.ready_s > within_s:
            self._process.kill()
            raise AssertionError(line + self.folder.with_suffix(".err").read_text())

    def command(self) -> list[str]:
        """What was typed."""
        ports = {
            "--port": self.port,
            "--broker-port": self.broker_port,
            "--hj212-port": self.hj212_port,
            "--sl651-port": self.sl651_port,
        }
        options = [text for option, port in ports.items() for text in (option, str(port))]
        return [str(PROGRAM), "run", "--data", str(self.folder), *options, *self.arguments]

    def environment(self) -> dict[str, str]:
        """The caller's environment, with this city's settings only."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMAND_CENTER_")}
        return {**kept, "COMMAND_CENTER_LANGUAGE": "en", **self.settings}

    def errors(self) -> str:
        """What it said on standard error."""
        return self.folder.with_suffix(".err").read_text()

    def processes(self) -> dict[str, int]:
        """The process numbers of its children, by name, of those that live."""
        record = json.loads((self.folder / "run" / "processes.json").read_text())
        found = {name: one["identity"] for name, one in record.items()}
        return {
            name: identity["pid"]
            for name, identity in found.items()
            if identity and identify(identity["pid"]) is not None
        }

    def kill(self, name: str) -> int:
        """Kill a child with SIGKILL; returns the number that it had."""
        number = self.processes()[name]
        os.kill(number, signal.SIGKILL)
        return number

    def health(self) -> dict[str, Any]:
        """What /api/health says, {} when it does not answer."""
        return ask_health("127.0.0.1", self.port)

    def wait_until_well(self, within_s: float = 10.0) -> float:
        """Wait for a health of "ok"; returns the seconds that it took."""
        begun = time.monotonic()
        while self.health().get("status") != "ok":
            if time.monotonic() - begun > within_s:
                raise AssertionError(f"after {within_s} s: {self.health()}\n{self.errors()}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def stop(self, number: signal.Signals = signal.SIGTERM, within_s: float = 60.0) -> int:
        """Stop it with a signal; returns its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        try:
            return self._process.wait(within_s)
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None


@contextmanager
def whole_city(folder: Path, *arguments: str, **settings: str) -> Iterator[WholeCity]:
    """Start `command-center run` on an empty folder with arguments and settings; stop it later."""
    city = WholeCity(folder, *arguments, **settings)
    city.start()
    try:
        yield city
    finally:
        if city.running:
            city.stop()
        folder.with_suffix(".err").unlink(missing_ok=True)
