"""The flood view: warnings, rain, levels, cells in danger, pumps, who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from command_center.components import WarningDoor
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes import pieces
from command_center.pages.parts.themes.endangered import (
    Endangered,
    cell_features,
    cells_section,
    measured,
)
from command_center.pages.parts.themes.known import told_section, warnings_section
from command_center.pages.parts.told import data, section
from command_center.remembered import Kept
from command_center.services import Services
from command_center.views import flood as views
from command_center.views.moments import clock_text, span_text
from command_center.wording import page_words, words
from events.model.access import Permission, allowed, scope
from events.model.told import EndangeredCell, Told
from events.model.warning import Standing, in_language
from events.store import told as told_store
from events.store import warnings as warning_store
from grid.store.postgis import reading
from iot_ingest.model.device import Device
from iot_ingest.model.measured import Moved
from iot_ingest.store import devices as device_store
from iot_ingest.store import metrics as metric_store
from iot_ingest.store import rain, readings, trend
from layers.contract import Bound

LAYERS = ("flood", "sewage_station")
# Open tickets of these say that water stands or runs where it should not.
_WET = ("flooding", "river_level", "sewage_overflow")
_TREND = timedelta(hours=1)
_MOST_GAUGES = 12
_MOST_LEVELS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    """What everybody sees: the same for all who look at it within some seconds."""

    at: datetime
    marks: tuple[Bound, ...]
    gauges: Sequence[views.Gauge]
    rivers: Sequence[views.Level]
    roads: Sequence[views.Level]
    pumps: Sequence[views.Pump]
    warnings: Sequence[Standing]
    endangered: Endangered


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """What lies in the reader's area."""

    told: Sequence[Told]
    cells: Sequence[EndangeredCell]


def flood_panel(services: Services, kept: Kept, reader: Reader) -> Component:
    """The flood view of the wall."""
    inside = scope(reader.actor)
    seen = kept.get(("flood",), lambda: _measure(services, reader.now))
    known = kept.get(("flood", inside.area_id), lambda: _known(services, reader))
    layer = services.layers["flood"]
    parts = [
        _warnings(seen, reader),
        _rain(seen, reader),
        _levels("themes.rivers", "rivers", seen.rivers, seen, reader),
        _levels("themes.roads", "roads", seen.roads, seen, reader),
        cells_section(seen.endangered, known.cells, reader),
        told_section(known.told, reader),
        _pumps(seen, reader),
    ]
    features = _features(seen, known, reader)
    return pieces.theme(services, layer, reader, parts, features, layers=LAYERS)


def _measure(services: Services, now: datetime) -> _Measured:
    with reading(services.engine) as conn:
        numbers = metric_store.all(conn)
        found = [one for one in device_store.by_nos(conn, device_store.of_layers(conn, LAYERS))
                 if one.disabled_at is None]  # fmt: skip
        with_rain = _measuring(found, "rain")
        fallen = (
            rain.sums(conn, [one.device_no for one in with_rain], numbers["rain"].metric_no,
                      views.HOURS, now)
            if "rain" in numbers else {}
        )  # fmt: skip
        wanted = {name: numbers[name].metric_no for name in ("water_level", "water_depth")
                  if name in numbers}  # fmt: skip
        moved = trend.moved(conn, [one.device_no for one in found], list(wanted.values()), _TREND)
        latest: dict[int, dict[str, float]] = {}
        stations = [one for one in found if one.layer == "sewage_station"]
        for one in readings.latest(conn, [one.device_no for one in stations]):
            latest.setdefault(one.device_no, {})[one.metric] = one.value
        offline = {no for no, one in device_store.statuses(conn).items() if not one.online}
        standing = warning_store.standing(conn, now=now)
        roads = views.levels(_measuring(found, "water_depth"), "water_depth", "road_ponding",
                             _of(moved, wanted.get("water_depth")), now)  # fmt: skip
        rivers = views.levels(_measuring(found, "water_level"), "water_level", "river_level",
                              _of(moved, wanted.get("water_level")), now)  # fmt: skip
        endangered = measured(conn, rivers, roads)
    marks = views.rain_marks(now)
    return _Measured(
        at=now, marks=marks, gauges=views.gauges(with_rain, fallen, marks),
        rivers=rivers, roads=roads, pumps=views.pumps(stations, latest, offline, now),
        warnings=standing, endangered=endangered,
    )  # fmt: skip


def _measuring(found: Sequence[Device], metric: str) -> list[Device]:
    return [one for one in found if metric in one.metrics and one.layer == "flood"]


