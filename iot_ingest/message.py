"""A message as the network brought it, and the batches it is stored in."""

from __future__ import annotations

import queue
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
        first = source.get(timeout=wait_s)
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
                message = source.get(timeout=left)
            except queue.Empty:
                break
        batch.append(message)
        size += len(message.payload)
    return batch
