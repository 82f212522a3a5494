"""The ledger of losses: nothing was lost, with the figures that prove it, or what was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language
from command_center.components import REGISTRY_SCRIPTS, Chips
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.listing import Listing, add_panel, list_page, place_in
from command_center.pages.parts.lost import hours_part, sender_panel, sum_part
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import aria
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
SPANS = ("today", "yesterday", "week")
LISTING = Listing(
    path="/losses", name="losses", kind="sender", again_ms=30_000, away="losses.away",
    heads=("device", "missing", "share", "expected", "received", "late", "again", "aside"),
)  # fmt: skip


def layout(actor: Actor, services: Services) -> Component:
    """The page; its figures are read when it stands."""
    language = current_language()
    spans = [{"label": words(f"losses.span_{one}", language), "value": one} for one in SPANS]
    filters = html.Section(
        Chips(id="span", options=spans, value="today", label=words("losses.span", language)),
        className="cc-filters",
        **aria(label=words("losses.span", language)),
    )
    return list_page(
        LISTING, actor, services, filters,
        above=[html.Div(id="sum", className="cc-sum", role="status"),
               html.Div(id="hours", className="cc-hours")],
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

    def panel(chosen: Any, reader: Reader, name: Any) -> Component:
        with reading(services.engine) as conn:
            within = span_of(conn, name if name in SPANS else "today", reader.now)
            return sender_panel(conn, str(chosen)[:200], within, reader)

    add_panel(app, services, LISTING, _VIEW, panel, Input("span", "value"))


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
    skip = place_in(cursor, name)
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
