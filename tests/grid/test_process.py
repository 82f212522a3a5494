"""A process that is told to stop stops, wherever it is told."""

import os
import signal
import subprocess
import sys
import time

_WAITS = """
import sys
from grid.store.process import leave, stop_when_told
stop = stop_when_told()
print("ready", flush=True)
while not stop.wait(0):
    pass
print("stopped")
leave(3)
"""
_HANGS = """
import time
from grid.store import process
process._SAY_WHERE_AFTER_S = 0.2
process.stop_when_told()
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


def started(program: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # what is written waits to be flushed
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_signal_that_meets_the_wait_for_it_is_heard() -> None:
    """It nearly always does: the program does nothing else."""
    for turn in range(8):
        process = started(_WAITS)
        time.sleep(0.01 * turn)
        os.kill(process.pid, signal.SIGTERM)
        out, _ = process.communicate(timeout=10)
        assert out == "stopped\n"
        assert process.returncode == 3


def test_who_is_not_heard_any_more_ends_all_the_same() -> None:
    """Nobody reads what it writes, and it has no standard error."""
    program = _WAITS.replace('print("stopped")', 'sys.stderr = None; sys.stdout.write("stopped")')
    process = started(program)
    assert process.stdout is not None
    process.stdout.close()
    process.terminate()
    assert process.wait(10) == 3
    assert process.stderr is not None
    process.stderr.close()


def test_who_does_not_stop_says_where_it_stands() -> None:
    process = started(_HANGS)
    process.terminate()
    time.sleep(1)
    process.kill()
    _, err = process.communicate(timeout=10)
    assert "Timeout (0:00:00.2" in err
    assert 'File "<string>", line 8' in err
