"""A panel whose plain parts are one component.

For each component of its own Dash keeps a subscription to everything that changes on the page; a
story of a hundred small ones is on the screen twice as late as the same story in one piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash.development.base_component import Component

from command_center.components import Markup

# Components of the wall that tell nothing back to a callback (no `setProps`).
SILENT = frozenset({
    "DeviceList", "Due", "Here", "Mark", "ProjectBoard", "ProjectList", "StageMark", "TicketList",
    "Values",
})  # fmt: skip


def folded(panel: Component, config: Mapping[str, Any]) -> Component:
    """``panel`` with all that no callback is about drawn by as few components as possible.

    What has an ``id``, what tells something back and what holds such a thing stay as they are.
    ``config`` is what its live parts share; it is sent once for all that stand together.
    """
    (whole,) = _fold([panel], config)
    return whole


def _fold(parts: Sequence[Any], config: Mapping[str, Any]) -> list[Component]:
    done: list[Component] = []
    plain: list[Any] = []
    for part in (one for one in parts if one is not None):
        node = _node(part, config)
        if node is not None:
            plain.append(node)
        else:
            done += _markup(plain, config)
            plain = []
            if _is_html(part):
                part.children = _fold(_children(part), config)
            done.append(part)
    return [*done, *_markup(plain, config)]


def _markup(tree: list[Any], config: Mapping[str, Any]) -> list[Component]:
    if not tree:
        return []
    return [Markup(tree=tree, config=config if _shares(tree) else None)]


def _shares(tree: Sequence[Any]) -> bool:
    """Whether one of them needs the config that all share."""
    return any(
        isinstance(one, list) and (one[1].get("config") is True or _shares(one[2:])) for one in tree
    )


def _node(part: Any, config: Mapping[str, Any]) -> Any:
    """What assets/wall/markup.js draws: text, or [name, properties, child...]; None: not plain."""
    if not isinstance(part, Component):
        if not isinstance(part, str | int | float):  # what came from data must not become a name
            raise TypeError(f"neither a text nor a component: {part!r}")
        return part
    told = part.to_plotly_json()
    properties = {name: value for name, value in told["props"].items() if name != "children"}
    if not _is_html(part):
        if told["type"] not in SILENT:
            return None
        if properties.get("config") is config:
            properties["config"] = True
        return [told["type"], properties]
    if "id" in properties:
        return None
    inside = [_node(one, config) for one in _children(part) if one is not None]
    if None in inside:
        return None
    return [told["type"].lower(), properties, *inside]


def _is_html(part: Any) -> bool:
    return isinstance(part, Component) and part._namespace == "dash_html_components"


def _children(part: Component) -> Sequence[Any]:
    children = getattr(part, "children", None)
    return children if isinstance(children, list | tuple) else [children]