def _of(moved: Sequence[Moved], metric_no: int | None) -> dict[int, Moved]:
    return {one.device_no: one for one in moved if one.metric_no == metric_no}


def _known(services: Services, reader: Reader) -> _Told:
    inside = scope(reader.actor)
    with reading(services.engine) as conn:
        return _Told(
            told=told_store.of_layers(conn, LAYERS, inside),
            cells=told_store.cells(conn, _WET, inside),
        )


# --- warnings ------------------------------------------------------------------------------


def _warnings(seen: _Measured, reader: Reader) -> Component:
    door = None
    if allowed(reader.actor, Permission.TAKE_WARNINGS):
        door = WarningDoor(id="warning-door", words=page_words("themes", reader.language))
    return warnings_section(seen.warnings, reader, door)


# --- rain ----------------------------------------------------------------------------------


def _rain(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    if not seen.gauges:
        return section("themes.rain", language, pieces.empty("themes.no_gauges", reader))
    heads = [words("themes.gauge", language), *(f"{one} h" for one in views.HOURS)]
    rows = [_gauge(one, reader) for one in seen.gauges[:_MOST_GAUGES]]
    left = len(seen.gauges) - len(rows)
    more = [pieces.note(words("themes.more_gauges", language, n=left))] if left > 0 else []
    return section(
        "themes.rain", language,
        pieces.table(words("themes.rain", language), heads, rows, kind="rain"),
        *more, pieces.note(_rain_marks(seen.marks, reader)),
    )  # fmt: skip


def _gauge(one: views.Gauge, reader: Reader) -> Component:
    cells = [html.Td(_sum(found, reader), className=f"level-{found.level}",
                     title=pieces.level_name(found.level, reader) if found.level else None,
                     **data(hours=str(found.hours), level=str(found.level)))
             for found in one.sums]  # fmt: skip
    mark = pieces.level_mark(one.level, "flood", reader)
    name = html.Th(pieces.named(mark, pieces.device_link(one.device, reader)), scope="row")
    return html.Tr([name, *cells], **data(gauge=one.device.device_id))


def _sum(found: views.RainSum, reader: Reader) -> str:
    if found.mm is None:
        return "–"
    # of a gauge that sent too little it is known only that so much fell at least
    least = "" if found.whole else "≥ "
    sign = pieces.level_name(found.level, reader)[:1] if found.level else ""
    return f"{least}{found.mm:.1f}{' ' + sign if sign else ''}"


def _rain_marks(marks: Sequence[Bound], reader: Reader) -> str:
    """The marks by which the sums are coloured, and whose they are."""
    if not marks:
        return ""
    told = [
        words("themes.rain_mark", reader.language, h=one.window_ms // views.HOUR_MS,
              mm=f"{one.value:g}", level=pieces.level_name(one.level, reader))
        for one in marks
    ]  # fmt: skip
    basis = marks[0].clause.rpartition(", ")[0]
    return words("themes.rain_marks", reader.language, marks="; ".join(told), basis=basis)


# --- levels --------------------------------------------------------------------------------


def _levels(
    key: str, name: str, found: Sequence[views.Level], seen: _Measured, reader: Reader
) -> Component:
    language = reader.language
    if not found:
        return section(key, language, pieces.empty("themes.no_stations", reader))
    rows = [_level(one, seen, reader) for one in found[:_MOST_LEVELS]]
    left = len(found) - len(rows)
    more = [pieces.note(words("themes.more_stations", language, n=left))] if left > 0 else []
    clauses = dict.fromkeys(
        one.clause.rpartition(", ")[0] for station in found for one in station.bounds
    )
    basis = words("themes.basis", language, basis="; ".join(clauses)) if clauses else ""
    return section(
        key, language, html.Ol(rows, className="cc-levels", **data(levels=name)), *more,
        pieces.note(basis),
    )  # fmt: skip


def _level(one: views.Level, seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    value = "–" if one.value is None else f"{one.value:.2f} m"
    arrow = {"up": "↑", "down": "↓", "still": "→"}.get(one.trend, "")
    rate = "" if not arrow or one.per_hour is None else f"{one.per_hour:+.2f} m/h"
    told = [part for part in (rate, _ahead(one, reader), _age(one, seen, reader)) if part]
    return html.Li(
        [
            pieces.level_mark(one.level, "flood", reader),
            pieces.device_link(one.device, reader),
            html.B(f"{value} {arrow}".strip(),
                   title=words(f"themes.trend_{one.trend or 'none'}", language)),
            _bar(one, reader),
            html.Small(" · ".join(told)),
        ],
        className=f"level-{one.level}",
        **data(station=one.device.device_id, trend=one.trend or "none", level=str(one.level)),
    )  # fmt: skip


def _ahead(one: views.Level, reader: Reader) -> str:
    """How far the next mark is, and when it is reached at this rate."""
    language = reader.language
    if one.value is None:
        return words("themes.no_reading", language)
    reached = [bound for bound in one.bounds if bound.level == one.level]
    over = ""
    if one.level and reached:
        over = words("themes.over", language, label=reached[0].label.told(language),
                     bound=f"{reached[0].value:.2f}")  # fmt: skip
    if one.next_bound is None:
        return over
    ahead = words("themes.below", language, label=one.next_bound.label.told(language),
                  bound=f"{one.next_bound.value:.2f}",
                  gap=f"{one.next_bound.value - one.value:.2f}")  # fmt: skip
    if one.eta is not None:
        ahead += words("themes.eta", language, span=span_text(one.eta, language))
    return f"{over} · {ahead}" if over else ahead


def _age(one: views.Level, seen: _Measured, reader: Reader) -> str:
    if one.at is None or seen.at - one.at < timedelta(minutes=30):
        return ""
    return words("themes.old", reader.language, at=clock_text(one.at, reader.zone, now=seen.at))


def _bar(one: views.Level, reader: Reader) -> Component:
    """The value beside its marks, from nothing (the normal level) to the highest mark."""
    normal = one.device.attributes.get("normal_m")
    low = float(normal) if isinstance(normal, int | float) else 0.0
    top = max((bound.value for bound in one.bounds), default=low + 1) + 0.1
    span = max(top - low, 0.1)

    def at(value: float) -> str:
        return f"{min(100.0, max(0.0, 100 * (value - low) / span)):.1f}%"

    ticks = [
        html.I(className=f"tick level-{bound.level}", style={"left": at(bound.value)},
               title=f"{bound.label.told(reader.language)} {bound.value:.2f} m · {bound.clause}")
        for bound in one.bounds
    ]  # fmt: skip
    width = "0" if one.value is None else at(one.value)
    return html.Span([html.I(className="fill", style={"width": width}), *ticks], className="bar")


# --- pumps --------------------------------------------------------------------------------


def _pumps(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    if not seen.pumps:
        return section("themes.pumps", language, pieces.empty("themes.no_pumps", reader))
    rows = [
        html.Li(
            [
                pieces.level_mark(one.level, "sewage_station", reader),
                pieces.device_link(one.device, reader),
                html.B(words(f"themes.pump_{one.state}", language)),
                html.Small(_pump_values(one, reader)),
            ],
            **data(pump=one.device.device_id, state=one.state),
        )
        for one in seen.pumps
    ]
    states = [one.state for one in seen.pumps]
    told = " · ".join(
        f"{words(f'themes.pump_{state}', language)} {states.count(state)}"
        for state in dict.fromkeys(states)
    )
    return section("themes.pumps", language, pieces.note(told),
                   html.Ol(rows, className="cc-pumps"))  # fmt: skip


def _pump_values(one: views.Pump, reader: Reader) -> str:
    parts = []
    if one.well is not None:
        parts.append(words("themes.well", reader.language, value=f"{one.well:.2f}"))
        parts += [
            f"{bound.label.told(reader.language)} {bound.value:.2f} m" for bound in one.bounds
        ]
    if one.current is not None:
        parts.append(f"{one.current:.1f} A")
    return " · ".join(parts)


# --- the map -------------------------------------------------------------------------------


def _features(seen: _Measured, known: _Told, reader: Reader) -> list[pieces.Feature]:
    found = [
        pieces.shape("area", one, standing.level, standing.headline or standing.event)
        for standing in in_language(seen.warnings, reader.language)
        for one in standing.shapes
    ]
    found += cell_features(seen.endangered, known.cells)
    for gauge in seen.gauges:
        worst = max(gauge.sums, key=lambda one: (one.level, one.hours == 3))
        if worst.mm is not None:
            device = gauge.device
            found.append(
                pieces.text_at(
                    device.lon, device.lat, f"{worst.hours} h {worst.mm:.0f} mm", gauge.level
                )
            )
    for station in seen.rivers:
        if station.value is not None:
            arrow = {"up": " ↑", "down": " ↓"}.get(station.trend, "")
            found.append(
                pieces.text_at(
                    station.device.lon,
                    station.device.lat,
                    f"{station.value:.2f} m{arrow}",
                    station.level,
                )
            )
    return found
