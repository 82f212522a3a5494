"""The desk's queue: what the filters mean, and tickets as rows of its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from command_center.problem import Language
from command_center.views.story import titled
from events.model.ticket import Ticket, yellow_at
from events.model.verb import STATE_WORDS, VERB_WORDS, Verb

SHOWS = (
    "needs",
    "decisions",
    "open",
    "overdue",
    "escalated",
    "supervised",
    "closed_today",
    "closed",
    "all",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What the desk looks at; None: no matter. ``area_id`` narrows the scope.

    Area, cell, crew and category have no control of their own: links set them.
    """

    show: str = "needs"
    layer: str | None = None
    department_id: int | None = None
    area_id: int | None = None
    crew_id: int | None = None
    category: str | None = None
    cell: str | None = None
    text: str | None = None


def filters_of(query: Mapping[str, str]) -> Filters:
    """The filters that an address asks for; what makes no sense is left out."""
    show = query.get("show", "")
    return Filters(
        show=show if show in SHOWS else ("all" if query.get("q") else "open" if query else "needs"),
        layer=query.get("layer") or None,
        department_id=_number(query.get("department")),
        area_id=_number(query.get("area")),
        crew_id=_number(query.get("crew")),
        category=query.get("category") or None,
        cell=query.get("cell") or None,
        text=(query.get("q") or "")[:100] or None,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def row(
    ticket: Ticket, language: Language, decisions: Iterable[Verb] = (), escalated: str = ""
) -> dict[str, Any]:
    """A ticket as a row: plain values, times in ms since 1970 for the browser to format.

    ``decisions``: what is proposed about it that the reader may decide. ``escalated``: how high its
    lateness went, and who has read of it.
    """
    named = [VERB_WORDS[one].told(language) for one in decisions]
    return {
        "number": ticket.number,
        "severity": ticket.severity,
        "layer": ticket.layer,
        "title": titled(ticket, "title", language),
        "state": STATE_WORDS[ticket.state].told(language),
        "state_code": ticket.state.value,
        "place": f"{titled(ticket, 'area_name', language)} {ticket.cell_code or ''}".strip(),
        "department": titled(ticket, "department_name", language),
        "crew": titled(ticket, "crew_name", language),
        "supervised": ticket.supervised,
        "decisions": ("、" if language == "zh" else ", ").join(named),
        "escalated": escalated,
        "open": ticket.is_open,
        "due": _ms(ticket.due_at) if ticket.is_open else None,
        "yellow": _ms(yellow_at(ticket)) if ticket.is_open else None,
        "updated": _ms(ticket.updated_at),
    }


def urgency(ticket: Ticket) -> tuple[float, int, int]:
    """Sorts the most urgent first: by deadline, then severity."""
    due = ticket.due_at.timestamp() if ticket.due_at and ticket.is_open else float("inf")
    return due, -ticket.severity, ticket.ticket_id


def _ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)
