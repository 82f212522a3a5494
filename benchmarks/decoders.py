"""How fast frames of stations become readings: `python -m benchmarks.decoders`.

One process, no database: the stream is cut into frames, check sums are looked at, values become
readings by a unit profile. Beside it the plain way: split the stream by a regular expression and
pick values out with another one, once without looking at check sums and once with the check sum
as the standard writes it, bit by bit. Prints frames per second of processor time, and ratios.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from iot_ingest.decoders import hj212, hj212_framing, sl651, sl651_framing
from iot_ingest.decoders.hj212_framing import crc as hj212_crc
from iot_ingest.decoders.sl651_framing import with_crc
from iot_ingest.unit_profiles import UnitProfiles

FRAMES = 20_000
PART = 4_096
ROUNDS = 5
BEIJING = timezone(timedelta(hours=8))
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
RECEIVED_US = int(BEGUN.timestamp() * 1e6) + 86_400_000_000


def hj212_stream() -> bytes:
    """Frames of a dust station: eight factors with flags, 290 bytes each, no two alike."""
    frames = []
    for n in range(FRAMES):
        at = (BEGUN + timedelta(seconds=n)).astimezone(BEIJING)
        values = ";".join(
            f"{code}-Rtd={(n * k) % 97 / 10 + 1},{code}-Flag=N"
            for k, code in enumerate(
                ("a34001", "a34002", "a34004", "a01001", "a01002", "a01006", "a01007", "a01008"), 1
            )
        )
        segment = (
            f"QN={at:%Y%m%d%H%M%S}000;ST=39;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
            f"CP=&&DataTime={at:%Y%m%d%H%M%S};{values}&&"
        ).encode()
        frames.append(b"##%04d%s%04X\r\n" % (len(segment), segment, hj212_crc(segment)))
    return b"".join(frames)


def sl651_stream() -> bytes:
    """Three timed reports with four elements, then an hourly one with two arrays; and so on."""
    frames = []
    for n in range(FRAMES):
        at = (BEGUN + timedelta(minutes=n % 1_400)).astimezone(BEIJING)
        elements = f"F1F1001234567848F0F0{at:%y%m%d%H%M}"
        if n % 4 == 3:
            elements += f"F460{n % 200:02X}" + "00" * 11 + "F5C0" + f"{n % 5000:04X}" * 12
        elements += f"2019{n % 900:06d}2619{n % 9000:06d}3923{n % 99999:08d}38121115"
        text = bytes.fromhex(f"{n % 0xFFFF:04X}{at:%y%m%d%H%M%S}{elements}")
        function = 0x34 if n % 4 == 3 else 0x32
        head = bytes.fromhex(f"7E7E0100123456781234{function:02X}{len(text):04X}02")
        frames.append(with_crc(head + text + b"\x03"))
    return b"".join(frames)


def ours_hj212(stream: bytes) -> int:
    """Readings found by the decoder."""
    profile = UnitProfiles().of("hj212", "any", "hj212-dust-ug")
    assert profile is not None
    framer = hj212_framing.Framer()
    found = 0
    for at in range(0, len(stream), PART):
        for frame in framer.feed(stream[at : at + PART]):
            if frame.ok and hj212.check(frame.raw) is None:
                found += len(hj212.decode(frame.raw, RECEIVED_US, profile).readings)
    return found


def ours_sl651(stream: bytes) -> int:
    """Readings found by the decoder."""
    profile = UnitProfiles().of("sl651", "any")
    assert profile is not None
    framer = sl651_framing.Framer()
    found = 0
    for at in range(0, len(stream), PART):
        for frame in framer.feed(stream[at : at + PART]):
            if frame.ok and sl651.check(frame.raw) is None:
                found += len(sl651.decode(frame.raw, RECEIVED_US, profile).readings)
    return found


_VALUE = re.compile(r"(\w+)-Rtd=([-\d.]+)(?:,\w+-Flag=(\w))?")
_TIME = re.compile(r"DataTime=(\d{14})")
_NAMES = {"a34001": "tsp", "a34002": "pm10", "a34004": "pm25", "a01001": "temperature",
          "a01002": "humidity", "a01007": "wind_speed", "a01008": "wind_direction"}  # fmt: skip


def plain_hj212(stream: bytes, *, checked: bool) -> int:
    """Readings found by regular expressions, of a stream that is known to be good."""
    found = []
    for line in re.split(rb"\r\n", stream):
        if not line or (checked and slow_hj212_crc(line[6:-4]) != int(line[-4:], 16)):
            continue
        text = line.decode()
        sent = _TIME.search(text)
        assert sent is not None
        at = datetime.strptime(sent[1], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        for code, value, flag in _VALUE.findall(text):
            if code in _NAMES:
                found.append((_NAMES[code], at.timestamp(), float(value), flag))
    return len(found)


def plain_sl651(stream: bytes, *, checked: bool) -> int:
    """Readings found by regular expressions, of a stream that is known to be good."""
    found: list[tuple[str, float, float]] = []
    for body in re.split(rb"\x7e\x7e", stream)[1:]:
        if checked and slow_modbus_crc(b"\x7e\x7e" + body[:-2]) != int.from_bytes(body[-2:], "big"):
            continue
        text = body.hex()
        sent = re.search(r"f0f0(\d{10})", text)
        assert sent is not None
        at = datetime.strptime(sent[1], "%y%m%d%H%M").replace(tzinfo=BEIJING).timestamp()
        arrays = re.search(r"f460(.{24})f5c0(.{48})", text)
        if arrays:
            for n in range(12):
                found.append(("rain", at - n, int(arrays[1][2 * n : 2 * n + 2], 16) / 10))
                found.append(("water_level", at - n, int(arrays[2][4 * n : 4 * n + 4], 16) / 100))
            found.pop()  # the single level below stands for the last one of the array
        for name, value in re.findall(r"(3923|3812)(\d{8}|\d{4})", text[-32:]):
            found.append((name, at, int(value) / 1000))
    return len(found)


def slow_hj212_crc(data: bytes) -> int:
    """The check sum as the standard writes it."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low = register & 1
            register >>= 1
            if low:
                register ^= 0xA001
    return register


