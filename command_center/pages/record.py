"""`/record/{number}`: a ticket's whole record as one page to print or to keep."""

from __future__ import annotations

from fastapi import APIRouter, Response

from command_center.access.context import current_language, logged_in
from command_center.errors import Missing
from command_center.pages.html import page
from command_center.pages.parts.names import read_names
from command_center.problem import Language
from command_center.services import Services
from command_center.views import story
from command_center.views.explanation import lines
from command_center.views.moments import clock_text
from events.actions.export_record import export_record
from events.model.access import in_scope
from events.model.explanation import explain_at
from events.model.message import AUDIENCE_WORDS
from events.model.ticket import Ticket
from events.model.verb import STATE_WORDS
from events.store import tickets
from events.store.history import TicketHistory
from grid.store.postgis import reading


def router(services: Services) -> APIRouter:
    """The page /record/{number}."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/record/{number}")
    def show_record(number: str) -> Response:
        actor, language, now = logged_in(), current_language(), services.now()
        with reading(services.engine) as conn:
            ticket = tickets.by_number(conn, number[:64])
            if ticket is None or not in_scope(actor, ticket):
                raise Missing
            names = read_names(conn, language)
        past = export_record(services.engine, ticket, by=actor, now=now)
        zone = past.calendar.zone
        why = explain_at([one.clock for one in past.clocks], now, past.calendar)
        return page(
            "record.html",
            number=ticket.number,
            title=story.titled(ticket, "title", language),
            state=STATE_WORDS[ticket.state].told(language),
            facts=_facts(ticket, language),
            lines=list(reversed(story.history(past.entries, names, language, zone, None))),
            clocks=[] if why is None else lines(why, language, zone),
            messages=[
                {"at": clock_text(one.created_at, zone, now=None), "text": one.body,
                 "who": story.actor_name(one.author, names, language),
                 "audience": one.report_number or AUDIENCE_WORDS[one.audience].told(language)}
                for one in past.messages
            ],
            ratings=[story.rating_line(one, language) for one in past.ratings],
            exported=f"{actor.key} · {clock_text(now, zone, now=None)}",
            photos=_photos(past),
        )  # fmt: skip

    return routes


def _facts(ticket: Ticket, language: Language) -> dict[str, str]:
    return {
        "category": story.titled(ticket, "category_name", language),
        "place": story.joined([story.titled(ticket, "area_name", language),
                               ticket.cell_code or ""]),
        "department": story.joined([story.titled(ticket, "department_name", language),
                                    story.titled(ticket, "crew_name", language)]),
        "description": ticket.description,
    }  # fmt: skip


def _photos(past: TicketHistory) -> list[str]:
    return [f"/attachments/{one.attachment_id}" for one in past.attachments if one.state == "ready"]
