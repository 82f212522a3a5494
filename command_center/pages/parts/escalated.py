"""Who was told that a ticket stays late, and who of them has read it."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views import story
from command_center.views.moments import clock_text
from command_center.wording import words
from events.actions.escalate import mark_seen
from events.model.access import in_scope
from events.model.actor import Role
from events.model.ladder import RUNG_WORDS, Escalation
from events.store import escalations, tickets
from events.store.history import TicketHistory
from grid.store.postgis import reading


def note_seen(services: Services, number: str, reader: Reader) -> None:
    """A supervisor who opens a story has read what was escalated to them about it."""
    if reader.actor.role is not Role.SUPERVISOR:
        return
    with reading(services.engine) as conn:
        ticket = tickets.by_number(conn, number)
    if ticket is not None and in_scope(reader.actor, ticket):
        mark_seen(services.engine, ticket, by=reader.actor, now=reader.now)


def escalated_marks(
    conn: Connection, ticket_ids: Sequence[int], language: Language
) -> dict[int, str]:
    """The highest level that was told of each ticket, and whether anybody has read that."""
    found: dict[int, str] = {}
    for one in escalations.of_tickets(conn, ticket_ids):
        look = "read" if one.read_by else "unread"
        found[one.ticket_id] = words(f"desk.escalated_{look}", language, level=one.level)
    return found


def escalated_section(past: TicketHistory, names: story.Names, reader: Reader) -> list[Component]:
    """The levels that were told, the last one first."""
    rows = [_row(one, names, reader) for one in reversed(past.escalations)]
    if not rows:
        return []
    return [section("story.escalated", reader.language, html.Ol(rows, className="cc-parties"))]


def _row(one: Escalation, names: story.Names, reader: Reader) -> Component:
    language = reader.language
    said = [
        words("story.read_by", language, who=story.actor_name(who, names, language),
              at=clock_text(at, reader.zone, now=reader.now))
        for who, at in one.read_by
    ]  # fmt: skip
    told = one.told_at or one.at
    return html.Li(
        [
            html.B(words("story.level", language, level=one.level)),
            html.Em(clock_text(told, reader.zone, now=reader.now)),
            html.P(story.joined([
                RUNG_WORDS[one.recipient].told(language),
                names.departments.get(one.assisting or 0, ""),
                *(story.actor_name(who, names, language) for who in one.told),
            ])),
            html.P(story.joined(said) or words("story.unread", language)),
        ],
        className="signed" if said else "working",
        **data(level=str(one.level)),
    )  # fmt: skip
