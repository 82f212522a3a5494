"""The head of every page: where one is, how the system is, who one is."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from command_center.components import Clock, Health, LanguageSwitch, ScreenMenu, Search, ThemeSwitch
from command_center.pages.parts.told import aria
from command_center.problem import Language
from command_center.services import Services
from command_center.views.story import titled
from command_center.views.wall import wall_config
from command_center.wording import words
from events.model.access import Actor, Permission, allowed, scope
from events.store.scopes import sees_all
from grid.model.city import City
from grid.store import city as cities
from grid.store.postgis import reading
from layers import metrics

_PAGES = (
    ("/field", "wall.nav_field", Permission.VIEW_FIELD),
    ("/", "wall.nav_wall", Permission.VIEW_WALL),
    ("/desk", "wall.nav_desk", Permission.VIEW_DESK),
    ("/rectification", "wall.nav_rectification", Permission.VIEW_RECTIFICATION),
    ("/evaluation", "wall.nav_evaluation", Permission.VIEW_EVALUATION),
    ("/duties", "wall.nav_duties", Permission.VIEW_DUTIES),
    ("/devices", "wall.nav_devices", Permission.VIEW_DEVICES),
    ("/quarantine", "wall.nav_quarantine", Permission.VIEW_QUARANTINE),
    ("/losses", "wall.nav_losses", Permission.VIEW_LOSSES),
)
# What of the head says something, by id and property; `spoken` says it.
SPOKEN = (
    ("brand", "children"), ("brand-title", "children"), ("nav", "children"), ("theme", "words"),
    ("language", "value"), ("language", "label"), ("language", "title"), ("user", "children"),
    ("logout", "children"),
)  # fmt: skip
_OTHER: dict[Language, Language] = {"zh": "en", "en": "zh"}
# Before the first import there is no city yet: the whole world, in UTC.
_NOWHERE = City(
    name_zh="", name_en="", time_zone="UTC", center=(0.0, 0.0), bbox=(-170.0, -60.0, 170.0, 75.0)
)


def read_city(services: Services) -> City:
    """The city, or a stand-in before there is one."""
    with reading(services.engine) as conn:
        return cities.get(conn) or _NOWHERE


def config_for(city: City, actor: Actor, services: Services, language: Language) -> dict[str, Any]:
    """What the browser's components need to know."""
    with reading(services.engine) as conn:
        whole = sees_all(conn, scope(actor))
    return wall_config(
        city=city,
        layers=services.layers.values(),
        metrics=metrics(),
        actor=actor,
        language=language,
        whole=whole,
    )


def header(
    city: City, actor: Actor, config: dict[str, Any], language: Language, *, path: str
) -> Component:
    """The head of the page at ``path``."""
    wall = path == "/"
    return html.Header(
        className="cc-head",
        children=[
            html.Div(
                className="cc-brand",
                children=[
                    html.H1(titled(city, "name", language), id="brand"),
                    html.Span(words("wall.title", language), id="brand-title"),
                ],
            ),
            html.Nav(
                _links(actor, language, path),
                id="nav",
                **aria(label=words("wall.navigation", language)),
            ),
            html.Div([Search(id="search", config=config)] if wall else [], className="grow"),
            *([Health(id="health", config=config)] if allowed(actor, Permission.VIEW_WALL) else []),
            *([ScreenMenu(id="screen", config=config)] if wall else []),
            ThemeSwitch(id="theme", words=_themes(language)),
            LanguageSwitch(
                id="language",
                value=_OTHER[language],
                label=words("wall.language_other", language),
                here=wall,
            ),
            html.Span(
                titled(actor, "name", language) or actor.name, id="user", className="cc-user"
            ),
            html.Form(
                html.Button(
                    words("wall.logout", language), id="logout", type="submit", className="cc-link"
                ),
                method="post",
                action="/logout",
            ),
            Clock(id="clock", config=config),
        ],
    )


def spoken(city: City, actor: Actor, language: Language, *, path: str) -> list[Any]:
    """What the head says in a language: the values of `SPOKEN`."""
    title = words("wall.title", language)
    return [
        titled(city, "name", language),
        title,
        _links(actor, language, path),
        _themes(language),
        _OTHER[language],
        words("wall.language_other", language),
        title,
        titled(actor, "name", language) or actor.name,
        words("wall.logout", language),
    ]


def _themes(language: Language) -> dict[str, str]:
    return {one: words(f"screen.theme_{one}", language) for one in ("dark", "light")}


def _links(actor: Actor, language: Language, path: str) -> list[Component]:
    return [_link(one, language, here=one[0] == path) for one in _PAGES if allowed(actor, one[2])]


def _link(page: tuple[str, str, Permission], language: Language, *, here: bool) -> Component:
    current = aria(current="page") if here else {}
    return html.A(words(page[1], language), href=page[0], **current)
