"""The resident behind a report speaks: a message, or a rating of the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from events.actions import telling
from events.actions.choices import Step
from events.actions.propose import propose
from events.actions.report import clean_text, token_digest
from events.actions.transition import mark_ticket, move_ticket
from events.model.actor import RESIDENT
from events.model.given import Given
from events.model.ledger import commitment
from events.model.message import Audience
from events.model.problems import Incomplete, NotAllowed, NotFound
from events.model.rating import LEAST, MOST, Follows, follows
from events.model.refusal import Reason, Refusal
from events.model.verb import State, Verb
from events.model.words import Words
from events.store import ledger, messages, ratings, reports, rules, tickets
from grid.store.postgis import notify, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.rating import RatingDraft
    from events.model.ticket import Ticket
    from events.store.reports import HeldReport

LONGEST_MESSAGE = 1_000
# A person has something to say now and then; a program that floods is stopped.
MOST_A_DAY = 40
_NOT_SOLVED = Words(zh="市民评价：问题没有解决", en="The resident says that it is not solved")


def say(engine: Engine, token: str, text: str, *, now: datetime) -> None:
    """Keep a resident's message, and tell those who have the ticket in hand.

    Raises NotFound for an unknown token, Incomplete for no text or too much of it, NotAllowed
    when there were too many messages today.
    """
    body = clean_text(text, LONGEST_MESSAGE, "text")
    if not body:
        raise Incomplete(Refusal(reason=Reason.NOTE_MISSING, field="text"))
    with transaction(engine, RESIDENT.key) as conn:
        report = _held(conn, token)
        if messages.count_since(conn, report.report_id, now - timedelta(days=1)) >= MOST_A_DAY:
            raise NotAllowed(Refusal(reason=Reason.TOO_MANY_MESSAGES))
        messages.add(conn, report_id=report.report_id, area_id=report.area_id,
                     audience=Audience.RESIDENT, body=body, now=now)  # fmt: skip
        ledger.append(
            conn,
            at=now,
            verb="report.message",
            object_kind="report",
            object_key=report.number,
            ticket_id=report.ticket_id,
            area_id=report.area_id,
            payload={"text": commitment(token_digest(token), body)},
        )
        if report.ticket_id is not None:
            ticket = tickets.by_id(conn, report.ticket_id)
            telling.tell_of_message(conn, ticket, now=now)
            notify(conn, "cc_live", "ticket", [ticket.ticket_id])


def rate(engine: Engine, token: str, draft: RatingDraft, *, now: datetime) -> Ticket:
    """Keep what a resident says of the end; "not solved" opens the ticket again.

    Raises NotFound, Incomplete, and NotAllowed when there is nothing to rate or it was rated.
    """
    if not LEAST <= draft.stars <= MOST:
        raise Incomplete(Refusal(reason=Reason.STARS, field="stars"))
    words = clean_text(draft.words, LONGEST_MESSAGE, "words")
    draft = replace(draft, words=words)
    with transaction(engine, RESIDENT.key) as conn:
        report = _held(conn, token)
        if report.ticket_id is None:
            raise NotAllowed(Refusal(reason=Reason.NOT_CLOSED))
        ticket = tickets.lock_id(conn, report.ticket_id)
        if ticket.state is not State.CLOSED or ticket.closed_at is None:
            raise NotAllowed(Refusal(reason=Reason.NOT_CLOSED))
        earlier = ratings.of_ticket(conn, ticket.ticket_id)
        before = any(one.report_number == report.number and not one.solved for one in earlier)
        if not ratings.add(conn, ticket, draft, report_id=report.report_id, now=now):
            raise NotAllowed(Refusal(reason=Reason.RATED))
        what = follows(draft, closed_at=ticket.closed_at, now=now, before=before)
        told = {
            "report": report.number, "solved": draft.solved, "satisfied": draft.satisfied,
            "stars": draft.stars, "words": commitment(token_digest(token), words),
            "follows": what,
        }  # fmt: skip
        ticket = mark_ticket(conn, ticket, Verb.RATE, now=now, told={"rating": told, "why": ""})
        return _follow(conn, ticket, what, now=now)


def _follow(conn: Connection, ticket: Ticket, what: Follows, *, now: datetime) -> Ticket:
    if what is Follows.NOTHING:
        return ticket
    city = rules.load(conn)
    if what is Follows.REOPEN:
        return move_ticket(conn, ticket, Verb.REOPEN, by=RESIDENT, now=now, city=city,
                           why=_NOT_SOLVED)  # fmt: skip
    step = Step(conn=conn, ticket=ticket, verb=Verb.RECONSIDER, by=RESIDENT, now=now,
                why=f"{_NOT_SOLVED.zh} / {_NOT_SOLVED.en}", given=Given(), city=city)  # fmt: skip
    return propose(step)


def _held(conn: Connection, token: str) -> HeldReport:
    report = reports.held(conn, token_digest(token))
    if report is None:
        raise NotFound(Refusal(reason=Reason.NO_SUCH_REPORT))
    return report
