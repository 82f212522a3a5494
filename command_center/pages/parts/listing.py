"""A page that shows a list: head, filters, rows, and what was chosen of them at the side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import parse_qs

from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language
from command_center.components import Banner, Rows, Selection
from command_center.pages.page import PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.callbacks import add_panel_callbacks, read_reader
from command_center.pages.parts.told import side_drawer
from command_center.services import Services
from command_center.wording import words
from events.model.access import Actor, Permission, allowed


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What such pages differ in.

    ``name``: their part of the wording and, for the style sheets, of their class; ``kind``: what a
    row is; ``heads``: the columns; ``again_ms``: how often it is read again; ``away``: what is told
    at the side while the database is.
    """

    path: str
    name: str
    kind: str
    heads: tuple[str, ...]
    again_ms: int
    away: str


def list_page(
    listing: Listing, actor: Actor, services: Services, filters: Component, *,
    above: Sequence[Component] = (), below: Sequence[Component] = (),
) -> Component:  # fmt: skip
    """The page; ``above`` and ``below`` the rows stand its own parts.

    Who has no live connection (field staff) gets its list read again now and then all the same.
    """
    language, name = current_language(), listing.name
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    lives = allowed(actor, Permission.VIEW_WALL)
    rows = Rows(
        id="rows",
        kind=listing.kind,
        heads=[words(f"{name}.column_{one}", language) for one in listing.heads],
        label=words(f"{name}.list", language),
        none=words(f"{name}.none", language),
        back=words(f"{name}.back", language),
        forward=words(f"{name}.next", language),
    )
    stacked = " cc-stacked" if above or below else ""
    return html.Div(
        className=f"cc-page cc-desk cc-registry cc-{name}",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="acted-here"),
            Selection(id="selection", socket=None if lives else "none"),
            dcc.Interval(id="again", interval=listing.again_ms),
            frame.header(city, actor, config, language, path=listing.path),
            html.Main(
                [
                    *([Banner(id="banner", config=config)] if lives else []),
                    filters,
                    html.Div([*above, rows, *below], className=f"cc-queue-box{stacked}"),
                    side_drawer(words(f"{name}.choose", language), language),
                ]
            ),
        ],
    )


def add_panel(
    app: PageApp, services: Services, listing: Listing, permission: Permission,
    panel: Callable[..., Component], *also: Input,
) -> None:  # fmt: skip
    """The side: ``panel(id, reader, *values)`` of the row that was clicked, with the values of the
    inputs ``also``, which have it read again."""

    @app.callback(
        Output("story", "children"), Input("selection", "clicked"), *also,
        permission=permission, prevent_initial_call=True,
    )  # fmt: skip
    def show(clicked: Any, *values: Any) -> Component:
        if not is_one(clicked, listing.kind):
            return html.P(words(f"{listing.name}.choose", current_language()), className="cc-hint")
        try:
            return panel(clicked.get("id"), read_reader(services), *values)
        except DBAPIError:
            return html.P(words(listing.away, current_language()), role="alert")

    add_panel_callbacks(app)


def is_one(clicked: Any, kind: str) -> TypeGuard[Mapping[str, Any]]:
    """Whether what was clicked is a ``kind``, as `Selection` tells it."""
    return isinstance(clicked, Mapping) and clicked.get("kind") == kind


def place_in(cursor: Any, name: str, most: int = 10**7) -> int:
    """From where a page of the list ``name`` begins, as `Rows` sends it; 0: from the beginning."""
    at = cursor.get("at") if isinstance(cursor, Mapping) and cursor.get("list") == name else None
    return at if isinstance(at, int) and 0 < at < most else 0


def query_of(address: Any) -> dict[str, str]:
    """What an address asks for after its "?": the last value of each name."""
    text = address.lstrip("?") if isinstance(address, str) else ""
    return {key: values[-1] for key, values in parse_qs(text).items()}
