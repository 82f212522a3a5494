"""The evaluation: how well tickets were handled, by department, area, crew, category, person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, get_args

from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import SCRIPTS, Banner, Pulse
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.told import aria
from command_center.problem import Language
from command_center.services import Services
from command_center.views.evaluation import COLUMNS, Figure, Row, rows, total
from command_center.wording import words
from events.model.access import Actor, Permission, allowed, scope
from events.store import departments, rules, statistics
from grid.store import areas
from grid.store.postgis import reading

_VIEW = Permission.VIEW_EVALUATION
_BY: tuple[statistics.By, ...] = get_args(statistics.By)
_DAYS = (1, 7, 30, 90)


def layout(actor: Actor, services: Services) -> Component:
    """The page; its table is read when it is open."""
    language = current_language()
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    bys = [{"label": words(f"evaluation.by_{one}", language), "value": one} for one in _BY]
    days = [{"label": words(f"evaluation.days_{one}", language), "value": one} for one in _DAYS]
    return html.Div(
        className="cc-page cc-evaluation",
        children=[
            frame.header(city, actor, config, language, path="/evaluation"),
            Pulse(id="pulse", every=30_000),
            html.Main(
                [
                    Banner(id="banner", config=config),
                    html.Section(
                        [
                            dcc.RadioItems(bys, "department", id="by", className="cc-chips"),
                            dcc.RadioItems(days, 30, id="days", className="cc-chips"),
                        ],
                        className="cc-filters",
                        **aria(label=words("evaluation.by", language)),
                    ),
                    html.Div(id="table", className="cc-table-box"),
                    html.P(words("evaluation.explained", language), className="cc-note"),
                ]
            ),
        ],
    )


def register(app: PageApp, services: Services) -> None:
    """The page's only callback: its table."""

    @app.callback(
        Output("table", "children"), Input("by", "value"), Input("days", "value"),
        Input("pulse", "pulses"), permission=_VIEW,
    )  # fmt: skip
    def show(by: Any, days: Any, _pulses: Any) -> Component:
        if by not in _BY or days not in _DAYS:
            raise PreventUpdate
        language = current_language()
        try:
            return read_table(services, by, days, language)
        except DBAPIError:
            return html.P(words("evaluation.away", language), role="alert")


def read_table(services: Services, by: statistics.By, days: int, language: Language) -> Component:
    """The figures of the last ``days`` (1: since midnight) in the caller's area."""
    actor = logged_in()
    now = services.now()
    with reading(services.engine) as conn:
        since = statistics.midnight(conn, now) - timedelta(days=days - 1)
        counted = statistics.evaluation(conn, scope(actor), by=by, since=since, until=now, now=now)
        desk = _filters(conn, by) if allowed(actor, Permission.VIEW_DESK) else {}
    if not counted:
        return html.P(words("evaluation.nobody", language), className="cc-empty")
    lines = [total(counted, words("evaluation.all", language)), *rows(counted, language, desk)]
    heads = [html.Th(words(f"evaluation.column_{one}", language), scope="col")
             for one in ("name", *COLUMNS)]  # fmt: skip
    return html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_line(one) for one in lines])],
        className="cc-table",
        **aria(label=words("evaluation.table", language)),
    )


def _filters(conn: Connection, by: statistics.By) -> Mapping[str, Mapping[str, object]]:
    """The desk's filter behind each key; persons have none."""
    if by == "department":
        return {one.code: {"department": one.department_id} for one in departments.all(conn)}
    if by == "area":
        return {one.code: {"area": one.area_id} for one in areas.all_areas(conn)}
    if by == "category":
        return {one.code: {"category": one.code} for one in rules.categories(conn)}
    if by == "crew":
        return {one.code: {"crew": one.crew_id} for one in rules.crews(conn)}
    return {}


def _line(row: Row) -> Component:
    return html.Tr([html.Th(row.name, scope="row"), *(_cell(row.figures[one]) for one in COLUMNS)])


def _cell(figure: Figure) -> Component:
    text = html.A(figure.text, href=figure.href) if figure.href else html.Span(figure.text)
    if figure.share is None:
        return html.Td(text)
    bar = html.I(html.I(style={"width": f"{figure.share:.0%}"}), className="bar")
    return html.Td([text, bar])


PAGE = Page(
    path="/evaluation",
    permission=_VIEW,
    title="evaluation.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "evaluation/evaluation.css"),
    scripts=SCRIPTS,
    body_class="cc-dark",
)
