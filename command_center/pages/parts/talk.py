"""The conversation about a ticket and the residents' ratings, in the panel."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import section
from command_center.views import story
from command_center.views.moments import clock_text
from command_center.wording import words
from events.model.access import Permission, allowed
from events.model.message import AUDIENCE_WORDS
from events.model.ticket import Ticket
from events.store.history import TicketHistory


def talk_section(
    ticket: Ticket, past: TicketHistory, names: story.Names, reader: Reader
) -> list[Component]:
    """What was said between resident, desk and department; and how the end was rated."""
    language = reader.language
    rows = [
        html.Li([
            html.Time(clock_text(one.created_at, reader.zone, now=reader.now)),
            html.Div([
                html.B(words("story.by_resident", language) if one.by_resident
                       else story.actor_name(one.author, names, language)),
                html.Span(one.report_number or AUDIENCE_WORDS[one.audience].told(language)),
                html.P(one.body),
            ]),
        ], className="resident" if one.by_resident else str(one.audience))
        for one in past.messages
    ]  # fmt: skip
    rated = [html.Li(story.rating_line(one, language)) for one in past.ratings]
    found: list[Component] = []
    if rows:
        found.append(html.Ol(rows, className="cc-timeline cc-talk"))
    if rated:
        found.append(html.Ul(rated, className="cc-ratings"))
    if allowed(reader.actor, Permission.EXPORT_RECORDS):
        record = html.A(words("story.record", language), href=f"/record/{ticket.number}",
                        target="_blank")  # fmt: skip
        found.append(html.P(record, className="cc-links"))
    return [section("story.talk", language, *found)] if found else []
