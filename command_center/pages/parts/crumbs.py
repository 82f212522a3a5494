"""The way from the city down to where something is, each step a link."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.told import aria, data
from command_center.problem import Language
from command_center.views.story import titled
from command_center.wording import words
from grid.model.found import Step


def crumbs(
    steps: Sequence[Step], language: Language, *, cell: tuple[int, str] | None = None,
    building: tuple[str, str] | None = None, here: bool = False,
) -> Component:  # fmt: skip
    """City › district › street › community, and the ``cell`` (id, code) and ``building`` (code,
    name) when they are given.

    ``here``: the last one is what is open; it is told, not linked.
    """
    links = [opens("area", one.code, titled(one, "name", language)) for one in steps]
    if cell is not None:
        links.append(opens("cell", cell[0], cell[1]))
    if building is not None:
        links.append(opens("component", *building))
    items = [html.Li(one) for one in links]
    if here and items:
        last = cell[1] if cell is not None else titled(steps[-1], "name", language)
        items[-1] = html.Li(last, **aria(current="page"))
    return html.Nav(
        html.Ol(items), className="cc-crumbs", **aria(label=words("story.area_path", language))
    )


def opens(kind: str, key: str | int, content: str | Sequence[Component]) -> Component:
    """A link to the wall with something open; on the wall itself it opens at once."""
    return html.A(content, href=f"/?{kind}={key}", **data(open=f"{kind}:{key}"))
