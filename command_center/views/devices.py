"""The registry for people: rows of the list, and what a device must know to connect."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.views.moments import clock_text, span_text
from command_center.views.story import titled
from command_center.wording import words
from iot_ingest.model.device import readings_topic, status_topic
from iot_ingest.model.health import WORDS, Health, Word, word

Json = dict[str, Any]

# How loud the word for a device's health is in the list.
TONES: Mapping[Word, str] = {
    Word.OK: "good",
    Word.LATE: "warn",
    Word.FAULTY: "warn",
    Word.MOVED: "warn",
    Word.SILENT: "bad",
    Word.BLOCKED: "bad",
    Word.DISABLED: "dull",
}
# A clock that is wrong by less is not worth a word.
_CLOCK_S = 60.0


class Listed(Protocol):
    """A device as the registry lists it."""

    @property
    def device_no(self) -> int: ...
    @property
    def device_id(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def layer(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def interval_s(self) -> float: ...
    @property
    def last_message_at(self) -> datetime | None: ...


def row(
    one: Listed, how: Health | None, layers: Mapping[str, Any], language: Language, now: datetime
) -> Json:
    """One line of the list, for the component ``Rows``; ``how`` is what is known of its health."""
    layer = layers.get(one.layer)
    heard = "–"
    if one.last_message_at is not None:
        heard = words("wall.ago", language, span=span_text(now - one.last_message_at, language))
    said = None if how is None else word(how, now)
    state: Json = {"text": "–", "dot": "dull"}
    if said is not None:
        state = {"text": health_word(said, language), "dot": TONES[said]}
    return {
        "id": one.device_no,
        "cells": [
            state,
            {"text": titled(one, "name", language), "sub": one.device_id, "strong": True},
            {"text": titled(layer, "name", language) if layer else one.layer},
            {"text": one.model},
            {"text": heard, "sub": interval_text(one.interval_s, language)},
            {"text": _percent(None if how is None else how.share_day)},
            {"text": _offset(None if how is None else how.clock_offset_s, language)},
        ],
    }


def health_word(said: Word, language: Language) -> str:
    """The word for a device's health, as it begins a line."""
    told = WORDS[said][language]
    return told[:1].upper() + told[1:]


def signs(how: Health, zone: ZoneInfo, language: Language, now: datetime) -> list[str]:
    """What is behind the word for a device's health, a sentence each."""
    told = []

    def say(name: str, **values: object) -> None:
        told.append(words(f"devices.sign_{name}", language, **values))

    if how.quarantined:
        say("quarantined", n=sum(how.quarantined.values()))
    if how.share_day is not None:
        say("share", day=_percent(how.share_day), hour=_percent(how.share_hour))
    if how.late_share:
        say("late", share=_percent(how.late_share))
    if how.clock_offset_s is not None and abs(how.clock_offset_s) >= _CLOCK_S:
        key = "clock_ahead" if how.clock_offset_s < 0 else "clock_behind"
        say(key, span=span_text(timedelta(seconds=abs(how.clock_offset_s)), language))
    if how.trouble is not None:
        say(how.trouble, metres=f"{how.away_m or 0:,.0f}")
    if how.blocked_until is not None and how.blocked_until > now:
        say("blocked", until=clock_text(how.blocked_until, zone, now=now))
    if how.voltage is not None:
        say("voltage", value=f"{how.voltage:.1f}")
    if how.flags:
        say("flags", flags=", ".join(how.flags))
    return told


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return "100%" if share == 1 else f"{min(share, 0.999):.1%}"


def _offset(seconds: float | None, language: Language) -> str:
    if seconds is None:
        return "–"
    told = span_text(timedelta(seconds=abs(seconds)), language)
    if abs(seconds) < 1:
        return told
    # ahead of ours: what it says lies in our future
    return f"+{told}" if seconds < 0 else f"−{told}"


def interval_text(seconds: float, language: Language) -> str:
    """How often a device sends: "every 60 s"."""
    if seconds >= 120 and seconds % 60 == 0:
        return words("devices.every_minutes", language, n=f"{seconds / 60:g}")
    return words("devices.every_seconds", language, n=f"{seconds:g}")


def moment(at: datetime | None, zone: ZoneInfo, language: Language, now: datetime) -> str:
    """A moment and how long ago it is; a dash for never."""
    if at is None:
        return "–"
    ago = words("wall.ago", language, span=span_text(now - at, language))
    return f"{clock_text(at, zone, now=now)} ({ago})"


def connection(
    device_id: str, metrics: Sequence[str], door: tuple[str, int, bool] | None, now: datetime
) -> Json:
    """What a device must be told: topics, broker, and an example that can be copied.

    ``door``: host, port, TLS of the broker, None where this is not known. The example has the
    word SECRET where the secret stands; who shows it puts the secret there.
    """
    values = dict.fromkeys(list(metrics)[:2] or ["value"], 1.0)
    message = json.dumps({"ts": now.isoformat(timespec="seconds"), "values": values})
    host, port, tls = door or ("BROKER", 8883, True)
    parts = [
        "mosquitto_pub", "-h", host, "-p", str(port), *(["--tls-use-os-certs"] if tls else []),
        "-q", "1", "-i", device_id, "-u", device_id, "-P", "SECRET", "-t",
        readings_topic(device_id), "-m", message,
    ]  # fmt: skip
    return {
        "topic": readings_topic(device_id),
        "status_topic": status_topic(device_id),
        "broker": None if door is None else f"{'mqtts' if tls else 'mqtt'}://{host}:{port}",
        "message": message,
        "example": " ".join(map(shlex.quote, parts)),
    }
