"""One ticket's life from event to closure, through the real doors, with the real roles."""

from datetime import timedelta

import pytest

from events.actions.act import act
from events.actions.upkeep import close_recovered, mark_overdue, send_crews
from events.model.access import DISPATCH
from events.model.duty import DutyRule
from events.model.event import Change
from events.model.problems import (
    Incomplete,
    KeyConflict,
    NotAllowed,
    NotFound,
    StaleTicket,
    WrongState,
)
from events.model.refusal import Reason
from events.model.workflow import State
from grid.store.postgis import transaction
from tests.events.town import ADMIN, NOW, Town, draft, finding, put_in_force


def test_from_event_to_closure(town: Town) -> None:
    ticket = town.filed(draft())
    assert ticket.state is State.DISPATCHED
    assert ticket.number == "20260601-00001"
    assert ticket.department_code == "water"
    assert ticket.crew_code == "w1"
    assert ticket.cell_code == "350500001001001"
    assert ticket.due_at == NOW + timedelta(hours=4)
    ticket = town.act(ticket, "accept", "w1")
    ticket = town.act(ticket, "dispose", "w1", why="已疏通")
    with pytest.raises(NotAllowed):
        town.act(ticket, "verify", "w1")
    ticket = town.act(ticket, "verify", "operator")
    ticket = town.act(ticket, "close", "supervisor")
    assert ticket.state is State.CLOSED
    assert ticket.due_at is None
    assert ticket.disposed_by == "account:w1"


def test_sensor_ticket_closes_by_measured_recovery(town: Town) -> None:
    ticket = town.filed(finding("f1", 1, Change.RAISED))
    ticket = town.act(ticket, "accept", "w1")
    ticket = town.act(ticket, "dispose", "w1")
    assert close_recovered(town.dispatch, now=NOW) == 0
    later = NOW + timedelta(minutes=5)
    town.filed(finding("f1", 2, Change.CLEARED, at=later), now=later)
    assert close_recovered(town.dispatch, now=later) == 1
    ticket = town.again(ticket)
    assert ticket.state is State.CLOSED
    assert ticket.recovered_at == later
    actors = town.rows("SELECT actor FROM events.ledger WHERE verb = 'ticket.verify'")
    assert actors == [("system:recovery",)]


def test_recovery_before_anybody_came_is_for_the_crew_to_confirm(town: Town) -> None:
    first = finding("f1", 1, Change.RAISED)
    ticket = town.filed(first, finding("f1", 2, Change.CLEARED))
    assert ticket.state is State.DISPATCHED
    assert ticket.recovered_at == NOW
    ticket = town.filed(finding("f1", 3, Change.CHANGED))
    assert ticket.recovered_at is None


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_order_of_revisions_does_not_matter(town: Town, order: tuple[int, ...]) -> None:
    changes = {1: Change.RAISED, 2: Change.CHANGED, 3: Change.CLEARED}
    for revision in order:
        ticket = town.filed(finding("f1", revision, changes[revision]))
    assert ticket.recovered_at == NOW
    assert len(town.rows("SELECT FROM events.tickets")) == 1
    assert len(town.rows("SELECT FROM events.ticket_events")) == 3


def test_withdrawn_before_filing_makes_no_ticket(town: Town) -> None:
    town.record([finding("f1", 1, Change.RAISED), finding("f1", 2, Change.WITHDRAWN)])
    assert town.work() == 2
    assert town.rows("SELECT FROM events.tickets") == []


def test_relapse_after_closing_reopens(town: Town) -> None:
    ticket = town.filed(finding("f1", 1, Change.RAISED), finding("f1", 2, Change.CLEARED))
    town.act(town.act(ticket, "accept", "w1"), "dispose", "w1")
    assert close_recovered(town.dispatch, now=NOW) == 1
    ticket = town.filed(finding("f1", 3, Change.CHANGED))
    assert ticket.state is State.DISPATCHED
    assert ticket.recovered_at is None
    assert ticket.disposed_by is None


def test_second_event_nearby_joins_and_third_kind_does_not(town: Town) -> None:
    ticket = town.filed(draft("river_level", severity=2))
    same = town.filed(draft("flooding", severity=4, lon=118.2006))
    assert same.ticket_id == ticket.ticket_id
    assert same.severity == 4
    other = town.filed(draft("garbage"))
    assert other.ticket_id != ticket.ticket_id
    assert other.department_code == "works"
    far = town.filed(draft("flooding", lon=118.2035))
    assert far.ticket_id != ticket.ticket_id
    assert far.department_code == "works"  # the category's duty in the deeper area wins


