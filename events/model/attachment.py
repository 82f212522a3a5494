"""Evidence: a photo that belongs to an event or to a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A row of events.attachments. ``state``: waiting, ready or refused (with a reason)."""

    attachment_id: UUID
    event_id: int | None
    ticket_id: int | None
    area_id: int
    kind: str
    state: str
    width: int | None
    height: int | None
    taken_at: datetime | None
    refusal: str | None
    created_at: datetime
    actor: str
