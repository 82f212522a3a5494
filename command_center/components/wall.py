"""Python side of the components of the wall: names and properties, nothing else.

Every component but ``Chart`` and ``Pulse`` takes ``config``, the dictionary that
``command_center.views.wall.wall_config`` makes: words, layers, metrics, city.
"""

from __future__ import annotations

from typing import Any, ClassVar

from dash.development.base_component import Component

_NAMESPACE = "cc_wall"


class _Wall(Component):
    """What Dash wants to know of a component; subclasses name their properties."""

    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = ["children"]
    _namespace = _NAMESPACE
    _type = "Wall"
    _prop_names: ClassVar[list[str]] = []
    _valid_wildcard_attributes: ClassVar[list[str]] = []
    available_wildcard_properties: ClassVar[list[str]] = []

    def __init__(self, **properties: Any) -> None:
        self.available_properties = self._prop_names
        super().__init__(**{k: v for k, v in properties.items() if v is not None})


class CityMap(_Wall):
    """The map. ``initial`` {kind, id} is opened first; ``clicked`` {kind, id, at} is told back."""

    _namespace = _NAMESPACE
    _type = "CityMap"
    _prop_names: ClassVar[list[str]] = ["id", "config", "initial", "clicked"]


class Figures(_Wall):
    """The few numbers that matter now, each a link to the tickets behind it."""

    _namespace = _NAMESPACE
    _type = "Figures"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Layers(_Wall):
    """The layers as switches with counts, the legend, the open tickets by department."""

    _namespace = _NAMESPACE
    _type = "Layers"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Attention(_Wall):
    """The open tickets, most urgent first."""

    _namespace = _NAMESPACE
    _type = "Attention"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Ticker(_Wall):
    """The last events."""

    _namespace = _NAMESPACE
    _type = "Ticker"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Clock(_Wall):
    """The server's time in the city's zone."""

    _namespace = _NAMESPACE
    _type = "Clock"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Health(_Wall):
    """One lamp for each process."""

    _namespace = _NAMESPACE
    _type = "Health"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Banner(_Wall):
    """Says since when the data is stale; empty while all is well."""

    _namespace = _NAMESPACE
    _type = "Banner"
    _prop_names: ClassVar[list[str]] = ["id", "config"]


class Pulse(_Wall):
    """Invisible: ``pulses`` counts up when tickets changed, at most once in ``every`` ms."""

    _namespace = _NAMESPACE
    _type = "Pulse"
    _prop_names: ClassVar[list[str]] = ["id", "socket", "every", "pulses"]


class Chart(_Wall):
    """A plotly figure; its mode bar never offers to send data away (``assets/wall/chart.js``)."""

    _namespace = _NAMESPACE
    _type = "Chart"
    _prop_names: ClassVar[list[str]] = ["id", "figure", "label", "config"]
