"""The wall: one live map of the city, what needs attention, and the story of every mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import (
    SCRIPTS,
    Alarms,
    Attention,
    Banner,
    CityMap,
    Figures,
    Layers,
    Selection,
    Ticker,
    TimeMachine,
)
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame, past
from command_center.pages.parts.area import OnTime, area_panel
from command_center.pages.parts.box import LONGEST_KEY, box_panel, polygon_panel
from command_center.pages.parts.building import household_panel
from command_center.pages.parts.callbacks import add_panel_callbacks, read_reader
from command_center.pages.parts.device import HOURS, device_panel, series_part
from command_center.pages.parts.folded import folded
from command_center.pages.parts.place import cell_panel, component_panel, event_panel
from command_center.pages.parts.project import project_panel
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.story import story_panel
from command_center.pages.parts.themes import theme_panel
from command_center.pages.parts.told import aria
from command_center.remembered import Kept
from command_center.services import Services
from command_center.wording import page_words, words
from events.model.access import Actor, Permission, allowed

_VIEW = Permission.VIEW_WALL
# What the thematic views show alike to many walls is read once in so long.
_FRESH_S = 5.0
# What opens at the side, by its code or by its number.
_NAMED: dict[str, Callable[[Services, str, Reader], Component]] = {
    "area": area_panel,
    "component": component_panel,
}
_SHAPES: dict[str, Callable[[Services, str, Reader, Sequence[str]], Component]] = {
    "box": box_panel,
    "polygon": polygon_panel,
}
_NUMBERED: dict[str, Callable[[Services, int, Reader], Component]] = {
    "cell": cell_panel,
    "device": device_panel,
    "event": event_panel,
    "household": household_panel,
}


def layout(actor: Actor, services: Services) -> Component:
    """The whole wall; what is live comes over the socket."""
    language = current_language()
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    return html.Div(
        className="cc-page cc-wall",
        children=[
            frame.header(city, actor, config, language, path="/"),
            html.Main(
                [
                    Selection(id="selection", areas=True),
                    CityMap(id="map", config=config),
                    Figures(id="figures", config=config),
                    Banner(id="banner", config=config),
                    Layers(id="layers", config=config),
                    TimeMachine(id="time-machine", config=config,
                                words=page_words("past", language)),
                    html.Div(
                        className="cc-right",
                        children=[
                            Alarms(id="alarms", config=config),
                            Attention(id="attention", config=config),
                            Ticker(id="ticker", config=config),
                        ],
                    ),
                    html.Aside(
                        id="side",
                        className="cc-drawer",
                        children=[
                            html.Button(
                                "×",
                                id="side-close",
                                className="cc-close",
                                type="button",
                                **aria(label=words("wall.close", language)),
                            ),
                            dcc.Loading(html.Div(id="story", className="cc-scroll"),
                                        delay_show=400, type="dot"),
                        ],
                        **aria(label=words("wall.side", language)),
                    ),
                ]
            ),
        ],
    )  # fmt: skip


def panel(services: Services, kept: Kept, clicked: Mapping[str, Any]) -> Component:
    """What stands at the side for a click on a mark."""
    reader = read_reader(services)
    kind, key = str(clicked.get("kind")), clicked.get("id")
    if "then" in clicked:
        then = past.instant(clicked["then"], reader.now)
        shown = past.past_panel(services, kind, str(key)[:64], reader, then)
    else:
        shown = _present(services, kept, kind, key, reader, clicked.get("off"))
    return folded(shown, reader.config)


def _present(
    services: Services, kept: Kept, kind: str, key: Any, reader: Reader, off: Any
) -> Component:
    if kind == "ticket":
        return story_panel(services, str(key), reader, links=_links(reader, str(key)))
    if kind == "project":
        return project_panel(
            services, str(key)[:64], reader, links=_project_links(reader, str(key))
        )
    if kind == "layer":
        return theme_panel(services, kept, str(key)[:64], reader)
    if kind in _SHAPES:
        hidden = [str(one)[:64] for one in off[:64]] if isinstance(off, list) else []
        return _SHAPES[kind](services, str(key)[:LONGEST_KEY], reader, hidden)
    if kind in _NAMED:
        return _NAMED[kind](services, str(key)[:LONGEST_KEY], reader)
    if kind in _NUMBERED:
        return _NUMBERED[kind](services, _number(key), reader)
    raise PreventUpdate


def register(app: PageApp, services: Services) -> None:
    """The wall's callbacks: the side panel, its chart, and closing it."""
    kept = Kept(_FRESH_S)

    @app.callback(
        Output("story", "children"), Input("selection", "clicked"), permission=_VIEW,
        prevent_initial_call=True,
    )  # fmt: skip
    def show(clicked: Mapping[str, Any] | None) -> Component | None:
        if not isinstance(clicked, Mapping) or not clicked.get("kind"):
            return None
        try:
            return panel(services, kept, clicked)
        except DBAPIError:
            return html.P(words("story.away", current_language()), role="alert")

    @app.callback(
        Output("series", "children"),
        Input("series-metric", "value"),
        Input("series-hours", "value"),
        State("series-device", "data"),
        State("series-then", "data"),
        permission=_VIEW,
    )
    def draw(
        metric: str | None, hours: int | None, device_no: int | None, said: str | None
    ) -> Component:
        if not metric or hours not in HOURS or not isinstance(device_no, int):
            raise PreventUpdate
        reader = read_reader(services)
        if said is None:
            return series_part(services, device_no, str(metric), hours, reader)
        then = past.instant(said, reader.now)
        return past.past_series(services, device_no, str(metric), hours, reader, then)

    _speak(app, services)
    on_time = OnTime()

    @app.callback(Output("area-on-time", "children"), Input("area-code", "data"), permission=_VIEW)
    def share(code: str | None) -> str:
        if not isinstance(code, str):
            raise PreventUpdate
        return on_time.told(services, code[:12], logged_in())

    add_panel_callbacks(app)


