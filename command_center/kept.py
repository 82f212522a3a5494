"""A child process of a process of ours, kept running as long as that lives."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_PATIENCE_S = 5.0


class Kept(threading.Thread):
    """Starts a command, and starts it again with growing pauses, until ``stop`` is set.

    Its standard input is a pipe whose end tells the child that we are gone, however we went.
    """

    def __init__(self, command: Sequence[str], stop: threading.Event) -> None:
        super().__init__(name="kept child", daemon=True)
        self._command = list(command)
        self._stopped = stop
        self.restarts = 0

    def run(self) -> None:
        """Start, wait, start again."""
        pause_s = _FIRST_PAUSE_S
        while not self._stopped.is_set():
            started = time.monotonic()
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            while process.poll() is None and not self._stopped.wait(0.2):
                pass
            if self._stopped.is_set():
                _end(process)
                return
            self.restarts += 1
            _LOG.error("%s ended with %s", self._command[-1], process.returncode)
            if time.monotonic() - started > _LONGEST_PAUSE_S:
                pause_s = _FIRST_PAUSE_S
            self._stopped.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
