"""What was sent, and who has acknowledged it: what the database is compared with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.chaos import packets

Key = tuple[str, bytes]
"""Topic (for a station: its protocol and name) and payload. No two messages have the same."""


@dataclass(kw_only=True, slots=True)
class Sent:
    """One message: what it says, and how far it is known to have come.

    ``value`` None: it cannot be used and belongs into quarantine. ``taken_at``: when the broker
    acknowledged it to the device. ``delivered``: the broker handed it to ingest. ``ours``:
    ingest acknowledged it, to the broker or to the station. Times are of time.time().
    """

    device_id: str
    metric: str
    ts_ms: int
    value: float | None
    careful: bool = False
    taken_at: float | None = None
    delivered: bool = False
    ours: bool = False


class Journal:
    """Every message of a run. Written in one loop; read when it is over."""

    def __init__(self) -> None:
        self.sent: dict[Key, Sent] = {}
        self.last_answer_at = 0.0
        self.last_delivery_at = 0.0

    def note_sent(self, topic: str, payload: bytes, sent: Sent) -> None:
        """A device has something to say. Raises ValueError when it said just this before."""
        if self.sent.setdefault((topic, payload), sent) is not sent:
            raise ValueError(f"{topic} sends the same twice: {payload!r}")

    def note_taken(self, key: Key) -> None:
        """The broker has acknowledged it to the device."""
        sent = self.sent[key]
        if sent.taken_at is None:
            sent.taken_at = time.time()

    def note_answered(self, key: Key) -> None:
        """A station has got its answer."""
        self.sent[key].ours = True
        self.last_answer_at = time.time()

    def ear(self) -> Ear:
        """Listens to a connection between ingest and the broker."""
        return Ear(self)

    def is_waited_for(self) -> bool:
        """Whether the broker has something that ingest has not acknowledged to it."""
        return any(one.taken_at is not None and not one.ours for one in list(self.sent.values()))

    def untaken(self) -> Iterator[Sent]:
        """What nobody has acknowledged."""
        return (one for one in list(self.sent.values()) if one.taken_at is None and not one.ours)


class Ear:
    """Hears which messages ingest acknowledges: a PUBACK names a PUBLISH of its connection."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._level = packets.V5
        self._client, self._server = packets.Cutter(), packets.Cutter()
        self._under_way: dict[int, Key] = {}

    def from_client(self, data: bytes) -> None:
        """What ingest says."""
        for packet in self._client.feed(data):
            if packet.kind == packets.CONNECT:
                self._level = packets.level_of(packet.body)
            elif packet.kind == packets.PUBACK:
                key = self._under_way.pop(packets.mid_of(packet.body), None)
                sent = None if key is None else self._journal.sent.get(key)
                if sent is not None:
                    sent.ours = True

    def from_server(self, data: bytes) -> None:
        """What the broker says."""
        for packet in self._server.feed(data):
            if packet.kind != packets.PUBLISH:
                continue
            mid, topic, payload = packets.message_of(packet, self._level)
            sent = self._journal.sent.get((topic, payload))
            self._journal.last_delivery_at = time.time()
            if sent is not None:
                sent.delivered = True
            if mid:
                self._under_way[mid] = (topic, payload)
