"""What counts of each ticket, and its sums: kept up to date, and equal to a plain count."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from events.actions.count import count_changed, faults
from events.actions.import_past import import_past
from events.model.access import DISPATCH
from events.model.past import PastMove, PastTicket
from events.model.problems import Refused
from events.model.ticket import Ticket
from events.model.verb import State, Verb
from events.store import clocks, ledger, tickets
from grid.store.postgis import reading, transaction
from tests.events.plain_facts import plain_facts
from tests.events.test_ledger import TownLife
from tests.events.town import ADMIN, NOW, Town, draft
from tests.support.luck import lives

HOUR = timedelta(hours=1)


def facts(town: Town, number: str = "%") -> list[tuple[object, ...]]:
    """(ground, outcome, marks, hours since NOW, person) of tickets, in order."""
    while count_changed(town.dispatch, by=DISPATCH):
        pass
    return town.rows(
        "SELECT ground, outcome, marks, extract(epoch FROM at - '2026-06-01 02:00+00')::int / 3600,"
        " person FROM events.facts JOIN events.tickets USING (ticket_id)"
        f" WHERE number LIKE '{number}' ORDER BY ground, source_id"
    )


def whole_life(town: Town) -> Ticket:
    """A ticket that is filed, disposed of, verified and closed within three hours."""
    ticket = town.act(town.filed(draft()), "accept", "w1")
    ticket = town.act(ticket, "dispose", "w1", now=NOW + HOUR)
    ticket = town.act(ticket, "verify", "operator", now=NOW + 2 * HOUR)
    return town.act(ticket, "close", "operator", now=NOW + 3 * HOUR)


def test_a_whole_life(town: Town) -> None:
    whole_life(town)
    assert facts(town) == [
        ("closing", "closed", 0, 3, "account:operator"),
        ("closing_time", "in_time", 0, 3, "account:w1"),
        ("dispatch", "kept", 0, 0, "system:dispatch"),
        ("dispatch_time", "in_time", 0, 0, "system:dispatch"),
        ("disposal", "in_time", 0, 1, "account:w1"),
        ("filing", "kept", 0, 0, "system:dispatch"),
        ("filing_time", "in_time", 0, 0, "system:dispatch"),
        ("report", "valid", 0, 0, None),
        ("verification", "in_time", 0, 2, "account:operator"),
    ]
    assert faults(town.dispatch, by=DISPATCH) == []
    town.rows("UPDATE events.tallies SET facts = facts + 1 WHERE by = 'crew' RETURNING 1")
    assert faults(town.dispatch, by=DISPATCH)


def closing_marks(town: Town, ticket: Ticket) -> list[object]:
    return [one[2] for one in facts(town, ticket.number) if one[0] == "closing"]


def test_what_is_imported_may_be_a_relapse(town: Town) -> None:
    first = whole_life(town)
    assert closing_marks(town, first) == [0]
    past = PastTicket(
        draft=draft(occurred_at=NOW + 5 * HOUR, area_id=first.area_id, cell_id=first.cell_id,
                    wants_ticket=False),
        moves=(PastMove(verb="import", at=NOW + 5 * HOUR, target=State.FILED,
                        changes={"filed_at": NOW + 5 * HOUR}),),
    )  # fmt: skip
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        import_past(conn, [past], by=ADMIN, now=NOW + 6 * HOUR)
    assert closing_marks(town, first) == [16]
    assert faults(town.dispatch, by=DISPATCH) == []


def test_no_relapse_any_more_of_what_was_reopened_meanwhile(town: Town) -> None:
    first = whole_life(town)
    again = town.filed(draft(occurred_at=NOW + 4 * HOUR), now=NOW + 4 * HOUR)
    assert closing_marks(town, first) == [16]
    town.act(first, "reopen", "operator", now=NOW + 5 * HOUR)
    assert closing_marks(town, first) == [16 + 32]
    town.agreed(again, "false_alarm", "dispatcher", ["supervisor"], now=NOW + 6 * HOUR)
    assert closing_marks(town, first) == [32]
    assert faults(town.dispatch, by=DISPATCH) == []


WAY = {
    State.REPORTED: (Verb.FILE, "operator"), State.FILED: (Verb.DISPATCH, "dispatcher"),
    State.DISPATCHED: (Verb.ACCEPT, "w1"), State.ACCEPTED: (Verb.DISPOSE, "w1"),
    State.DISPOSED: (Verb.VERIFY, "operator"), State.VERIFIED: (Verb.CLOSE, "operator"),
}  # fmt: skip


class CountedLife(TownLife):
    """The life of the town, counted now and then; one example follows the other."""

    latest = NOW

    def __init__(self) -> None:
        super().__init__()
        self.now = CountedLife.latest

    def teardown(self) -> None:
        CountedLife.latest = self.now + timedelta(seconds=1)

    @rule()
    def it_is_counted(self) -> None:
        count_changed(self.town.dispatch, by=DISPATCH, limit=7)

    @rule(days=st.sampled_from([0, 0, 0, 0, 0, 1, 30]))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(pick=st.integers(0, 99), ways=st.lists(st.integers(0, 9), min_size=1, max_size=6))
    def it_goes_its_way(self, pick: int, ways: list[int]) -> None:
        found = self.found()
        for way in ways if found else ():
            self.go_on(self.town.again(found[pick % len(found)]), way)

    def go_on(self, ticket: Ticket, way: int) -> None:
        verb, who = WAY.get(ticket.state, (Verb.REOPEN, "operator"))
        if ticket.state is State.DISPOSED and way < 3:
            verb = Verb.REWORK
        if ticket.state in (State.CLOSED, State.ACCEPTED) and ticket.late_at and way < 5:
            verb, who = Verb.APPEAL, "w1"
        if who == "w1":
            who = "p1" if ticket.department_code == "works" else ticket.crew_code or "w1"
        more = {"department": "water"} if verb is Verb.DISPATCH else {}
        self.act(ticket, verb, who, **more)
        for decider in ("dispatcher", "supervisor") if verb is Verb.APPEAL else ():
            self.act(self.town.again(ticket), Verb.APPROVE, decider,
                     proposal=self.town.proposals(ticket)[-1].proposal_id)  # fmt: skip

    def act(self, ticket: Ticket, verb: Verb, who: str, **more: Any) -> None:
        self.now += timedelta(seconds=1)
        with suppress(Refused):
            self.town.act(ticket, verb, who, now=self.now, **more)

    @rule()
    def the_dispatcher_works(self) -> None:
        self.now += timedelta(seconds=1)
        super().the_dispatcher_works()

    def the_ledger_rebuilds_every_ticket(self) -> None:
        """That is another test's."""


