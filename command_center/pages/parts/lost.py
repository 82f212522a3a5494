"""What was lost in a span: the sentence with its figures, bars by hour, one device's hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.problem import Language
from command_center.views.losses import sentence, share
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import Permission, allowed
from iot_ingest.store import devices, losses
from iot_ingest.store.intake import Counts
from iot_ingest.store.losses import Line, Span

_HOUR = timedelta(hours=1)


def sum_part(total: Line, taken_in: Counts, span: str, language: Language) -> list[Component]:
    """The sentence, and below it the figures that prove it."""
    unaccounted = taken_in.unaccounted
    told, kind = sentence(total, unaccounted, span, language)
    figures = [
        ("expected", total.expected), ("received", total.received), ("missing", total.missing),
        ("late", total.late), ("again", total.duplicates), ("aside", total.quarantined),
        ("rejected", total.rejected), ("acknowledged", taken_in.readings),
        ("unaccounted", unaccounted),
    ]  # fmt: skip
    rows = [
        html.Li(
            [html.B(f"{count:,}"), html.Span(words(f"losses.figure_{name}", language))],
            className="bad" if count and name in ("missing", "unaccounted") else "",
            title=words(f"losses.hint_{name}", language),
        )
        for name, count in figures
    ]
    return [
        html.P(told, className=f"cc-verdict {kind}", **data(verdict=kind)),
        html.Ul(rows, className="cc-proof"),
    ]


def hours_part(
    hours: Sequence[Line], within: Span, senders: int, zone: ZoneInfo, language: Language
) -> list[Component]:
    """A bar for each hour: what came, and above it what did not; how many ``senders`` follow."""
    known = {one.hour: one for one in hours}
    most = max([one.expected for one in hours] or [1]) or 1
    bars = []
    at = within.first
    while at < within.until:
        bars.append(_bar(known.get(at), at.astimezone(zone).strftime("%m-%d %H:%M"), most,
                         language))  # fmt: skip
        at += _HOUR
    label = words("losses.by_hour", language)
    note = words("losses.senders", language, n=f"{senders:,}") if senders else None
    return [html.H2(label), html.Ol(bars, className="cc-bars"), html.P(note, className="cc-note")]


def _bar(one: Line | None, when: str, most: int, language: Language) -> Component:
    line = one or Line(device_id=None, hour=None)
    told = words(
        "losses.hour_told", language, at=when, expected=f"{line.expected:,}",
        received=f"{line.received:,}", missing=f"{line.missing:,}",
        aside=f"{line.quarantined:,}",
    )  # fmt: skip
    came = 100 * line.received / most
    # what is missing shows, however little it is
    missing = max(3.0, 100 * line.missing / most) if line.missing else 0.0
    return html.Li(
        [
            html.I(className="missing", style={"height": f"{missing:.2f}%"}),
            html.I(className="came", style={"height": f"{min(came, 100 - missing):.2f}%"}),
            html.Span(told, className="cc-sr"),
        ],
        title=told,
        **data(hour=when),
    )


def sender_panel(conn: Connection, device_id: str, within: Span, reader: Reader) -> Component:
    """One device's hours in which something is missing, late, sent again or put aside."""
    language = reader.language
    device = devices.by_id(conn, device_id.replace("\x00", ""))
    links = []
    if device is not None and allowed(reader.actor, Permission.VIEW_DEVICES):
        told = words("losses.see_device", language)
        links.append(html.A(told, href=f"/devices?device={device.device_no}"))
    if allowed(reader.actor, Permission.VIEW_QUARANTINE):
        told = words("losses.see_quarantine", language)
        links.append(html.A(told, href=f"/quarantine?of={quote(device_id)}"))
    name = device_id if device is None else titled(device, "name", language)
    lines: Sequence[Line] = ()
    if device is not None:
        lines = losses.by_device_and_hour(conn, within, device_nos=[device.device_no]).lines
    head = html.Div([html.H2(name), html.P(device_id, className="cc-number")])
    return html.Article(
        [
            html.Header(head, className="cc-story-head plain"),
            html.P(links, className="cc-links"),
            section("losses.its_hours", language, _hours(lines, reader)),
        ],
        className="cc-story",
        **data(sender=device_id),
    )


def _hours(lines: Sequence[Line], reader: Reader) -> Component:
    language = reader.language
    if not lines:
        return html.P(words("losses.no_hours", language), className="cc-note")
    names = ("hour", "missing", "share", "expected", "late", "again", "aside")
    heads = [html.Th(words(f"losses.column_{one}", language), scope="col") for one in names]
    rows = []
    for one in lines:
        at = "–" if one.hour is None else one.hour.astimezone(reader.zone).strftime("%m-%d %H:%M")
        counts = (f"{one.missing:,}", share(one), f"{one.expected:,}", f"{one.late:,}",
                  f"{one.duplicates:,}", f"{one.quarantined + one.rejected:,}")  # fmt: skip
        rows.append(html.Tr([html.Th(at, scope="row"), *(html.Td(text) for text in counts)]))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="cc-hour-table")
    return html.Div(table, className="cc-refused", tabIndex=0)
