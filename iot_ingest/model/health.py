"""How a device is, in one word. Pure: what is known goes in, now included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

# Silent: nothing came for five of its intervals, a minute at least.
_INTERVALS = 5.0
_LEAST = timedelta(minutes=1)
# Late: more than this share of an hour's readings, or the newest ones by so much.
_LATE_SHARE = 0.2
_LATE_INTERVALS = 3.0
_LATE_LEAST = timedelta(minutes=3)
# Faulty: less than this share of a day's readings came, a clock that is this wrong, a weak
# battery, messages that could not be used, or a flag that says so.
_RECEIVED_SHARE = 0.5
_CLOCK = timedelta(minutes=5)
_LOW_VOLTAGE = 10.8
_FAULT_FLAGS = frozenset("DTB")


class Word(StrEnum):
    """The worst that can be said of a device."""

    OK = "ok"
    LATE = "late"
    FAULTY = "faulty"
    MOVED = "moved"
    SILENT = "silent"
    BLOCKED = "blocked"
    DISABLED = "disabled"


WORDS: Mapping[Word, Mapping[str, str]] = MappingProxyType(
    {
        Word.OK: {"zh": "正常", "en": "well"},
        Word.LATE: {"zh": "迟报", "en": "late"},
        Word.FAULTY: {"zh": "异常", "en": "faulty"},
        Word.MOVED: {"zh": "位移", "en": "moved"},
        Word.SILENT: {"zh": "静默", "en": "silent"},
        Word.BLOCKED: {"zh": "已断开", "en": "cut off"},
        Word.DISABLED: {"zh": "已停用", "en": "disabled"},
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What is known of one device's health. Times are aware UTC.

    ``expected_*`` and ``received_*``: readings of the last whole hour and of the last 24 whole
    hours (as far as it was registered), by event time; None where nothing is rolled up yet.
    ``late_share``: of those of the day, 0 to 1. ``clock_offset_s``: median over its metrics of
    receipt minus time of the latest values; below zero its clock is ahead. ``quarantined``: what
    waits, by reason.
    ``trouble``: ``moved`` or ``gcj02``, ``away_m`` metres from where it is registered.
    ``flags``: those of its latest values.
    """

    device_no: int
    device_id: str
    layer: str
    model: str
    name_zh: str
    name_en: str
    area_id: int
    interval_s: float
    disabled_at: datetime | None
    online: bool | None = None
    since: datetime | None = None
    last_message_at: datetime | None = None
    expected_hour: float | None = None
    received_hour: int | None = None
    expected_day: float | None = None
    received_day: int | None = None
    late_share: float | None = None
    clock_offset_s: float | None = None
    quarantined: Mapping[str, int] = field(default_factory=dict)
    voltage: float | None = None
    flags: str = ""
    lon: float | None = None
    lat: float | None = None
    away_m: float | None = None
    trouble: str | None = None
    blocked_until: datetime | None = None

    @property
    def share_hour(self) -> float | None:
        """The share of the expected readings that came in the last whole hour."""
        return _share(self.received_hour, self.expected_hour)

    @property
    def share_day(self) -> float | None:
        """The share of the expected readings that came in the last 24 whole hours."""
        return _share(self.received_day, self.expected_day)


def _share(received: int | None, expected: float | None) -> float | None:
    return None if received is None or not expected else min(1.0, received / expected)


def word(health: Health, now: datetime) -> Word:
    """The worst that can be said, the most urgent first: cut off, silent, moved, faulty, late."""
    if health.disabled_at is not None:
        return Word.DISABLED
    if health.blocked_until is not None and health.blocked_until > now:
        return Word.BLOCKED
    if _is_silent(health, now):
        return Word.SILENT
    if health.trouble is not None:
        return Word.MOVED
    if _is_faulty(health):
        return Word.FAULTY
    return Word.LATE if _is_late(health) else Word.OK


def _is_silent(health: Health, now: datetime) -> bool:
    if health.last_message_at is None:
        return True
    patience = max(_LEAST, timedelta(seconds=_INTERVALS * health.interval_s))
    return health.online is False or now - health.last_message_at > patience


def _is_faulty(health: Health) -> bool:
    share, offset = health.share_day, health.clock_offset_s
    return (
        bool(health.quarantined)
        or (share is not None and share < _RECEIVED_SHARE)
        # (a clock that is behind looks like a message that is late)
        or (offset is not None and -offset > _CLOCK.total_seconds())
        or (health.voltage is not None and health.voltage < _LOW_VOLTAGE)
        or bool(_FAULT_FLAGS & set(health.flags))
    )


def _is_late(health: Health) -> bool:
    patience = max(_LATE_LEAST.total_seconds(), _LATE_INTERVALS * health.interval_s)
    return (health.late_share is not None and health.late_share > _LATE_SHARE) or (
        health.clock_offset_s is not None and health.clock_offset_s > patience
    )
