"""Who answers for what: the rules in force, drafts with what they would change, their approval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from dash import ClientsideFunction, Input, Output, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language
from command_center.components import REGISTRY_SCRIPTS, Pick
from command_center.pages.page import Page, PageApp
from command_center.pages.parts.callbacks import add_panel_callbacks, read_reader
from command_center.pages.parts.duty_deeds import add_deeds
from command_center.pages.parts.duty_panel import hits_of, read_shown, rule_panel, version_panel
from command_center.pages.parts.listing import Listing, is_one, list_page, place_in
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import aria, data, labelled
from command_center.problem import Language
from command_center.services import Services
from command_center.views import duties as view
from command_center.views.moments import clock_text
from command_center.wording import words
from events.model.access import Actor, Permission
from events.model.category import Category
from events.model.routing import Candidate
from events.store import duties, duty_alerts, duty_past
from events.store import rules as city_rules
from events.store.duty_alerts import Alert
from grid.store.postgis import reading

_VIEW = Permission.VIEW_DUTIES
_PER_PAGE = 100
_MOST_ALERTS = 100
LISTING = Listing(
    path="/duties", name="duties", kind="rule", again_ms=15_000, away="duties.away",
    heads=("position", "matter", "area", "when", "department", "tickets"),
)  # fmt: skip


def layout(actor: Actor, services: Services) -> Component:
    """The page; what it shows is read when it stands."""
    language = current_language()
    filters = html.Section(
        [
            labelled("duties.which",
                     Pick(id="which", options=[], empty=words("duties.newest", language)),
                     language),
            html.P(id="told", role="status", className="cc-notice"),
            html.P(id="count", className="cc-count", role="status"),
        ],
        className="cc-filters",
        **aria(label=words("duties.which", language)),
    )  # fmt: skip
    return list_page(
        LISTING, actor, services, filters,
        above=[html.Div(id="alerts", className="cc-sum", role="status")],
    )  # fmt: skip


def register(app: PageApp, services: Services) -> None:
    """The page's callbacks: the versions, the rules, what is wrong, the panel, what is done."""

    @app.callback(
        Output("which", "options"), Output("which", "value"),
        Input("acted-here", "data"), Input("which", "id"),
        permission=_VIEW,
    )  # fmt: skip
    def choose(acted: Any, _id: Any) -> tuple[Any, Any]:
        try:
            return read_choices(services, keep=acted is not None)
        except DBAPIError:
            raise PreventUpdate from None

    @app.callback(
        Output("rows", "rows"), Output("rows", "next"), Output("rows", "list"),
        Output("alerts", "children"), Output("count", "children"),
        Input("which", "value"), Input("rows", "cursor"), Input("again", "n_intervals"),
        Input("acted-here", "data"),
        permission=_VIEW,
    )  # fmt: skip
    def look(which: Any, cursor: Any, _again: Any, _acted: Any) -> tuple[Any, ...]:
        try:
            return read_rows(services, which, cursor)
        except DBAPIError:
            raise PreventUpdate from None

    @app.callback(
        Output("story", "children"), Input("which", "value"), Input("selection", "clicked"),
        Input("acted-here", "data"), permission=_VIEW,
    )  # fmt: skip
    def show(which: Any, clicked: Mapping[str, Any] | None, _acted: Any) -> Component:
        try:
            return panel(services, which, clicked)
        except DBAPIError:
            return html.P(words(LISTING.away, current_language()), role="alert")

    app.clientside_callback(
        ClientsideFunction(namespace="cc_wall", function_name="otherVersion"),
        Output("count", "title"), Input("which", "value"), prevent_initial_call=True,
    )  # fmt: skip
    add_deeds(app, services)
    add_panel_callbacks(app)


def read_choices(services: Services, *, keep: bool) -> tuple[Any, Any]:
    """The versions to choose from, and the one in force unless one was chosen already."""
    language, now = current_language(), services.now()
    with reading(services.engine) as conn:
        found = duties.versions(conn, now=now)
    options = [{"value": str(one.version), "label": view.title(one, now, language)}
               for one in found]  # fmt: skip
    current = next((one for one in found if one.in_force), found[0] if found else None)
    first = None if current is None else str(current.version)
    return options, no_update if keep else first


