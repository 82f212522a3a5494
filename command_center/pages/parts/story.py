"""A ticket's story as a panel, with what the caller may do about it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.components import Actions, Due, Here, Mark
from command_center.pages.parts.clocks import clocks_section
from command_center.pages.parts.crumbs import crumbs
from command_center.pages.parts.escalated import escalated_section
from command_center.pages.parts.forecast import forecast_fact
from command_center.pages.parts.joint import joint_section, proposals_section
from command_center.pages.parts.names import read_names
from command_center.pages.parts.projects import projects_section
from command_center.pages.parts.proven import proof_section
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.talk import talk_section
from command_center.pages.parts.told import aria, data, fact, photo, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views import story
from command_center.views.moments import clock_text
from command_center.wording import words
from events.actions.dispatch import decide
from events.model.access import in_scope
from events.model.crew_choice import choose_crew
from events.model.deadline import Stage, due, limit_of
from events.model.forecast import Forecast
from events.model.ticket import Ticket, yellow_at
from events.model.workflow import STATE_WORDS, Verb
from events.store import crew_work, departments, history, rules, tickets
from events.store.history import TicketHistory
from grid.store import lookup
from grid.store.postgis import reading

# Verbs with which a department is named.
_NAME_DEPARTMENTS = frozenset({
    Verb.DISPATCH, Verb.ASSIGN, Verb.ASSIST, Verb.RELEASE, Verb.SPLIT,
})  # fmt: skip


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
        names = read_names(conn, reader.language)
        actions = _actions(conn, ticket, past, reader)
        way = lookup.way(conn, ticket.area_id)
        forecast = crew_work.forecast(conn, ticket, reader.zone, reader.now)
    cell = None if ticket.cell_id is None else (ticket.cell_id, ticket.cell_code or "")
    return html.Article(
        [
            *head(ticket, reader),
            crumbs(way, reader.language, cell=cell),
            way_through(ticket, reader),
            actions,
            *proof_section(ticket, past, reader),
            *escalated_section(past, names, reader),
            *proposals_section(past, names, reader),
            *([links] if links is not None else []),
            facts(ticket, names, reader, forecast),
            *projects_section(past, reader),
            *joint_section(past, reader),
            *talk_section(ticket, past, names, reader),
            *evidence(past, reader),
            *_routing(ticket, reader),
            *timeline(past, names, reader),
            *behind(past, reader),
            *clocks_section(past, reader),
            Here(of=f"ticket:{number}", at=[ticket.lon, ticket.lat]),
        ],
        className="cc-story",
        **data(story=number),
    )


def head(ticket: Ticket, reader: Reader) -> list[Component]:
    """Title, number, state, and how much time is left."""
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
                    state=ticket.state.value,
                )
                if ticket.is_open
                else html.Span(),
            ],
            className="cc-story-head",
        )
    ]


def way_through(ticket: Ticket, reader: Reader) -> Component:
    """The states it went through, and where it is."""
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


def _actions(conn: Connection, ticket: Ticket, past: TicketHistory, reader: Reader) -> Component:
    language = reader.language
    found = story.actions(reader.actor, ticket, past.proposals, language)
    wanted = {one["verb"] for one in found}
    suggested: dict[str, str] = {}
    why = ""
    choices: list[dict[str, str]] = []
    crews: list[dict[str, str]] = []
    if wanted & {one.value for one in _NAME_DEPARTMENTS}:
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
        events=_linked(past, language),
        department=ticket.department_code or "",
        suggested=suggested,
        suggestion=why,
    )


def _linked(past: TicketHistory, language: Language) -> list[dict[str, str]]:
    """The events that are with the ticket now, to choose one from."""
    return [
        {"value": str(one.event.event_id),
         "label": f"{one.event.event_id} {story.titled(one.event, 'title', language)}"}
        for one in past.events if one.unlinked_at is None
    ]  # fmt: skip


def _suggestion(
    conn: Connection, ticket: Ticket, codes: dict[int, str], reader: Reader
) -> tuple[dict[str, str], str]:
    """Whom the engine would choose, and why: the person decides."""
    city = rules.load(conn)
    category = city.categories[ticket.category_code]
    routed = decide(conn, ticket, now=reader.now, city=city)
    if routed.department_id is None or routed.department_id not in codes:
        return {}, routed.because.told(reader.language)
    chosen = choose_crew(
        rules.crews(conn, department_id=routed.department_id), category,
        lon=ticket.lon, lat=ticket.lat, at=reader.now, zone=city.calendar.zone,
        severity=ticket.severity,
        due_at=due(reader.now, limit_of(Stage.DISPOSE, category), city.calendar),
    )  # fmt: skip
    crew = next(
        (one.crew.code for one in chosen.considered if one.crew.crew_id == chosen.crew_id), ""
    )
    why = story.joined([routed.because.told(reader.language), chosen.because.told(reader.language)])
    return {"department": codes[routed.department_id], "crew": crew}, why


def facts(
    ticket: Ticket, names: story.Names, reader: Reader, forecast: Forecast | None = None
) -> Component:
    """Who has it, when it will be done, what it is, since when."""
    language = reader.language
    named = ("department_name", "crew_name")
    who = story.joined([story.titled(ticket, one, language) for one in named])
    rows = [
        fact("story.department", who or words("story.nobody", language), language),
        *forecast_fact(forecast, reader),
        fact("story.category", story.titled(ticket, "category_name", language), language),
        fact("story.source", words(f"story.source_{ticket.source}", language), language),
        fact("story.since", clock_text(ticket.occurred_at, reader.zone, now=reader.now), language),
    ]
    if ticket.owned_by is not None:
        owner = story.actor_name(ticket.owned_by, names, language)
        rows.append(fact("story.owner", owner, language))
    for key, number in (("parent", ticket.parent_number), ("merged", ticket.merged_number)):
        if number is not None:
            rows.append(fact(f"story.{key}", html.A(number, href=f"?ticket={number}"), language))
    if ticket.resume_at is not None:
        until = clock_text(ticket.resume_at, reader.zone, now=reader.now)
        rows.append(fact("story.suspended_until", until, language))
    if ticket.exempted_at is not None:
        rows.append(fact("story.late", words("story.exempted", language), language))
    if ticket.description:
        rows.append(fact("story.description", ticket.description, language))
    return html.Dl([part for row in rows for part in row], className="cc-facts")


def evidence(past: TicketHistory, reader: Reader) -> list[Component]:
    """Its photos."""
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
            html.Em((one.get("why_not") or {}).get(language, "") or story.cost(one, language)),
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


def timeline(past: TicketHistory, names: story.Names, reader: Reader) -> list[Component]:
    """What was done, the newest first."""
    lines = story.history(past.entries, names, reader.language, reader.zone, reader.now)
    rows = [
        html.Li(
            [html.Time(one.at), html.Div([html.B(one.what), html.Span(one.who), html.P(one.why)])],
            className=f"verb-{one.verb}",
        )
        for one in lines
    ]
    return [section("story.history", reader.language, html.Ol(rows, className="cc-timeline"))]


def behind(past: TicketHistory, reader: Reader) -> list[Component]:
    """The events behind it."""
    rows = []
    for linked in past.events:
        event = linked.event
        told = linked.because.told(reader.language)
        at = clock_text(event.occurred_at, reader.zone, now=reader.now)
        title = f"{story.titled(event, 'title', reader.language)} #{event.event_id}"
        gone = linked.unlinked_at is not None
        mark = [html.Span(words("story.unlinked", reader.language))] if gone else []
        rows.append(html.Li([html.Time(at), html.Div([html.B(title), *mark, html.P(told)])],
                            className="gone" if gone else ""))  # fmt: skip
    if not rows:
        return []
    return [section("story.events", reader.language, html.Ol(rows, className="cc-timeline"))]
