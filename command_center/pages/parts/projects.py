"""The projects to which a ticket belongs, in its story."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.views.story import titled
from events.model.projects.access import in_scope
from events.model.projects.stage import KIND_WORDS, stage_words
from events.store.history import TicketHistory


def projects_section(past: TicketHistory, reader: Reader) -> list[Component]:
    """What is done beyond this ticket: the rectification or the root cause it belongs to."""
    language = reader.language
    rows = [
        html.Li(
            [
                html.B(html.A(one.number, href=f"/rectification?project={one.number}")),
                html.Em(stage_words(one.kind, one.stage).told(language)),
                html.P(f"{KIND_WORDS[one.kind].told(language)} · {titled(one, 'name', language)}"),
            ],
            className="working" if one.is_live else "signed",
            **data(project=one.number),
        )
        for one in past.projects
        if in_scope(reader.actor, one)
    ]
    if not rows:
        return []
    return [section("story.projects_of_ticket", language, html.Ul(rows, className="cc-parties"))]
