"""What nobody may do alone: proposed, decided by others, level by level; nothing is suppressed."""

from datetime import timedelta

import pytest

from events.actions.upkeep import mark_overdue
from events.model.access import DISPATCH, Scope
from events.model.event import Change
from events.model.problems import Conflict, Incomplete, NotAllowed
from events.model.proposal import Outcome
from events.model.refusal import Reason
from events.model.workflow import FINAL, MOVES, OPEN, State, Verb
from events.store import proposals, search
from events.store.search import TicketQuery
from grid.store.postgis import reading
from tests.events.town import NOW, Town, draft, finding

HOUR = timedelta(hours=1)


def test_a_decline_waits_for_somebody_else_and_the_clock_runs_on(town: Town) -> None:
    ticket = town.filed(draft("street_lamp"))
    asked = town.act(ticket, "decline", "operator", why="重复")
    assert (asked.state, asked.due_at) == (State.REPORTED, ticket.due_at)
    (proposal,) = town.proposals(ticket)
    with pytest.raises(NotAllowed) as alone:
        town.act(asked, "approve", "operator", proposal=proposal.proposal_id)
    assert alone.value.refusal.reason is Reason.SECOND_PERSON
    with pytest.raises(NotAllowed):
        town.act(asked, "approve", "admin", proposal=proposal.proposal_id)
    with pytest.raises(Incomplete):
        town.act(asked, "approve", "dispatcher", proposal=proposal.proposal_id, why=" ")
    assert mark_overdue(town.dispatch, by=DISPATCH, now=NOW + HOUR) == 1
    seen = town.act(asked, "approve", "dispatcher", proposal=proposal.proposal_id, why="属实")
    assert seen.state is State.DECLINED
    assert town.proposals(ticket)[0].outcome is Outcome.APPROVED
    trail = [row[0] for row in town.rows(
        "SELECT verb || ' ' || actor FROM events.ledger WHERE ticket_id = 1 ORDER BY entry_id"
    )]  # fmt: skip
    assert trail[-4:] == [
        "ticket.propose account:operator", "ticket.overdue system:dispatch",
        "ticket.approve account:dispatcher", "ticket.decline account:dispatcher",
    ]  # fmt: skip


def test_a_refused_proposal_leaves_everything_and_may_be_made_again(town: Town) -> None:
    ticket = town.filed(draft())
    asked = town.act(ticket, "false_alarm", "w1", why="现场无积水")
    number = town.proposals(ticket)[0].proposal_id
    with pytest.raises(Conflict):
        town.act(asked, "false_alarm", "dispatcher")
    with pytest.raises(NotAllowed):
        town.act(asked, "approve", "operator", proposal=number)  # not of the deciding roles
    with pytest.raises(NotAllowed) as other:
        town.act(asked, "withdraw", "dispatcher", proposal=number)
    assert other.value.refusal.reason is Reason.NOT_WHO_ASKED
    refused = town.act(asked, "refuse", "supervisor", proposal=number, why="监测仍超限")
    assert refused.state is State.DISPATCHED
    with pytest.raises(Conflict):
        town.act(refused, "approve", "dispatcher", proposal=number)
    again = town.act(refused, "false_alarm", "w1", why="已复查")
    second = town.proposals(ticket)[1].proposal_id
    town.act(again, "withdraw", "w1", proposal=second, why="")
    assert [one.outcome for one in town.proposals(ticket)] == [Outcome.REFUSED, Outcome.WITHDRAWN]
    told = town.rows("SELECT u.name, o.kind FROM events.outbox o JOIN events.accounts u"
                     " ON u.account_id = o.recipient_id WHERE o.kind IN ('propose', 'refuse')"
                     " AND o.recipient_kind = 'account' ORDER BY o.notice_id")  # fmt: skip
    assert ("w1", "refuse") in told
    assert ("supervisor", "propose") in told
    assert ("operator", "propose") not in told


def test_a_proposal_lapses_when_the_ticket_moves_on(town: Town) -> None:
    ticket = town.filed(draft("street_lamp"))
    town.act(ticket, "decline", "operator")
    filed = town.act(town.again(ticket), "file", "dispatcher")
    assert town.proposals(ticket)[0].outcome is Outcome.PENDING  # can be declined there, too
    town.act(filed, "dispatch", "dispatcher", department="works")
    (proposal,) = town.proposals(ticket)
    assert (proposal.outcome, proposal.decided_by) == (Outcome.LAPSED, "account:dispatcher")


def test_nobody_suppresses_an_alarm_alone() -> None:
    """Every move that ends a ticket without its having been put right needs two people."""
    for (state, verb), move in MOVES.items():
        ends = move.target in FINAL and state in OPEN
        if ends and verb is not Verb.CLOSE:
            assert move.levels, (state, verb)
            assert not move.systems, (state, verb)


def test_after_a_return_only_the_receivers_own_step_is_possible() -> None:
    """A hand-back leads to where it is dispatched; nothing leads on from there past that."""
    for state in (State.DISPATCHED, State.ACCEPTED):
        assert MOVES[state, Verb.HAND_BACK].target is State.FILED
    onward = {verb for (state, verb), move in MOVES.items()
              if state is State.FILED and move.target is not state and not move.levels}  # fmt: skip
    assert onward == {Verb.DISPATCH}


def test_what_waits_for_me_is_found_the_most_urgent_first(town: Town) -> None:
    lamp = town.filed(draft("street_lamp"))
    water = town.filed(draft("flooding"))
    town.act(lamp, "decline", "operator")
    town.act(water, "suspend", "dispatcher", until=NOW + timedelta(days=30))
    with reading(town.web) as conn:

        def of(name: str) -> list[str]:
            who = town.people[name]
            page = search.search(conn, TicketQuery(decided_by=who), Scope())
            return [one.number for one in page.items]

        assert of("operator") == []
        assert of("dispatcher") == [lamp.number]
        assert set(of("supervisor")) == {lamp.number, water.number}
        waiting = proposals.for_actor(
            conn, town.people["supervisor"], [lamp.ticket_id, water.ticket_id]
        )
    assert waiting == {lamp.ticket_id: (Verb.DECLINE,), water.ticket_id: (Verb.SUSPEND,)}


def test_a_false_alarm_that_gets_graver_is_decided_anew(town: Town) -> None:
    ticket = town.filed(finding("f1", 1, Change.RAISED, severity=2))
    declined = town.agreed(ticket, "false_alarm", "w1", ["dispatcher"])
    assert declined.state is State.DECLINED
    anew = town.filed(finding("f1", 2, Change.CHANGED, severity=4))
    assert anew.ticket_id != ticket.ticket_id
