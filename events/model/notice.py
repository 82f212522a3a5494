"""Something told to somebody: to a person, a crew, a department or a reporter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from events.model.words import Words


class Recipient(StrEnum):
    """Whom a notice is for."""

    ACCOUNT = "account"
    CREW = "crew"
    DEPARTMENT = "department"
    REPORTER = "reporter"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A row of events.outbox; ``kind`` is a ticket's verb. ``number``: its ticket's."""

    notice_id: int
    kind: str
    recipient_kind: Recipient
    recipient_id: int
    channel: str
    ticket_id: int | None
    area_id: int
    body_zh: str
    body_en: str
    created_at: datetime
    attempts: int = 0
    read_at: datetime | None = None
    number: str | None = None

    @property
    def body(self) -> Words:
        """The sentence in both languages."""
        return Words(zh=self.body_zh, en=self.body_en)
