"""MQTT 3.1.1 and 5 by the bytes of the standard: as much as a device and a listener need.

None of our code: what is proven with it must not rest on what is to be proven.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

V311, V5 = 4, 5
CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4

_NEVER = 0xFFFF_FFFF
_KEEPALIVE_S = 60


class Packet(NamedTuple):
    """``kind`` (CONNECT, ...), the four flags, and what follows the length."""

    kind: int
    flags: int
    body: bytes


class Cutter:
    """Cuts a stream into packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are complete now."""
        data = self._rest + data
        at = 0
        while (head := _head(data, at)) is not None and head[1] <= len(data):
            begin, end = head
            yield Packet(data[at] >> 4, data[at] & 0x0F, data[begin:end])
            at = end
        self._rest = data[at:]


def _head(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at ``at`` begins and ends; None: too little is here."""
    length, shift = 0, 0
    for place in range(at + 1, min(at + 5, len(data))):
        length |= (data[place] & 0x7F) << shift
        if data[place] < 0x80:
            return place + 1, place + 1 + length
        shift += 7
    return None


def _packet(kind: int, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + _number(len(body)) + body


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def connect(name: str, secret: str, level: int) -> bytes:
    """CONNECT of a session that lasts."""
    properties = b""
    if level == V5:
        expiry = bytes([0x11]) + _NEVER.to_bytes(4, "big")
        properties = _number(len(expiry)) + expiry
    head = _text("MQTT") + bytes([level, 0xC0]) + _KEEPALIVE_S.to_bytes(2, "big") + properties
    return _packet(CONNECT, 0, head + _text(name) + _text(name) + _text(secret))


def level_of(body: bytes) -> int:
    """The protocol's level in a CONNECT."""
    return body[6]


def publish(topic: str, payload: bytes, mid: int, level: int, *, again: bool = False) -> bytes:
    """PUBLISH with quality of service 1."""
    properties = b"\x00" if level == V5 else b""
    body = _text(topic) + mid.to_bytes(2, "big") + properties + payload
    return _packet(PUBLISH, 0x0A if again else 0x02, body)


def mid_of(body: bytes) -> int:
    """The message id at the beginning of a PUBACK."""
    return int.from_bytes(body[:2], "big")


def message_of(packet: Packet, level: int) -> tuple[int, str, bytes]:
    """Message id (0 with quality of service 0), topic and payload of a PUBLISH."""
    body = packet.body
    at = 2 + int.from_bytes(body[:2], "big")
    topic, mid = body[2:at].decode(), 0
    if packet.flags & 0x06:
        mid = mid_of(body[at:])
        at += 2
    if level == V5:
        length, shift = 0, 0
        while True:
            length |= (body[at] & 0x7F) << shift
            shift += 7
            at += 1
            if body[at - 1] < 0x80:
                break
        at += length
    return mid, topic, body[at:]
