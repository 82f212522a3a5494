"""The data segment of an HJ 212 frame: its fields, and the answer it may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from iot_ingest.decoders.hj212_framing import crc

# Answers and notifications of the other side: never answered themselves.
ANSWERS = frozenset({"9011", "9012", "9013", "9014"})
# Of Flag: asks for an answer; the upper six bits are the version of the standard.
_ASKS = 1
_VERSION_BITS = 0xFC

# Some put Flag into CP; a factor's own flag has a code and "-" before it.
_FLAG_IN_CP = re.compile(r"[;,&]\s*Flag=(\d{1,3})(?![\w.])")
_MOST_MN = 64


class Packet(NamedTuple):
    """Fields of a segment, as sent. ``flag`` is None when it is missing or no number.

    ``data`` is what stands between ``CP=&&`` and ``&&``; None: there is no CP.
    """

    qn: str
    st: str
    cn: str
    pw: str
    mn: str
    flag: int | None
    pnum: str
    pno: str
    data: str | None

    @property
    def wants_answer(self) -> bool:
        """Whether the station waits for 9014 with this QN, and sends again until it comes."""
        asks = self.flag is not None and bool(self.flag & _ASKS)
        return asks and bool(self.qn) and self.cn not in ANSWERS


def parse(segment: bytes) -> Packet:
    """The fields of a segment; whatever it holds, nothing is raised."""
    text = segment.decode("latin-1")
    head, found, data = text.partition("CP=&&")
    fields = _fields(head)
    flag = _number(fields.get("Flag", ""))
    if flag is None and "Flag=" in data:
        in_cp = _FLAG_IN_CP.search(";" + data)
        flag = _number(in_cp[1]) if in_cp is not None else None
    if found:
        data = data.partition("&&")[0]
    get = fields.get
    return Packet(
        get("QN", ""), get("ST", ""), get("CN", ""), get("PW", ""), get("MN", "")[:_MOST_MN],
        flag, get("PNUM", ""), get("PNO", ""), data if found else None,
    )  # fmt: skip


def answer(packet: Packet) -> bytes:
    """The frame that says "data received": 9014 with the same QN, in the sender's version."""
    flag = (packet.flag or 0) & _VERSION_BITS
    return frame(f"QN={packet.qn};ST=91;CN=9014;PW={packet.pw};MN={packet.mn};Flag={flag};CP=&&&&")


def frame(segment: str) -> bytes:
    """A whole frame around a segment."""
    data = segment.encode("latin-1")
    return b"##%04d%s%04X\r\n" % (len(data), data, crc(data))


def _fields(head: str) -> Mapping[str, str]:
    fields = {}
    for piece in head.split(";"):
        name, equals, value = piece.partition("=")
        if equals:
            fields[name.strip()] = value.strip()
    return fields


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
