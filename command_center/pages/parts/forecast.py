"""When a ticket will be done, and whether in time."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact
from command_center.views.moments import minute_text, span_text
from command_center.wording import words
from events.model.forecast import Forecast


def forecast_fact(found: Forecast | None, reader: Reader) -> list[tuple[Component, Component]]:
    """The row of the facts, if anything is foreseen."""
    if found is None:
        return []
    kind = "late" if found.late_by.total_seconds() > 0 else "in_time"
    if found.due_at is None:
        kind = "open"
    place = "after" if found.before else "first"
    told = words(
        f"story.forecast_{kind}", reader.language,
        at=minute_text(found.done_at, reader.zone, now=reader.now),
        span=span_text(abs(found.late_by), reader.language),
        order=words(f"story.forecast_{place}", reader.language, n=found.before),
    )  # fmt: skip
    look = {"late": "bad", "in_time": "good", "open": ""}[kind]
    value = html.Span(told, className=look, **data(forecast=kind))
    return [fact("story.forecast", value, reader.language)]
