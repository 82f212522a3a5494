"""A registered device as a panel: how it is, its values, what judges it, what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.components import DeviceActions, Mark
from command_center.pages.parts.profile import profile_section
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views.devices import TONES, health_word, interval_text, moment, signs
from command_center.views.moments import clock_text, span_text
from command_center.views.story import titled
from command_center.wording import page_words, words
from events.model.access import Permission, allowed
from grid.model.coordinates import CoordinateSystem
from grid.store.postgis import reading
from iot_ingest.model.device import Device, readings_topic
from iot_ingest.model.health import Health, Word, word
from iot_ingest.store import (
    devices,
    directory,
    findings,
    health,
    metrics,
    profiles,
    readings,
)
from iot_ingest.store.directory import Entry
from iot_ingest.store.quarantine import Chosen
from iot_ingest.store.quarantine import waiting as quarantined
from layers import metrics as known_metrics
from layers import rules_of
from layers.contract import Bound, Limits, Rule
from layers.rules import Exceedances, Flagged

_FINDINGS = timedelta(days=7)
_MOST_FINDINGS = 20
# Attributes with a field of their own in the form, and the one that is a secret.
_NAMED = frozenset({"mn", "station_code", "profile", "station_password"})
_CRS = {
    CoordinateSystem.WGS84: "WGS-84", CoordinateSystem.CGCS2000: "CGCS2000",
    CoordinateSystem.GCJ02: "GCJ-02", CoordinateSystem.BD09: "BD-09",
}  # fmt: skip


def registered_panel(services: Services, device_no: Any, reader: Reader) -> Component:
    """The device of this number; a sentence when there is none."""
    language = reader.language
    number = device_no if isinstance(device_no, int) and 0 < device_no < 2**31 else 0
    with reading(services.engine) as conn:
        found = devices.by_nos(conn, [number])
        entry = directory.entry(conn, number)
        if not found or entry is None:
            return html.P(words("devices.gone", language), className="cc-empty", role="status")
        device = found[0]
        values = _values(conn, device, reader)
        over = _findings(conn, device, reader)
        (how,) = health.of_devices(conn, [number])
        aside, _ = quarantined(conn, Chosen(device_id=device.device_id))
    return html.Article(
        [
            html.Header(
                [
                    Mark(config=reader.config, layer=device.layer),
                    html.Div([html.H2(titled(device, "name", language)),
                              html.P(device.device_id, className="cc-number")]),
                ],
                className="cc-story-head",
            ),
            _state(entry, how, reader),
            _actions(services, device, entry, how, reader),
            section("devices.now", language, values, _links(device, aside, reader)),
            section("devices.limits", language, _limits(device, language)),
            section("devices.findings", language, over),
            section("devices.registered", language, _facts(device, entry, services, reader)),
            profile_section(services, device, language),
        ],
        className="cc-story",
        **data(device=device.device_id),
    )  # fmt: skip


def choices_of(services: Services, language: Language) -> dict[str, Any]:
    """What the form of a device offers: layers with their metrics, models, systems, profiles."""
    with reading(services.engine) as conn:
        models = directory.models(conn)
    return {
        "layers": [
            {"value": one.code, "label": titled(one, "name", language),
             "metrics": [metric.name for metric in one.metrics]}
            for one in services.layers.values() if one.metrics
        ],
        "metrics": [
            {"value": one.name, "label": f"{titled(one, 'name', language)} ({one.unit})"}
            for one in known_metrics().values()
        ],
        "models": models,
        "crs": [{"value": value.value, "label": label} for value, label in _CRS.items()],
        "profiles": profiles.names(services.settings.data),
    }  # fmt: skip


def _state(entry: Entry, how: Health, reader: Reader) -> Component:
    language = reader.language
    said = word(how, reader.now)
    told = health_word(said, language)
    since = entry.disabled_at if said is Word.DISABLED else entry.since
    if since is not None and said in (Word.OK, Word.SILENT, Word.DISABLED):
        at = clock_text(since, reader.zone, now=reader.now)
        told = words("devices.fact_state_since", language, state=told, since=at)
    tone = {"good": "ok", "dull": "off"}.get(TONES[said], "loud")
    parts: list[Component] = [html.P(told, className=f"cc-device-state {tone}")]
    parts += [
        html.P(one, className="cc-note") for one in signs(how, reader.zone, language, reader.now)
    ]
    return html.Div(parts, className="cc-health-words")


def _actions(
    services: Services, device: Device, entry: Entry, how: Health, reader: Reader
) -> Component | None:
    if not allowed(reader.actor, Permission.MANAGE_DEVICES):
        return None
    form = _as_form(device, entry) | {"blocked": how.blocked_until is not None}
    return DeviceActions(
        id="device-actions", config=reader.config,
        words=page_words("devices", reader.language),
        choices=choices_of(services, reader.language), device=form,
    )  # fmt: skip


def _as_form(device: Device, entry: Entry) -> dict[str, Any]:
    """The device as the form holds it: texts. Its position is WGS-84, as it is kept."""
    attributes = device.attributes
    return {
        "device_id": device.device_id,
        "name_zh": device.name_zh,
        "name_en": device.name_en,
        "layer": device.layer,
        "model": device.model,
        "interval_s": f"{device.interval_s:g}",
        "metrics": list(device.metrics),
        "lon": str(round(device.lon, 7)),
        "lat": str(round(device.lat, 7)),
        "crs": CoordinateSystem.WGS84.value,
        "component_code": entry.component_code or "",
        "mn": str(attributes.get("mn", "")),
        "station_code": str(attributes.get("station_code", "")),
        "profile": str(attributes.get("profile", "")),
        "has_password": "station_password" in attributes,
        "attributes": "\n".join(f"{name} = {value}" for name, value in _plain(attributes)),
        "disabled": device.disabled_at is not None,
    }


def _plain(attributes: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in sorted(attributes.items()):
        if name not in _NAMED:
            yield name, f"{value:g}" if isinstance(value, float) else str(value)


def _values(conn: Connection, device: Device, reader: Reader) -> Component:
    language = reader.language
    stored = metrics.all(conn)
    rows = []
    for one in readings.latest(conn, [device.device_no]):
        metric = stored[one.metric]
        rows.append(
            html.Li(
                [
                    html.Span(titled(metric, "name", language)),
                    html.B(f"{one.value:.4g} {metric.unit}"),
                    html.Time(moment(one.ts, reader.zone, language, reader.now)),
                ]
            )
        )
    if not rows:
        return html.P(words("devices.no_values", language), className="cc-empty")
    return html.Div(html.Ul(rows), className="cc-values")


def _links(device: Device, aside: int, reader: Reader) -> Component:
    language = reader.language
    links = []
    if allowed(reader.actor, Permission.VIEW_WALL):
        told = words("devices.open_wall", language)
        links.append(html.A(told, href=f"/?device={device.device_no}"))
    if aside and allowed(reader.actor, Permission.VIEW_QUARANTINE):
        told = words("devices.open_quarantine", language, n=aside)
        links.append(html.A(told, href=f"/quarantine?of={device.device_id}"))
    return html.P(links, className="cc-links")


def _limits(device: Device, language: Language) -> Component:
    """Every rule that looks at the device, with the limits that hold for it."""
    attributes = {**device.attributes, "interval_s": device.interval_s}
    names = known_metrics()
    rows = []
    for metric in device.metrics:
        unit = names[metric].unit if metric in names else ""
        for rule in rules_of(metric, device.layer):
            limits = rule.limits(attributes)
            told = [
                html.Li(words("devices.limit_row", language, clause=bound.clause,
                              value=_bound(rule, limits, bound, unit, language)))
                for bound in limits.bounds
            ] if limits else []  # fmt: skip
            if told:
                rows.append(html.Li([html.B(rule.names.told(language)), html.Ul(told)]))
    if not rows:
        return html.P(words("devices.no_limits", language), className="cc-note")
    return html.Ul(rows, className="cc-limits")


def _bound(rule: Rule, limits: Limits, bound: Bound, unit: str, language: Language) -> str:
    label = bound.label.told(language)
    if rule.clock_driven:
        after = timedelta(milliseconds=limits.silent_after_ms)
        return f"{label} {span_text(after, language)}"
    if isinstance(rule, Flagged):
        return f"{label} {span_text(timedelta(minutes=bound.value), language)}"
    if isinstance(rule, Exceedances):
        return f"{label} {bound.value:g}"
    return f"{label} {bound.value:.4g} {unit}"


def _findings(conn: Connection, device: Device, reader: Reader) -> Component:
    language = reader.language
    over = findings.of_device(conn, device.device_no, reader.now - _FINDINGS, reader.now)
    if not over:
        return html.P(words("devices.no_findings", language), className="cc-note")
    rows = []
    for one in sorted(over, key=lambda row: row.onset, reverse=True)[:_MOST_FINDINGS]:
        until = clock_text(one.ended_at, reader.zone, now=reader.now) if one.ended_at else None
        told = words(
            "story.finding_row", language,
            from_=clock_text(one.onset, reader.zone, now=reader.now),
            to=until or words("story.lasting", language),
            peak=f"{one.peak:.4g}", bound=f"{one.bound:.4g}", clause=one.clause,
        )  # fmt: skip
        rows.append(html.Li([Mark(config=reader.config, severity=one.level), html.Span(told)]))
    return html.Ul(rows, className="cc-findings")


def _facts(device: Device, entry: Entry, services: Services, reader: Reader) -> Component:
    language = reader.language
    layer = services.layers.get(device.layer)
    names = known_metrics()
    measured = [titled(names[one], "name", language) if one in names else one
                for one in device.metrics]  # fmt: skip
    position = words(
        "devices.fact_position_value", language,
        lon=f"{device.lon:.6f}", lat=f"{device.lat:.6f}", crs=entry.source_crs,
    )  # fmt: skip
    heard = moment(entry.last_message_at, reader.zone, language, reader.now)
    changed = f"{clock_text(entry.changed_at, reader.zone, now=reader.now)}, {entry.changed_by}"
    named = [(name, str(device.attributes[name])) for name in ("mn", "station_code", "profile")
             if name in device.attributes]  # fmt: skip
    attributes = "\n".join(
        f"{name} = {value}" for name, value in [*named, *_plain(device.attributes)]
    )
    told: list[tuple[str, str | None]] = [
        ("heard", heard),
        ("interval", interval_text(device.interval_s, language)),
        ("layer", titled(layer, "name", language) if layer else device.layer),
        ("model", device.model),
        ("metrics", ", ".join(measured)),
        ("topic", readings_topic(device.device_id)),
        ("position", position),
        ("cell", entry.cell_code),
        ("area", titled(entry, "area", language)),
        ("component", entry.component_code),
        ("attributes", attributes),
        ("changed", changed),
    ]
    rows = [fact(f"devices.fact_{name}", text, language) for name, text in told if text]
    return html.Dl([part for row in rows for part in row], className="cc-facts")
