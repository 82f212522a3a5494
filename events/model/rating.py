"""What a resident thinks of the end: solved, satisfied, one to five; and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# So long after closing, "not solved" opens the ticket again by itself.
REOPENS_WITHIN = timedelta(days=7)
LEAST, MOST = 1, 5


class Follows(StrEnum):
    """What follows from a rating."""

    NOTHING = "nothing"
    REOPEN = "reopen"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, kw_only=True, slots=True)
class RatingDraft:
    """What the resident says: ``stars`` 1 (bad) to 5 (good)."""

    solved: bool
    satisfied: bool
    stars: int
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rating:
    """A row of events.ratings: about one closing of one ticket, by one report."""

    rating_id: int
    report_number: str
    closed_at: datetime
    solved: bool
    satisfied: bool
    stars: int
    words: str
    created_at: datetime


def follows(draft: RatingDraft, *, closed_at: datetime, now: datetime, before: bool) -> Follows:
    """The first "not solved" within a week opens it again; a later one is for a supervisor.

    ``before``: the same report has opened the ticket again already.
    """
    if draft.solved:
        return Follows.NOTHING
    if before or now > closed_at + REOPENS_WITHIN:
        return Follows.SUPERVISOR
    return Follows.REOPEN
