"""The dust view: wind, the likely site of an excess, pairs of monitors, days over the limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes import pieces
from command_center.pages.parts.told import data, section
from command_center.remembered import Kept
from command_center.services import Services
from command_center.views import dust as views
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import words
from grid.store import components
from grid.store.postgis import reading
from iot_ingest.model.device import Device
from iot_ingest.model.measured import Day
from iot_ingest.store import devices as device_store
from iot_ingest.store import findings, trend
from iot_ingest.store import metrics as metric_store
from layers.packs import entry

CODE = "construction_dust"
_SPAN = timedelta(minutes=15)
_DAYS = 30
_MOST_SITES = 8
_MOST_SUSPECTS = 3
# What is wrong with the dust itself: the others are about the station.
_EXCESS = ("tsp_mean", "pm10_daily", "pm10_background", "pm10_spread")
_ARROW_M = 130.0
_WIND = "#9fd0ff"
_CAUSE = "#ff9d4d"
_GAIN = "#ffd84d"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    at: datetime
    wind: views.Wind | None
    sites: Sequence[views.Site]
    causes: Sequence[views.Cause]


def dust_panel(services: Services, kept: Kept, reader: Reader) -> Component:
    """The dust view of the wall."""
    seen = kept.get((CODE,), lambda: _measure(services, kept, reader))
    parts = [
        _wind(seen, reader),
        _causes(seen, reader),
        _pairs(seen, reader),
        _sites(seen, reader),
    ]
    layer = services.layers[CODE]
    return pieces.theme(services, layer, reader, parts, _features(seen), layers=(CODE,))


def _measure(services: Services, kept: Kept, reader: Reader) -> _Measured:
    now = reader.now
    with reading(services.engine) as conn:
        found = [one for one in device_store.by_nos(conn, device_store.of_layers(conn, [CODE]))
                 if one.disabled_at is None]  # fmt: skip
        numbers = metric_store.all(conn)
        nos = [one.device_no for one in found]
        since = now - _SPAN
        means = (
            trend.means(conn, nos, [numbers["pm10"].metric_no], since=since, until=now)
            if "pm10" in numbers else []
        )  # fmt: skip
        blown = (
            trend.wind(conn, nos, numbers["wind_speed"].metric_no,
                       numbers["wind_direction"].metric_no, since=since, until=now)
            if {"wind_speed", "wind_direction"} <= numbers.keys() else []
        )  # fmt: skip
        days = kept.slowly("days", lambda: _days(conn, found, reader))
        own = set(nos)
        excess: dict[int, int] = {}
        for one in findings.open(conn):
            if one.device_no in own and one.rule in _EXCESS:
                excess[one.device_no] = max(one.level, excess.get(one.device_no, 0))
        names = {
            one.component_id: (one.name_zh, one.name_en)
            for one in components.by_kind(conn, "construction_site")
        }
    wind = views.wind_of(blown)
    sites = views.sites(
        views.monitors(found, means, blown, excess), names, days,
        entry("construction_dust.pm10_daily").specs[0].value or 0, wind,
    )  # fmt: skip
    return _Measured(at=now, wind=wind, sites=sites, causes=views.causes(sites, wind))


def _days(conn: Connection, found: Sequence[Device], reader: Reader) -> list[Day]:
    """The hours above the limit of the last days, from their local beginning."""
    limit = entry("construction_dust.pm10_daily")
    number = metric_store.all(conn).get("pm10")
    if number is None:
        return []
    today = reader.now.astimezone(reader.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return trend.days(
        conn, [one.device_no for one in found], number.metric_no, value=limit.point,
        share=limit.share, since=today - timedelta(days=_DAYS - 1), zone=reader.zone.key,
    )  # fmt: skip


# --- wind and where it comes from ------------------------------------------------------------


def _from(wind: views.Wind, reader: Reader) -> str:
    point = words("themes.compass", reader.language).split(",")[wind.point]
    return words("themes.wind_from", reader.language, point=point, deg=f"{wind.from_deg:.0f}",
                 speed=f"{wind.speed:.1f}")  # fmt: skip


def _wind(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    if seen.wind is None:
        return section("themes.wind", language, pieces.empty("themes.no_wind", reader))
    told = _from(seen.wind, reader)
    if seen.wind.calm:
        told = words("themes.wind_calm", language, speed=f"{seen.wind.speed:.1f}")
    count = sum(one.wind is not None for site in seen.sites for one in site.monitors)
    arrow = html.Span("↑", className="cc-wind-arrow", style={
        "transform": f"rotate({seen.wind.from_deg + 180:.0f}deg)"})  # fmt: skip
    basis = words("themes.wind_basis", language, n=count,
                  at=clock_text(seen.wind.at, reader.zone, now=seen.at))  # fmt: skip
    return section(
        "themes.wind", language,
        html.P([] if seen.wind.calm else [arrow], className="cc-wind", **data(wind=told)),
        html.P(html.B(told)), pieces.note(basis),
    )  # fmt: skip


def _causes(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    if not seen.causes:
        return section("themes.causes", language, pieces.empty("themes.no_excess", reader))
    return section(
        "themes.causes", language,
        html.Ol([_cause(one, reader) for one in seen.causes], className="cc-causes"),
        pieces.note(words("themes.causes_basis", language)),
    )  # fmt: skip


def _cause(one: views.Cause, reader: Reader) -> Component:
    language = reader.language
    chosen = views.likely(one)
    told = words("themes.cause_unclear", language)
    if chosen is not None:
        told = words("themes.cause_likely", language, name=titled(chosen.site, "name", language))
    shares = views.stretches(one.suspects)
    rows = [
        html.Li(
            [
                html.Span(_suspect(suspect, one, reader)),
                html.I(html.I(style={"width": f"{100 * share:.0f}%"}), className="share"),
            ]
        )
        for suspect, share in list(zip(one.suspects, shares, strict=True))[:_MOST_SUSPECTS]
    ]
    value = "–" if one.monitor.pm10 is None else f"{one.monitor.pm10:.0f} µg/m³"
    return html.Li(
        [
            pieces.level_mark(one.monitor.excess, CODE, reader),
            html.Div(
                [
                    pieces.device_link(one.monitor.device, reader),
                    html.Small(words("themes.cause_at", language, value=value,
                                     background=f"{one.background:.0f}")),
                    html.P(html.B(told)),
                    html.Ol(rows, className="cc-suspects"),
                ]
            ),
        ],
        **data(cause=one.monitor.device.device_id,
               likely="" if chosen is None else chosen.site.name_en),
    )  # fmt: skip


def _suspect(one: views.Suspect, cause: views.Cause, reader: Reader) -> str:
    name, above = titled(one.site, "name", reader.language), f"{one.above:.0f}"
    if one.own:
        key = "themes.suspect_gain" if cause.site.pair is not None else "themes.suspect_own"
        return words(key, reader.language, name=name, above=above)
    return words("themes.suspect_upwind", reader.language, name=name, above=above,
                 m=f"{one.metres:.0f}", angle=f"{one.angle:.0f}")  # fmt: skip


# --- sites -----------------------------------------------------------------------------------


def _pairs(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    limit = entry("construction_dust.pm10_spread")
    mark = limit.specs[0].value or 0.0
    basis = pieces.note(words("themes.pairs_basis", language, mark=f"{mark:g}",
                              basis=f"{limit.named}, {limit.specs[0].clause}"))  # fmt: skip
    pairs = [(one, one.pair) for one in seen.sites if one.pair is not None]
    if not pairs:
        several = any(len(one.monitors) > 1 for one in seen.sites)
        key = "themes.no_pair_wind" if several else "themes.no_pair"
        return section("themes.pairs", language, pieces.empty(key, reader), basis)
    heads = [words(f"themes.pair_{one}", language) for one in ("site", "up", "down", "gain")]
    rows = [
        html.Tr(
            [
                html.Th(titled(site, "name", language), scope="row"),
                html.Td(_monitor(pair.upwind, reader)), html.Td(_monitor(pair.downwind, reader)),
                html.Td(_signed(pair.gain), className="level-1" if pair.gain >= mark else ""),
            ],
            **data(pair=site.name_en, gain=f"{pair.gain:.0f}"),
        )
        for site, pair in pairs
    ]  # fmt: skip
    label = words("themes.pairs", language)
    return section("themes.pairs", language, pieces.table(label, heads, rows, kind="pairs"), basis)


def _signed(value: float) -> str:
    return f"{round(value):+d}" if round(value) else "0"


def _monitor(one: views.Monitor, reader: Reader) -> list[Component | str]:
    return [html.B(f"{one.pm10 or 0:.0f} "), pieces.device_link(one.device, reader)]


def _sites(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    limit = entry("construction_dust.pm10_daily")
    basis = pieces.note(
        words("themes.days_basis", language, days=_DAYS, point=f"{limit.point:g}",
              allowed=f"{limit.specs[0].value:g}",
              basis=f"{limit.named}, {limit.specs[0].clause}")
    )  # fmt: skip
    if not seen.sites:
        return section("themes.days", language, pieces.empty("themes.no_sites", reader), basis)
    heads = [words(f"themes.days_{one}", language) for one in ("site", "now", "over", "measured")]
    rows = [
        html.Tr(
            [
                html.Th(
                    pieces.named(
                        pieces.level_mark(one.excess, CODE, reader),
                        html.A(
                            titled(one, "name", language),
                            href=f"/?device={one.monitors[0].device.device_no}",
                            **data(open=f"device:{one.monitors[0].device.device_no}"),
                        ),
                    ),
                    scope="row",
                ),
                html.Td("–" if one.pm10 is None else f"{one.pm10:.0f}"),
                html.Td(str(one.days_over), className="level-2" if one.days_over else ""),
                html.Td(str(one.days)),
            ],
            **data(site=one.name_en, over=str(one.days_over)),
        )
        for one in seen.sites
    ]
    more = words("themes.more_sites", language, n=len(rows) - _MOST_SITES)
    label = words("themes.days", language)
    shown = pieces.folded(label, heads, rows, _MOST_SITES, more)
    return section("themes.days", language, *shown, basis)


# --- the map -------------------------------------------------------------------------------


def _features(seen: _Measured) -> list[pieces.Feature]:
    found = []
    for one in (one for site in seen.sites for one in site.monitors):
        if one.wind is not None and not one.wind.calm:
            found.append(pieces.line(_arrow(one.device, one.wind), _WIND))
        if one.pm10 is not None:
            found.append(pieces.text_at(one.device.lon, one.device.lat, f"{one.pm10:.0f} µg/m³",
                                        one.excess))  # fmt: skip
    for pair in (one.pair for one in seen.sites if one.pair is not None):
        ends = (pair.upwind.device, pair.downwind.device)
        found.append(pieces.line([(one.lon, one.lat) for one in ends], _GAIN))
    for cause in seen.causes:
        chosen = views.likely(cause)
        if chosen is not None and not chosen.own:
            source = max(chosen.site.monitors, key=lambda one: one.pm10 or 0).device
            here = cause.monitor.device
            found.append(pieces.line([(source.lon, source.lat), (here.lon, here.lat)], _CAUSE))
    return found


def _arrow(device: Device, wind: views.Wind) -> list[tuple[float, float]]:
    """From the monitor with the wind, the longer the stronger it is."""
    metres = _ARROW_M * (1 + wind.speed)
    east, north = (one * metres / 111_320 for one in wind.towards)
    lon = device.lon + east / math.cos(math.radians(device.lat))
    return [(device.lon, device.lat), (lon, device.lat + north)]
