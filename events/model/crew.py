"""Crews and their weekly shifts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """On these weekdays (1 = Monday) from ``starts_at`` to ``ends_at``, local time.

    ``ends_at`` <= ``starts_at``: it ends on the next day (equal: it lasts 24 hours).
    """

    weekdays: frozenset[int]
    starts_at: time
    ends_at: time


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """A crew with its base, what it can do, and how much it has to do already.

    ``load``: tickets that it was given and has not disposed of yet; ``fixed``: those of them that
    no plan moves, because it has accepted them or a person gave them to it.
    """

    crew_id: int
    code: str
    department_id: int
    area_id: int
    name_zh: str
    name_en: str
    lon: float
    lat: float
    skills: frozenset[str]
    capacity: int
    simulated: bool
    shifts: tuple[Shift, ...]
    load: int = 0
    fixed: int = 0


def on_shift(shifts: Iterable[Shift], at: datetime, zone: ZoneInfo) -> bool:
    """Whether one of ``shifts`` covers the aware instant ``at`` in the city's time zone."""
    local = at.astimezone(zone)
    today, clock = local.isoweekday(), local.time().replace(tzinfo=None)
    yesterday = (local - timedelta(days=1)).isoweekday()
    for shift in shifts:
        if shift.starts_at < shift.ends_at:
            if today in shift.weekdays and shift.starts_at <= clock < shift.ends_at:
                return True
        elif (today in shift.weekdays and clock >= shift.starts_at) or (
            yesterday in shift.weekdays and clock < shift.ends_at
        ):
            return True
    return False
