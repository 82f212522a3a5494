"""Several departments on one ticket: parts that are signed, and parts that are tickets."""

from datetime import timedelta

import pytest

from events.actions.upkeep import close_recovered, tell_late_parts
from events.model.access import DISPATCH, in_scope
from events.model.event import Change
from events.model.problems import Incomplete, NotAllowed, NotFound
from events.model.refusal import Reason
from events.model.workflow import State
from events.store import parties, tickets
from grid.store.postgis import reading
from tests.events.town import NOW, Town, draft, finding


def test_the_lead_disposes_when_everybody_has_signed(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    with pytest.raises(NotFound):
        town.act(ticket, "comment", "p1")
    with pytest.raises(Incomplete) as lead:
        town.act(ticket, "assist", "dispatcher", department="water")
    assert lead.value.refusal.reason is Reason.LEADS_ALREADY
    ticket = town.act(ticket, "assist", "dispatcher", department="works", crew="p1", why="断电")
    assert in_scope(town.people["p1"], ticket)
    town.act(ticket, "comment", "p1", why="在路上")
    with pytest.raises(NotAllowed) as unsigned:
        town.act(ticket, "dispose", "w1")
    assert unsigned.value.refusal.reason is Reason.UNSIGNED
    with pytest.raises(NotAllowed) as other:
        town.act(ticket, "sign", "w1")
    assert other.value.refusal.reason is Reason.OTHER_DEPARTMENT
    signed = town.act(ticket, "sign", "p1", why="已断电")
    with pytest.raises(NotAllowed):
        town.act(signed, "sign", "p1")
    # the lead's phone did not see any of it
    assert town.act(ticket, "dispose", "w1").state is State.DISPOSED
    with reading(town.web) as conn:
        (party,) = parties.of_ticket(conn, ticket.ticket_id)
    assert (party.state.value, party.signed_by, party.note) == ("signed", "account:p1", "已断电")
    stopped = town.rows("SELECT why ->> 'stopped_by' FROM events.ticket_clocks"
                        " WHERE stage = 'assist'")  # fmt: skip
    assert stopped == [("sign",)]


def test_a_department_that_is_not_needed_is_released(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    ticket = town.act(ticket, "assist", "dispatcher", department="works")
    ticket = town.act(ticket, "release", "dispatcher", department="works")
    assert ticket.assisting == ()
    with pytest.raises(NotAllowed):
        town.act(ticket, "release", "dispatcher", department="works")
    again = town.act(ticket, "assist", "dispatcher", department="works")
    assert len(again.unsigned) == 1


def test_a_part_is_a_ticket_and_the_whole_waits_for_it(town: Town) -> None:
    whole = town.act(town.filed(finding("f1", 1, Change.RAISED)), "accept", "w1")
    whole = town.act(whole, "split", "dispatcher", department="works", crew="p1", why="护栏损坏")
    with reading(town.web) as conn:
        (told,) = tickets.parts(conn, whole.ticket_id)
        part = tickets.by_number(conn, told.number)
    assert part is not None
    assert (part.state, part.crew_code, part.parent_number) == (
        State.DISPATCHED, "p1", whole.number)  # fmt: skip
    town.filed(finding("f1", 2, Change.CLEARED))
    whole = town.act(town.again(whole), "dispose", "w1")
    assert close_recovered(town.dispatch, now=NOW) == 0  # and the others are not held up by it
    whole = town.act(whole, "verify", "operator")
    with pytest.raises(NotAllowed) as waits:
        town.act(whole, "close", "operator")
    assert waits.value.refusal.reason is Reason.PARTS_OPEN
    part = town.act(town.act(part, "accept", "p1"), "dispose", "p1")
    part = town.act(town.act(part, "verify", "operator"), "close", "operator")
    whole = town.act(town.again(whole), "close", "operator")
    assert whole.state is State.CLOSED
    with pytest.raises(NotAllowed) as closed:
        town.act(town.again(part), "reopen", "operator")
    assert closed.value.refusal.reason is Reason.WHOLE_CLOSED


def test_lateness_of_an_assisting_department_is_told_once(town: Town) -> None:
    """Without a ladder: to it and to the supervisors, and to nobody after it has signed."""
    ticket = town.act(town.filed(draft()), "accept", "w1")
    ticket = town.act(ticket, "assist", "dispatcher", department="works", crew="p1")
    late = NOW + timedelta(hours=5)
    assert tell_late_parts(town.dispatch, by=DISPATCH, now=NOW + timedelta(hours=3)) == 0
    assert tell_late_parts(town.dispatch, by=DISPATCH, now=late) == 1
    assert tell_late_parts(town.dispatch, by=DISPATCH, now=late) == 0
    told = town.rows(
        "SELECT recipient_kind, recipient_id FROM events.outbox WHERE body_zh LIKE '协办已超期%'"
        " ORDER BY recipient_kind"
    )
    assert told == [("account", 3), ("department", 2)]
    second = town.filed(draft("garbage"))
    second = town.act(second, "assist", "dispatcher", department="water", crew="w1")
    town.act(second, "sign", "w1")
    assert tell_late_parts(town.dispatch, by=DISPATCH, now=late + timedelta(days=9)) == 0


def test_a_pause_is_no_lateness_of_an_assisting_department(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "assist", "dispatcher", department="works")
    town.agreed(ticket, "suspend", "dispatcher", ["supervisor"], until=NOW + timedelta(days=9))
    assert tell_late_parts(town.dispatch, by=DISPATCH, now=NOW + timedelta(days=1)) == 0
