"""Evidence: a photo that belongs to an event, to a ticket or to a project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A row of events.attachments. ``state``: waiting, ready or refused (with a reason).

    ``taken_from``, ``placed_from``: who says when and where it was taken, the ``photo`` itself or
    the ``phone`` that sent it. ``clock_off``: how far that phone's clock was ahead of ours.
    """

    attachment_id: UUID
    event_id: int | None
    ticket_id: int | None
    area_id: int
    kind: str
    state: str
    width: int | None
    height: int | None
    taken_at: datetime | None
    taken_from: str | None
    placed_from: str | None
    clock_off: timedelta | None
    refusal: str | None
    created_at: datetime
    actor: str
    item: str | None = None  # of a project: which of the six measures it shows
