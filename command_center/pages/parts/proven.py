"""The check-list of what a ticket's category asks for as proof."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.wording import words
from events.model.proof import ITEM_WORDS, Check, checks
from events.model.ticket import Ticket
from events.model.workflow import FINAL, State
from events.store.history import TicketHistory


def proof_section(ticket: Ticket, past: TicketHistory, reader: Reader) -> list[Component]:
    """What is proven and what is missing; nothing where nothing is asked for, or no longer."""
    if ticket.state in FINAL - {State.CLOSED}:
        return []
    found = checks(ticket, past.photo_proof, reader.now)
    if not found:
        return []
    rows = [_row(one, reader) for one in found]
    return [section("story.proof", reader.language, html.Ul(rows, className="cc-proof"))]


def _row(one: Check, reader: Reader) -> Component:
    look = "met" if one.refusal is None else "waits" if one.waits else "missing"
    told = [] if one.refusal is None else [html.P(one.refusal.told(reader.language))]
    return html.Li(
        [
            html.B(ITEM_WORDS[one.item].told(reader.language)),
            html.Em(words(f"story.proof_{look}", reader.language)),
            *told,
        ],
        className=look,
        **data(proof=str(one.item)),
    )
