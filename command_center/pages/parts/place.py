"""A cell, a layer or an event as a panel."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.components import DeviceList, Mark, ProjectBoard, ProjectList, TicketList
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.story import story_panel
from command_center.pages.parts.told import data, fact, section
from command_center.services import Services
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import scope
from events.store import events
from grid.store import areas, cells
from grid.store.postgis import reading


def cell_panel(services: Services, cell_id: int, reader: Reader) -> Component:
    """A unit cell: its code, the areas it lies in, its open tickets."""
    language = reader.language
    with reading(services.engine) as conn:
        found = cells.by_ids(conn, [cell_id])
        if not found:
            return html.P(words("story.no_cell", language), className="cc-empty", role="status")
        home = areas.by_id(conn, found[0].area_id)
        above = [areas.by_id(conn, one) for one in home.path] if home else []
    path = " › ".join(titled(one, "name", language) for one in above if one)
    facts = fact("story.area_path", path, language)
    return html.Article(
        [
            html.Header(
                [html.Div([html.P(words("story.cell", language)), html.H2(found[0].code)])],
                className="cc-story-head",
            ),
            html.Dl(list(facts), className="cc-facts"),
            section("story.tickets_here", language,
                    TicketList(id="cell-tickets", config=reader.config, cell=cell_id)),
        ],
        className="cc-story",
        **data(cell=found[0].code),
    )  # fmt: skip


def layer_panel(services: Services, code: str, reader: Reader) -> Component:
    """A layer: its devices, the loud ones first, and its open tickets."""
    language = reader.language
    layer = services.layers.get(code)
    name = titled(layer, "name", language) if layer else words("wall.layer_other", language)
    staged = bool(layer and layer.stages)
    parts: list[Component] = []
    if layer and layer.metrics:
        parts.append(
            section(
                "story.devices_here",
                language,
                DeviceList(id="layer-devices", config=reader.config, layer=code),
            )
        )
    parts.insert(
        0,
        section(
            "story.tickets_here",
            language,
            TicketList(id="layer-tickets", config=reader.config, layer=None if staged else code),
        ),
    )
    if layer and layer.projects:
        parts = [
            section(
                "story.projects_board",
                language,
                ProjectBoard(id="layer-board", config=reader.config),
            ),
            section(
                "story.projects_here",
                language,
                ProjectList(id="layer-projects", config=reader.config),
            ),
            *parts,
        ]
    mark = Mark(config=reader.config, layer=code) if layer else None
    note = layer.purpose.told(language) if layer else ""
    return html.Article(
        [
            html.Header(
                [one for one in (mark, html.Div([html.H2(name), html.P(note)])) if one is not None],
                className="cc-story-head",
            ),
            *parts,
        ],
        className="cc-story",
    )  # fmt: skip


def event_panel(services: Services, event_id: int, reader: Reader) -> Component:
    """An event; the story of its ticket when it has one."""
    language = reader.language
    inside = scope(reader.actor)
    with reading(services.engine) as conn:
        found = events.by_ids(conn, [event_id])
        path = events.area_path(conn, found[0].area_id) if found else ()
    if not found or (inside.area_id is not None and inside.area_id not in path):
        return html.P(words("story.no_event", language), className="cc-empty", role="status")
    event = found[0]
    if event.ticket_number is not None:
        return story_panel(services, event.ticket_number, reader, links=None)
    facts = [
        fact("story.source", words(f"story.source_{event.source}", language), language),
        fact("story.since", clock_text(event.occurred_at, reader.zone, now=reader.now), language),
        fact("story.cell", event.cell_code or "–", language),
    ]
    return html.Article(
        [
            html.Header(
                [
                    Mark(config=reader.config, severity=event.severity, layer=event.layer),
                    html.Div([html.H2(titled(event, "title", language))]),
                ],
                className="cc-story-head",
            ),
            html.Dl([part for row in facts for part in row], className="cc-facts"),
        ],
        className="cc-story",
    )
