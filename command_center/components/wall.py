"""Python side of the components of the wall: names and properties, nothing else.

Every component but ``Chart`` and ``Pulse`` takes ``config``, the dictionary that
``command_center.views.wall.wall_config`` makes: words, layers, metrics, city.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from dash.development.base_component import Component

_NAMESPACE = "cc_wall"
# With every property that a component is given Dash imports its namespace, to name a version in an
# error. One that cannot be imported is looked for anew each time: 0.4 ms for each component.
sys.modules.setdefault(_NAMESPACE, sys.modules[__name__])


def _names(*names: str) -> list[str]:
    return list(names)


class _Wall(Component):
    """What Dash wants to know of a component; subclasses name their properties."""

    _children_props = _names()
    _base_nodes = _names("children")
    _namespace = _NAMESPACE
    _type = "Wall"
    _prop_names = _names()
    _valid_wildcard_attributes = _names()
    available_wildcard_properties = _names()

    def __init__(self, **properties: Any) -> None:
        self.available_properties = self._prop_names
        given = {k: v for k, v in properties.items() if v is not None}
        super().__init__(**given)  # type: ignore[no-untyped-call]  # Dash's own


class CityMap(_Wall):
    """The map; what is clicked on it becomes the page's `Selection`."""

    _namespace = _NAMESPACE
    _type = "CityMap"
    _prop_names = _names("id", "config")


class Selection(_Wall):
    """Invisible: ``clicked`` {kind, id, at} is what the page has open; also for the address.

    With ``areas`` the address may choose an area, too.
    ``socket``: another address of the live connection; "none": the page has none.
    """

    _namespace = _NAMESPACE
    _type = "Selection"
    _prop_names = _names("id", "socket", "areas", "clicked")


class Figures(_Wall):
    """The few numbers that matter now, each a link to the tickets behind it."""

    _namespace = _NAMESPACE
    _type = "Figures"
    _prop_names = _names("id", "config")


class Layers(_Wall):
    """The layers as switches with counts, the legend, the open tickets by department."""

    _namespace = _NAMESPACE
    _type = "Layers"
    _prop_names = _names("id", "config")


class Alarms(_Wall):
    """What is grave, new and in nobody's hands yet, to be acknowledged; the switch of the sound."""

    _namespace = _NAMESPACE
    _type = "Alarms"
    _prop_names = _names("id", "config")


class Attention(_Wall):
    """The open tickets, most urgent first."""

    _namespace = _NAMESPACE
    _type = "Attention"
    _prop_names = _names("id", "config")


class Ticker(_Wall):
    """The last events."""

    _namespace = _NAMESPACE
    _type = "Ticker"
    _prop_names = _names("id", "config")


class TimeMachine(_Wall):
    """The door to the past, the slider through it, and the strip that says what is shown.

    ``words``: the wording of ``past.toml``.
    """

    _namespace = _NAMESPACE
    _type = "TimeMachine"
    _prop_names = _names("id", "config", "words")


class Clock(_Wall):
    """The server's time in the city's zone."""

    _namespace = _NAMESPACE
    _type = "Clock"
    _prop_names = _names("id", "config")


class Health(_Wall):
    """One lamp for each process."""

    _namespace = _NAMESPACE
    _type = "Health"
    _prop_names = _names("id", "config")


class Banner(_Wall):
    """Says since when the data is stale; empty while all is well."""

    _namespace = _NAMESPACE
    _type = "Banner"
    _prop_names = _names("id", "config")


class Pulse(_Wall):
    """Invisible: ``pulses`` counts up when tickets changed, at most once in ``every`` ms."""

    _namespace = _NAMESPACE
    _type = "Pulse"
    _prop_names = _names("id", "socket", "every", "pulses")


