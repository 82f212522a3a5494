"""A ticket's clocks in the panel."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import section
from command_center.views.explanation import lines
from command_center.views.moments import clock_text, span_text
from command_center.wording import words
from events.model.explanation import explain_at
from events.store.history import TicketHistory


def clocks_section(past: TicketHistory, reader: Reader) -> list[Component]:
    """Every run of every clock, and why the one that counts now is due when it is."""
    language = reader.language
    rows = []
    for explained in past.clocks:
        one = explained.clock
        ended = one.stopped_at or reader.now
        late = ended - one.due_at
        key = "clock_kept" if one.stopped_at else "clock_running"
        mark = words(f"story.{key}", language)
        if late.total_seconds() > 0:
            mark = words("story.clock_late", language, span=span_text(late, language))
        told = words(
            "story.clock_row",
            language,
            limit=span_text(one.time_limit, language),
            started=clock_text(one.started_at, reader.zone, now=None),
            due=clock_text(one.due_at, reader.zone, now=None),
        )
        rows.append(html.Li([html.B(words(f"story.clock_{one.stage}", language)),
                             html.Span(told), html.Em(mark)]))  # fmt: skip
    if not rows:
        return []
    why = explain_at([one.clock for one in past.clocks], reader.now, past.calendar)
    reasons = [] if why is None else lines(why, language, reader.zone)
    details = html.Details(
        [html.Summary(words("story.explain_title", language)),
         html.Ol([html.Li(one) for one in reasons], className="cc-explained")]
    )  # fmt: skip
    return [section("story.clocks", language, html.Ul(rows, className="cc-clocks"), details)]
