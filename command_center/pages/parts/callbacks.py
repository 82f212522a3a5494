"""What the callbacks of the wall and of the desk share."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Input, Output
from dash.exceptions import PreventUpdate

from command_center.access.context import current_language, logged_in
from command_center.pages.page import PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.reader import Reader
from command_center.services import Services
from events.model.access import Permission


def read_reader(services: Services) -> Reader:
    """Who asks, for the panels."""
    actor, language = logged_in(), current_language()
    city = frame.read_city(services)
    return Reader(
        actor=actor,
        language=language,
        now=services.now(),
        zone=ZoneInfo(city.time_zone),
        config=frame.config_for(city, actor, services, language),
    )


def add_panel_callbacks(app: PageApp) -> None:
    """Closing the side panel, and reading a story again after an action."""
    app.clientside_callback(
        ClientsideFunction(namespace="cc_wall", function_name="closeSide"),
        Output("side-close", "title"),
        Input("side-close", "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction(namespace="cc_wall", function_name="reloadStory"),
        Output("side", "title"),
        Input("actions", "acted"),
        prevent_initial_call=True,
    )


def pass_on_acts(app: PageApp, component: str, permission: Permission) -> None:
    """What was done with ``component``, which need not be there yet, goes into ``acted-here``.

    The page's list and panel are read again by that: a callback with an input that is not on the
    page would not run at all.
    """

    @app.callback(
        Output("acted-here", "data", allow_duplicate=True), Input(component, "acted"),
        permission=permission, prevent_initial_call=True,
    )  # fmt: skip
    def acted(when: Any) -> Any:
        if not when:
            raise PreventUpdate
        return when
