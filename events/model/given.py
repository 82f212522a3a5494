"""What somebody gives with a verb beside the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """``department``, ``crew``: codes. ``supervised``: False takes the mark away.

    ``into``: the number of the ticket to merge with. ``hours``: of an extension, in the class of
    the ticket's clock. ``until`` (aware): the end of a suspension. ``event``: an event's id.
    ``proposal``: which one is decided. ``audience``: for whom a comment is (None: internal).
    """

    department: str | None = None
    crew: str | None = None
    supervised: bool = True
    into: str | None = None
    hours: float | None = None
    until: datetime | None = None
    event: int | None = None
    proposal: int | None = None
    audience: str | None = None

    def proposed(self) -> dict[str, Any]:
        """What of it a proposal keeps."""
        kept = {"into": self.into, "hours": self.hours, "until": self.until}
        return {name: value for name, value in kept.items() if value is not None}

    @classmethod
    def of_proposal(cls, kept: Mapping[str, Any]) -> Given:
        """What a proposal kept."""
        values = dict(kept)
        if "until" in values:
            values["until"] = datetime.fromisoformat(values["until"])
        return cls(**values)