def test_it_is_what_a_plain_count_says(town: Town) -> None:
    """Whatever happened, in whatever order it was counted."""
    whole_life(town)  # random ones may do nothing at all
    CountedLife.town, CountedLife.latest = town, NOW + 4 * HOUR
    run_state_machine_as_test(CountedLife, settings=lives(3, 40))
    facts(town)
    assert faults(town.dispatch, by=DISPATCH) == []
    kinds = {str(one) for (one,) in town.rows("SELECT DISTINCT ground FROM events.facts")}
    assert kinds >= {"report", "filing", "disposal", "closing_time"}
    with reading(town.web) as conn:
        ids = town.rows("SELECT ticket_id FROM events.tickets")
        every = tickets.by_ids(conn, [int(str(one)) for (one,) in ids])
        for ticket in every:
            told = town.rows(
                "SELECT ground, outcome, marks, at, person, department_id, seconds"
                f" FROM events.facts WHERE ticket_id = {ticket.ticket_id} AND ground <> 'rating'"
            )
            told.sort(key=lambda one: (one[0], one[3], one[1], str(one)))
            entries = ledger.of_ticket(conn, ticket.ticket_id)
            runs = clocks.of_ticket(conn, ticket.ticket_id)
            assert told == plain_facts(ticket, entries, runs, every), ticket.number
