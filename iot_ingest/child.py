"""A child process of the ingest process: the judge, further ingest processes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

_log = logging.getLogger(__name__)

_RESTART_FIRST_S = 0.5
_RESTART_MOST_S = 10.0
STOP_S = 5.0


class Child(threading.Thread):
    """Keeps one child process running until ``stop`` is set; it ends when we do.

    With ``until_done`` it is left alone once it ended with 0.
    """

    def __init__(
        self,
        command: Sequence[str],
        stop: threading.Event,
        *,
        environment: Mapping[str, str] | None = None,
        until_done: bool = False,
    ) -> None:
        super().__init__(name="child", daemon=True)
        self._command = list(command)
        self._stopped = stop
        self._environment = environment
        self._until_done = until_done

    def run(self) -> None:
        """Start, wait, start again with growing pauses."""
        pause = _RESTART_FIRST_S
        while not self._stopped.is_set():
            started = time.monotonic()
            # its end of this pipe tells the child when we are gone, however we went
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=self._environment)
            while process.poll() is None and not self._stopped.wait(0.2):
                pass
            if self._stopped.is_set():
                self._end(process)
                return
            if process.returncode == 0 and self._until_done:
                return
            _log.error("%s ended with %s", " ".join(self._command[2:4]), process.returncode)
            if time.monotonic() - started > _RESTART_MOST_S:
                pause = _RESTART_FIRST_S
            self._stopped.wait(pause)
            pause = min(pause * 2, _RESTART_MOST_S)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stop_at_end_of_stdin(stop: threading.Event) -> None:
    """Wait for the end of standard input, which a parent that is gone brings; set ``stop``."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop.set()
