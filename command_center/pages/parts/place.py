"""A cell, a facility, a layer or an event as a panel."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component
from shapely.geometry import mapping

from command_center.components import (
    DeviceList,
    Here,
    Mark,
    ProjectBoard,
    ProjectList,
    TicketList,
)
from command_center.pages.parts.building import buildings_part, households_part
from command_center.pages.parts.crowded import layer_tickets, open_there
from command_center.pages.parts.crumbs import crumbs
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.story import story_panel
from command_center.pages.parts.told import data, fact, section
from command_center.services import Services
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import scope
from events.model.event import Event
from events.store import events
from events.store.urgent import Narrow
from grid.store import cells, components, lookup
from grid.store.postgis import reading

# Of a cell or a layer so many are listed (assets/wall/side.js).
_MOST_TICKETS = 60


def cell_panel(services: Services, cell_id: int, reader: Reader) -> Component:
    """A unit cell: its code, the areas it lies in, its open tickets."""
    language = reader.language
    with reading(services.engine) as conn:
        found = cells.by_ids(conn, [cell_id])
        if not found:
            return html.P(words("story.no_cell", language), className="cc-empty", role="status")
        way = lookup.way(conn, found[0].area_id)
        buildings = buildings_part(conn, cell_id, reader)
    middle = found[0].geometry.representative_point()
    return html.Article(
        [
            html.Header(
                [html.Div([html.P(words("story.cell", language)), html.H2(found[0].code)])],
                className="cc-story-head",
            ),
            crumbs(way, language, cell=(cell_id, found[0].code), here=True),
            section("story.tickets_here", language,
                    TicketList(
                        id="cell-tickets", config=reader.config, cell=cell_id,
                        href=f"/desk?show=open&cell={found[0].code}",
                        open=_open_in(services, reader, cell_id),
                    )),
            buildings,
            Here(of=f"cell:{cell_id}", at=[middle.x, middle.y],
                 outline=mapping(found[0].geometry)),
        ],
        className="cc-story",
        **data(cell=found[0].code),
    )  # fmt: skip


def _open_in(services: Services, reader: Reader, cell_id: int) -> dict[str, Any] | None:
    return open_there(services, reader, narrow=Narrow(cell_id=cell_id), most=_MOST_TICKETS)


def component_panel(services: Services, code: str, reader: Reader) -> Component:
    """A city facility: what it is, where, whose, and the open tickets of its cell."""
    language = reader.language
    with reading(services.engine) as conn:
        found = components.by_code(conn, code)
        if found is None:
            text = words("story.no_component", language)
            return html.P(text, className="cc-empty", role="status")
        way = lookup.way(conn, found.area_id)
        cell = lookup.cell_codes(conn, [found.cell_id or 0])
        doors = households_part(conn, found, reader)
    facts = [
        fact("story.component_code", found.code, language),
        fact("story.component_owner", found.owner_department or "–", language),
        fact("story.component_standard",
             " ".join(one for one in (found.standard, found.class_code) if one) or "–", language),
    ]  # fmt: skip
    here = found.cell_id or 0
    return html.Article(
        [
            html.Header(
                [html.Div([html.P(words("story.component", language)),
                           html.H2(titled(found, "name", language))])],
                className="cc-story-head",
            ),
            crumbs(way, language, cell=(here, cell[here]) if here in cell else None),
            html.Dl([part for row in facts for part in row], className="cc-facts"),
            doors,
            section("story.tickets_in_cell", language,
                    TicketList(
                        id="component-tickets", config=reader.config, cell=here,
                        href=f"/desk?show=open&cell={cell.get(here, '')}",
                        open=_open_in(services, reader, here),
                    )),
            Here(of=f"component:{code}", at=[found.lon, found.lat]),
        ],
        className="cc-story",
        **data(component=code),
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
            layer_tickets(services, reader, None if staged else code, most=_MOST_TICKETS),
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
    return event_article(event, reader)


def event_article(event: Event, reader: Reader) -> Component:
    """What an event says of itself."""
    language = reader.language
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
