"""What stands at the side while a past instant is shown: as it was known then, nothing to press."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from command_center.components import Here, Mark, TicketList, Values
from command_center.pages.parts.crumbs import crumbs
from command_center.pages.parts.device import choices, series_chart
from command_center.pages.parts.names import read_names
from command_center.pages.parts.place import cell_panel, component_panel, event_article, layer_panel
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.story import behind, evidence, facts, head, timeline, way_through
from command_center.pages.parts.told import data, section
from command_center.services import Services
from command_center.views.moments import clock_text
from command_center.views.story import Names, titled
from command_center.wording import words
from events.model import then as model
from events.model.access import in_scope, scope
from events.model.ticket import Ticket
from events.store import events, history, tickets
from events.store import then as then_store
from events.store.history import TicketHistory
from events.store.then import PastAlarm
from grid.store import lookup
from grid.store.postgis import reading
from iot_ingest.store import devices, metrics, past
from layers import metrics as known_metrics

_POINTS = 600
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def instant(said: Any, now: datetime) -> datetime:
    """The past instant that a page asks about. Raises PreventUpdate for anything else."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        raise PreventUpdate from None
    if found.tzinfo is None or found > now + timedelta(seconds=5):
        raise PreventUpdate
    return max(found, _EARLIEST)


def past_panel(
    services: Services, kind: str, key: str, reader: Reader, then: datetime
) -> Component:
    """The story of ``kind`` and ``key`` as it was known at ``then``; no action is offered."""
    known: dict[str, Callable[[Services, str, Reader, datetime], Component]] = {
        "ticket": _ticket,
        "device": _device,
        "event": _event,
        "area": _area,
        # what never changes of a place, and lists of what the wall shows
        "cell": lambda s, k, r, _: cell_panel(s, _number(k), r),
        "component": lambda s, k, r, _: component_panel(s, k, r),
        "layer": lambda s, k, r, _: layer_panel(s, k, r),
    }
    if kind not in known:
        return _sentence("past.not_shown", reader)
    return known[kind](services, key, replace(reader, now=then), then)


def _ticket(services: Services, number: str, reader: Reader, then: datetime) -> Component:
    language = reader.language
    with reading(services.engine) as conn:
        ticket = tickets.by_number(conn, number)
        if ticket is None or not in_scope(reader.actor, ticket):
            return _sentence("story.no_ticket", reader, number=number)
        past_of = history.of_ticket(conn, ticket.ticket_id)
        names = read_names(conn, language)
        way = lookup.way(conn, ticket.area_id)
    entries = model.known_until(past_of.entries, then)
    stood = model.stood(ticket, entries)
    if stood is None:
        return _sentence("past.not_known", reader, number=number)
    stood = _named(stood, names)
    known = _known(past_of, then)
    cell = None if stood.cell_id is None else (stood.cell_id, stood.cell_code or "")
    return html.Article(
        [
            *head(stood, reader),
            crumbs(way, language, cell=cell),
            way_through(stood, reader),
            _no_actions(reader, f"/?ticket={number}"),
            facts(stood, names, reader),
            *evidence(known, reader),
            *timeline(replace(known, entries=entries), names, reader),
            *behind(known, reader),
            Here(of=f"ticket:{number}", at=[stood.lon, stood.lat]),
        ],
        className="cc-story",
        **data(story=number, then=then.isoformat()),
    )


def _named(ticket: Ticket, names: Names) -> Ticket:
    """With the names of those who answered for it then, in the reader's language."""
    department = names.departments.get(ticket.department_id or 0)
    crew = names.crews.get(ticket.crew_id or 0)
    return replace(
        ticket,
        department_name_zh=department,
        department_name_en=department,
        crew_name_zh=crew,
        crew_name_en=crew,
    )


def _known(past_of: TicketHistory, then: datetime) -> TicketHistory:
    """Photos and events as they were with the ticket then."""
    links = (one for one in past_of.events if one.linked_at <= then)
    return replace(
        past_of,
        attachments=tuple(one for one in past_of.attachments if one.created_at <= then),
        events=tuple(
            replace(one, unlinked_at=None)
            if one.unlinked_at is not None and one.unlinked_at > then else one
            for one in links
        ),
    )  # fmt: skip


