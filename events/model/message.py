"""The conversation about a ticket between resident, desk and department."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from events.model.words import Words


class Audience(StrEnum):
    """For whom a message is."""

    INTERNAL = "internal"
    RESIDENT = "resident"


AUDIENCE_WORDS: dict[Audience, Words] = {
    Audience.INTERNAL: Words(zh="内部", en="internal"),
    Audience.RESIDENT: Words(zh="发给市民", en="to the resident"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A row of events.messages. ``report_number``: the report it came from, for residents' own."""

    message_id: int
    author: str
    audience: Audience
    body: str
    created_at: datetime
    report_number: str | None

    @property
    def by_resident(self) -> bool:
        """Whether the resident wrote it."""
        return self.report_number is not None
