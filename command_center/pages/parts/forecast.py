"""When a ticket will be done, as its crew's order of work has it: in time or not."""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact
from command_center.views.moments import minute_text, span_text
from command_center.wording import words
from events.model.day_route import Leg
from events.model.ticket import Ticket
from events.store import crew_work

# (whose leg, of how many)
Forecast = tuple[Leg, int]


def read_forecast(conn: Connection, ticket: Ticket, now: datetime) -> Forecast | None:
    """Its leg in the day of its crew; None while no crew goes to it."""
    if ticket.crew_id is None or ticket.state not in crew_work.ON_THE_WAY:
        return None
    crew = crew_work.bases(conn, crew_id=ticket.crew_id)
    legs = crew_work.days(conn, crew, now).get(ticket.crew_id, ())
    return next(((one, len(legs)) for one in legs if one.stop.number == ticket.number), None)


def forecast_fact(found: Forecast | None, reader: Reader) -> list[tuple[Component, Component]]:
    """The row of the facts, if anything is foreseen."""
    if found is None:
        return []
    leg, stops = found
    language = reader.language
    at = minute_text(leg.done_at, reader.zone, now=reader.now)
    late = bool(leg.late_by)
    if leg.stop.due_at is None:
        key, span = "story.forecast_open", leg.late_by
    elif late:
        key, span = "story.forecast_late", leg.late_by
    else:
        key, span = "story.forecast_in_time", leg.stop.due_at - leg.done_at
    told = words(key, language, at=at, span=span_text(span, language), n=leg.place, of=stops)
    value = html.Span(told, className="bad" if late else "good",
                      **data(forecast="late" if late else "in time"))  # fmt: skip
    return [fact("story.forecast", value, language)]
