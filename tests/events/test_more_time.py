"""Extensions, suspensions and timeout appeals: what they do to the clocks, and their limits."""

from datetime import timedelta

import pytest

from events.actions.upkeep import mark_overdue, resume_suspended
from events.model.access import DISPATCH
from events.model.problems import Incomplete, NotAllowed
from events.model.refusal import Reason
from events.model.workflow import State
from tests.events.town import NOW, Town, draft

HOUR = timedelta(hours=1)


def test_an_extension_takes_two_levels_and_is_limited(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    for hours in (0, -1, 4.1, None):
        with pytest.raises(Incomplete) as wrong:
            town.act(ticket, "extend", "w1", hours=hours)
        assert wrong.value.refusal.reason is Reason.EXTENSION_LENGTH
    ticket = town.act(ticket, "extend", "w1", hours=4.0, now=NOW + HOUR)
    asked = town.proposals(ticket)[0].proposal_id
    with pytest.raises(NotAllowed):
        town.act(ticket, "approve", "supervisor", proposal=asked)  # the dispatcher is first
    ticket = town.act(ticket, "approve", "dispatcher", proposal=asked, now=NOW + HOUR)
    assert ticket.due_at == NOW + 4 * HOUR
    ticket = town.act(ticket, "approve", "supervisor", proposal=asked, now=NOW + 2 * HOUR)
    assert (ticket.due_at, ticket.extensions) == (NOW + 8 * HOUR, 1)
    ticket = town.agreed(ticket, "extend", "w1", ["dispatcher", "supervisor"], hours=1.0,
                         now=NOW + 3 * HOUR)  # fmt: skip
    assert ticket.due_at == NOW + 9 * HOUR
    with pytest.raises(NotAllowed) as third:
        town.act(ticket, "extend", "w1", hours=1.0)
    assert third.value.refusal.reason is Reason.EXTENDED
    # what was given stays with the department over a return
    back = town.act(ticket, "hand_back", "w1", now=NOW + 4 * HOUR)
    again = town.act(back, "dispatch", "dispatcher", department="water", now=NOW + 5 * HOUR)
    assert again.due_at == NOW + 10 * HOUR


def test_a_suspension_pauses_every_clock_and_ends_by_itself(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    ticket = town.act(ticket, "assist", "dispatcher", department="works")
    until = NOW + timedelta(days=30)
    for wrong in (NOW, NOW + timedelta(days=367), None):
        with pytest.raises(Incomplete) as refused:
            town.act(ticket, "suspend", "w1", until=wrong)
        assert refused.value.refusal.reason is Reason.SUSPENSION_LENGTH
    ticket = town.agreed(ticket, "suspend", "w1", ["supervisor"], until=until, now=NOW + HOUR)
    assert (ticket.state, ticket.due_at, ticket.resume_at) == (State.SUSPENDED, None, until)
    assert mark_overdue(town.dispatch, by=DISPATCH, now=until - HOUR) == 0
    assert resume_suspended(town.dispatch, by=DISPATCH, now=until - HOUR) == 0
    assert resume_suspended(town.dispatch, by=DISPATCH, now=until) == 1
    ticket = town.again(ticket)
    assert (ticket.state, ticket.resume_at) == (State.DISPATCHED, None)
    assert ticket.due_at == until + 3 * HOUR
    assert ticket.crew_code == "w1"
    assert town.rows("SELECT due_at FROM events.parties") == [(until + 3 * HOUR,)]
    with pytest.raises(NotAllowed) as twice:
        town.act(ticket, "suspend", "dispatcher", until=until + HOUR, now=until)
    assert twice.value.refusal.reason is Reason.SUSPENDED_ONCE


def test_a_person_resumes_earlier(town: Town) -> None:
    ticket = town.agreed(town.filed(draft()), "suspend", "dispatcher", ["supervisor"],
                         until=NOW + timedelta(days=9))  # fmt: skip
    ticket = town.act(ticket, "resume", "dispatcher", now=NOW + timedelta(days=2))
    assert ticket.due_at == NOW + timedelta(days=2, hours=4)


def test_an_appeal_excuses_and_the_fact_stays(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    with pytest.raises(NotAllowed) as early:
        town.act(ticket, "appeal", "w1")
    assert early.value.refusal.reason is Reason.NOT_LATE
    late = NOW + 5 * HOUR
    ticket = town.act(ticket, "dispose", "w1", now=late)  # noticed by the move, not the engine
    assert ticket.late_at == NOW + 4 * HOUR
    ticket = town.act(ticket, "appeal", "w2", why="道路被淹", now=late)
    asked = town.proposals(ticket)[0].proposal_id
    ticket = town.act(ticket, "approve", "dispatcher", proposal=asked, now=late)
    assert ticket.exempted_at is None
    ticket = town.act(ticket, "approve", "supervisor", proposal=asked, now=late)
    assert (ticket.exempted_at, ticket.late_at) == (late, NOW + 4 * HOUR)
    with pytest.raises(NotAllowed) as twice:
        town.act(ticket, "appeal", "w1")
    assert twice.value.refusal.reason is Reason.APPEALED


def test_a_refused_appeal_was_the_only_one(town: Town) -> None:
    ticket = town.filed(draft())
    mark_overdue(town.dispatch, by=DISPATCH, now=NOW + 5 * HOUR)
    ticket = town.act(town.again(ticket), "appeal", "w1")
    asked = town.proposals(ticket)[0].proposal_id
    ticket = town.act(ticket, "refuse", "dispatcher", proposal=asked)
    assert (ticket.appealed_at, ticket.exempted_at) == (NOW, None)
    with pytest.raises(NotAllowed):
        town.act(ticket, "appeal", "w1")
