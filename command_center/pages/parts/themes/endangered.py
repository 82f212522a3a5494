"""Cells in danger: lower than the water of a gauge, under measured water, or reported."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.pages.parts.crumbs import opens
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes import pieces
from command_center.pages.parts.told import section
from command_center.views.flood import Level
from command_center.views.story import titled
from command_center.wording import words
from events.model.told import EndangeredCell
from events.store import told as told_store
from grid.model.cell import LowCell, Water
from grid.store import cells
from iot_ingest.model.device import Device

_MOST_CELLS = 12
# So far around a gauge its level tells anything, unless it says so itself (`reach_m`).
_REACH_M = 1_000.0
_MOST_REACH_M = 10_000.0
# On the map.
_MOST_LOW = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Endangered:
    """What is measured: ``ponding`` gauges above a mark with their cell (id -> code, GeoJSON); the
    cells that lie ``low``, and the gauge of each; of how many cells the city knows ``heights``, and
    how many there are; ``unclear``: high gauges whose zero or reach is no number."""

    ponding: Sequence[Level]
    shapes: Mapping[int, tuple[str, str]]
    low: Sequence[tuple[LowCell, Level]]
    heights: tuple[int, int]
    unclear: Sequence[Level]


def measured(conn: Connection, rivers: Sequence[Level], roads: Sequence[Level]) -> Endangered:
    """The cells in danger by the levels of rivers and of water on roads."""
    wet = [one for one in roads if one.level and one.device.cell_id]
    high = [one for one in rivers if one.level and one.value is not None]
    heights = cells.known_elevations(conn)
    waters = {one.device.device_no: _water(one) for one in high} if heights[0] else {}
    clear = [(one, waters[one.device.device_no]) for one in high if heights[0]]
    asked = [(one, water) for one, water in clear if water is not None]
    low = cells.lower(conn, [water for _, water in asked], most=_MOST_LOW) if asked else []
    shapes = told_store.shapes(conn, [one.device.cell_id or 0 for one in wet])
    return Endangered(
        ponding=[one for one in wet if one.device.cell_id in shapes], shapes=shapes,
        low=[(one, asked[one.water][0]) for one in low], heights=heights,
        unclear=[one for one, water in clear if water is None],
    )  # fmt: skip


def _water(one: Level) -> Water | None:
    """How high the water of a gauge stands; None where its zero or its reach is no number."""
    zero = _number(one.device, "zero_m", 0.0)
    reach = _number(one.device, "reach_m", _REACH_M)
    if zero is None or reach is None or not 0 < reach <= _MOST_REACH_M:
        return None
    return Water(lon=one.device.lon, lat=one.device.lat, height_m=(one.value or 0.0) + zero,
                 reach_m=reach)  # fmt: skip


def _number(device: Device, name: str, otherwise: float) -> float | None:
    said = device.attributes.get(name, otherwise)
    try:
        found = float(said)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def cells_section(
    found: Endangered, reported: Sequence[EndangeredCell], reader: Reader
) -> Component:
    """The list: water that is measured there first, then what was reported, then what lies low."""
    language = reader.language
    wet = [
        (one.device.cell_id or 0, found.shapes[one.device.cell_id or 0][0], one.level,
         words("themes.cell_wet", language, value=f"{one.value:.2f}",
               name=titled(one.device, "name", language)))
        for one in found.ponding
    ]  # fmt: skip
    told = [
        (one.cell_id, one.code, one.level, words("themes.cell_tickets", language, n=one.tickets))
        for one in reported
    ]
    low = [
        (cell.cell_id, cell.code, gauge.level,
         words("themes.cell_low", language, depth=f"{cell.depth_m:.2f}",
               name=titled(gauge.device, "name", language)))
        for cell, gauge in found.low
    ]  # fmt: skip
    # each cell once: what is measured or reported says more than that it lies low
    every: dict[int, tuple[int, str, int, str]] = {}
    for one in (*wet, *told, *low):
        every.setdefault(one[0], one)
    rows = [_row(*one, reader) for one in list(every.values())[:_MOST_CELLS]]
    said = pieces.note(_basis(found, reader))
    if not rows:
        return section("themes.cells", language, pieces.empty("themes.no_cells", reader), said)
    left = len(every) - len(rows)
    more = [pieces.note(words("themes.more_cells", language, n=left))] if left > 0 else []
    shown = html.Ol(rows, className="cc-endangered")
    return section("themes.cells", language, shown, *more, said)


def _basis(found: Endangered, reader: Reader) -> str:
    known, of_all = found.heights
    if not known:
        return words("themes.cells_basis", reader.language)
    told = words("themes.cells_basis_heights", reader.language, reach=f"{_REACH_M:.0f}",
                 n=known, m=of_all)  # fmt: skip
    names = ", ".join(titled(one.device, "name", reader.language) for one in found.unclear)
    more = words("themes.cells_unclear", reader.language, names=names) if names else ""
    return f"{told} {more}".strip()


def _row(cell_id: int, code: str, level: int, said: str, reader: Reader) -> Component:
    mark = pieces.level_mark(level, "flood", reader)
    return html.Li([mark, opens("cell", cell_id, code), html.Span(said)])


def cell_features(found: Endangered, reported: Sequence[EndangeredCell]) -> list[pieces.Feature]:
    """The same cells on the map, each once, as the gravest it is."""
    shapes = {one.cell_id: (one.shape, one.level) for one in reported}
    for cell, gauge in found.low:
        _worse(shapes, cell.cell_id, cell.shape, gauge.level)
    for one in found.ponding:
        _worse(shapes, one.device.cell_id or 0, found.shapes[one.device.cell_id or 0][1], one.level)
    return [pieces.shape("cell", shape, level) for shape, level in shapes.values()]


def _worse(shapes: dict[int, tuple[str, int]], cell_id: int, shape: str, level: int) -> None:
    if cell_id not in shapes or shapes[cell_id][1] < level:
        shapes[cell_id] = (shape, level)
