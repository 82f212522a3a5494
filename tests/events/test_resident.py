"""The resident's voice after the report: messages, the rating of the end, who calls back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from events.actions.converse import MOST_A_DAY, rate, say
from events.actions.record import record
from events.actions.report import report, token_digest
from events.model.event import Source
from events.model.problems import Incomplete, NotAllowed, NotFound
from events.model.rating import RatingDraft
from events.model.refusal import Reason
from events.model.report import ReportDraft, ReportProgress
from events.model.ticket import Ticket
from events.model.workflow import State
from events.store import messages, reports
from grid.store.postgis import reading, transaction
from tests.events.town import NOW, SIDE, SOUTH, WEST, Town, draft

BAD = RatingDraft(solved=False, satisfied=False, stars=1, words="还在积水")
DAY = timedelta(days=1)


def reported(town: Town) -> tuple[str, Ticket]:
    """A resident's report, with its token and its ticket."""
    receipt = report(
        town.web, ReportDraft(category="flooding", lon=WEST + SIDE / 2, lat=SOUTH + SIDE / 2),
        idempotency_key=None, secret=b"s" * 32, now=NOW,
    )  # fmt: skip
    town.work()
    return receipt.token, town.ticket_of(receipt.event_id)


def closed(town: Town, ticket: Ticket, now: datetime = NOW) -> Ticket:
    ticket = town.again(ticket)
    crew = {"water": "w1", "works": "p1"}[ticket.department_code or ""]
    ticket = town.act(town.act(ticket, "accept", crew), "dispose", crew)
    return town.act(town.act(ticket, "verify", "operator"), "close", "operator", now=now)


def progress(town: Town, token: str) -> ReportProgress:
    with reading(town.web) as conn:
        found = reports.progress(conn, token_digest(token))
    assert found is not None
    return found


def test_a_conversation_has_what_is_meant_for_each(town: Town) -> None:
    token, ticket = reported(town)
    say(town.web, token, " 水越来越深 ", now=NOW)
    town.act(ticket, "comment", "operator", why="请尽快到场")
    town.act(ticket, "comment", "w1", why="我们在路上", audience="resident")
    with pytest.raises(Incomplete):
        town.act(ticket, "comment", "w1", why="x", audience="press")
    told = [(one.by_resident, one.body) for one in progress(town, token).messages]
    assert told == [(True, "水越来越深"), (False, "我们在路上")]
    with reading(town.web) as conn:
        assert len(messages.of_ticket(conn, ticket.ticket_id)) == 3
    # the trail is bound to the words, and does not repeat them
    (row,) = town.rows("SELECT payload, actor FROM events.ledger WHERE verb = 'report.message'")
    assert row[1] == "resident"
    assert "水" not in str(row[0])
    crew = town.rows("SELECT recipient_kind FROM events.outbox WHERE kind = 'message' ORDER BY 1")
    assert crew == [("crew",), ("reporter",)]


def test_a_flood_of_messages_is_stopped(town: Town) -> None:
    token, _ = reported(town)
    for text in ("", "  ", "x" * 1_001):
        with pytest.raises(Incomplete):
            say(town.web, token, text, now=NOW)
    with pytest.raises(NotFound):
        say(town.web, "nobody", "hello", now=NOW)
    for n in range(MOST_A_DAY):
        say(town.web, token, f"{n}", now=NOW)
    with pytest.raises(NotAllowed):
        say(town.web, token, "one more", now=NOW)
    say(town.web, token, "tomorrow", now=NOW + 2 * DAY)


def test_not_solved_opens_it_again_once_and_then_a_supervisor_looks(town: Town) -> None:
    token, ticket = reported(town)
    with pytest.raises(NotAllowed) as early:
        rate(town.web, token, BAD, now=NOW)
    assert early.value.refusal.reason is Reason.NOT_CLOSED
    closed(town, ticket)
    assert progress(town, token).may_rate
    opened = rate(town.web, token, BAD, now=NOW + DAY)
    assert (opened.state, opened.disposed_by) == (State.FILED, None)
    town.act(opened, "dispatch", "dispatcher", department="water")
    again = closed(town, ticket, NOW + DAY)
    asked = rate(town.web, token, BAD, now=NOW + 2 * DAY)
    assert asked.state is State.CLOSED
    (proposal,) = town.proposals(again)
    assert (proposal.asked_by, proposal.verb.value) == ("resident", "reconsider")
    with pytest.raises(NotAllowed):
        town.act(asked, "approve", "dispatcher", proposal=proposal.proposal_id)
    with pytest.raises(NotAllowed) as twice:
        rate(town.web, token, BAD, now=NOW + 2 * DAY)
    assert twice.value.refusal.reason is Reason.RATED
    opened = town.act(asked, "approve", "supervisor", proposal=proposal.proposal_id)
    assert opened.state is State.FILED


def test_after_a_week_it_is_for_a_supervisor(town: Town) -> None:
    token, ticket = reported(town)
    closed(town, ticket)
    late = rate(town.web, token, BAD, now=NOW + 8 * DAY)
    assert late.state is State.CLOSED
    assert len(town.proposals(late)) == 1


def test_a_good_end_is_counted_and_changes_nothing(town: Town) -> None:
    token, ticket = reported(town)
    ticket = closed(town, ticket)
    good = RatingDraft(solved=True, satisfied=True, stars=5)
    with pytest.raises(Incomplete):
        rate(town.web, token, RatingDraft(solved=True, satisfied=True, stars=6), now=NOW)
    assert rate(town.web, token, good, now=NOW).state is State.CLOSED
    assert town.rows("SELECT solved, satisfied, stars FROM events.ratings") == [(True, True, 5)]
    assert not progress(town, token).may_rate


def test_who_took_the_call_calls_back(town: Town) -> None:
    with_call = draft(source=Source.HOTLINE)
    operator = town.people["operator"]
    with transaction(town.web, operator.key) as conn:
        (recorded,) = record(conn, [with_call], by=operator, now=NOW)
    town.work()
    ticket = town.ticket_of(recorded.event_id)
    assert ticket.owned_by == "account:operator"
    closed(town, ticket)
    told = town.rows("SELECT recipient_id FROM events.outbox WHERE kind = 'close'")
    assert told == [(operator.account_id,)]


def test_a_call_about_something_known_owns_it_too(town: Town) -> None:
    ticket = town.filed(draft())
    dispatcher = town.people["dispatcher"]
    with transaction(town.web, dispatcher.key) as conn:
        record(conn, [draft(source=Source.HOTLINE)], by=dispatcher, now=NOW)
    town.work()
    assert town.again(ticket).owned_by == "account:dispatcher"
