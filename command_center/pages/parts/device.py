"""A device as a panel: what it says now, its series with limits, its findings and tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import dcc, html
from dash.development.base_component import Component

from command_center.components import Chart, Mark, TicketList, Values
from command_center.pages.parts.crowded import open_there
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views.charts import LimitLine, Sample, series_figure
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import words
from events.store.urgent import Narrow
from grid.store.postgis import reading
from iot_ingest.model.device import Device
from iot_ingest.store import devices, findings, metrics
from iot_ingest.store.series import Point, series
from layers import metrics as known_metrics
from layers import rules_of
from layers.contract import SEVERITY
from layers.rules import Mean, Threshold

HOURS = (6, 24, 168)
_POINTS = 600
_MOST_TICKETS = 60


def device_panel(services: Services, device_no: int, reader: Reader) -> Component:
    """The device ``device_no``; a sentence when there is none."""
    language = reader.language
    with reading(services.engine) as conn:
        found = devices.by_nos(conn, [device_no])
    if not found:
        return html.P(words("story.no_device", language), className="cc-empty", role="status")
    device = found[0]
    facts = [
        fact("story.device_id", device.device_id, language),
        fact("story.device_model", device.model, language),
        *_camera(device, language),
    ]
    return html.Article(
        [
            html.Header(
                [
                    Mark(config=reader.config, layer=device.layer),
                    html.Div([html.H2(titled(device, "name", language))]),
                ],
                className="cc-story-head",
            ),
            Values(id="values", config=reader.config, device=device_no),
            section("story.series", language, *choices(device, reader),
                    html.Div(id="series", className="cc-series")),
            section("story.tickets_here", language,
                    TicketList(
                        id="device-tickets", config=reader.config, device=device_no,
                        most=_MOST_TICKETS,
                        open=open_there(services, reader, narrow=Narrow(device_no=device_no),
                                        most=_MOST_TICKETS),
                    )),
            html.Dl([part for row in facts for part in row], className="cc-facts"),
        ],
        className="cc-story",
        **data(device=device.device_id),
    )  # fmt: skip


def _camera(device: Device, language: Language) -> list[tuple[Component, Component]]:
    """The way to the picture of a camera that stands there: the address in ``camera``."""
    address = device.attributes.get("camera")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        return []
    link = html.A(words("story.camera_open", language), href=address, target="_blank",
                  rel="noopener noreferrer")  # fmt: skip
    return [fact("story.camera", link, language)]


def choices(
    device: Device, reader: Reader, *, then: datetime | None = None
) -> tuple[Component, ...]:
    """Which metric, of how many hours; ``then``: the past instant at which the series ends."""
    names = known_metrics()
    options = [
        {"label": titled(names[one], "name", reader.language) if one in names else one,
         "value": one}
        for one in device.metrics
    ]  # fmt: skip
    hours = [{"label": words(f"story.hours_{one}", reader.language), "value": one}
             for one in HOURS]  # fmt: skip
    return (
        dcc.Store(id="series-device", data=device.device_no),
        dcc.Store(id="series-then", data=then.isoformat() if then else None),
        dcc.RadioItems(options, device.metrics[0], id="series-metric", className="cc-chips"),
        dcc.RadioItems(hours, 24, id="series-hours", className="cc-chips"),
    )


def series_part(
    services: Services, device_no: int, metric: str, hours: int, reader: Reader
) -> Component:
    """The chart of one metric over the last ``hours``, and the findings in that time."""
    language = reader.language
    first = reader.now - timedelta(hours=hours)
    step = timedelta(hours=hours) / _POINTS
    with reading(services.engine) as conn:
        found = devices.by_nos(conn, [device_no])
        stored = metrics.all(conn).get(metric)
        if not found or stored is None:
            return html.P(words("story.no_readings", language), className="cc-empty")
        device = found[0]
        until = reader.now + timedelta(minutes=10)
        every = None if step.total_seconds() <= device.interval_s else step
        points = series(conn, device_no, stored.metric_no, first, until, every)
        over = findings.of_device(conn, device_no, first, until)
    told = _findings([one for one in over if one.metric_no == stored.metric_no], metric, reader)
    if not points:
        return html.Div([html.P(words("story.no_readings", language), className="cc-empty"), told])
    return html.Div([series_chart(device, metric, points, reader, grows=True), told])


def series_chart(
    device: Device, metric: str, points: Sequence[Point], reader: Reader, *, grows: bool
) -> Component:
    """The chart of a series and what its limits are; ``grows``: with the readings that come."""
    language = reader.language
    samples = [Sample(at=one.at, lowest=one.lowest, mean=one.mean, highest=one.highest)
               for one in points]  # fmt: skip
    known = known_metrics().get(metric)
    unit = known.unit if known else ""
    limits = limit_lines(device, metric, reader)
    figure = series_figure(samples, limits=limits, unit=unit, zone=reader.zone)
    offset = reader.now.astimezone(reader.zone).utcoffset() or timedelta(0)
    label = words(
        "story.series_label", language, name=titled(device, "name", language),
        metric=titled(known, "name", language) if known else metric,
        n=len(samples), value=f"{samples[-1].mean:.4g} {unit}",
    )  # fmt: skip
    live = {
        "device": device.device_no, "metric": metric, "offset_ms": offset.total_seconds() * 1000,
    }  # fmt: skip
    chart = Chart(id="chart", figure=figure, label=label, live=live if grows else None)
    return html.Div([chart, _limits(limits, unit)]) if limits else chart


def _limits(limits: Sequence[LimitLine], unit: str) -> Component:
    """The limits with their clause, for who has no pointer to ask the chart with."""
    return html.Ul(
        [
            html.Li([html.B(f"{one.name} {one.value:.4g} {unit}".strip()), f" {one.basis}"])
            for one in sorted(limits, key=lambda one: one.value)
        ],
        className="cc-limits",
    )


def limit_lines(device: Device, metric: str, reader: Reader) -> list[LimitLine]:
    """The limits that this very device is held to, one line for each value."""
    attributes = {
        "time_zone": reader.zone.key,
        **device.attributes,
        "interval_s": device.interval_s,
    }
    now_ms = round(reader.now.timestamp() * 1000)
    lines: dict[float, LimitLine] = {}
    for rule in rules_of(metric, device.layer):
        if not isinstance(rule, (Threshold, Mean)):
            continue  # sums, rises and silences are not values of the series
        limits = rule.limits(attributes)
        # of several versions and hours, those that are in force now
        for bound in limits.at(now_ms).bounds if limits else ():
            lines[bound.value] = LimitLine(
                value=bound.value,
                name=bound.label.told(reader.language),
                basis=bound.clause,
                colour=SEVERITY[bound.level].colour,
            )
    return list(lines.values())


def _findings(
    over: Sequence[findings.StoredFinding], metric: str, reader: Reader
) -> Component | None:
    language = reader.language
    if not over:
        return html.P(words("story.no_findings", language), className="cc-note")
    known = known_metrics().get(metric)
    unit = known.unit if known else ""
    rows = []
    for one in sorted(over, key=lambda row: row.onset, reverse=True):
        until = clock_text(one.ended_at, reader.zone, now=reader.now) if one.ended_at else None
        told = words(
            "story.finding_row",
            language,
            from_=clock_text(one.onset, reader.zone, now=reader.now),
            to=until or words("story.lasting", language),
            peak=f"{one.peak:.4g} {unit}",
            bound=f"{one.bound:.4g}",
            clause=one.clause,
        )
        rows.append(html.Li([Mark(config=reader.config, severity=one.level), html.Span(told)]))
    return html.Ul(rows, className="cc-findings")
