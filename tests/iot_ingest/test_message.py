"""Batches of messages, as a process collects them that may be told to stop at any moment."""

from __future__ import annotations

import subprocess
import sys

# Its handler takes longer than the rest of the wait that the signal meets.
_MEETS_A_SIGNAL = """
import os, queue, signal, threading, time
from iot_ingest.message import collect

signal.signal(signal.SIGTERM, lambda *_: time.sleep(0.1))
timer = threading.Timer(0.25, os.kill, (os.getpid(), signal.SIGTERM))
timer.start()
began = time.monotonic()
print(collect(queue.SimpleQueue(), wait_s=0.3), time.monotonic() - began < 3)
"""


def test_a_signal_at_the_end_of_a_wait_does_not_make_it_endless() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _MEETS_A_SIGNAL],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert said.stdout.split("\n")[0] == "[] True"