def test_desk_policy_waits_for_a_person(town: Town) -> None:
    ticket = town.filed(draft("street_lamp"))
    assert ticket.state is State.REPORTED
    declined = town.agreed(ticket, "decline", "operator", ["supervisor"], why="重复上报")
    assert declined.state is State.DECLINED
    reopened = town.act(declined, "reopen", "supervisor")
    filed = town.act(reopened, "file", "operator")
    with pytest.raises(NotAllowed):
        town.act(filed, "dispatch", "operator", department="works")
    dispatched = town.act(filed, "dispatch", "dispatcher", department="works", crew="p1")
    assert dispatched.crew_code == "p1"


def test_hand_back_pauses_the_clock_and_a_person_dispatches(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    hour = NOW + timedelta(hours=1)
    back = town.act(ticket, "hand_back", "w1", now=hour, why="不属于水务")
    assert back.state is State.FILED
    assert back.department_code == "water"
    assert back.crew_id is None
    assert back.due_at == hour + timedelta(minutes=15)
    two = NOW + timedelta(hours=2)
    same = town.act(back, "dispatch", "dispatcher", now=two, department="water", crew="w2")
    assert same.due_at == two + timedelta(hours=3)  # one of four hours was used
    with pytest.raises(NotAllowed) as refused:
        town.act(same, "accept", "w1")
    assert refused.value.refusal.reason is Reason.OTHER_CREW
    back = town.act(same, "hand_back", "w2", now=two)
    other = town.act(back, "dispatch", "dispatcher", now=two, department="works")
    assert other.due_at == two + timedelta(hours=4)  # another department starts anew


def test_rework_goes_on_with_what_was_left(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    hour = NOW + timedelta(hours=1)
    ticket = town.act(ticket, "dispose", "w1", now=hour)
    assert ticket.due_at == hour + timedelta(hours=24)
    two = NOW + timedelta(hours=2)
    ticket = town.act(ticket, "rework", "operator", now=two, why="仍有积水")
    assert ticket.state is State.ACCEPTED
    assert ticket.disposed_by is None
    assert ticket.due_at == two + timedelta(hours=3)


def test_overdue_is_told_exactly_once(town: Town) -> None:
    ticket = town.filed(draft())
    late = NOW + timedelta(hours=5)
    assert mark_overdue(town.dispatch, by=DISPATCH, now=late) == 1
    assert mark_overdue(town.dispatch, by=DISPATCH, now=late) == 0
    assert town.again(ticket).overdue_at == late
    told = town.rows("SELECT recipient_kind FROM events.outbox WHERE kind = 'overdue' ORDER BY 1")
    assert told == [("account",), ("department",)]


def test_marks_of_the_engine_do_not_make_a_phone_stale(town: Town) -> None:
    seen = town.act(town.filed(draft()), "accept", "w1")
    mark_overdue(town.dispatch, by=DISPATCH, now=NOW + timedelta(hours=5))
    assert town.again(seen).version == seen.version + 1
    assert town.act(seen, "dispose", "w1").state is State.DISPOSED


def test_refusals_say_why(town: Town) -> None:
    ticket = town.filed(draft())
    with pytest.raises(Incomplete) as incomplete:
        town.act(ticket, "hand_back", "w1", why="  ")
    assert incomplete.value.refusal.reason is Reason.REASON_MISSING
    with pytest.raises(WrongState) as wrong:
        town.act(ticket, "close", "supervisor")
    assert wrong.value.current.state is State.DISPATCHED
    with pytest.raises(NotAllowed):
        town.act(ticket, "supervise", "admin")
    with pytest.raises(NotFound):
        town.act(ticket, "comment", "p1")  # another department's ticket is not seen
    with pytest.raises(Incomplete):
        town.act(ticket, "explode", "w1")
    with pytest.raises(Incomplete) as foreign:
        town.act(ticket, "assign", "dispatcher", crew="p1")
    assert foreign.value.refusal.reason is Reason.CREW_OF_OTHER_DEPARTMENT
    with pytest.raises(NotFound):
        act(town.web, "20260601-99999", "accept", by=town.people["w1"], version=1, now=NOW)
    elsewhere = town.filed(draft(lon=118.2035))
    with pytest.raises(NotFound):
        town.act(elsewhere, "assign", "west", crew="w2")  # outside the account's area


def test_old_version_gets_the_present_state(town: Town) -> None:
    ticket = town.filed(draft())
    town.act(ticket, "assign", "dispatcher", crew="w2")
    with pytest.raises(StaleTicket) as stale:
        town.act(ticket, "assign", "supervisor", crew="w1")
    assert stale.value.current.crew_code == "w2"


def test_the_same_key_gets_the_same_answer(town: Town) -> None:
    ticket = town.filed(draft())
    first = town.act(ticket, "accept", "w1", key="0190-phone-1")
    again = town.act(ticket, "accept", "w1", key="0190-phone-1")
    assert again == first
    assert len(town.rows("SELECT FROM events.ledger WHERE verb = 'ticket.accept'")) == 1
    with pytest.raises(KeyConflict):
        town.act(ticket, "accept", "w1", why="另一个", key="0190-phone-1")


def test_a_lost_answer_is_given_again_after_the_ticket_went_to_others(town: Town) -> None:
    ticket = town.act(town.filed(draft()), "accept", "w1")
    back = town.act(ticket, "hand_back", "w1", key="0190-phone-2")
    town.act(back, "dispatch", "dispatcher", department="works")
    assert town.act(ticket, "hand_back", "w1", key="0190-phone-2").department_code == "works"
    with pytest.raises(NotFound):
        town.act(ticket, "comment", "w1", key="0190-phone-3")
    assert town.rows("SELECT key FROM events.action_keys") == [("0190-phone-2",)]


def test_supervise_and_comment(town: Town) -> None:
    ticket = town.filed(draft())
    marked = town.act(ticket, "supervise", "supervisor", why="市民热线多次反映")
    assert marked.supervised
    assert town.act(ticket, "comment", "operator", why="已电话联系").version == marked.version
    assert not town.act(marked, "supervise", "supervisor", supervised=False).supervised


def test_no_duty_stays_at_the_desk(town: Town) -> None:
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, DutyRule(position=1, department_code="water", family="flood"))
    ticket = town.filed(draft("orphan"))
    assert ticket.state is State.FILED
    assert ticket.due_at == NOW + timedelta(minutes=15)


def test_a_declined_finding_that_gets_graver_is_decided_anew(town: Town) -> None:
    ticket = town.filed(finding("f1", 1, Change.RAISED, severity=2))
    back = town.act(ticket, "hand_back", "w1")
    declined = town.agreed(back, "decline", "dispatcher", ["supervisor"])
    assert town.filed(finding("f1", 2, Change.CHANGED, severity=2)).ticket_id == ticket.ticket_id
    anew = town.filed(finding("f1", 3, Change.CHANGED, severity=4))
    assert anew.ticket_id != ticket.ticket_id
    assert anew.state is State.DISPATCHED
    assert town.again(declined).state is State.DECLINED
    assert town.filed(finding("f1", 4, Change.CLEARED)).recovered_at == NOW


def test_people_who_report_after_the_recovery_are_believed(town: Town) -> None:
    ticket = town.filed(finding("f1", 1, Change.RAISED), finding("f1", 2, Change.CLEARED))
    later = NOW + timedelta(hours=1)
    joined = town.filed(draft("flooding", occurred_at=later), now=later)
    assert joined.ticket_id == ticket.ticket_id
    ticket = town.act(town.act(joined, "accept", "w1"), "dispose", "w1")
    assert close_recovered(town.dispatch, now=later) == 0
    assert town.act(ticket, "verify", "operator").state is State.VERIFIED


def test_whoever_accepts_a_ticket_without_a_crew_has_it(town: Town) -> None:
    back = town.act(town.filed(draft()), "hand_back", "w1")
    waiting = town.act(back, "dispatch", "dispatcher", department="water")
    assert waiting.crew_id is None
    assert town.act(waiting, "accept", "w2").crew_code == "w2"


def test_tickets_that_nobody_can_take_do_not_hold_up_others(town: Town) -> None:
    for n in range(3):
        town.filed(draft("orphan", severity=4, occurred_at=NOW - timedelta(days=20 * n)))
    with town.database.superuser() as conn:
        conn.execute(
            "UPDATE events.tickets SET state = 'filed', dispatched_at = NULL, crew_id = NULL,"
            " department_id = NULL"
        )
    lamps = DutyRule(position=1, department_code="works", family="lamp")
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, lamps)
    other = town.filed(draft("street_lamp", severity=1))
    town.act(other, "file", "operator")
    assert send_crews(town.dispatch, by=DISPATCH, now=NOW + timedelta(days=365), limit=2) == 1
    assert town.again(other).state is State.DISPATCHED
