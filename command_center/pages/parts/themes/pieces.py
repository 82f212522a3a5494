"""What the thematic views are made of: heads, tables, marks on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import shapely
from dash import html
from dash.development.base_component import Component

from command_center.components import DeviceList, Drawing, Mark
from command_center.pages.parts.crowded import layer_tickets
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import aria, data, section
from command_center.services import Services
from command_center.views.story import titled
from command_center.wording import words
from iot_ingest.model.device import Device
from layers.contract import SEVERITY, Layer

Feature = dict[str, Any]
# Of a layer so many are listed below its own parts.
_MOST_TICKETS = 12
CALM = "#9fd0ff"
QUIET = "#8a9db8"


def theme(
    services: Services, layer: Layer, reader: Reader, parts: Sequence[Component | None],
    features: Sequence[Feature], *, layers: Sequence[str],
) -> Component:  # fmt: skip
    """The view of a layer: its head, its own parts, then what every layer has."""
    language = reader.language
    head = html.Header(
        [
            Mark(config=reader.config, layer=layer.code),
            html.Div([html.H2(titled(layer, "name", language)),
                      html.P(layer.purpose.told(language))]),
        ],
        className="cc-story-head",
    )  # fmt: skip
    tickets = layer_tickets(services, reader, layer.code, most=_MOST_TICKETS)
    usual = [section("story.tickets_here", language, tickets)]
    if layer.metrics:
        devices = DeviceList(id="layer-devices", config=reader.config, layer=layer.code)
        folded = html.Details([html.Summary(words("story.devices_here", language)), devices])
        usual.append(html.Section(folded))
    drawing = Drawing(id="drawing", features=list(features), layers=list(layers))
    shown = [one for one in parts if one is not None]
    return html.Article(
        [head, *shown, *usual, drawing], className="cc-story cc-theme", **data(theme=layer.code)
    )


def table(
    label: str, heads: Sequence[str], rows: Sequence[Component], *, kind: str = ""
) -> Component:
    """A table of a view; ``kind`` for its looks."""
    cells = [html.Th(one, scope="col") for one in heads]
    body = [html.Thead(html.Tr(cells)), html.Tbody(list(rows))]
    return html.Div(
        html.Table(body, className=f"cc-theme-table {kind}", **aria(label=label)),
        className="cc-theme-box",
    )


def folded(label: str, heads: Sequence[str], rows: Sequence[Component], most: int, more: str,
           *, kind: str = "rain") -> list[Component]:  # fmt: skip
    """The first rows of a table; the others below it, folded, under a sentence that counts them."""
    shown = [table(label, heads, rows[:most], kind=kind)]
    if len(rows) > most:
        rest = table(label, heads, rows[most:], kind=kind)
        shown.append(html.Details([html.Summary(more), rest]))
    return shown


def named(*content: Component | str) -> Component:
    """A mark and a name, side by side."""
    return html.Span(list(content), className="cc-named")


def device_link(device: Device, reader: Reader) -> Component:
    """A device's name; a click opens it at the side."""
    return html.A(
        titled(device, "name", reader.language), href=f"/?device={device.device_no}",
        **data(open=f"device:{device.device_no}"),
    )  # fmt: skip


def level_mark(level: int, layer: str, reader: Reader) -> Component:
    """The mark of a warning colour; of none where it is quiet."""
    if not level:
        return html.I(className="cc-quiet", **aria(hidden="true"))
    return Mark(config=reader.config, severity=level, layer=layer)


def level_name(level: int, reader: Reader) -> str:
    """The name of a warning colour: never by colour alone."""
    return SEVERITY[level].names.told(reader.language)


def colour_of(level: int | None) -> str:
    """A warning colour on the map."""
    return SEVERITY[level].colour if level else CALM


def note(text: str) -> Component:
    """A sentence in small letters."""
    return html.P(text, className="cc-note")


def empty(key: str, reader: Reader) -> Component:
    """Said instead of a list that has nothing."""
    return html.P(words(key, reader.language), className="cc-empty")


def text_at(lon: float, lat: float, text: str, level: int) -> Feature:
    """Words beside a place."""
    return feature(
        {"type": "Point", "coordinates": [lon, lat]}, "text", colour_of(level), text=text,
        level=level,
    )  # fmt: skip


def shape(kind: str, geojson: str, level: int | None, text: str = "") -> Feature:
    """An area or a cell from its GeoJSON."""
    more = {"text": text} if text else {}
    return feature(orjson.loads(geojson), kind, colour_of(level), **more)


def line(points: Sequence[tuple[float, float]], colour: str) -> Feature:
    """A line with a direction, from its first point to its last."""
    return feature(
        {"type": "LineString", "coordinates": [list(at) for at in points]}, "line", colour
    )


def feature(geometry: Mapping[str, Any], kind: str, colour: str, **more: Any) -> Feature:
    """One thing that is drawn."""
    return {"type": "Feature", "geometry": dict(geometry),
            "properties": {"kind": kind, "colour": colour, **more}}  # fmt: skip


def extent(shapes: Sequence[str]) -> str | None:
    """West, south, east, north of some GeoJSON, for a link that shows it; None of nothing."""
    if not shapes:
        return None
    bounds = shapely.total_bounds([shapely.from_geojson(one) for one in shapes])
    return ",".join(f"{one:.5f}" for one in bounds)
