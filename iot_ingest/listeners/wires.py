"""How each protocol looks to a listener: frames in, whose they are, the answer they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from iot_ingest.decoders import hj212_framing, hj212_packet, sl651_framing, sl651_packet

# The centre's time in its confirmations is that of the country the standard is made for.
_BEIJING = timedelta(hours=8)


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

    def envelope(self, frame: Frame) -> Envelope:
        """The envelope of one frame, whatever it holds."""


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

    def envelope(self, frame: Frame) -> Envelope:
        """The envelope of one frame."""
        topic = f"sl651/{frame.raw[3:8].hex().upper()}"
        if not frame.ok:
            return Envelope(topic, frame.raw, None)
        packet = sl651_packet.parse(frame.raw)
        if not packet.wants_answer:
            return Envelope(topic, frame.raw, None)

        def answer() -> bytes:
            return sl651_packet.confirmation(packet, datetime.now(UTC), _BEIJING)

        return Envelope(topic, frame.raw, answer)


WIRES: dict[str, Callable[[], Wire]] = {"hj212": Hj212Wire, "sl651": Sl651Wire}


def _timeless(packet: hj212_packet.Packet) -> bool:
    return packet.data is not None and "datatime=" not in packet.data.lower()
