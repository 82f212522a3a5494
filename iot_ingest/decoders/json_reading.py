"""The JSON payload of devices: one object, or an array of up to 1,000 (a backlog).

``{"ts": ..., "values": {"water_level": 1.27}, "flags": {"water_level": "N"}}``: what can be used
is used, what cannot is told; no payload whatever makes `decode` raise.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import FLAGS, Reading, can_be_true, from_us, to_us

MOST_ITEMS = 1000

# Far beyond any clock, still exact in a float.
_MOST_MS = 1 << 52

# Long details help nobody, and the quarantine is not to be filled by them.
_SHOWN = 80
_MOST_DETAILS = 5


class _Item(msgspec.Struct):
    ts: int | str
    values: dict[str, float]
    flags: dict[str, str] = {}


_fast = msgspec.json.Decoder(_Item | list[_Item])


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """What one payload held: readings in the order sent, and at most one trouble per reason."""

    readings: list[Reading] = field(default_factory=list)
    troubles: tuple[Trouble, ...] = ()


def decode(payload: bytes, received_us: int) -> Decoded:
    """Readings and troubles of a payload that was received at ``received_us`` (us since 1970)."""
    try:
        items = _fast.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_slowly(payload, received_us)
    found = _Found(received_us)
    if isinstance(items, _Item):
        found.take(items.ts, items.values, items.flags)
    elif 0 < len(items) <= MOST_ITEMS:
        for item in items:
            found.take(item.ts, item.values, item.flags)
    else:
        found.refuse_length(len(items))
    return found.decoded()


def decode_plain(payload: bytes, received_us: int) -> tuple[int, dict[str, float]] | None:
    """Time (us since 1970) and values of the plainest payload; None for `decode` to look at it.

    Plain: one object with a time in milliseconds that can be true, values, and no flags.
    """
    try:
        item = _fast.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if type(item) is not _Item or item.flags or not item.values or type(item.ts) is not int:
        return None
    ts_us = item.ts * 1000
    return (ts_us, item.values) if can_be_true(ts_us, received_us) else None


class _Found:
    """Collects the readings and troubles of one payload."""

    def __init__(self, received_us: int) -> None:
        self._received_us = received_us
        self._readings: list[Reading] = []
        self._troubles: dict[Reason, list[str]] = {}

    def take(self, ts: int | str, values: dict[str, float], flags: dict[str, str]) -> None:
        ts_us = self.moment(ts)
        if ts_us is None:
            return
        if not values:
            self.trouble(Reason.WRONG_SHAPE, "values is empty")
        add = self._readings.append
        for metric, value in values.items():
            flag = flags.get(metric, "N") if flags else "N"
            if flag not in FLAGS:
                self.trouble(Reason.BAD_FLAG, f"{_short(metric)}: {_short(flag)}")
            elif math.isfinite(value):
                add(Reading(metric, ts_us, value, flag))
            else:
                self.trouble(Reason.NOT_FINITE, f"{_short(metric)}: {value}")

    def moment(self, ts: object) -> int | None:
        """Microseconds since 1970, or None after telling why not."""
        ts_us = _microseconds(ts)
        if ts_us is None:
            self.trouble(Reason.BAD_TIME, f"ts: {_short(ts)}")
        elif not can_be_true(ts_us, self._received_us):
            received = from_us(self._received_us).isoformat(timespec="seconds")
            self.trouble(Reason.TIME_OUT_OF_RANGE, f"ts: {_short(ts)}, received {received}")
            return None
        return ts_us

    def trouble(self, reason: Reason, detail: str) -> None:
        self._troubles.setdefault(reason, []).append(detail)

    def refuse_length(self, length: int) -> None:
        if length:
            self.trouble(Reason.TOO_MANY, f"{length} items")
        else:
            self.trouble(Reason.WRONG_SHAPE, "the array is empty")

    def decoded(self) -> Decoded:
        return Decoded(
            readings=self._readings,
            troubles=tuple(
                Trouble(reason=reason, detail=_joined(details))
                for reason, details in self._troubles.items()
            ),
        )


def _decode_slowly(payload: bytes, received_us: int) -> Decoded:
    """What the fast decoder refused: use what can be used, say what is wrong with the rest."""
    found = _Found(received_us)
    try:
        # Accepts NaN and Infinity, which are not JSON, so that they can be called by name.
        whole = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        found.trouble(Reason.NOT_JSON, _short(error))
        return found.decoded()
    if not isinstance(whole, dict | list):
        found.trouble(Reason.WRONG_SHAPE, f"neither an object nor an array: {_short(whole)}")
        return found.decoded()
    items: list[Any] = whole if isinstance(whole, list) else [whole]
    if 0 < len(items) <= MOST_ITEMS:
        for item in items:
            _take_slowly(found, item)
    else:
        found.refuse_length(len(items))
    return found.decoded()


def _take_slowly(found: _Found, item: object) -> None:
    if not isinstance(item, dict):
        found.trouble(Reason.WRONG_SHAPE, f"not an object: {_short(item)}")
        return
    for name in ("ts", "values"):
        if name not in item:
            found.trouble(Reason.WRONG_SHAPE, f"{name} is missing")
            return
    values, flags = item["values"], item.get("flags", {})
    if not isinstance(values, dict) or not isinstance(flags, dict):
        found.trouble(Reason.WRONG_SHAPE, "values and flags must be objects")
        return
    if _microseconds(item["ts"]) is None:
        found.trouble(Reason.BAD_TIME, f"ts: {_short(item['ts'])}")
        return
    good: dict[str, float] = {}
    for metric, value in values.items():
        number = _number(value)
        if number is None:
            found.trouble(Reason.NOT_A_NUMBER, f"{_short(metric)}: {_short(value)}")
        else:
            good[metric] = number
    if good or not values:
        texts = {
            name: flag if isinstance(flag, str) else repr(flag) for name, flag in flags.items()
        }
        found.take(item["ts"], good, texts)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _microseconds(ts: object) -> int | None:
    if isinstance(ts, str):
        try:
            moment = datetime.fromisoformat(ts)
            # to the millisecond, as for the other form: two ways to say one time, one identity
            return to_us(moment) // 1000 * 1000 if moment.tzinfo is not None else None
        except (ValueError, OverflowError):
            return None
    if isinstance(ts, bool) or not isinstance(ts, int | float):
        return None
    # also false for NaN, and for integers that no float can hold
    return int(ts) * 1000 if abs(ts) < _MOST_MS else None


def _short(value: object) -> str:
    try:
        text = value if isinstance(value, str) else str(value)
    except (ValueError, RecursionError):
        # an integer of more digits than Python prints; a nest deeper than its stack
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _joined(details: Iterable[str]) -> str:
    shown = list(dict.fromkeys(details))
    more = len(shown) - _MOST_DETAILS
    return "; ".join(shown[:_MOST_DETAILS]) + (f"; and {more} more" if more > 0 else "")
