"""Many at once: one winner, one row, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from hypothesis import settings

from events.actions.act import act
from events.actions.file_ticket import process_inbox
from events.model.access import DISPATCH
from events.model.event import Change
from events.model.problems import StaleTicket
from events.model.ticket import Ticket
from grid.store.postgis import make_engine
from tests.events.town import NOW, SIDE, WEST, Town, draft, finding

# `scripts/test tests/events/test_races.py --hypothesis-profile long` runs all thousand of them.
RACES = 1_000 if settings.get_current_profile_name() == "long" else 40


def test_double_assignments_have_one_winner(town: Town) -> None:
    """Races of 2 to 4 callers each: exactly one wins, the others get the present state."""
    engine = make_engine(town.database.url("cc_web"), role="cc_web", pool_size=8)
    ticket = town.filed(draft())
    people = ("dispatcher", "supervisor", "west", "dispatcher")

    def assign(seen: Ticket, barrier: Barrier, n: int) -> Ticket | StaleTicket:
        barrier.wait()
        try:
            return act(
                engine, seen.number, "assign", by=town.people[people[n]], version=seen.version,
                now=NOW, why="改派", crew=f"w{1 + n % 2}",
            )  # fmt: skip
        except StaleTicket as stale:
            return stale

    with ThreadPoolExecutor(4) as pool:
        for race in range(RACES):
            callers = 2 + race % 3
            start = partial(assign, ticket, Barrier(callers))
            outcomes = list(pool.map(start, range(callers)))
            (winner,) = [one for one in outcomes if isinstance(one, Ticket)]
            losers = [one.current for one in outcomes if isinstance(one, StaleTicket)]
            assert len(losers) == callers - 1
            assert {one.version for one in losers} == {ticket.version + 1}
            assert {one.crew_code for one in losers} == {winner.crew_code}
            ticket = winner
    engine.dispose()
    assert town.again(ticket) == ticket
    moved = town.rows("SELECT count(*) FROM events.ledger WHERE verb = 'ticket.assign'")
    assert moved == [(RACES,)]


def test_double_submits_with_one_key_are_one_row(town: Town) -> None:
    ticket = town.filed(draft())
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: town.act(ticket, "accept", "w1", key="phone-key-1"), range(20))
        )
    assert {one.version for one in answers} == {ticket.version + 1}
    assert len(town.rows("SELECT FROM events.ledger WHERE verb = 'ticket.accept'")) == 1


def test_the_same_key_recorded_by_many_is_one_event(town: Town) -> None:
    drafts = [draft(key=f"same:{i}") for i in range(50)]
    town.database.engine("cc_ingest")
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: town.record(drafts), range(12)))
    assert len(town.rows("SELECT FROM events.events")) == 50
    assert len(town.rows("SELECT FROM events.inbox")) == 50
    assert sum(one.new for answer in found for one in answer) == 50
    assert len({tuple(one.event_id for one in answer) for answer in found}) == 1


@pytest.mark.parametrize("dispatchers", [4])
def test_several_dispatchers_file_each_thing_once(town: Town, dispatchers: int) -> None:
    """120 events about 12 things at 12 places, and 5 findings of 4 revisions each."""
    town.database.engine("cc_dispatch")
    places = [(x, y) for x in range(4) for y in range(3)]
    things = [
        draft("garbage", lon=WEST + SIDE * (x + 0.5), lat=24.60 + SIDE * (y + 0.5))
        for x, y in places
        for _ in range(10)
    ]
    changes = [Change.RAISED, Change.CHANGED, Change.CLEARED, Change.CHANGED]
    findings = [
        finding(f"f{i}", revision, change, lon=WEST + SIDE * (i % 4 + 0.5), lat=24.6035,
                device_no=100 + i)
        for i in range(4)
        for revision, change in enumerate(changes, start=1)
    ]  # fmt: skip
    town.record(things + findings)

    def drain(_: int) -> int:
        done = 0
        while found := process_inbox(town.dispatch, by=DISPATCH, now=NOW, limit=10):
            done += found
        return done

    with ThreadPoolExecutor(dispatchers) as pool:
        done = sum(pool.map(drain, range(dispatchers)))
    assert done == len(things) + len(findings)
    assert town.rows("SELECT FROM events.inbox") == []
    assert town.rows("SELECT count(*) FROM events.tickets WHERE family = 'garbage'") == [(12,)]
    assert town.rows("SELECT count(*) FROM events.tickets WHERE family = 'flood'") == [(4,)]
    assert town.rows("SELECT count(*) FROM events.ticket_events") == [(done,)]
    assert town.rows("SELECT FROM events.tickets WHERE recovered_at IS NOT NULL") == []
    numbers = [row[0] for row in town.rows("SELECT number FROM events.tickets ORDER BY number")]
    assert numbers == [f"20260601-{i:05d}" for i in range(1, 17)]
