"""Frames of stations, built from the words of the standards, without the decoders' code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=BEIJING)
NOW_US = int(NOW.timestamp()) * 1_000_000


def us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return int(moment.timestamp()) * 1_000_000


def hj212_crc(segment: bytes) -> str:
    """The check sum bit by bit, as in the standard's annex."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            out = register & 1
            register >>= 1
            if out:
                register ^= 0xA001
    return f"{register:04X}"


def hj212(segment: str) -> bytes:
    """A whole frame around a segment."""
    data = segment.encode("latin-1")
    return b"##" + f"{len(data):04d}".encode() + data + hj212_crc(data).encode() + b"\r\n"


def measured(
    values: str,
    *,
    cn: str = "2011",
    mn: str = "010000A8900016F000169DC0",
    at: datetime = NOW,
    flag: int = 5,
    qn: str = "20260301120000123",
    pw: str = "123456",
) -> bytes:
    """A frame of measured values, as of HJ 212-2017."""
    time = at.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")
    return hj212(
        f"QN={qn};ST=39;CN={cn};PW={pw};MN={mn};Flag={flag};CP=&&DataTime={time};{values}&&"
    )


def modbus_crc(data: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit, high byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            low = value & 1
            value >>= 1
            if low:
                value ^= 0xA001
    return bytes((value >> 8, value & 0xFF))


def sl651(
    function: int,
    elements: str,
    *,
    at: datetime = NOW,
    station: str = "0012345678",
    centre: str = "01",
    password: str = "1234",
    serial: int = 3,
    end: str = "03",
) -> bytes:
    """A station's frame; ``elements`` in hexadecimal, blanks allowed."""
    sent = at.astimezone(BEIJING).strftime("%y%m%d%H%M%S")
    text = bytes.fromhex(f"{serial:04X}{sent}{elements}")
    head = bytes.fromhex(f"7E7E{centre}{station}{password}{function:02X}{len(text):04X}02")
    whole = head + text + bytes.fromhex(end)
    return whole + modbus_crc(whole)


def observed(at: datetime, station: str = "0012345678", kind: str = "48") -> str:
    """The elements F1 (station, class) and F0 (observation time)."""
    return f"F1F1 {station} {kind} F0F0 {at.astimezone(BEIJING).strftime('%y%m%d%H%M')}"


def rain_array(tenths: Sequence[int]) -> str:
    """F4: twelve times rain of five minutes in 0.1 mm."""
    return "F460" + "".join(f"{one:02X}" for one in tenths)


def level_array(centimetres: Sequence[int], definition: str = "C0") -> str:
    """F5: twelve levels in cm."""
    return f"F5{definition}" + "".join(f"{one:04X}" for one in centimetres)
