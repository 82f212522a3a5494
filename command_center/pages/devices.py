"""The registry: every device with how it is, found, opened at the side, added and changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language
from command_center.components import (
    REGISTRY_SCRIPTS,
    Chips,
    DeviceDoors,
    Find,
    Pick,
)
from command_center.pages.page import Page, PageApp
from command_center.pages.parts.callbacks import pass_on_acts, read_reader
from command_center.pages.parts.listing import Listing, add_panel, list_page, query_of
from command_center.pages.parts.registered import choices_of, registered_panel
from command_center.pages.parts.told import aria, labelled
from command_center.problem import Language
from command_center.services import Services
from command_center.views.devices import row
from command_center.views.story import titled
from command_center.wording import page_words, words
from events.model.access import Actor, Permission, allowed
from grid.store.postgis import reading
from iot_ingest.model.device import parse_device_id
from iot_ingest.store import directory, health
from iot_ingest.store.directory import STATES, Wanted

_VIEW = Permission.VIEW_DEVICES
_PER_PAGE = 50
LISTING = Listing(
    path="/devices", name="devices", kind="device", again_ms=15_000, away="devices.away",
    heads=("state", "name", "layer", "model", "heard", "share", "clock"),
)  # fmt: skip


def layout(actor: Actor, services: Services) -> Component:
    """The page; the list is read when it stands."""
    return list_page(LISTING, actor, services, _filters(services, current_language()))


def _filters(services: Services, language: Language) -> Component:
    states = [{"label": words("devices.state_any", language), "value": "any"}] + [
        {"label": words(f"devices.state_{one}", language), "value": one} for one in STATES
    ]
    layers = [{"label": titled(one, "name", language), "value": one.code}
              for one in services.layers.values() if one.metrics]  # fmt: skip
    with reading(services.engine) as conn:
        models = [{"label": one, "value": one} for one in directory.models(conn)]
    return html.Section(
        [
            Chips(id="state", options=states, value="any", label=words("devices.state", language)),
            labelled("devices.search_label",
                     Find(id="text", hint=words("devices.search", language), longest=100),
                     language),
            labelled("devices.layer",
                     Pick(id="layer", options=layers, empty=words("devices.any_layer", language)),
                     language),
            labelled("devices.model",
                     Pick(id="model", options=models, empty=words("devices.any_model", language)),
                     language),
            html.Div(id="doors-place"),
            html.P(id="count", className="cc-count", role="status"),
        ],
        className="cc-filters",
        **aria(label=words("devices.state", language)),
    )  # fmt: skip


def register(app: PageApp, services: Services) -> None:
    """The page's callbacks: the list, the panel, the buttons of administrators."""

    @app.callback(
        Output("rows", "rows"), Output("rows", "next"), Output("rows", "list"),
        Output("count", "children"),
        Input("state", "value"), Input("text", "value"), Input("layer", "value"),
        Input("model", "value"), Input("rows", "cursor"), Input("again", "n_intervals"),
        Input("acted-here", "data"), permission=_VIEW,
    )  # fmt: skip
    def look(
        state: Any, text: Any, layer: Any, model: Any, cursor: Any, _again: Any, _acted: Any
    ) -> tuple[Any, ...]:
        wanted = wanted_from(state, text, layer, model)
        try:
            return read_rows(services, wanted, cursor)
        except DBAPIError:
            raise PreventUpdate from None

    @app.callback(Output("doors-place", "children"), Input("address", "search"), permission=_VIEW)
    def doors(address: str | None) -> Component | None:
        reader = read_reader(services)
        if not allowed(reader.actor, Permission.MANAGE_DEVICES):
            return None
        return DeviceDoors(
            id="doors", config=reader.config, words=page_words("devices", reader.language),
            choices=choices_of(services, reader.language), first=_first(address),
        )  # fmt: skip

    for component in ("doors", "device-actions"):
        pass_on_acts(app, component, _VIEW)
    add_panel(
        app, services, LISTING, _VIEW,
        lambda chosen, reader, _acted: registered_panel(services, chosen, reader),
        Input("acted-here", "data"),
    )  # fmt: skip


def wanted_from(state: Any, text: Any, layer: Any, model: Any) -> Wanted:
    """The filters as they were sent, what makes no sense left out."""
    return Wanted(
        words=text.strip()[:100] or None if isinstance(text, str) else None,
        layer=layer if isinstance(layer, str) else None,
        model=model if isinstance(model, str) else None,
        state=state if state in STATES else None,
    )


def read_rows(services: Services, wanted: Wanted, cursor: Any) -> tuple[Any, ...]:
    """Rows, the following page's cursor, which list this is, and the sentence that counts."""
    language, now = current_language(), services.now()
    name = repr(wanted)
    after = ""
    if isinstance(cursor, Mapping) and cursor.get("list") == name:
        after = str(cursor.get("at") or "").replace("\x00", "")
    with reading(services.engine) as conn:
        found = directory.page(conn, wanted, after=after, most=_PER_PAGE + 1)
        counts = directory.counts(conn, wanted)
        shown = found[:_PER_PAGE]
        known = health.of_devices(conn, [one.device_no for one in shown])
    how = {one.device_no: one for one in known}
    rows = [row(one, how.get(one.device_no), services.layers, language, now) for one in shown]
    following = found[_PER_PAGE - 1].device_id if len(found) > _PER_PAGE else None
    told = words("devices.counted", language, n=sum(counts.values()), **counts)
    return rows, following, name, told


def _first(address: str | None) -> dict[str, str] | None:
    """What the form begins with when another page asks for it: ``?add=ID&mn=NAME``."""
    query = query_of(address)
    if "add" not in query:
        return None
    try:
        device_id = str(parse_device_id(query["add"]))
    except ValueError:
        device_id = ""
    return {"device_id": device_id, "mn": query.get("mn", "")[:64],
            "station_code": query.get("station_code", "")[:10]}  # fmt: skip


PAGE = Page(
    path="/devices",
    permission=_VIEW,
    title="devices.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "registry/registry.css"),
    scripts=REGISTRY_SCRIPTS,
    body_class="cc-dark",
)
