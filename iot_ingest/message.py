"""A message as the network brought it, and the batches it is stored in."""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

MQTT = "mqtt"

# 2,000 messages of one reading are stored in 10-20 ms; larger batches only add latency.
MOST_MESSAGES = 2_000
# ... and of large ones no more than this at once.
MOST_BYTES = 8_000_000
# How long a first message waits for company. Added to the latency of a quiet city; in a busy one
# batches grow by themselves, while the one before is being stored.
MOST_AGE_S = 0.001

_TOLD_TO_STOP = (signal.SIGTERM, signal.SIGINT)


class Message(NamedTuple):
    """One PUBLISH; ``generation`` and ``mid`` are what its acknowledgement needs.

    Or one frame of a station (``protocol`` hj212, sl651; ``topic`` protocol/station): ``stored``
    is called once it is committed. It neither raises nor waits.
    """

    topic: str
    payload: bytes
    received_us: int
    qos: int
    mid: int
    generation: int
    protocol: str = MQTT
    stored: Callable[[], None] | None = None


def collect(
    source: queue.SimpleQueue[Message],
    *,
    wait_s: float,
    most: int = MOST_MESSAGES,
    age_s: float = MOST_AGE_S,
) -> list[Message]:
    """The next batch: full, or ``age_s`` after its first message; empty after ``wait_s``."""
    try:
        first = _get(source, wait_s)
    except queue.Empty:
        return []
    batch = [first]
    size = len(first.payload)
    until = time.monotonic() + age_s
    while len(batch) < most and size < MOST_BYTES:
        try:
            # what is there already is taken even when the time is up
            message = source.get_nowait()
        except queue.Empty:
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                message = _get(source, left)
            except queue.Empty:
                break
        batch.append(message)
        size += len(message.payload)
    return batch


def _get(source: queue.SimpleQueue[Message], wait_s: float) -> Message:
    """The next message, waited for while no signal can come between.

    Raises:
        queue.Empty: there was none.
    """
    # A signal whose handler returns after the time is up leaves CPython 3.11's `SimpleQueue` with
    # a negative rest, which its lock takes for "without end": who is told to stop would not,
    # until the next message. Held back, the signal is handled right after.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD_TO_STOP)
    try:
        return source.get(timeout=wait_s)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
