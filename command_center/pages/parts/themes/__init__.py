"""The thematic views of the wall: a layer that has one opens it, with its part of the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dash.development.base_component import Component

from command_center.pages.parts.place import layer_panel
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes.dust import dust_panel
from command_center.pages.parts.themes.epidemic import epidemic_panel
from command_center.pages.parts.themes.flood import flood_panel
from command_center.pages.parts.themes.outfall import outfall_panel
from command_center.remembered import Kept
from command_center.services import Services

_PANELS: Mapping[str, Callable[[Services, Kept, Reader], Component]] = {
    "construction_dust": dust_panel,
    "epidemic_control": epidemic_panel,
    "flood": flood_panel,
    "outfall": outfall_panel,
}


def theme_panel(services: Services, kept: Kept, code: str, reader: Reader) -> Component:
    """The view of a layer; its devices and tickets where it has none of its own."""
    found = _PANELS.get(code)
    if found is None or code not in services.layers:
        return layer_panel(services, code, reader)
    return found(services, kept, reader)
