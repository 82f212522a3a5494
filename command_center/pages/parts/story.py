"""A ticket's story as a panel, with what the caller may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.components import Actions, Due, Mark
from command_center.pages.parts.told import aria, data, fact, photo, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views import story
from command_center.views.moments import clock_text, span_text
from command_center.wording import words
from events.model.access import in_scope
from events.model.actor import Actor
from events.model.routing import choose_crew, route
from events.model.ticket import Ticket, yellow_at
from events.model.workflow import STATE_WORDS, Verb
from events.store import accounts, departments, history, rules, tickets
from events.store.history import TicketHistory
from grid.store.postgis import reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads, in which language, when, and in which city's time."""

    actor: Actor
    language: Language
    now: datetime
    zone: ZoneInfo
    config: dict[str, Any]


def story_panel(
    services: Services, number: str, reader: Reader, *, links: Component | None
) -> Component:
    """The story of the ticket ``number``; a sentence when the reader may not see any such."""
    with reading(services.engine) as conn:
        ticket = tickets.by_number(conn, number)
        if ticket is None or not in_scope(reader.actor, ticket):
            text = words("story.no_ticket", reader.language, number=number)
            return html.P(text, className="cc-empty", role="status")
        past = history.of_ticket(conn, ticket.ticket_id)
        names = _names(conn, reader.language)
        actions = _actions(conn, ticket, reader)
    return html.Article(
        [
            *_head(ticket, reader),
            _way(ticket, reader),
            actions,
            *([links] if links is not None else []),
            _facts(ticket, reader),
            *_evidence(past, reader),
            *_routing(ticket, reader),
            *_history(past, names, reader),
            *_events(past, reader),
            *_clocks(past, reader),
        ],
        className="cc-story",
        **data(story=number),
    )


def _head(ticket: Ticket, reader: Reader) -> list[Component]:
    tags = [html.Em(words("story.supervised", reader.language), className="supervised")]
    due, turns_yellow = ticket.due_at, yellow_at(ticket)
    return [
        html.Header(
            [
                Mark(config=reader.config, severity=ticket.severity, layer=ticket.layer),
                html.Div(
                    [
                        html.H2(story.titled(ticket, "title", reader.language)),
                        html.P(
                            [
                                html.Span(ticket.number, className="cc-number"),
                                html.B(STATE_WORDS[ticket.state].told(reader.language)),
                                *(tags if ticket.supervised else []),
                            ],
                            className="cc-tags",
                        ),
                    ],
                ),
                Due(
                    config=reader.config,
                    due_at=due.isoformat() if due else None,
                    yellow_at=turns_yellow.isoformat() if turns_yellow else None,
                )
                if ticket.is_open
                else html.Span(),
            ],
            className="cc-story-head",
        )
    ]


def _way(ticket: Ticket, reader: Reader) -> Component:
    made = story.steps(ticket, reader.language, reader.zone, reader.now)
    return html.Ol(
        [
            html.Li(
                [html.I(), html.Span(one.name), html.Time(one.at)],
                className=one.look,
                **(aria(current="step") if one.look == "now" else {}),
            )
            for one in made
        ],
        className="cc-way",
    )


def _actions(conn: Connection, ticket: Ticket, reader: Reader) -> Component:
    language = reader.language
    found = story.actions(reader.actor, ticket, language)
    wanted = {one["verb"] for one in found}
    suggested: dict[str, str] = {}
    why = ""
    choices: list[dict[str, str]] = []
    crews: list[dict[str, str]] = []
    if wanted & {Verb.DISPATCH.value, Verb.ASSIGN.value}:
        every = departments.all(conn)
        codes = {one.department_id: one.code for one in every}
        choices = [
            {"value": one.code, "label": story.titled(one, "name", language)} for one in every
        ]
        crews = [
            {"value": one.code, "department": codes[one.department_id],
             "label": f"{story.titled(one, 'name', language)} ({one.load}/{one.capacity})"}
            for one in rules.crews(conn) if one.department_id in codes
        ]  # fmt: skip
        suggested, why = _suggestion(conn, ticket, codes, reader)
    return Actions(
        id="actions",
        config=reader.config,
        number=ticket.number,
        version=ticket.version,
        actions=found,
        departments=choices,
        crews=crews,
        department=ticket.department_code or "",
        suggested=suggested,
        suggestion=why,
    )


def _suggestion(
    conn: Connection, ticket: Ticket, codes: dict[int, str], reader: Reader
) -> tuple[dict[str, str], str]:
    """Whom the engine would choose, and why: the person decides."""
    city = rules.load(conn)
    category = city.categories[ticket.category_code]
    duties = rules.duties(conn, category=category, area_path=ticket.area_path, now=reader.now)
    routed = route(duties, category, ticket.area_path)
    if routed is None or routed.department_id not in codes:
        return {}, ""
    chosen = choose_crew(
        rules.crews(conn, department_id=routed.department_id), category,
        lon=ticket.lon, lat=ticket.lat, at=reader.now, zone=city.calendar.zone,
    )  # fmt: skip
    crew = next(
        (one.crew.code for one in chosen.considered if one.crew.crew_id == chosen.crew_id), ""
    )
    why = story.joined([routed.because.told(reader.language), chosen.because.told(reader.language)])
    return {"department": codes[routed.department_id], "crew": crew}, why


