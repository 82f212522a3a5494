"""The desk: the queue of tickets to decide, the story of the chosen one, hotline calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import SCRIPTS, Banner, Pulse, Queue, Selection, WarningDoor
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.callbacks import add_panel_callbacks, read_reader
from command_center.pages.parts.escalated import escalated_marks, note_seen
from command_center.pages.parts.hotline import add_hotline_callbacks, hotline_dialog
from command_center.pages.parts.listing import is_one, query_of
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.story import story_panel
from command_center.pages.parts.suggested import add_suggestion_callbacks, suggested_section
from command_center.pages.parts.told import aria, labelled, side_drawer
from command_center.problem import Language
from command_center.services import Services
from command_center.views.queue import SHOWS, Filters, filters_of, row, urgency
from command_center.views.story import titled
from command_center.wording import page_words, words
from events.model.access import Actor, Permission, Scope, allowed, scope
from events.model.urgency import DESK_STATES
from events.model.workflow import State
from events.store import departments, events, proposals, statistics
from events.store.search import TicketQuery, search
from grid.store.postgis import reading

_VIEW = Permission.VIEW_DESK
_MOST = 300
_COLUMNS = (
    "severity", "number", "title", "state", "area", "department", "crew", "due", "updated",
)  # fmt: skip


def layout(actor: Actor, services: Services) -> Component:
    """The whole desk; the queue is read when the filters of the address are known."""
    language = current_language()
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    heads = {one: words(f"desk.column_{one}", language) for one in _COLUMNS}
    heads["place"] = heads.pop("area")
    return html.Div(
        className="cc-page cc-desk",
        children=[
            dcc.Location(id="address", refresh=False),
            Selection(id="selection"),
            Pulse(id="pulse", every=2500),
            frame.header(city, actor, config, language, path="/desk"),
            html.Main(
                [
                    Banner(id="banner", config=config),
                    _filters(services, actor, language),
                    html.Div(
                        Queue(
                            id="queue",
                            config=config,
                            heads=heads,
                            label=words("desk.queue", language),
                            none=words("desk.none", language),
                        ),
                        className="cc-queue-box",
                    ),
                    side_drawer(words("desk.choose", language), language),
                ]
            ),
            hotline_dialog(services, config, language),
        ],
    )


def _filters(services: Services, actor: Actor, language: Language) -> Component:
    shows = [{"label": words(f"desk.show_{one}", language), "value": one} for one in SHOWS]
    layers = [{"label": titled(one, "name", language), "value": one.code}
              for one in services.layers.values() if one.metrics]  # fmt: skip
    with reading(services.engine) as conn:
        offices = [
            {"label": titled(one, "name", language), "value": one.department_id}
            for one in departments.all(conn)
        ]
    return html.Section(
        [
            dcc.RadioItems(shows, "needs", id="show", className="cc-chips"),
            labelled("desk.layer", dcc.Dropdown(
                layers, id="layer", placeholder=words("desk.any_layer", language),
                searchable=False), language),
            labelled("desk.department", dcc.Dropdown(
                offices, id="department", placeholder=words("desk.any_department", language),
                searchable=False), language),
            labelled("desk.search_label", dcc.Input(
                id="text", type="search", debounce=0.4, maxLength=100,
                placeholder=words("desk.search", language)), language),
            html.Button(words("desk.hotline", language), id="hotline-open", type="button",
                        className="cc-button"),
            *_warning_door(actor, language),
            html.P(id="count", className="cc-count", role="status"),
        ],
        className="cc-filters",
        **aria(label=words("desk.show", language)),
    )  # fmt: skip


def _warning_door(actor: Actor, language: Language) -> list[Component]:
    if not allowed(actor, Permission.TAKE_WARNINGS):
        return []
    return [WarningDoor(id="warning-door", words=page_words("themes", language))]


def register(app: PageApp, services: Services) -> None:
    """The desk's callbacks."""

    @app.callback(
        Output("show", "value"), Output("layer", "value"), Output("department", "value"),
        Output("text", "value"), Input("address", "search"), permission=_VIEW,
    )  # fmt: skip
    def begin(address: str | None) -> tuple[Any, ...]:
        found = filters_of(query_of(address))
        return found.show, found.layer, found.department_id, found.text

    @app.callback(
        Output("queue", "rows"), Output("count", "children"),
        Input("show", "value"), Input("layer", "value"), Input("department", "value"),
        Input("text", "value"), Input("pulse", "pulses"), Input("address", "search"),
        permission=_VIEW,
    )  # fmt: skip
    def look(
        show: Any, layer: Any, department: Any, text: Any, _pulse: Any, address: str | None
    ) -> tuple[Any, str]:
        filters = _filters_from(show, layer, department, text, query_of(address))
        try:
            return read_rows(services, filters)
        except DBAPIError:
            raise PreventUpdate from None

    @app.callback(
        Output("story", "children"), Input("selection", "clicked"), permission=_VIEW,
        prevent_initial_call=True,
    )  # fmt: skip
    def show_story(clicked: Mapping[str, Any] | None) -> Component:
        language = current_language()
        if not is_one(clicked, "ticket"):
            return html.P(words("desk.choose", language), className="cc-hint")
        reader = read_reader(services)
        number = str(clicked.get("id"))
        try:
            note_seen(services, number, reader)
            same = suggested_section(services, number, reader)
            links = [one for one in (_links(reader, number), same) if one is not None]
            return story_panel(services, number, reader, links=html.Div(links))
        except DBAPIError:
            return html.P(words("story.away", language), role="alert")

    app.clientside_callback(
        ClientsideFunction(namespace="cc_wall", function_name="keepFilters"),
        Output("count", "title"),
        Input("show", "value"), Input("layer", "value"), Input("department", "value"),
        Input("text", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    add_panel_callbacks(app)
    add_hotline_callbacks(app, services, _VIEW, Permission.ACT_ON_TICKETS)
    add_suggestion_callbacks(app, services, Permission.ACT_ON_TICKETS)


def read_rows(services: Services, filters: Filters) -> tuple[list[dict[str, Any]], str]:
    """The queue for the caller, and the sentence that counts it."""
    language = current_language()
    actor = logged_in()
    with reading(services.engine) as conn:
        inside = _narrowed(conn, actor, filters.area_id)
        if inside is None:
            return [], words("desk.found", language, n=0)
        page = search(conn, _wanted(conn, filters, services, actor), inside)
        ids = [one.ticket_id for one in page.items]
        waiting = proposals.for_actor(conn, actor, ids)
        told = escalated_marks(conn, ids, language)
    items = page.items
    if filters.show in ("needs", "decisions", "open", "overdue", "escalated"):
        items = tuple(sorted(items, key=urgency))
    key = "desk.found_more" if page.next_cursor else "desk.found"
    rows = [row(one, language, waiting.get(one.ticket_id, ()), told.get(one.ticket_id, ""))
            for one in items]  # fmt: skip
    return rows, words(key, language, n=len(items))


def _wanted(conn: Connection, filters: Filters, services: Services, actor: Actor) -> TicketQuery:
    closed = frozenset({State.CLOSED})
    states = {"needs": DESK_STATES, "closed_today": closed, "closed": closed}
    since = None
    if filters.show == "closed_today":
        since = statistics.midnight(conn, services.now())
    return TicketQuery(
        states=states.get(filters.show),
        decided_by=actor if filters.show in ("needs", "decisions") else None,
        open_only=filters.show in ("open", "overdue", "escalated", "supervised"),
        escalated_to=actor if filters.show == "escalated" else None,
        overdue=True if filters.show == "overdue" else None,
        supervised=True if filters.show == "supervised" else None,
        layer=filters.layer,
        department_id=filters.department_id,
        crew_id=filters.crew_id,
        category=filters.category,
        cell=filters.cell,
        text=filters.text,
        updated_after=since,
        limit=_MOST,
    )


def _narrowed(conn: Connection, actor: Actor, area_id: int | None) -> Scope | None:
    """The caller's scope, narrowed to an area inside it; None when that lies outside."""
    own = scope(actor)
    if area_id is None or own.area_id == area_id:
        return own
    path = events.area_path(conn, area_id)
    if not path or (own.area_id is not None and own.area_id not in path):
        return None
    return Scope(area_id=area_id, department_id=own.department_id)


def _filters_from(
    show: Any, layer: Any, department: Any, text: Any, query: Mapping[str, str]
) -> Filters:
    linked = filters_of(query)
    return Filters(
        show=show if show in SHOWS else "needs",
        layer=layer if isinstance(layer, str) else None,
        department_id=department if isinstance(department, int) else None,
        area_id=linked.area_id,
        crew_id=linked.crew_id,
        category=linked.category,
        cell=linked.cell,
        text=text[:100] if isinstance(text, str) and text.strip() else None,
    )


def _links(reader: Reader, number: str) -> Component | None:
    if not allowed(reader.actor, Permission.VIEW_WALL):
        return None
    told = words("story.open_wall", reader.language)
    return html.P(html.A(told, href=f"/?ticket={number}"), className="cc-links")


PAGE = Page(
    path="/desk",
    permission=_VIEW,
    title="desk.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "wall/area.css", "wall/themes.css", "desk/desk.css"),
    scripts=(*SCRIPTS, "desk/queue.js"),
    body_class="cc-dark",
)
