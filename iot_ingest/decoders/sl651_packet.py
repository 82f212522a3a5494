"""The parts of an SL 651 frame, and the confirmation that the centre sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from iot_ingest.decoders.sl651_framing import ETB, START, STX, numbers_of, text_of, with_crc

LINK, TEST, UNIFORM, TIMED, EXTRA, HOURLY = 0x2F, 0x30, 0x31, 0x32, 0x33, 0x34
MEASURED = frozenset({TEST, UNIFORM, TIMED, EXTRA, HOURLY})

# Go on sending; nothing more to send, but stay connected.
_ACK, _ESC = 0x06, 0x1B
_DOWN = 0x8000
_BODY_LENGTH = 8


class Packet(NamedTuple):
    """Header and text of a whole frame. ``station`` is ten hexadecimal digits.

    A long report comes in several packets: this is ``number`` of ``packets``; only the first one
    begins with serial number and time, the texts of the others continue it.
    """

    centre: int
    station: str
    password: str
    function: int
    text: bytes
    more: bool
    number: int
    packets: int

    @property
    def wants_answer(self) -> bool:
        """Whether the station waits for a confirmation; it never does for 2F."""
        return self.function != LINK


def parse(raw: bytes) -> Packet:
    """The parts of a frame that is whole (`sl651_framing.is_whole`)."""
    return Packet(
        raw[2], raw[3:8].hex().upper(), raw[8:10].hex().upper(), raw[10], text_of(raw),
        raw[-3] == ETB, *numbers_of(raw),
    )  # fmt: skip


def confirmation(packet: Packet, now: datetime, offset: timedelta) -> bytes:
    """The downlink frame that says "received": the same serial number, the centre's time."""
    wall = (now.astimezone(UTC) + offset).strftime("%y%m%d%H%M%S")
    return with_crc(
        START
        + bytes.fromhex(packet.station)
        + bytes((packet.centre,))
        + bytes.fromhex(packet.password)
        + bytes((packet.function,))
        + (_DOWN | _BODY_LENGTH).to_bytes(2, "big")
        + bytes((STX,))
        + packet.text[:2].ljust(2, b"\x00")
        + bytes.fromhex(wall)
        + bytes((_ACK if packet.more else _ESC,))
    )
