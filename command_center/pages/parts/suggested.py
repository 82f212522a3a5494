"""Tickets that may be about the same thing as the one shown: side by side, with one click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, Input, Output, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.pages.page import PageApp
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, photo, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views import story
from command_center.views.moments import clock_text
from command_center.wording import words
from events.actions.act import act
from events.actions.suggest import not_the_same
from events.model.access import Permission, in_scope, may
from events.model.actor import Actor
from events.model.attachment import Attachment
from events.model.problems import Refused
from events.model.ticket import Ticket
from events.model.verb import STATE_WORDS, State, Verb
from events.model.workflow import MERGE_TARGETS, MOVES
from events.store import attachments, suggestions, tickets
from events.store.suggestions import Suggestion
from grid.store.postgis import reading


def suggested_section(services: Services, number: str, reader: Reader) -> Component | None:
    """What may be the same as the ticket ``number``; None where nothing is that one may see."""
    with reading(services.engine) as conn:
        ticket = tickets.by_number(conn, number)
        if ticket is None or not ticket.is_open or not in_scope(reader.actor, ticket):
            return None
        found = suggestions.of_ticket(conn, ticket.ticket_id)
        ids = [ticket.ticket_id, *(one.other_id for one in found)]
        known = {one.ticket_id: one for one in tickets.by_ids(conn, ids)}
        photos = attachments.of_tickets(conn, ids)
    rows = [
        _pair(ticket, known[one.other_id], one, photos, reader)
        for one in found
        if in_scope(reader.actor, known[one.other_id])
    ]
    if not rows:
        return None
    told = html.P(id="suggestion-told", role="alert")
    return section("fusion.perhaps", reader.language, html.Ul(rows, className="cc-same"), told)


def _pair(
    ticket: Ticket,
    other: Ticket,
    why: Suggestion,
    photos: Mapping[int, Sequence[Attachment]],
    reader: Reader,
) -> Component:
    language = reader.language
    return html.Li(
        [
            html.P([
                html.A(other.number, href=f"?ticket={other.number}"),
                html.Em(words("fusion.score", language, score=f"{why.score:.0%}")),
                html.Span(why.because.told(language)),
            ]),
            html.Div([
                _side(ticket, words("fusion.this", language), photos[ticket.ticket_id], reader),
                _side(other, other.number, photos[other.ticket_id], reader),
            ], className="cc-same-sides"),
            html.Div(_buttons(ticket, other, reader), className="cc-buttons"),
        ],
        **data(suggestion=other.number),
    )  # fmt: skip


def _side(ticket: Ticket, name: str, photos: Sequence[Attachment], reader: Reader) -> Component:
    language = reader.language
    at = clock_text(ticket.occurred_at, reader.zone, now=reader.now)
    state = STATE_WORDS[ticket.state].told(language)
    return html.Div(
        [
            html.B(name),
            html.Span(story.joined([story.titled(ticket, "title", language), state, at])),
            html.P(ticket.description or "–"),
            html.Ul([photo(one, language) for one in photos[:3]], className="cc-photos"),
        ]
    )


def _buttons(ticket: Ticket, other: Ticket, reader: Reader) -> list[Component]:
    """Both need somebody who may merge; a merge needs two tickets that still can be."""
    if reader.actor.role not in MOVES[State.FILED, Verb.MERGE].roles:
        return []
    found, why_not = ["apart"], []
    if direction(reader.actor, ticket, other) is not None:
        found.insert(0, "merge")
    else:
        why_not.append(html.Small(words("fusion.no_merge", reader.language)))
    buttons = [
        html.Button(
            words(f"fusion.{verdict}", reader.language), type="button", className="cc-button",
            id={"suggestion": verdict, "one": ticket.number, "other": other.number},
            **data(verdict=verdict),
        )
        for verdict in found
    ]  # fmt: skip
    return [*buttons, *why_not]


def direction(actor: Actor, one: Ticket, other: Ticket) -> tuple[Ticket, Ticket] | None:
    """Which goes into which: the newer into the older where that can be, or the other way."""
    older, newer = sorted((one, other), key=lambda ticket: ticket.ticket_id)
    for source, target in ((newer, older), (older, newer)):
        if may(actor, Verb.MERGE, source) is None and target.state in MERGE_TARGETS:
            return source, target
    return None


def add_suggestion_callbacks(app: PageApp, services: Services, act_permission: Permission) -> None:
    """One click merges (for a second person to approve) or says that two are not the same."""

    @app.callback(
        Output("suggestion-told", "children"),
        Input({"suggestion": ALL, "one": ALL, "other": ALL}, "n_clicks"),
        permission=act_permission,
        prevent_initial_call=True,
    )
    def decide(clicks: Sequence[int | None]) -> str:
        chosen = ctx.triggered_id
        if not any(clicks) or not isinstance(chosen, Mapping):
            raise PreventUpdate
        language = current_language()
        try:
            return decide_pair(services, {key: str(chosen.get(key)) for key in _KEYS}, language)
        except Refused as refused:
            return refused.told(language)
        except DBAPIError:
            return words("story.away", language)


_KEYS = ("suggestion", "one", "other")


def decide_pair(services: Services, chosen: Mapping[str, Any], language: Language) -> str:
    """Do what was clicked, in the name of the caller. Raises Refused."""
    actor, now = logged_in(), services.now()
    if chosen["suggestion"] == "apart":
        not_the_same(
            services.engine, chosen["one"], chosen["other"], by=actor, now=now,
            why=words("fusion.apart_why", language),
        )  # fmt: skip
        return words("fusion.apart_done", language)
    with reading(services.engine) as conn:
        pair = tickets.by_numbers(conn, [chosen["one"], chosen["other"]])
        ways = direction(actor, *pair) if len(pair) == 2 else None
        if ways is None or not all(in_scope(actor, one) for one in pair):
            return words("fusion.too_late", language)
        source, target = ways
        why = next(
            (one.because.told(language) for one in suggestions.of_ticket(conn, source.ticket_id)
             if one.other_id == target.ticket_id), "–",
        )  # fmt: skip
    act(
        services.engine, source.number, Verb.MERGE, by=actor, version=source.version, now=now,
        why=words("fusion.merge_why", language, because=why), into=target.number,
    )  # fmt: skip
    return words("fusion.merge_done", language, source=source.number, target=target.number)
