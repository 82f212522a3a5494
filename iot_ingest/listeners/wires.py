"""How each protocol looks to a listener: frames in, whose they are, the answer they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from iot_ingest.decoders import hj212_framing, hj212_packet, sl651_framing, sl651_packet

# The centre's time in its confirmations is that of the country the standard is made for.
_BEIJING = timedelta(hours=8)
# The longest report of several packets that is put together.
_MOST_REPORT = 65_536


class Frame(Protocol):
    """One frame of a stream; ``ok``: its check sum is right."""

    @property
    def raw(self) -> bytes:
        """The frame as it came."""

    @property
    def ok(self) -> bool:
        """Whether its check sum is right."""


class Framer(Protocol):
    """Cuts a stream into frames; ``junk`` counts the bytes outside of them."""

    junk: int

    def feed(self, data: bytes) -> Sequence[Frame]:
        """The frames that are complete now."""


class Envelope(NamedTuple):
    """What a frame is to the pipeline. ``answer`` makes the bytes to send when it is stored."""

    topic: str
    payload: bytes
    answer: Callable[[], bytes] | None


class Wire(Protocol):
    """One connection's end of a protocol."""

    framer: Framer

    def envelope(self, frame: Frame) -> Envelope | None:
        """The envelope of one frame, whatever it holds; None: it waits for the next packet."""


class Hj212Wire:
    """HJ 212: answers 9014 when Flag asks for it."""

    def __init__(self) -> None:
        self.framer: Framer = hj212_framing.Framer()
        # the first packet of a message, for later ones that lack its data time
        self._first: tuple[tuple[str, str, str], bytes] | None = None

    def envelope(self, frame: Frame) -> Envelope:
        """The envelope of one frame; a later packet without a time brings the first one."""
        packet = hj212_packet.parse(hj212_framing.segment_of(frame.raw))
        topic = f"hj212/{packet.mn}"
        if not frame.ok:
            return Envelope(topic, frame.raw, None)
        payload = frame.raw
        if packet.pno.isascii() and packet.pno.isdigit() and packet.qn:
            message = (packet.mn, packet.qn, packet.cn)
            if int(packet.pno[:9]) == 1:
                self._first = (message, frame.raw)
            elif self._first is not None and self._first[0] == message and _timeless(packet):
                payload = self._first[1] + b"\r\n" + frame.raw
        if not packet.wants_answer:
            return Envelope(topic, payload, None)
        return Envelope(topic, payload, lambda: hj212_packet.answer(packet))


class Sl651Wire:
    """SL 651: confirms everything but the link report (2F)."""

    def __init__(self) -> None:
        self.framer: Framer = sl651_framing.Framer()
        # the packets so far of a long report
        self._parts: list[sl651_packet.Packet] = []
        self._raws: list[bytes] = []

    def envelope(self, frame: Frame) -> Envelope | None:
        """The envelope of one frame, or of all packets of a report when the last one is here."""
        topic = f"sl651/{frame.raw[3:8].hex().upper()}"
        if not frame.ok:
            return Envelope(topic, frame.raw, None)
        packet = sl651_packet.parse(frame.raw)
        payload = frame.raw
        if packet.packets > 1 and packet.function in sl651_packet.MEASURED:
            self._collect(packet, frame.raw)
            if not self._parts:
                # others are missing: unanswered, the station sends all of them again
                return Envelope(topic, payload, None)
            if len(self._parts) < packet.packets:
                return None
            packet = packet._replace(text=self._parts[0].text)
            payload = b"".join(self._raws)
            self._parts, self._raws = [], []
        if not packet.wants_answer:
            return Envelope(topic, payload, None)

        def answer() -> bytes:
            return sl651_packet.confirmation(packet, datetime.now(UTC), _BEIJING)

        return Envelope(topic, payload, answer)

    def _collect(self, packet: sl651_packet.Packet, raw: bytes) -> None:
        """Keep a packet if it is the next one of its report; else forget what was kept."""
        first = self._parts[0] if self._parts else packet
        fits = (first.station, first.function, first.packets) == (
            packet.station, packet.function, packet.packets,
        )  # fmt: skip
        if packet.number == 1:
            self._parts, self._raws = [], []
        elif packet.number == len(self._parts) and fits:
            return  # sent again
        elif packet.number != len(self._parts) + 1 or not fits:
            self._parts, self._raws = [], []
            return
        if sum(map(len, self._raws)) + len(raw) > _MOST_REPORT:
            self._parts, self._raws = [], []
            return
        self._parts.append(packet)
        self._raws.append(raw)


WIRES: dict[str, Callable[[], Wire]] = {"hj212": Hj212Wire, "sl651": Sl651Wire}


def _timeless(packet: hj212_packet.Packet) -> bool:
    return packet.data is not None and "datatime=" not in packet.data.lower()