def read_rows(services: Services, which: Any, cursor: Any) -> tuple[Any, ...]:
    """All that the list shows, in the order of the callback's outputs."""
    language, now = current_language(), services.now()
    with reading(services.engine) as conn:
        number = _number(conn, which, now)
        rules = () if number is None else duties.rules(conn, number)
        hits = None if number is None else hits_of(duty_past.last(conn, number))
        categories = {one.code: one for one in city_rules.categories(conn)}
        alerts = duty_alerts.standing(conn)
    reader = read_reader(services)
    broken = {one.position for one in alerts if one.version == number}
    skip = place_in(cursor, str(number))
    shown = rules[skip : skip + _PER_PAGE]
    told = [row(one, categories, hits, broken, language) for one in shown]
    following = skip + _PER_PAGE if skip + _PER_PAGE < len(rules) else None
    count = words("duties.counted", language, n=f"{len(rules):,}")
    return told, following, str(number), alerts_part(alerts, number, reader), count


def _number(conn: Connection, which: Any, now: datetime) -> int | None:
    """The version that was chosen, else the one in force."""
    if isinstance(which, str) and which.isdecimal() and len(which) < 10:
        return int(which)
    return duties.in_force(conn, now=now)


def row(
    one: Candidate, categories: Mapping[str, Category], hits: Mapping[int, int] | None,
    broken: Collection[int], language: Language,
) -> dict[str, Any]:  # fmt: skip
    """One rule, for the component ``Rows``."""
    position = one.rule.position
    is_broken = one.broken is not None or position in broken
    return {
        "id": position,
        "cells": [
            {"text": f"{position}", "dot": "bad" if is_broken else None},
            {"text": view.matter(one.rule, categories, language), "strong": True},
            {"text": view.place(one, language)},
            {"text": view.conditions(one.rule, language)},
            {"text": view.department(one, language), "tone": "bad" if is_broken else ""},
            {"text": "–" if hits is None else f"{hits.get(position, 0):,}"},
        ],
    }


def alerts_part(alerts: Sequence[Alert], number: int | None, reader: Reader) -> list[Component]:
    """Whether the rules in force work; what is wrong with them, where something is."""
    language = reader.language
    if number is None:
        told = words("duties.none_at_all", language)
        return [html.P(told, className="cc-verdict nothing", **data(verdict="nothing"))]
    if not alerts:
        told = words("duties.well", language)
        return [html.P(told, className="cc-verdict", **data(verdict="ok"))]
    items = [
        html.Li(
            [html.Span(one.because.told(language)),
             html.Em(words("duties.alert_since", language,
                           at=clock_text(one.first_at, reader.zone, now=reader.now))),
             html.Em(words("duties.alert_tickets", language, n=f"{one.tickets:,}")),
             html.A(one.last_ticket, href=f"/desk?ticket={one.last_ticket}")
             if one.last_ticket else None],
            **data(alert=one.kind),
        )
        for one in alerts[:_MOST_ALERTS]
    ]  # fmt: skip
    told = words("duties.wrong", language, n=len(alerts))
    return [
        html.P(told, className="cc-verdict lost", **data(verdict="wrong")),
        html.Ul(items, className="cc-duty-alerts", tabIndex=0),
    ]


def panel(services: Services, which: Any, clicked: Mapping[str, Any] | None) -> Component:
    """The chosen rule, else the whole version."""
    reader = read_reader(services)
    with reading(services.engine) as conn:
        number = _number(conn, which, reader.now)
        shown = None if number is None else read_shown(conn, number, reader)
    if shown is None:
        return html.P(words("duties.none_at_all", reader.language), className="cc-hint")
    if is_one(clicked, LISTING.kind):
        position = clicked.get("id")
        if isinstance(position, int):
            return rule_panel(shown, position, reader)
    return version_panel(shown, reader)


PAGE = Page(
    path="/duties",
    permission=_VIEW,
    title="duties.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "registry/registry.css",
            "duties/duties.css"),
    scripts=REGISTRY_SCRIPTS,
    body_class="cc-dark",
)  # fmt: skip