class LanguageSwitch(_Wall):
    """A form that chooses the language ``value`` and stays at the same address.

    With ``here`` the page is not loaded anew: ``chosen`` becomes the language, and the page
    answers by saying everything in it, ``title`` (of the document) too.
    """

    _namespace = _NAMESPACE
    _type = "LanguageSwitch"
    _prop_names = _names("id", "value", "label", "here", "chosen", "title")


class ThemeSwitch(_Wall):
    """A button that takes the other theme; ``words`` {dark, light}: what it says of each."""

    _namespace = _NAMESPACE
    _type = "ThemeSwitch"
    _prop_names = _names("id", "words")


class ScreenMenu(_Wall):
    """The menu of the screen: start view, saved views, presentation, picture, print."""

    _namespace = _NAMESPACE
    _type = "ScreenMenu"
    _prop_names = _names("id", "config")


class Search(_Wall):
    """A field that finds tickets, devices, areas, cells, facilities and places, and opens them."""

    _namespace = _NAMESPACE
    _type = "Search"
    _prop_names = _names("id", "config")


class Mark(_Wall):
    """One mark: the severity's shape with the layer's glyph, or the layer's own mark."""

    _namespace = _NAMESPACE
    _type = "Mark"
    _prop_names = _names("id", "config", "severity", "layer")

    def __init__(
        self, *, config: Mapping[str, Any], severity: int | None = None, layer: str | None = None
    ) -> None:
        """Of ``config`` it is sent what a mark looks like, no more: pages have many of them."""
        looks = [
            {name: one[name] for name in ("code", "colour", "shape", "icon")}
            for one in config["layers"]
            if one["code"] == layer
        ]
        own = {"severity": config["severity"], "layers": looks}
        super().__init__(config=own, severity=severity, layer=layer)


class Due(_Wall):
    """A deadline counting down; ``due_at`` and ``yellow_at`` are ISO 8601 or absent, ``state`` is
    that of a ticket."""

    _namespace = _NAMESPACE
    _type = "Due"
    _prop_names = _names("id", "config", "due_at", "yellow_at", "state")


class Values(_Wall):
    """The latest values of ``device`` (its number), as they come."""

    _namespace = _NAMESPACE
    _type = "Values"
    _prop_names = _names("id", "config", "device")


class TicketList(_Wall):
    """The open tickets of a ``device``, ``cell`` (cell_id), ``area`` (area_id) or ``layer`` (code).

    ``most``: how many are listed. ``href``: where all of them are listed. Where the wall is not
    told of all of them one by one: ``open`` {n, tickets}, how many there are, and the most urgent.
    """

    _namespace = _NAMESPACE
    _type = "TicketList"
    _prop_names = _names("id", "config", "device", "cell", "area", "layer", "most", "href", "open")


class DeviceList(_Wall):
    """The devices of a ``layer`` (code), or ``devices`` (numbers), the loud ones first."""

    _namespace = _NAMESPACE
    _type = "DeviceList"
    _prop_names = _names("id", "config", "layer", "devices")


class Here(_Wall):
    """Invisible: tells the map that the story of ``of`` ("kind:id") stands ``at`` [lon, lat].

    ``outline`` (a GeoJSON geometry; of a cell) is drawn as long as this is on the page.
    """

    _namespace = _NAMESPACE
    _type = "Here"
    _prop_names = _names("id", "of", "at", "outline")


class Markup(_Wall):
    """What needs no callback: ``tree`` [text or [name, properties, child...]], drawn as it is.

    A name with a capital is a component of the wall; its ``config: True`` is this ``config``.
    """

    _namespace = _NAMESPACE
    _type = "Markup"
    _prop_names = _names("tree", "config")


class Drawing(_Wall):
    """Invisible: ``features`` (GeoJSON) are drawn on the map while this is on the page.

    Properties: ``kind`` (area, cell, line, text), ``colour``, ``text``, ``level``. Marks of other
    layers than ``layers`` step back.
    """

    _namespace = _NAMESPACE
    _type = "Drawing"
    _prop_names = _names("id", "features", "layers")