def slow_modbus_crc(data: bytes) -> int:
    """CRC-16/MODBUS bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            low = value & 1
            value >>= 1
            if low:
                value ^= 0xA001
    return value


def best(work: Callable[[bytes], int], stream: bytes, rounds: int = ROUNDS) -> tuple[float, int]:
    """Frames per second of processor time in the best round, and what was found."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        found = work(stream)
        times.append(time.process_time() - begun)
    return FRAMES / min(times), found


def compare(
    name: str, stream: bytes, ours: Callable[[bytes], int], plain: Callable[..., int]
) -> None:
    """Measure one protocol and print it."""
    mine, found = best(ours, stream)
    careless, same = best(lambda data: plain(data, checked=False), stream)
    careful, _ = best(lambda data: plain(data, checked=True), stream, 1)
    print(f"{name}: {len(stream) // FRAMES} bytes and {found / FRAMES:.2f} readings a frame")
    print(f"  decoder                     {mine:10,.0f} frames/s")
    print(f"  regex, no check sum         {careless:10,.0f} frames/s, ours {mine / careless:.2f}x")
    print(f"  regex, check sum bit by bit {careful:10,.0f} frames/s, ours {mine / careful:.2f}x")
    if found != same:
        print(f"  the plain way finds {same} readings instead of {found}")


def main() -> None:
    """Measure both protocols."""
    compare("HJ 212", hj212_stream(), ours_hj212, plain_hj212)
    compare("SL 651", sl651_stream(), ours_sl651, plain_sl651)


if __name__ == "__main__":
    main()
