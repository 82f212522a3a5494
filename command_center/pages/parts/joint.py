"""What others have to say about a ticket: proposals, assisting departments, parts."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.views import story
from command_center.views.moments import clock_text
from command_center.wording import words
from events.model.party import PARTY_WORDS
from events.model.proposal import Outcome, Proposal
from events.model.verb import STATE_WORDS, VERB_WORDS
from events.store.history import TicketHistory


def proposals_section(past: TicketHistory, names: story.Names, reader: Reader) -> list[Component]:
    """What was proposed about the ticket, what waits for a decision first."""
    ordered = sorted(past.proposals, key=lambda one: (one.outcome is not Outcome.PENDING,
                                                      -one.proposal_id))  # fmt: skip
    rows = [_proposal(one, names, reader) for one in ordered]
    if not rows:
        return []
    return [section("story.proposals", reader.language, html.Ol(rows, className="cc-proposals"))]


def _proposal(one: Proposal, names: story.Names, reader: Reader) -> Component:
    language = reader.language
    who = story.actor_name(one.asked_by, names, language)
    at = clock_text(one.asked_at, reader.zone, now=reader.now)
    asked = words("story.proposal_asked", language, who=who, at=at)
    said = [
        words("story.proposal_agreed", language, why=given["why"],
              who=story.actor_name(str(given["by"]), names, language))
        for given in one.approvals
    ]  # fmt: skip
    if one.decided_why and one.outcome is Outcome.REFUSED:
        said.append(one.decided_why)
    return html.Li(
        [
            html.B(VERB_WORDS[one.verb].told(language)),
            html.Em(story.proposal_told(one, names, language)),
            html.P(story.joined([asked, _given(one, reader), one.reason])),
            *(html.P(line) for line in said),
        ],
        className=str(one.outcome),
        **data(proposal=str(one.proposal_id)),
    )


def _given(one: Proposal, reader: Reader) -> str:
    """What goes with it: hours, a date, a ticket."""
    given = one.given
    if "hours" in given:
        return words("story.given_hours", reader.language, hours=f"{given['hours']:g}")
    if "until" in given:
        return words("story.given_until", reader.language, day=str(given["until"])[:10])
    if "into" in given:
        return words("story.given_into", reader.language, number=given["into"])
    return ""


def joint_section(past: TicketHistory, reader: Reader) -> list[Component]:
    """Who assists, how far they are, and the tickets that are parts of this one."""
    language = reader.language
    rows = [
        html.Li([
            html.B(story.titled(one, "department_name", language)),
            html.Span(words("story.party_due", language,
                            due=clock_text(one.due_at, reader.zone, now=reader.now))),
            html.Em(PARTY_WORDS[one.state].told(language)),
            html.P(story.joined([one.asked_why, one.note or ""])),
        ], className=str(one.state))
        for one in past.parties
    ]  # fmt: skip
    parts = [
        html.Li([html.A(one.number, href=f"?ticket={one.number}"),
                 html.Em(STATE_WORDS[one.state].told(language))])
        for one in past.parts
    ]  # fmt: skip
    found = []
    if rows:
        found.append(section("story.parties", language, html.Ul(rows, className="cc-parties")))
    if parts:
        found.append(section("story.parts", language, html.Ul(parts, className="cc-parties")))
    return found
