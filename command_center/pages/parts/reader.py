"""Who reads a panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from command_center.problem import Language
from events.model.actor import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads, in which language, when, and in which city's time."""

    actor: Actor
    language: Language
    now: datetime
    zone: ZoneInfo
    config: dict[str, Any]
