"""Readings of SL 651-2014 frames, by the unit profile of the station's model.

The text is serial number 2, sending time 6, then elements: identifier, definition byte (upper
five bits: bytes of data, lower three: decimals), data in BCD. F0 is the observation time, F1 the
station, F4 and F5..FC are hexadecimal arrays of twelve values of five minutes whatever their
definition byte says (stations write nonsense there).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from iot_ingest.decoders.collected import Collected
from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.decoders.sl651_framing import split, tells_its_length
from iot_ingest.decoders.sl651_packet import (
    HOURLY,
    LINK,
    MEASURED,
    TEST,
    UNIFORM,
    Packet,
    parse,
)
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import Reading
from iot_ingest.model.unit_profile import UnitProfile, Use

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock of the station, its offset is taken off
_MICROSECOND = timedelta(microseconds=1)
_MINUTE_US = 60_000_000

_TWELVE = 12
_SPAN_US = 5 * _MINUTE_US
_POWERS = tuple(10.0**n for n in range(8))

# A test is made by someone at the station: its values are real but raise no alarm.
_FLAG_OF_TEST = "M"


def check(payload: bytes) -> Trouble | None:
    """What is wrong with a frame as a frame, before anything is read of it."""
    if split(payload):
        return None
    if len(payload) > 13 and tells_its_length(payload):
        return Trouble(reason=Reason.BAD_CRC, detail=f"told {payload[-2:].hex().upper()}")
    told = int.from_bytes(payload[11:13], "big") & 0xFFF
    return Trouble(reason=Reason.WRONG_LENGTH, detail=f"told {told}, frame of {len(payload)}")


def measures(payload: bytes) -> bool:
    """Whether a report carries measured values."""
    return parse(payload).function in MEASURED


def decode(payload: bytes, received_us: int, profile: UnitProfile) -> Decoded:
    """Readings and troubles of one report; the caller has `check`-ed it.

    A payload is one frame, or all packets of a long report, one behind the other.
    """
    found = Collected(received_us)
    # nearly always one frame, whose check sum was looked at
    raws = [payload] if tells_its_length(payload) else split(payload)
    packet = parse(raws[0])
    if len(raws) > 1:
        packet = packet._replace(text=b"".join(parse(raw).text for raw in raws))
    if packet.number != 1:
        found.trouble(Reason.BAD_FRAME, f"packet {packet.number} of {packet.packets}, alone")
        return found.decoded()
    if packet.function in MEASURED:
        _Text(packet, profile, found).read()
    elif packet.function != LINK:
        found.trouble(Reason.UNKNOWN_COMMAND, f"function {packet.function:02X}")
    return found.decoded()


class _Text:
    """Reads the elements of one frame, from left to right."""

    def __init__(self, packet: Packet, profile: UnitProfile, found: Collected) -> None:
        self._function = packet.function
        self._text = packet.text
        self._profile = profile
        self._uses = profile.uses.get(f"{packet.function:02x}", {})
        self._found = found
        self._time_us: int | None = None
        self._step_us = 0
        self._flag = _FLAG_OF_TEST if packet.function == TEST else "N"
        # metric and time of single values: they are finer than those of the arrays
        self._single: set[tuple[str, int]] = set()
        self._arrays: list[Reading] = []

    def read(self) -> None:
        at, end = 8, len(self._text)
        if end < at:
            self._found.trouble(Reason.BAD_FRAME, "no serial number and sending time")
        while 0 <= at < end:
            if at + 2 > end:
                self._found.trouble(Reason.BAD_FRAME, f"{end - at} byte left over")
                return
            at = self._element(at, self._text[at], self._text[at + 1])
        self._found.readings.extend(
            one for one in self._arrays if (one.metric, one.ts_us) not in self._single
        )

    def _element(self, at: int, identifier: int, definition: int) -> int:
        """Take the element at ``at``; where the next one begins, or -1 to stop."""
        special = _SPECIAL.get(identifier)
        if special is not None:
            return special(self, at + 2, definition)
        return self._take_value(at + 2, f"{identifier:02x}", definition)

    def _take_value(self, at: int, key: str, definition: int) -> int:
        size = definition >> 3
        if at + size > len(self._text):
            self._found.trouble(Reason.BAD_FRAME, f"element {key.upper()} ends behind the text")
            return -1
        if self._function == UNIFORM and size:
            return self._take_series(at, key, size, definition & 7)
        self._take_single(key, self._text[at : at + size], definition & 7)
        return at + size

    def take_extended(self, at: int, second: int) -> int:
        """FF: the identifier has a second byte, which stands where others have the definition."""
        if at < len(self._text):
            return self._take_value(at + 1, f"ff{second:02x}", self._text[at])
        self._found.trouble(Reason.BAD_FRAME, "the text ends inside an identifier")
        return -1

    def take_station(self, at: int, _definition: int) -> int:
        """F1: the station once more, and its class."""
        return at + 6

    def take_unhandled(self, at: int, _definition: int) -> int:
        """F2, F3: what a person typed in, a picture."""
        self._found.trouble(Reason.UNKNOWN_COMMAND, f"element {self._text[at - 2]:02X}")
        return -1

    def take_time(self, at: int, _definition: int) -> int:
        """F0: the observation time of what follows."""
        data = self._text[at : at + 5]
        try:
            self._time_us = _moment(data, self._profile.utc_offset)
        except ValueError:
            self._found.trouble(Reason.NO_DATA_TIME, f"observation time {data.hex()}")
            return -1
        if not self._found.can_be_true(self._time_us, f"observation time {data.hex()}"):
            return -1
        return at + 5

    def take_step(self, at: int, definition: int) -> int:
        """04: the time between two values of a series, days, hours, minutes."""
        size = definition >> 3
        digits = self._text[at : at + size].hex()
        # (the text may end before it does)
        if size != 3 or len(digits) != 6 or not digits.isdigit():
            self._found.trouble(Reason.BAD_FRAME, f"time step {digits}")
            return -1
        minutes = int(digits[:2]) * 1440 + int(digits[2:4]) * 60 + int(digits[4:])
        self._step_us = minutes * _MINUTE_US
        return at + size

    def _take_single(self, key: str, data: bytes, decimals: int) -> None:
        use = self._use(key)
        if use is None:
            return
        time_us = self._time()
        value = self._value(key, data, decimals)
        if time_us is not None and value is not None:
            self._single.add((use.metric, time_us))
            self._found.readings.append(self._reading(use, time_us, value))

    def _take_series(self, at: int, key: str, size: int, decimals: int) -> int:
        """Function 31: one element, its values one after another to the end of the text."""
        values, rest = divmod(len(self._text) - at, size)
        if rest:
            self._found.trouble(Reason.BAD_FRAME, f"{rest} bytes behind the series of {key}")
        if not self._step_us and values > 1:
            self._found.trouble(Reason.BAD_FRAME, "a series without a time step")
            return -1
        use, time_us = self._use(key), self._time()
        if use is not None and time_us is not None:
            for n in range(values):
                data = self._text[at + n * size : at + (n + 1) * size]
                value = self._value(key, data, decimals)
                if value is not None:
                    self._add_at(use, time_us + n * self._step_us, value)
        return -1

    def take_rain(self, at: int, _definition: int) -> int:
        """F4: rain of each five minutes, 0.1 mm."""
        return self._take_array(at, "f4", 1, 0.1)

    def take_levels(self, at: int, _definition: int) -> int:
        """F5 to FC: a level every five minutes, 0.01 m."""
        return self._take_array(at, f"{self._text[at - 2]:02x}", 2, 0.01)

    def _take_array(self, at: int, key: str, size: int, unit: float) -> int:
        """Twelve numbers of five minutes each; all bits set: no value."""
        end = at + _TWELVE * size
        if end > len(self._text):
            self._found.trouble(Reason.BAD_FRAME, f"array {key.upper()} ends behind the text")
            return -1
        use, time_us = self._use(key), self._time()
        if use is not None and time_us is not None:
            hourly = self._function == HOURLY
            first = time_us - (0 if hourly and self._profile.hour_begins else 11) * _SPAN_US
            missing = (1 << (8 * size)) - 1
            for n, place in enumerate(range(at, end, size)):
                number = int.from_bytes(self._text[place : place + size], "big")
                if number != missing:
                    value = round(number * unit, 3)
                    self._add_at(use, first + n * _SPAN_US, value, self._arrays)
        return end

    def _add_at(
        self, use: Use, time_us: int, value: float, into: list[Reading] | None = None
    ) -> None:
        if self._found.can_be_true(time_us, "a time of the series"):
            readings = self._found.readings if into is None else into
            readings.append(self._reading(use, time_us, value))

    def _reading(self, use: Use, time_us: int, value: float) -> Reading:
        if use.times != 1.0 or use.plus:
            value = round(value * use.times + use.plus, 9)
        return Reading(use.metric, time_us, value, self._flag)

    def _use(self, key: str) -> Use | None:
        use = self._uses.get(key)
        if use is None:
            if key in self._profile.unknown_units:
                self._found.trouble(Reason.UNKNOWN_UNIT, key.upper())
            elif key not in self._profile.known:
                self._found.trouble(Reason.UNKNOWN_FACTOR, key.upper())
        return use

    def _time(self) -> int | None:
        if self._time_us is None:
            self._found.trouble(Reason.NO_DATA_TIME, "no observation time before the elements")
        return self._time_us

    def _value(self, key: str, data: bytes, decimals: int) -> float | None:
        """The number in BCD; FF before it is a minus; None when there is none."""
        digits = data.hex()
        if digits.isdigit():
            return int(digits) / _POWERS[decimals]
        if digits.startswith("ff") and digits[2:].isdigit():
            return -int(digits[2:]) / _POWERS[decimals]
        if not data or set(digits) in ({"f"}, {"a"}):
            return None  # so stations say that they have no value
        self._found.trouble(Reason.NOT_A_NUMBER, f"{key.upper()}: {digits}")
        return None


_SPECIAL: dict[int, Callable[[_Text, int, int], int]] = {
    0xF0: _Text.take_time,
    0xF1: _Text.take_station,
    0xF2: _Text.take_unhandled,
    0xF3: _Text.take_unhandled,
    0xF4: _Text.take_rain,
    **dict.fromkeys(range(0xF5, 0xFD), _Text.take_levels),
    0x04: _Text.take_step,
    0xFF: _Text.take_extended,
}


@lru_cache(maxsize=8192)
def _moment(data: bytes, offset: timedelta) -> int:
    """Microseconds since 1970 of YYMMDDhhmm in BCD. Raises ValueError."""
    digits = data.hex()
    if len(data) != 5 or not digits.isdigit():
        raise ValueError(digits)
    year, month, day, hour, minute = (int(digits[n : n + 2]) for n in range(0, 10, 2))
    wall = datetime(2000 + year, month, day, hour, minute)  # noqa: DTZ001 - see _EPOCH
    return (wall - _EPOCH - offset) // _MICROSECOND
