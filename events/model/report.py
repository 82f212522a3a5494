"""A resident's report: what is sent, the receipt, and what its holder may see later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from events.model.message import Message
from events.model.words import Language
from events.model.workflow import State


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoDraft:
    """A photo that was received: its id (also its file's name), digest and size in bytes.

    ``kind``: report, before, after or other. ``lon, lat`` WGS-84 and ``taken_at``: if the phone
    said so. ``clock_off``: how far its clock is ahead of ours, where that is much.
    """

    attachment_id: UUID
    sha256: bytes
    size: int
    kind: str = "report"
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    clock_off: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportDraft:
    """A report as it was sent: ``lon, lat`` in the coordinate system ``crs``."""

    category: str
    lon: float
    lat: float
    crs: str = "EPSG:4326"
    description: str = ""
    contact: str = ""
    language: Language = "zh"
    photos: tuple[PhotoDraft, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The answer to a report. ``token`` is known to the resident alone.

    ``new`` is False when the same report came again: its photos are known already.
    """

    number: str
    token: str
    event_id: int
    cell_code: str | None
    area_name_zh: str
    area_name_en: str
    new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportStep:
    """One step of a report's progress, in words for residents."""

    at: datetime
    kind: str
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportProgress:
    """What the holder of a token may see. ``state`` is its ticket's (reported until it has one)."""

    number: str
    state: State
    created_at: datetime
    category_name_zh: str
    category_name_en: str
    cell_code: str | None
    area_name_zh: str
    area_name_en: str
    ticket_number: str | None
    steps: tuple[ReportStep, ...]
    messages: tuple[Message, ...]
    may_rate: bool