class WarningDoor(_Wall):
    """The button that takes in a CAP file; ``words``: those of the themes."""

    _namespace = _NAMESPACE
    _type = "WarningDoor"
    _prop_names = _names("id", "words")


class Actions(_Wall):
    """What can be done to a ticket: buttons, forms, the POST; ``acted`` changes afterwards.

    ``actions`` [{key, verb, label, needs, main, supervised?, proposal?}], ``departments``,
    ``crews`` and ``events`` [{value, label, department?}], ``suggested`` {department, crew} with
    ``suggestion`` (why).
    """

    _namespace = _NAMESPACE
    _type = "Actions"
    _prop_names = _names(
        "id", "config", "number", "version", "actions", "departments", "crews", "department",
        "events", "suggested", "suggestion", "acted",
    )  # fmt: skip


class ProjectBoard(_Wall):
    """The projects by department and stage, as they are now; those of one ``kind``, if given."""

    _namespace = _NAMESPACE
    _type = "ProjectBoard"
    _prop_names = _names("id", "config", "kind")


class ProjectList(_Wall):
    """The projects, the most urgent first; ``most`` of those of one ``kind``, where given."""

    _namespace = _NAMESPACE
    _type = "ProjectList"
    _prop_names = _names("id", "config", "kind", "most")


class ProjectActions(_Wall):
    """What can be done to a project: buttons, forms, photos; ``acted`` changes afterwards.

    ``words``: the page's wording. ``actions`` [{verb, label, needs, main}]; ``choices`` {field:
    [{value, label}]} for the fields that are chosen from a list; ``facts``: what is known already.
    """

    _namespace = _NAMESPACE
    _type = "ProjectActions"
    _prop_names = _names(
        "id", "config", "words", "number", "version", "actions", "choices", "facts", "acted"
    )


class ProjectDoor(_Wall):
    """The button that opens a project by hand, with its form; ``acted`` changes afterwards."""

    _namespace = _NAMESPACE
    _type = "ProjectDoor"
    _prop_names = _names("id", "words", "kinds", "departments", "acted")


class Stages(_Wall):
    """A strip of ``stages`` [{value, label, count, late, mark}]; ``value``: the one chosen."""

    _namespace = _NAMESPACE
    _type = "Stages"
    _prop_names = _names("id", "stages", "value", "label")


class StageMark(_Wall):
    """One mark of a stage: ``look`` {shape, colour, sign, late}."""

    _namespace = _NAMESPACE
    _type = "StageMark"
    _prop_names = _names("id", "look")


class Bulk(_Wall):
    """The open tickets in a ``box`` (west, south, east, north) or a ``polygon`` (its corners),
    to act on all that are ticked.

    ``verbs`` [{verb, label, needs}], ``departments`` [{value, label}]; ``most``: how many at once.
    Where the wall is not told of all of them one by one: ``open`` {n, tickets}.
    """

    _namespace = _NAMESPACE
    _type = "Bulk"
    _prop_names = _names(
        "id", "config", "box", "polygon", "verbs", "departments", "most", "open"
    )  # fmt: skip


class Queue(_Wall):
    """A table of tickets: ``rows`` as ``command_center.views.queue.row`` makes them."""

    _namespace = _NAMESPACE
    _type = "Queue"
    _prop_names = _names("id", "config", "rows", "heads", "label", "none")


class PlacePicker(_Wall):
    """A small map; a click on it becomes ``place`` [lon, lat] (WGS-84)."""

    _namespace = _NAMESPACE
    _type = "PlacePicker"
    _prop_names = _names("id", "config", "place")


class Chart(_Wall):
    """A plotly figure; ``live`` {device, metric} lets its first trace grow as readings come.

    Its mode bar never offers to send data away (``assets/wall/chart.js``).
    """

    _namespace = _NAMESPACE
    _type = "Chart"
    _prop_names = _names("id", "figure", "label", "config", "live")
