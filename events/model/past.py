"""Tickets that lived elsewhere, or before this city began: their whole life in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from events.model.calendar import Clock
from events.model.deadline import Stage
from events.model.event import EventDraft
from events.model.workflow import State


@dataclass(frozen=True, kw_only=True, slots=True)
class PastMove:
    """One step of a past life. ``changes``: columns of events.tickets that it set.

    ``as_actor`` tells who did it there; the ledger's actor is always who imports.
    """

    verb: str
    at: datetime
    target: State
    as_actor: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastClock:
    """One stage's clock as it ran; ``stopped_at`` None: it still runs."""

    stage: Stage
    clock: Clock
    time_limit: timedelta
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class PastTicket:
    """The event that began it, and the moves; the first move creates the ticket.

    ``draft`` is located (has ``area_id``) and wants no ticket of its own.
    """

    draft: EventDraft
    moves: tuple[PastMove, ...]
    clocks: tuple[PastClock, ...] = ()
    component_id: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be imported as it is."""
        if not self.moves or self.draft.area_id is None or self.draft.wants_ticket:
            raise ValueError("a past ticket needs moves, an area, and a draft that wants no ticket")