def _facts(ticket: Ticket, reader: Reader) -> Component:
    language = reader.language
    names = ("department_name", "crew_name")
    who = story.joined([story.titled(ticket, one, language) for one in names])
    rows = [
        fact("story.department", who or words("story.nobody", language), language),
        fact("story.category", story.titled(ticket, "category_name", language), language),
        fact("story.place", story.titled(ticket, "area_name", language), language),
        fact("story.cell", _cell(ticket), language),
        fact("story.source", words(f"story.source_{ticket.source}", language), language),
        fact("story.since", clock_text(ticket.occurred_at, reader.zone, now=reader.now), language),
    ]
    if ticket.description:
        rows.append(fact("story.description", ticket.description, language))
    return html.Dl([part for row in rows for part in row], className="cc-facts")


def _cell(ticket: Ticket) -> Component | str:
    if ticket.cell_id is None:
        return "–"
    return html.A(ticket.cell_code, href=f"/?cell={ticket.cell_id}")


def _evidence(past: TicketHistory, reader: Reader) -> list[Component]:
    if not past.attachments:
        return []
    photos = [photo(one, reader.language) for one in past.attachments]
    return [section("story.evidence", reader.language, html.Ul(photos, className="cc-photos"))]


def _routing(ticket: Ticket, reader: Reader) -> list[Component]:
    language = reader.language
    reasons = story.because(ticket.routing, language)
    looked = ((ticket.routing or {}).get("crew") or {}).get("considered") or []
    if not reasons:
        return []
    names = {one["crew"]: one for one in looked}
    rows = [
        html.Li([
            html.Span(code),
            html.Span(words("story.distance", language, km=f"{one['distance_m'] / 1000:.1f}",
                            load=one["load"], capacity=one["capacity"])),
            html.Em((one.get("why_not") or {}).get(language, "")),
        ])
        for code, one in names.items()
    ]  # fmt: skip
    return [
        section(
            "story.why_routed",
            language,
            html.Ul([html.Li(one) for one in reasons], className="cc-reasons"),
            html.Details(
                [html.Summary(words("story.considered", language)),
                 html.Ul(rows, className="cc-considered")]
            ) if rows else None,
        )
    ]  # fmt: skip


def _history(past: TicketHistory, names: story.Names, reader: Reader) -> list[Component]:
    lines = story.history(past.entries, names, reader.language, reader.zone, reader.now)
    rows = [
        html.Li(
            [html.Time(one.at), html.Div([html.B(one.what), html.Span(one.who), html.P(one.why)])],
            className=f"verb-{one.verb}",
        )
        for one in lines
    ]
    return [section("story.history", reader.language, html.Ol(rows, className="cc-timeline"))]


def _events(past: TicketHistory, reader: Reader) -> list[Component]:
    rows = []
    for linked in past.events:
        event = linked.event
        told = linked.because.told(reader.language)
        at = clock_text(event.occurred_at, reader.zone, now=reader.now)
        title = story.titled(event, "title", reader.language)
        rows.append(html.Li([html.Time(at), html.Div([html.B(title), html.P(told)])]))
    if not rows:
        return []
    return [section("story.events", reader.language, html.Ol(rows, className="cc-timeline"))]


def _clocks(past: TicketHistory, reader: Reader) -> list[Component]:
    language = reader.language
    rows = []
    for explained in past.clocks:
        one = explained.clock
        ended = one.stopped_at or reader.now
        late = ended - one.due_at
        key = "clock_kept" if one.stopped_at else "clock_running"
        mark = words(f"story.{key}", language)
        if late.total_seconds() > 0:
            mark = words("story.clock_late", language, span=span_text(late, language))
        told = words(
            "story.clock_row",
            language,
            limit=span_text(one.time_limit, language),
            started=clock_text(one.started_at, reader.zone, now=reader.now),
            due=clock_text(one.due_at, reader.zone, now=reader.now),
        )
        rows.append(html.Li([html.B(words(f"story.clock_{one.stage}", language)),
                             html.Span(told), html.Em(mark)]))  # fmt: skip
    if not rows:
        return []
    return [section("story.clocks", language, html.Ul(rows, className="cc-clocks"))]


def _names(conn: Connection, language: Language) -> story.Names:
    return story.Names(
        departments={one.department_id: story.titled(one, "name", language)
                     for one in departments.all(conn)},
        crews={one.crew_id: story.titled(one, "name", language) for one in rules.crews(conn)},
        accounts={one.actor.key: story.titled(one.actor, "name", language)
                  for one in accounts.all(conn)},
    )  # fmt: skip