# What of the page speaks: all of these are given words by their config.
_SPEAKERS = (
    "map", "figures", "banner", "layers", "alarms", "attention", "ticker", "search", "health",
    "screen", "clock", "time-machine",
)  # fmt: skip


def _speak(app: PageApp, services: Services) -> None:
    """Another language without loading the page anew: the map and what is open stay."""

    @app.callback(
        *(Output(one, "config") for one in _SPEAKERS),
        *(Output(*one) for one in frame.SPOKEN),
        Output("time-machine", "words"),
        Output("side-close", "aria-label"),
        Output("side", "aria-label"),
        Input("language", "chosen"),
        permission=_VIEW,
        prevent_initial_call=True,
    )
    def speak(chosen: str | None) -> Any:
        if not chosen:
            raise PreventUpdate
        actor, language = logged_in(), current_language()
        city = frame.read_city(services)
        config = frame.config_for(city, actor, services, language)
        head = frame.spoken(city, actor, language, path="/")
        side = (words("wall.close", language), words("wall.side", language))
        return (*([config] * len(_SPEAKERS)), *head, page_words("past", language), *side)


def _links(reader: Reader, number: str) -> Component | None:
    if not allowed(reader.actor, Permission.VIEW_DESK):
        return None
    told = words("story.open_desk", reader.language)
    return html.P(html.A(told, href=f"/desk?ticket={number}"), className="cc-links")


def _project_links(reader: Reader, number: str) -> Component | None:
    if not allowed(reader.actor, Permission.VIEW_RECTIFICATION):
        return None
    told = words("story.open_project", reader.language)
    return html.P(html.A(told, href=f"/rectification?project={number}"), className="cc-links")


def _number(key: Any) -> int:
    try:
        number = int(key)
    except (TypeError, ValueError):
        return 0
    return number if 0 < number < 2**31 else 0


PAGE = Page(
    path="/",
    permission=_VIEW,
    title="wall.title",
    layout=layout,
    register=register,
    styles=(
        "wall/wall.css",
        "wall/side.css",
        "wall/area.css",
        "wall/search.css",
        "wall/past.css",
        "wall/themes.css",
        "wall/screen.css",
        "rectification/rectification.css",
    ),
    scripts=SCRIPTS,
    body_class="cc-dark",
)
