"""The projects: outfalls and sites being rectified, root causes; one of them with all of it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import (
    RECTIFICATION_SCRIPTS,
    Chips,
    Find,
    Pick,
    ProjectDoor,
    Stages,
)
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.callbacks import pass_on_acts
from command_center.pages.parts.listing import (
    Listing,
    add_panel,
    list_page,
    place_in,
    query_of,
)
from command_center.pages.parts.project import project_panel
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import aria, labelled
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
LISTING = Listing(
    path="/rectification", name="rectification", kind="project", again_ms=5_000, away="story.away",
    heads=("name", "stage", "owner", "quality", "due", "updated"),
)  # fmt: skip
_ANY = "any"


def layout(actor: Actor, services: Services) -> Component:
    """The page; its list is read when the filters of the address are known."""
    language = current_language()
    return list_page(
        LISTING, actor, services, _filters(actor, services, language),
        above=[Stages(id="stage", label=words("rectification.by_stage", language))],
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
        found = views.filters_of(query_of(address))
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

    def panel(chosen: Any, reader: Reader, _acted: Any) -> Component:
        number = str(chosen)[:64]
        return project_panel(
            services, number, reader, links=_links(reader, number),
            acts=allowed(reader.actor, _ACT),
        )  # fmt: skip

    app.clientside_callback(
        ClientsideFunction(namespace="cc_wall", function_name="keepProjectFilters"),
        Output("count", "title"),
        Input("show", "value"), Input("kind", "value"), Input("stage", "value"),
        Input("department", "value"), Input("text", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    add_panel(app, services, LISTING, _VIEW, panel, Input("acted-here", "data"))
    pass_on_acts(app, "project-actions", _ACT)
    pass_on_acts(app, "door", _ACT)


def read_rows(services: Services, filters: Filters, cursor: Any) -> tuple[Any, ...]:
    """A page of the list for the caller: rows, next cursor, which list, stages, the count."""
    language = current_language()
    zone = ZoneInfo(frame.read_city(services).time_zone)
    now = services.now()
    parts = (filters.show, filters.kind, filters.stage, filters.department_id, filters.text)
    name = "/".join(str(one) for one in parts)
    first = place_in(cursor, name)
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
