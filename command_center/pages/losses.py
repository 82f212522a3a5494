"""The ledger of losses: nothing was lost, with the figures that prove it, or what was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language
from command_center.components import REGISTRY_SCRIPTS, Banner, Chips, Rows, Selection
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.callbacks import add_panel_callbacks, read_reader
from command_center.pages.parts.lost import hours_part, sender_panel, sum_part
from command_center.pages.parts.told import aria, side_drawer
from command_center.problem import Language
from command_center.services import Services
from command_center.views.losses import row
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import Actor, Permission
from events.store.statistics import midnight
from grid.store.postgis import reading
from iot_ingest.store import devices, intake, losses
from iot_ingest.store.losses import Span

_VIEW = Permission.VIEW_LOSSES
_PER_PAGE = 50
_AGAIN_MS = 30_000
SPANS = ("today", "yesterday", "week")
_HEADS = ("device", "missing", "share", "expected", "received", "late", "again", "aside")


def layout(actor: Actor, services: Services) -> Component:
    """The page; its figures are read when it stands."""
    language = current_language()
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    heads = [words(f"losses.column_{one}", language) for one in _HEADS]
    spans = [{"label": words(f"losses.span_{one}", language), "value": one} for one in SPANS]
    return html.Div(
        className="cc-page cc-desk cc-registry cc-losses",
        children=[
            Selection(id="selection"),
            dcc.Interval(id="again", interval=_AGAIN_MS),
            frame.header(city, actor, config, language, path="/losses"),
            html.Main(
                [
                    Banner(id="banner", config=config),
                    html.Section(
                        Chips(id="span", options=spans, value="today",
                              label=words("losses.span", language)),
                        className="cc-filters",
                        **aria(label=words("losses.span", language)),
                    ),
                    html.Div(
                        [
                            html.Div(id="sum", className="cc-sum", role="status"),
                            html.Div(id="hours", className="cc-hours"),
                            Rows(
                                id="rows", kind="sender", heads=heads,
                                label=words("losses.list", language),
                                none=words("losses.none", language),
                                back=words("losses.back", language),
                                forward=words("losses.next", language),
                            ),
                        ],
                        className="cc-queue-box cc-stacked",
                    ),
                    side_drawer(words("losses.choose", language), language),
                ]
            ),
        ],
    )  # fmt: skip


def register(app: PageApp, services: Services) -> None:
    """The page's callbacks: the figures of a span, and one device's hours."""

    @app.callback(
        Output("sum", "children"), Output("hours", "children"),
        Output("rows", "rows"), Output("rows", "next"), Output("rows", "list"),
        Input("span", "value"), Input("rows", "cursor"), Input("again", "n_intervals"),
        permission=_VIEW,
    )  # fmt: skip
    def look(name: Any, cursor: Any, _again: Any) -> tuple[Any, ...]:
        if name not in SPANS:
            raise PreventUpdate
        try:
            return read_figures(services, name, cursor)
        except DBAPIError:
            raise PreventUpdate from None

    @app.callback(
        Output("story", "children"), Input("selection", "clicked"), Input("span", "value"),
        permission=_VIEW, prevent_initial_call=True,
    )  # fmt: skip
    def show(clicked: Mapping[str, Any] | None, name: Any) -> Component:
        language = current_language()
        if not isinstance(clicked, Mapping) or clicked.get("kind") != "sender":
            return html.P(words("losses.choose", language), className="cc-hint")
        try:
            with reading(services.engine) as conn:
                within = span_of(conn, name if name in SPANS else "today", services.now())
                reader = read_reader(services)
                return sender_panel(conn, str(clicked.get("id"))[:200], within, reader)
        except DBAPIError:
            return html.P(words("losses.away", language), role="alert")

    add_panel_callbacks(app)


def span_of(conn: Connection, name: str, now: datetime) -> Span:
    """A span of the city's days by its name, in whole hours."""
    begin = midnight(conn, now)
    first, until = {
        "today": (begin, now),
        "yesterday": (midnight(conn, begin - timedelta(hours=1)), begin),
        "week": (begin - timedelta(days=6), now),
    }[name]
    return losses.span(conn, first, until, now)


def read_figures(services: Services, name: str, cursor: Any) -> tuple[Any, ...]:
    """All that the page shows of a span, in the order of the callback's outputs."""
    language: Language = current_language()
    now = services.now()
    zone = ZoneInfo(frame.read_city(services).time_zone)
    skip = 0
    if isinstance(cursor, Mapping) and cursor.get("list") == name:
        at = cursor.get("at")
        skip = at if isinstance(at, int) and 0 < at < 10**7 else 0
    with reading(services.engine) as conn:
        within = span_of(conn, name, now)
        total = losses.total(conn, within)
        hours = losses.by_hour(conn, within)
        found = losses.by_device(conn, within, only_troubled=True, most=_PER_PAGE, skip=skip)
        counts = intake.by_hour(conn, within.first, within.until).values()
        taken_in = sum(counts, intake.Counts())
        known = devices.by_ids(conn, [one.device_id for one in found.lines if one.device_id])
    names = {str(one.device_id): titled(one, "name", language) for one in known}
    following = skip + _PER_PAGE if skip + _PER_PAGE < found.of else None
    return (
        sum_part(total, taken_in, name, language),
        hours_part(hours, within, found.of, zone, language),
        [row(one, names.get(one.device_id or ""), language) for one in found.lines],
        following,
        name,
    )


PAGE = Page(
    path="/losses",
    permission=_VIEW,
    title="losses.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "registry/registry.css"),
    scripts=REGISTRY_SCRIPTS,
    body_class="cc-dark",
)
