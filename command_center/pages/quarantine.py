"""The quarantine: what could not be used and why, what to do, and using it after all."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language
from command_center.components import (
    REGISTRY_SCRIPTS,
    Find,
    MessageActions,
    Pick,
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
from command_center.pages.parts.message import kinds_part, message_panel, replays_part
from command_center.pages.parts.told import aria, labelled
from command_center.problem import Language
from command_center.services import Services
from command_center.views.quarantine import PROTOCOLS, name_of, row
from command_center.wording import page_words, words
from events.model.access import Actor, Permission
from grid.store.postgis import reading
from iot_ingest.model.quarantine import Reason
from iot_ingest.store import quarantine
from iot_ingest.store.quarantine import Chosen

_VIEW = Permission.VIEW_QUARANTINE
_PER_PAGE = 50
LISTING = Listing(
    path="/quarantine", name="quarantine", kind="message", again_ms=3_000, away="quarantine.away",
    heads=("at", "reason", "device", "protocol", "payload", "size"),
)  # fmt: skip


def layout(actor: Actor, services: Services) -> Component:
    """The page; the list is read when the filters of the address are known."""
    return list_page(
        LISTING, actor, services, _filters(current_language()),
        above=[html.Div(id="kinds", className="cc-kinds")],
        below=[html.Div(id="replays", className="cc-replays")],
    )  # fmt: skip


def _filters(language: Language) -> Component:
    reasons = [{"label": name_of(one, language), "value": one.value} for one in Reason]
    protocols = [{"label": label, "value": value} for value, label in PROTOCOLS.items()]
    return html.Section(
        [
            labelled("quarantine.reason",
                     Pick(id="reason", options=reasons,
                          empty=words("quarantine.any_reason", language)), language),
            labelled("quarantine.protocol",
                     Pick(id="protocol", options=protocols,
                          empty=words("quarantine.any_protocol", language)), language),
            labelled("quarantine.device",
                     Find(id="of", hint=words("quarantine.device_hint", language), longest=64),
                     language),
            MessageActions(id="these", words=page_words("quarantine", language),
                           chosen={"newest": 0}, count=0),
            html.P(id="count", className="cc-count", role="status"),
        ],
        className="cc-filters",
        **aria(label=words("quarantine.reason", language)),
    )  # fmt: skip


def register(app: PageApp, services: Services) -> None:
    """The page's callbacks: filters from the address, the list, the panel, how replays go."""

    @app.callback(
        Output("reason", "value"), Output("protocol", "value"), Output("of", "value"),
        Input("address", "search"), permission=_VIEW,
    )  # fmt: skip
    def begin(address: str | None) -> tuple[str | None, ...]:
        query = query_of(address)
        which = chosen_from(query.get("reason"), query.get("protocol"), query.get("of"))
        return which.reason, which.protocol, which.device_id

    @app.callback(
        Output("rows", "rows"), Output("rows", "next"), Output("rows", "list"),
        Output("these", "chosen"), Output("these", "count"), Output("count", "children"),
        Output("kinds", "children"), Output("replays", "children"),
        Input("reason", "value"), Input("protocol", "value"), Input("of", "value"),
        Input("rows", "cursor"), Input("again", "n_intervals"), Input("acted-here", "data"),
        permission=_VIEW,
    )  # fmt: skip
    def look(
        reason: Any, protocol: Any, of: Any, cursor: Any, _again: Any, _acted: Any
    ) -> tuple[Any, ...]:
        try:
            return read_rows(services, chosen_from(reason, protocol, of), cursor)
        except DBAPIError:
            raise PreventUpdate from None

    for component in ("these", "message-actions"):
        pass_on_acts(app, component, _VIEW)
    add_panel(
        app, services, LISTING, _VIEW,
        lambda chosen, reader, _acted: message_panel(services, chosen, reader),
        Input("acted-here", "data"),
    )  # fmt: skip


def chosen_from(reason: Any, protocol: Any, device: Any) -> Chosen:
    """The filters as they were sent, what makes no sense left out."""
    known = {one.value for one in Reason}
    text = device.replace("\x00", "").strip()[:64] if isinstance(device, str) else ""
    return Chosen(
        reason=reason if reason in known else None,
        protocol=protocol if protocol in PROTOCOLS else None,
        device_id=text or None,
    )


def read_rows(services: Services, which: Chosen, cursor: Any) -> tuple[Any, ...]:
    """All that the list shows, in the order of the callback's outputs."""
    language, now = current_language(), services.now()
    zone = ZoneInfo(frame.read_city(services).time_zone)
    name = repr(which)
    before = place_in(cursor, name, 2**62) or None
    with reading(services.engine) as conn:
        found = quarantine.page(conn, which, before=before, most=_PER_PAGE + 1)
        count, newest = quarantine.waiting(conn, which)
        kinds = quarantine.kinds(conn)
        replays = replays_part(conn, zone, language, now)
    shown = found[:_PER_PAGE]
    following = shown[-1].quarantine_id if len(found) > _PER_PAGE else None
    meant = {
        "protocol": which.protocol, "reason": which.reason, "device": which.device_id,
        "newest": newest,
    }  # fmt: skip
    return (
        [row(one, zone, language, now) for one in shown],
        following,
        name,
        meant,
        count,
        words("quarantine.counted", language, n=f"{count:,}"),
        kinds_part(kinds, which, language),
        replays,
    )


PAGE = Page(
    path="/quarantine",
    permission=_VIEW,
    title="quarantine.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "registry/registry.css"),
    scripts=REGISTRY_SCRIPTS,
    body_class="cc-dark",
)
