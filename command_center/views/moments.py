"""Times and spans as people read them, in the city's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.wording import words


def clock_text(at: datetime | None, zone: ZoneInfo, *, now: datetime | None) -> str:
    """``14:03:05`` today, ``11-23 14:03`` on another day, with the year when that differs.

    Without ``now``, for what is read at any time: ``2026-11-23 14:03:05``.
    """
    if at is None:
        return "–"
    local = at.astimezone(zone)
    if now is None:
        return local.strftime("%Y-%m-%d %H:%M:%S")
    today = now.astimezone(zone)
    if local.date() == today.date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%m-%d %H:%M" if local.year == today.year else "%Y-%m-%d %H:%M")


def minute_text(at: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """`clock_text` of what is not known to the second: ``14:03`` today, ``11-23 14:03``."""
    told = clock_text(at, zone, now=now)
    return told if " " in told else told[:5]


def span_text(span: timedelta, language: Language) -> str:
    """A span in at most two units: "3 h 05 min"."""
    seconds = max(0, round(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days >= 2:
        return words("wall.span_days", language, d=days, h=hours - days * 24)
    if hours:
        return words("wall.span_hours", language, h=hours, m=minutes % 60)
    if minutes >= 2:
        return words("wall.span_minutes", language, m=minutes)
    return words("wall.span_seconds", language, s=seconds)
