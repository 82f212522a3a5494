"""How a process ends: when it is told to, in an orderly way, and not by waiting for ever."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
from typing import NoReturn

# Children are killed after five seconds, other processes after ten: before that, it is written
# where they stand.
_SAY_WHERE_AFTER_S = 4.0


def stop_when_told() -> threading.Event:
    """An event that SIGTERM and SIGINT set. For the main thread, once.

    What has not ended four seconds later writes to standard error where its threads stand.
    """
    stop = threading.Event()

    def told(_number: int, _frame: object) -> None:
        if stop.is_set():
            return
        # In a thread of its own: handlers run in the main thread, between any two steps. Where it
        # is waiting for this very event it may hold the event's lock, and would wait for itself.
        threading.Thread(target=stop.set, name="stop", daemon=True).start()
        with contextlib.suppress(Exception):  # nobody hears what is written
            faulthandler.dump_traceback_later(_SAY_WHERE_AFTER_S)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    return stop


def leave(code: int) -> NoReturn:
    """End the process now: what is to be kept is committed, what is to be said is written.

    The interpreter is not taken down first. Threads that are still in a library then (a driver, a
    broker's client) could keep it waiting, and there is nothing it would save.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # there is none, or who reads it is gone
            stream.flush()
    os._exit(code)
