"""Who was told what about a layer, and in which cells it is dangerous."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A person, a crew, a department or the residents; how many notices, and how many were read.

    ``unread``: the ticket of the latest notice that nobody there has read.
    """

    kind: str
    name_zh: str
    name_en: str
    told: int
    read: int
    told_at: datetime
    read_at: datetime | None
    unread_since: datetime | None
    unread: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EndangeredCell:
    """A cell with open tickets; ``shape`` is GeoJSON."""

    cell_id: int
    code: str
    level: int
    tickets: int
    shape: str
