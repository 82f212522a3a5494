"""The projects: outfalls and sites being rectified, root causes; one of them with all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import (
    RECTIFICATION_SCRIPTS,
    Banner,
    Chips,
    Find,
    Pick,
    ProjectDoor,
    Rows,
    Selection,
    Stages,
)
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.callbacks import add_panel_callbacks, pass_on_acts, read_reader
from command_center.pages.parts.project import project_panel
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import aria, labelled, side_drawer
from command_center.problem import Language
from command_center.services import Services
from command_center.views import project as views
from command_center.views.project import DECIDED, SHOWS, Filters
from command_center.views.story import titled
from command_center.wording import page_words, words
from events.actions.projects.act import OPENERS
from events.model.access import Actor, Permission, allowed, scope
from events.model.projects.stage import KIND_WORDS, Kind, Stage
from events.store import departments
from events.store.projects import rows
from grid.store.postgis import reading

_VIEW = Permission.VIEW_RECTIFICATION
_ACT = Permission.ACT_ON_PROJECTS
_PER_PAGE = 60
_AGAIN_MS = 5_000
_HEADS = ("name", "stage", "owner", "quality", "due", "updated")
_ANY = "any"


def layout(actor: Actor, services: Services) -> Component:
    """The page; its list is read when the filters of the address are known."""
    language = current_language()
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    lives = allowed(actor, Permission.VIEW_WALL)
    heads = [words(f"rectification.column_{one}", language) for one in _HEADS]
    return html.Div(
        className="cc-page cc-desk cc-registry cc-rectification",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="acted-here"),
            # field staff have no live connection: the list is read again now and then
            Selection(id="selection", socket=None if lives else "none"),
            dcc.Interval(id="again", interval=_AGAIN_MS),
            frame.header(city, actor, config, language, path="/rectification"),
            html.Main(
                [
                    *([Banner(id="banner", config=config)] if lives else []),
                    _filters(actor, services, language),
                    html.Div(
                        [
                            Stages(id="stage", label=words("rectification.by_stage", language)),
                            Rows(
                                id="rows", kind="project", heads=heads,
                                label=words("rectification.list", language),
                                none=words("rectification.none", language),
                                back=words("rectification.back", language),
                                forward=words("rectification.next", language),
                            ),
                        ],
                        className="cc-queue-box cc-stacked",
                    ),
                    side_drawer(words("rectification.choose", language), language),
                ]
            ),
        ],
    )  # fmt: skip


def _filters(actor: Actor, services: Services, language: Language) -> Component:
    shows = [{"value": one, "label": words(f"rectification.show_{one}", language)} for one in SHOWS]
    kinds = [{"value": one.value, "label": KIND_WORDS[one].told(language)} for one in Kind]
    kinds.insert(0, {"value": _ANY, "label": words("rectification.any_kind", language)})
    with reading(services.engine) as conn:
        offices = [
            {"value": str(one.department_id), "label": titled(one, "name", language),
             "code": one.code}
            for one in departments.all(conn)
        ]  # fmt: skip
    door = ProjectDoor(
        id="door",
        words=page_words("rectification", language),
        departments=[{"value": one["code"], "label": one["label"]} for one in offices],
        kinds=[{"value": one.value, "label": KIND_WORDS[one].told(language)}
               for one in (Kind.OUTFALL, Kind.SITE)],
    )  # fmt: skip
    return html.Section(
        [
            Chips(id="show", options=shows, value="live",
                  label=words("rectification.show", language)),
            Chips(id="kind", options=kinds, value=_ANY,
                  label=words("rectification.kind", language)),
            labelled("rectification.owner", Pick(
                id="department", options=offices,
                empty=words("rectification.any_owner", language)), language),
            labelled("rectification.find_label", Find(
                id="text", hint=words("rectification.find", language), longest=100), language),
            *([door] if actor.role in OPENERS else []),
            html.P(id="count", className="cc-count", role="status"),
        ],
        className="cc-filters",
        **aria(label=words("rectification.show", language)),
    )  # fmt: skip


def register(app: PageApp, services: Services) -> None:
    """The page's callbacks: the list, one project, what was done here."""

    @app.callback(
        Output("show", "value"), Output("kind", "value"), Output("stage", "value"),
        Output("department", "value"), Output("text", "value"),
        Input("address", "search"), permission=_VIEW,
    )  # fmt: skip
    def begin(address: str | None) -> tuple[Any, ...]:
        found = views.filters_of(_query(address))
        owner = None if found.department_id is None else str(found.department_id)
        return found.show, found.kind or _ANY, found.stage, owner, found.text

    @app.callback(
        Output("rows", "rows"), Output("rows", "next"), Output("rows", "list"),
        Output("stage", "stages"), Output("count", "children"),
        Input("show", "value"), Input("kind", "value"), Input("stage", "value"),
        Input("department", "value"), Input("text", "value"), Input("rows", "cursor"),
        Input("again", "n_intervals"), Input("acted-here", "data"), permission=_VIEW,
    )  # fmt: skip
    def look(
        show: Any, kind: Any, stage: Any, department: Any, text: Any, cursor: Any, *_again: Any
    ) -> tuple[Any, ...]:
        query = {"show": show, "kind": kind, "stage": stage, "department": department, "q": text}
        filters = views.filters_of({key: str(one) for key, one in query.items() if one})
        try:
            return read_rows(services, filters, cursor)
        except DBAPIError:
            raise PreventUpdate from None

    @app.callback(
        Output("story", "children"), Input("selection", "clicked"), Input("acted-here", "data"),
        permission=_VIEW, prevent_initial_call=True,
    )  # fmt: skip
    def show_story(clicked: Mapping[str, Any] | None, _acted: Any) -> Component:
        language = current_language()
        if not isinstance(clicked, Mapping) or clicked.get("kind") != "project":
            return html.P(words("rectification.choose", language), className="cc-hint")
        reader = read_reader(services)
        number = str(clicked.get("id"))[:64]
        try:
            return project_panel(
                services, number, reader, links=_links(reader, number),
                acts=allowed(reader.actor, _ACT),
            )  # fmt: skip
        except DBAPIError:
            return html.P(words("story.away", language), role="alert")

    app.clientside_callback(
        ClientsideFunction(namespace="cc_wall", function_name="keepProjectFilters"),
        Output("count", "title"),
        Input("show", "value"), Input("kind", "value"), Input("stage", "value"),
        Input("department", "value"), Input("text", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    add_panel_callbacks(app)
    pass_on_acts(app, "project-actions", _ACT)
    pass_on_acts(app, "door", _ACT)


def read_rows(services: Services, filters: Filters, cursor: Any) -> tuple[Any, ...]:
    """A page of the list for the caller: rows, next cursor, which list, stages, the count."""
    language = current_language()
    zone = ZoneInfo(frame.read_city(services).time_zone)
    now = services.now()
    parts = (filters.show, filters.kind, filters.stage, filters.department_id, filters.text)
    name = "/".join(str(one) for one in parts)
    first = 0
    if isinstance(cursor, Mapping) and cursor.get("list") == name:
        at = cursor.get("at")
        first = at if isinstance(at, int) and 0 < at < 10**7 else 0
    stages = [Stage(filters.stage)] if filters.stage else None
    if filters.show == "decide" and stages is None:
        stages = list(DECIDED)
    query = rows.ProjectQuery(
        now=now, kind=None if filters.kind is None else Kind(filters.kind), stages=stages,
        department_id=filters.department_id,
        live={"live": True, "decide": True, "over": False}.get(filters.show),
        late=filters.show == "late", text=filters.text, first=first, limit=_PER_PAGE + 1,
    )  # fmt: skip
    with reading(services.engine) as conn:
        found = rows.find(conn, query, scope(logged_in()))
        counted = rows.counts(conn, scope(logged_in()), now)
    looks = views.looks(services.layers.values())
    strip = views.strip(
        looks, counted, language, kind=query.kind, department_id=filters.department_id
    )  # fmt: skip
    shown = [views.row(one, looks.get(one.stage), language, zone, now) for one in found[:_PER_PAGE]]
    more = len(found) > _PER_PAGE
    key = "rectification.found_more" if more or first else "rectification.found"
    told = words(key, language, first=first + 1, last=first + len(shown), n=len(shown))
    return shown, first + _PER_PAGE if more else None, name, strip, told


def _links(reader: Reader, number: str) -> Component | None:
    if not allowed(reader.actor, Permission.VIEW_WALL):
        return None
    told = words("story.open_wall", reader.language)
    return html.P(html.A(told, href=f"/?project={number}"), className="cc-links")


def _query(address: str | None) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs((address or "").lstrip("?")).items()}


PAGE = Page(
    path="/rectification",
    permission=_VIEW,
    title="rectification.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "registry/registry.css",
            "rectification/rectification.css"),
    scripts=RECTIFICATION_SCRIPTS,
    body_class="cc-dark",
)  # fmt: skip
