"""A hotline call becomes an event: the caller's words, a category, a place."""

from __future__ import annotations

import re
import uuid
from typing import Any

from dash import ClientsideFunction, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import PlacePicker
from command_center.pages.page import PageApp
from command_center.pages.parts.told import aria
from command_center.problem import Language, Problem
from command_center.services import Services
from command_center.views.story import titled
from command_center.wording import catalogue, words
from events.actions.record import record
from events.model.access import Permission
from events.model.event import EventDraft, Source
from events.model.problems import Refused
from events.store import rules
from grid.store import cells
from grid.store.postgis import reading, transaction

_LONGEST = 2_000


def hotline_dialog(services: Services, config: dict[str, Any], language: Language) -> Component:
    """The form; hidden until it is asked for."""
    with reading(services.engine) as conn:
        choices = [
            {"label": titled(one, "name", language), "value": one.code}
            for one in rules.categories(conn)
            if one.for_residents
        ]
    told = {one: words(f"desk.hotline_{one}", language)
            for one in ("title", "words", "category", "place", "place_hint", "send")}  # fmt: skip
    form = [
        html.H2(told["title"], id="hotline-title"),
        html.Label([html.Span(told["words"]),
                    dcc.Textarea(id="hotline-words", maxLength=_LONGEST, rows=4)],
                   className="cc-field"),
        html.Label([html.Span(told["category"]),
                    dcc.Dropdown(choices, id="hotline-category", searchable=False)],
                   className="cc-field"),
        html.Label([html.Span(told["place"]),
                    dcc.Input(id="hotline-place", placeholder=told["place_hint"], maxLength=60)],
                   className="cc-field"),
        html.Div(id="hotline-map-box"),
        html.P(id="hotline-told", role="status", className="cc-why"),
        html.Div([
            html.Button(told["send"], id="hotline-send", type="button",
                        className="cc-button strong"),
            html.Button(words("wall.close", language), id="hotline-close", type="button",
                        className="cc-button"),
        ], className="cc-buttons"),
        dcc.Store(id="hotline-config", data=config),
    ]  # fmt: skip
    return html.Div(
        html.Div(form),
        id="hotline",
        className="cc-dialog",
        role="dialog",
        **aria(modal="true", labelledby="hotline-title"),
    )


def add_hotline_callbacks(
    app: PageApp, services: Services, permission: Permission, act: Permission
) -> None:
    """Opening and closing the form, and recording the call (for those with ``act``)."""

    @app.callback(
        Output("hotline-map-box", "children"),
        Input("hotline-open", "n_clicks"),
        State("hotline-config", "data"),
        permission=permission,
        prevent_initial_call=True,
    )
    def show_map(_clicks: int | None, config: dict[str, Any]) -> Component:
        return PlacePicker(id="hotline-map", config=config)

    @app.callback(
        Output("hotline-place", "value"),
        Input("hotline-map", "place"),
        permission=permission,
        prevent_initial_call=True,
    )
    def point(place: list[float] | None) -> str:
        if not place:
            raise PreventUpdate
        return ", ".join(str(one) for one in place)

    @app.callback(
        Output("hotline-told", "children"),
        Output("hotline-words", "value"),
        Input("hotline-send", "n_clicks"),
        State("hotline-words", "value"),
        State("hotline-category", "value"),
        State("hotline-place", "value"),
        permission=act,
        prevent_initial_call=True,
    )
    def enter(_clicks: int | None, said: Any, category: Any, place: Any) -> tuple[str, Any]:
        language = current_language()
        try:
            cell = enter_call(services, str(said or ""), str(category or ""), str(place or ""))
        except Problem as problem:
            return problem.told(language), said
        except Refused as refused:
            return refused.told(language), said
        except DBAPIError:
            return words("story.away", language), said
        return words("desk.hotline_done", language, cell=cell), ""

    for name, button in (("openDialog", "hotline-open"), ("closeDialog", "hotline-close")):
        app.clientside_callback(
            ClientsideFunction(namespace="cc_wall", function_name=name),
            Output(button, "title"),
            Input(button, "n_clicks"),
            prevent_initial_call=True,
        )


def enter_call(services: Services, said: str, category: str, place: str) -> str:
    """Record a call in the name of the caller of this callback; the code of its cell.

    Raises Problem for what is missing, Refused (OutsideCity, Incomplete) from the record.
    """
    actor = logged_in()
    said = "".join(one for one in said if one.isprintable() or one in "\n\t")
    if not said.strip():
        raise _problem("hotline_words_missing")
    now = services.now()
    with transaction(services.engine, actor.key) as conn:
        known = {one.code: one for one in rules.categories(conn)}.get(category)
        if known is None:
            raise _problem("hotline_category_missing")
        lon, lat = _position(conn, place)
        draft = EventDraft(
            key=f"hotline:{uuid.uuid4()}",
            source=Source.HOTLINE,
            category_code=known.code,
            severity=known.severity,
            occurred_at=now,
            lon=lon,
            lat=lat,
            description=said.strip()[:_LONGEST],
        )
        return record(conn, [draft], by=actor, now=now)[0].cell_code or "–"


def _position(conn: Connection, place: str) -> tuple[float, float]:
    """A cell code, or longitude and latitude, as a position."""
    text = place.strip()
    if re.fullmatch(r"[0-9]{15}", text):
        cell = cells.by_code(conn, text)
        if cell is None:
            raise _problem("hotline_cell_unknown", code=text)
        inside = cell.geometry.representative_point()
        return inside.x, inside.y
    parts = re.split(r"[\s,，]+", text)
    try:
        lon, lat = (float(one) for one in parts)
    except ValueError:
        raise _problem("hotline_place_missing") from None
    return lon, lat


def _problem(key: str, **values: object) -> Problem:
    texts = catalogue("desk")[key]
    return Problem(zh=texts["zh"].format(**values), en=texts["en"].format(**values))
