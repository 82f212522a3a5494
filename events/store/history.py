"""The story of a ticket: what was done, its clocks, its evidence, the events behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.deadline import Segment, StageClock, explain
from events.store import (
    attachments,
    clocks,
    escalations,
    events,
    ledger,
    messages,
    parties,
    proof,
    proposals,
    ratings,
    rules,
    tickets,
)
from events.store.projects import rows as project_rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.attachment import Attachment
    from events.model.calendar import Calendar
    from events.model.event import Event
    from events.model.ladder import Escalation
    from events.model.ledger import LedgerEntry
    from events.model.message import Message
    from events.model.party import Party
    from events.model.projects.project import Project
    from events.model.proof import PhotoProof
    from events.model.proposal import Proposal
    from events.model.rating import Rating
    from events.model.words import Words
    from events.store.tickets import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedEvent:
    """An event behind a ticket, since when, by whom and why; ``unlinked_at``: no longer."""

    event: Event
    linked_at: datetime
    actor: str
    score: float
    because: Words
    unlinked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedClock:
    """One run of a clock with every segment from its start to its deadline."""

    clock: StageClock
    segments: tuple[Segment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketHistory:
    """Everything that is known about a ticket beside its row, each in order of time."""

    entries: tuple[LedgerEntry, ...]
    clocks: tuple[ExplainedClock, ...]
    attachments: tuple[Attachment, ...]
    events: tuple[LinkedEvent, ...]
    proposals: tuple[Proposal, ...]
    parties: tuple[Party, ...]
    parts: tuple[Part, ...]
    messages: tuple[Message, ...]
    ratings: tuple[Rating, ...]
    photo_proof: tuple[PhotoProof, ...]
    escalations: tuple[Escalation, ...]
    projects: tuple[Project, ...]
    calendar: Calendar


def of_ticket(conn: Connection, ticket_id: int) -> TicketHistory:
    """The story of a ticket (some dozen queries)."""
    calendar = rules.load(conn).calendar
    links = tickets.links(conn, ticket_id)
    found = {one.event_id: one for one in events.by_ids(conn, [link.event_id for link in links])}
    return TicketHistory(
        entries=ledger.of_ticket(conn, ticket_id),
        clocks=tuple(
            ExplainedClock(
                clock=one, segments=explain(one.started_at, one.due_at, one.clock, calendar)
            )
            for one in clocks.of_ticket(conn, ticket_id)
        ),
        attachments=attachments.of_ticket(conn, ticket_id),
        events=tuple(
            LinkedEvent(
                event=found[link.event_id],
                linked_at=link.linked_at,
                actor=link.actor,
                score=link.score,
                because=link.because,
                unlinked_at=link.unlinked_at,
            )
            for link in links
        ),
        proposals=proposals.of_ticket(conn, ticket_id),
        parties=parties.of_ticket(conn, ticket_id),
        parts=tickets.parts(conn, ticket_id),
        messages=messages.of_ticket(conn, ticket_id),
        ratings=ratings.of_ticket(conn, ticket_id),
        escalations=escalations.of_tickets(conn, [ticket_id]),
        projects=project_rows.of_tickets(conn, [ticket_id]).get(ticket_id, ()),
        photo_proof=proof.of_tickets(conn, [ticket_id])[ticket_id],
        calendar=calendar,
    )