def _device(services: Services, key: str, reader: Reader, then: datetime) -> Component:
    language = reader.language
    number = _number(key)
    with reading(services.engine) as conn:
        found = devices.by_nos(conn, [number])
    if not found:
        return _sentence("story.no_device", reader)
    device = found[0]
    return html.Article(
        [
            html.Header(
                [
                    Mark(config=reader.config, layer=device.layer),
                    html.Div([html.H2(titled(device, "name", language))]),
                ],
                className="cc-story-head",
            ),
            Values(id="values", config=reader.config, device=number),
            section("story.series", language, *choices(device, reader, then=then),
                    html.Div(id="series", className="cc-series")),
            section("story.tickets_here", language,
                    TicketList(id="device-tickets", config=reader.config, device=number)),
        ],
        className="cc-story",
        **data(device=device.device_id, then=then.isoformat()),
    )  # fmt: skip


def past_series(
    services: Services, device_no: int, metric: str, hours: int, reader: Reader, then: datetime
) -> Component:
    """The chart of the ``hours`` before ``then``, of what had come by then, and the alarms."""
    reader = replace(reader, now=then)
    span = timedelta(hours=hours)
    with reading(services.engine) as conn:
        found = devices.by_nos(conn, [device_no])
        stored = metrics.all(conn).get(metric)
        if not found or stored is None:
            return _sentence("story.no_readings", reader)
        device = found[0]
        step = max(span / _POINTS, timedelta(seconds=device.interval_s))
        points = past.series(conn, device_no, stored.metric_no, then, span=span, step=step)
        alarms = then_store.alarms_of(conn, device_no, then - span, then)
    named = known_metrics()
    title = html.P(titled(named[metric], "name", reader.language) if metric in named else metric,
                   className="cc-sr")  # fmt: skip
    chart = (
        series_chart(device, metric, points, reader, grows=False)
        if points
        else _sentence("past.no_series", reader)
    )
    return html.Div([title, chart, _alarms(alarms, reader)])


def _alarms(alarms: tuple[PastAlarm, ...], reader: Reader) -> Component:
    language = reader.language
    if not alarms:
        return html.P(words("past.no_alarms", language), className="cc-note")
    rows = []
    for one in alarms:
        until = (
            words("past.alarm_lasts", language)
            if one.until is None
            else words("past.alarm_until", language,
                       at=clock_text(one.until, reader.zone, now=reader.now))
        )  # fmt: skip
        since = clock_text(one.since, reader.zone, now=reader.now)
        told = words("past.alarm_row", language, from_=since, to=until)
        rows.append(
            html.Li([
                Mark(config=reader.config, severity=one.level),
                html.Span(f"{titled(one, 'title', language)} · {told}"),
            ])
        )  # fmt: skip
    return section("past.alarms_known", language, html.Ul(rows, className="cc-findings"))


def _event(services: Services, key: str, reader: Reader, then: datetime) -> Component:
    inside = scope(reader.actor)
    with reading(services.engine) as conn:
        found = events.by_ids(conn, [_number(key)])
    if not found or (inside.area_id is not None and inside.area_id not in found[0].area_path):
        return _sentence("story.no_event", reader)
    if found[0].recorded_at > then:
        return _sentence("story.no_event", reader)
    return event_article(found[0], reader)


def _area(services: Services, code: str, reader: Reader, _then: datetime) -> Component:
    language = reader.language
    with reading(services.engine) as conn:
        area_id = lookup.area_id_of(conn, code)
        way = [] if area_id is None else lookup.way(conn, area_id)
    if not way:
        return _sentence("story.no_area", reader)
    return html.Article(
        [
            html.Header(html.Div([html.H2(titled(way[-1], "name", language)), html.P(code)]),
                        className="cc-story-head"),
            crumbs(way, language, here=True),
            section("story.tickets_here", language,
                    TicketList(id="area-tickets", config=reader.config, area=area_id)),
        ],
        className="cc-story",
        **data(area=code),
    )  # fmt: skip


def _no_actions(reader: Reader, live: str) -> Component:
    language = reader.language
    now = html.A(words("past.open_live", language), href=live)
    return html.P([words("past.no_actions", language), " ", now], className="cc-past-notice")


def _sentence(key: str, reader: Reader, **values: str) -> Component:
    return html.P(words(key, reader.language, **values), className="cc-empty", role="status")


def _number(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0
