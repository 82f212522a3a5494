"""Readings of HJ 212 frames (2005, 2017, 2025), by the unit profile of the station's model.

Stations differ from the standard and from each other, so the parser is tolerant: "," and ";" are
taken alike (every value carries its factor's code), upper and lower case too. What a frame means
is said by the profile alone; what it does not say is told, never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from iot_ingest.decoders.collected import Collected
from iot_ingest.decoders.hj212_framing import START, is_whole, segment_of, tells_its_length
from iot_ingest.decoders.hj212_packet import ANSWERS, Packet, parse
from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import FLAGS, Reading
from iot_ingest.model.unit_profile import UnitProfile, Use

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock of the station, its offset is taken off
_MICROSECOND = timedelta(microseconds=1)

# Real-time, minute, hour, day: what carries measured values.
MEASURED = frozenset({"2011", "2051", "2061", "2031"})
# Heartbeat, start of the station, its settings and its state: nothing to store, nothing wrong.
SILENT = ANSWERS | {
    "9015", "9016", "9017", "1001", "1011", "1061", "1063", "2021", "2041", "2081", "3019",
    "3020", "3015",
}  # fmt: skip
# Fields of CP that are no factors.
_PLAIN = frozenset(
    {"", "datatime", "flag", "polid", "resttime", "restarttime", "begintime", "endtime",
     "rtdinterval", "sampletime", "vaseno", "qnrtn", "exertn"}
)  # fmt: skip
_FLAG = "-flag"
_STANDARD_FLAGS = {flag.lower(): flag for flag in FLAGS} | {"": "N"}


def check(payload: bytes) -> Trouble | None:
    """What is wrong with the frames of a payload as frames, before anything is read of them."""
    frames = split(payload)
    if not frames:
        return Trouble(reason=Reason.BAD_FRAME, detail="no ## and length")
    for raw in frames:
        if not is_whole(raw):
            if tells_its_length(raw):
                return Trouble(reason=Reason.BAD_CRC, detail=f"told {_shown(raw[-4:])}")
            detail = f"told {_shown(raw[2:6])}, is {max(0, len(raw) - 10)}"
            return Trouble(reason=Reason.WRONG_LENGTH, detail=detail)
    return None


def split(payload: bytes) -> list[bytes]:
    """The frames of a payload: one; or the first and a later packet of one message."""
    return [START + one.rstrip(b"\r\n") for one in payload.split(START)[1:]]


def measures(payload: bytes) -> bool:
    """Whether the frames of a payload carry measured values."""
    return any(parse(segment_of(raw)).cn in MEASURED for raw in split(payload))


def decode(payload: bytes, received_us: int, profile: UnitProfile) -> Decoded:
    """Readings and troubles of one payload; the caller has `check`-ed it.

    Of a message in several packets, a packet without a time of its own comes together with the
    first one, whose time it takes.
    """
    found = Collected(received_us)
    time = ""
    for raw in split(payload):
        time = _decode_packet(parse(segment_of(raw)), profile, found, time)
    return found.decoded()


def _decode_packet(packet: Packet, profile: UnitProfile, found: Collected, time: str) -> str:
    """Take one packet; the data time that a packet after it may use."""
    if packet.cn not in MEASURED:
        if not packet.cn or not packet.mn:
            found.trouble(Reason.BAD_FRAME, "CN or MN is missing")
        elif packet.cn not in SILENT:
            found.trouble(Reason.UNKNOWN_COMMAND, f"CN {packet.cn[:20]}")
        return time
    if packet.data is None:
        found.trouble(Reason.BAD_FRAME, "CP=&& is missing")
        return time
    uses = profile.uses.get(packet.cn)
    if uses is None:
        return time  # the profile takes other messages of this station
    return _decode_data(packet.data, uses, profile, found, time)


def _decode_data(
    data: str, uses: Mapping[str, Use], profile: UnitProfile, found: Collected, time: str
) -> str:
    """Take the values of CP, each with the data time before it; the last data time."""
    values: list[tuple[Use, str]] = []
    flags: dict[str, str] = {}
    for piece in data.lower().replace(",", ";").split(";"):
        key, equals, value = piece.partition("=")
        use = uses.get(key)
        if use is not None:
            values.append((use, value))
        elif key.endswith(_FLAG):
            flags[key[: -len(_FLAG)]] = value
        elif key == "datatime":
            if values:
                _take(values, flags, time, profile, found)
                values, flags = [], {}
            time = value.strip()
        elif key not in _PLAIN or not equals:
            _note(key.strip(), equals, profile, found)
    if values:
        _take(values, flags, time, profile, found)
    return time


def _note(key: str, equals: str, profile: UnitProfile, found: Collected) -> None:
    """Tell about a value that becomes no reading, unless the profile leaves it out on purpose."""
    code = key.partition("-")[0]
    if code in profile.unknown_units:
        found.trouble(Reason.UNKNOWN_UNIT, code)
    elif code not in profile.known and key not in _PLAIN:
        if _looks_encrypted(key):
            found.trouble(Reason.ENCRYPTED, f"{len(key)} characters of cipher text")
        elif equals:
            found.trouble(Reason.UNKNOWN_FACTOR, code)
        else:
            found.trouble(Reason.BAD_FRAME, f"neither a value nor a factor: {key}")


def _looks_encrypted(text: str) -> bool:
    return len(text) >= 32 and all(one.isalnum() or one in "+/=" for one in text)


def _take(
    values: list[tuple[Use, str]],
    flags: dict[str, str],
    time: str,
    profile: UnitProfile,
    found: Collected,
) -> None:
    """Readings of the values that belong to one data time."""
    try:
        ts_us = _moment(time, profile.utc_offset)
    except ValueError:
        found.trouble(Reason.NO_DATA_TIME, f"DataTime={time}")
        return
    if not found.can_be_true(ts_us, f"DataTime={time}"):
        return
    add = found.readings.append
    for use, text in values:
        sent = flags.get(use.code, "")
        flag = profile.flags.get(sent) or _STANDARD_FLAGS.get(sent) or _flag(sent, profile)
        if flag is None:
            found.trouble(Reason.BAD_FLAG, f"{use.code}: {sent}")
            continue
        try:
            value = float(text)
        except ValueError:
            # no value beside "fault" or "stopped" is no mistake
            if text.strip() or flag == "N":
                found.trouble(Reason.NOT_A_NUMBER, f"{use.code}: {text}")
            continue
        if "_" in text:
            found.trouble(Reason.NOT_A_NUMBER, f"{use.code}: {text}")
        elif not math.isfinite(value):
            found.trouble(Reason.NOT_FINITE, f"{use.code}: {text}")
        else:
            if use.times != 1.0 or use.plus:
                value = round(value * use.times + use.plus, 9)
            add(Reading(use.metric, ts_us, value, flag))


def _flag(sent: str, profile: UnitProfile) -> str | None:
    bare = sent.strip()
    return profile.flags.get(bare) or _STANDARD_FLAGS.get(bare)


@lru_cache(maxsize=8192)
def _moment(text: str, offset: timedelta) -> int:
    """Microseconds since 1970 of YYYYMMDDhhmmss, with or without milliseconds behind it.

    Raises ValueError.
    """
    if len(text) not in (14, 17) or not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    wall = datetime(  # noqa: DTZ001 - see _EPOCH
        int(text[:4]), int(text[4:6]), int(text[6:8]),
        int(text[8:10]), int(text[10:12]), int(text[12:14]),
    )  # fmt: skip
    us = (wall - _EPOCH - offset) // _MICROSECOND
    return us + (int(text[14:]) * 1000 if len(text) == 17 else 0)


def _shown(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")
