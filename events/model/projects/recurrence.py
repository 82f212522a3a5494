"""What counts as coming again and again, and how often it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Rates are told as tickets in so long a time.
RATE_OVER = timedelta(days=30)


class Around(StrEnum):
    """Where tickets must be to count as the same: one cell, with its neighbours, one facility."""

    CELL = "cell"
    NEIGHBOURS = "neighbours"
    ASSET = "asset"


class Level(StrEnum):
    """For what a rule holds: the most exact one counts."""

    CATEGORY = "category"
    FAMILY = "family"
    ALL = "all"


_EXACT = {Level.CATEGORY: 2, Level.FAMILY: 1, Level.ALL: 0}


@dataclass(frozen=True, kw_only=True, slots=True)
class RecurrenceRule:
    """A row of events.recurrence_rules: ``times`` tickets ``within`` open a project.

    ``code``: the category's or family's; "*" for all. After its measures it is observed for
    ``observe``; solved is what then comes at most ``reduce_to`` times as often as before.
    """

    level: Level
    code: str
    times: int
    within: timedelta
    around: Around
    observe: timedelta
    reduce_to: float
    pack: str


def rule_for(rules: Iterable[RecurrenceRule], category: str, family: str) -> RecurrenceRule | None:
    """The most exact rule that holds for a category; None where nothing does."""
    wanted = {(Level.CATEGORY, category), (Level.FAMILY, family), (Level.ALL, "*")}
    fitting = [one for one in rules if (one.level, one.code) in wanted]
    return max(fitting, key=lambda one: _EXACT[one.level], default=None)


def rate(count: int, since: datetime, until: datetime) -> float:
    """So many tickets in a span, as tickets in 30 days; two decimals."""
    span = max(until - since, timedelta(hours=1))
    return round(count * (RATE_OVER / span), 2)
