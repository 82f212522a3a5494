"""Messages that were put aside, for people: rows of the list, and raw bytes made harmless."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.views.moments import clock_text
from command_center.wording import words
from iot_ingest.model.quarantine import SENTENCES, Reason

Json = dict[str, Any]

PROTOCOLS: Mapping[str, str] = {"mqtt": "MQTT", "hj212": "HJ 212", "sl651": "SL 651"}
# SL 651 is binary; the others are text unless something is very wrong.
_BINARY = frozenset({"sl651"})
_PER_LINE = 12
_LONGEST_DETAIL = 200


class Message(Protocol):
    """A message as the quarantine shows it."""

    @property
    def quarantine_id(self) -> int: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def protocol(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def device_id(self) -> str | None: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def size(self) -> int: ...
    @property
    def payload(self) -> bytes: ...


def row(one: Message, zone: ZoneInfo, language: Language, now: datetime) -> Json:
    """One line of the list, for the component ``Rows``."""
    beginning = one.payload[:60]
    content = beginning.hex(" ") if one.protocol in _BINARY else as_text(beginning)
    return {
        "id": one.quarantine_id,
        "cells": [
            {"text": clock_text(one.received_at, zone, now=now)},
            {"text": name_of(one.reason, language), "strong": True},
            {"text": one.device_id or words("quarantine.unknown_device", language),
             "tone": "" if one.device_id else "none"},
            {"text": PROTOCOLS.get(one.protocol, one.protocol)},
            {"text": content[:90], "code": True},
            {"text": words("quarantine.bytes", language, n=f"{one.size:,}")},
        ],
    }  # fmt: skip


def name_of(reason: Reason, language: Language) -> str:
    """A reason in a few words: its sentence up to where it says what to do."""
    sentence = SENTENCES[reason][language]
    for end in ("：", "，", "；") if language == "zh" else (": ", "; "):
        sentence = sentence.split(end)[0]
    return sentence.rstrip("。.")


def as_text(payload: bytes) -> str:
    """A payload as text in which every byte that is no letter of UTF-8 shows as ``\\x..``."""
    text = payload.decode("utf-8", "backslashreplace")
    return "".join(_visible(letter) for letter in text)


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in "\n\t":
        return letter
    # what would hide, reverse or end the text is written out
    return letter.encode("unicode_escape").decode()


def as_hex(payload: bytes) -> str:
    """A payload as lines of 12 bytes: where, in hexadecimal, as text."""
    lines = []
    for start in range(0, len(payload), _PER_LINE):
        part = payload[start : start + _PER_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        lines.append(f"{start:04x}  {part.hex(' '):<{3 * _PER_LINE - 1}}  {text}")
    return "\n".join(lines)


def short(detail: str) -> str:
    """A detail of a bearable length."""
    return detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]}…"
