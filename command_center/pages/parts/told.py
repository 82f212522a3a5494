"""Small pieces of pages."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from command_center.problem import Language
from command_center.wording import words


def section(key: str, language: Language, *content: Component | None) -> Component:
    """A part of the panel under a heading from the wording."""
    parts = [one for one in content if one is not None]
    return html.Section([html.H3(words(key, language)), *parts])


def fact(key: str, value: Component | str, language: Language) -> tuple[Component, Component]:
    """A name and its value, for a list of facts."""
    return html.Dt(words(key, language)), html.Dd(value)


def labelled(key: str, control: Component, language: Language) -> Component:
    """A control under its name."""
    return html.Label([html.Span(words(key, language)), control], className="cc-field")


def side_drawer(hint: str, language: Language) -> Component:
    """The panel at the side of a list; ``hint`` says what to choose."""
    return html.Aside(
        id="side",
        className="cc-drawer",
        children=[
            html.Button(
                "×", id="side-close", className="cc-close", type="button",
                **aria(label=words("wall.close", language)),
            ),
            html.Div(id="story", className="cc-scroll",
                     children=html.P(hint, className="cc-hint")),
        ],
        **aria(label=words("wall.side", language)),
    )  # fmt: skip


def aria(**names: str) -> dict[str, Any]:
    """ARIA attributes: ``aria(label="...")`` is ``aria-label``."""
    return {f"aria-{name}": value for name, value in names.items()}


def data(**names: str) -> dict[str, Any]:
    """Data attributes, for tests and scripts: ``data(story="...")`` is ``data-story``."""
    return {f"data-{name}": value for name, value in names.items()}


def photo(attachment: Any, language: Language) -> Component:
    """A photo as it may be shown: re-encoded ones only, else what became of it."""
    kind = words(f"story.photo_{attachment.kind}", language)
    if attachment.state == "ready":
        address = f"/attachments/{attachment.attachment_id}"
        picture = html.Img(src=address, alt=kind)
        return html.Li(html.A([picture, html.Span(kind)], href=address, target="_blank"))
    return html.Li(html.Span(words(f"story.photo_{attachment.state}", language)))
