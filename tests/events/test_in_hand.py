"""What crews have in hand is true inside a batch, and events go before plans."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from sqlalchemy import Connection

from events.actions.give_way import Way
from events.actions.replan import Memory
from events.actions.upkeep import send_crews
from events.model.access import DISPATCH
from events.model.workflow import State
from events.store import tickets
from events.store.in_hand import in_hand
from grid.store.postgis import gathering, reading, transaction
from tests.events.town import NOW, SIDE, WEST, Town, draft


def of(conn: Connection, crew_ids: list[int]) -> list[tuple[int, int]]:
    """(load, fixed) of crews."""
    found = in_hand(conn, crew_ids)
    return list(zip(found.load.tolist(), found.fixed.tolist(), strict=True))


def test_each_ticket_of_a_batch_is_told_what_its_crew_has_from_those_before(town: Town) -> None:
    drafts = [
        draft("flooding", occurred_at=NOW - timedelta(days=20 * n), lon=WEST + SIDE * (n % 2 * 3))
        for n in range(8)
    ]
    town.record(drafts)
    assert town.work() == 8
    rows = town.rows(
        "SELECT crew_id, routing #>> '{crew,considered,0,load}' FROM events.tickets"
        " ORDER BY ticket_id"
    )
    had: dict[object, int] = {}
    for crew_id, load in rows:
        assert int(str(load)) == had.get(crew_id, 0)
        had[crew_id] = had.get(crew_id, 0) + 1
    assert len(had) == 2  # both crews of the bureau


def test_what_a_transaction_moves_counts_for_it_at_once(town: Town) -> None:
    given, accepted = (
        town.filed(draft("flooding", occurred_at=NOW - timedelta(days=20 * n))) for n in range(2)
    )
    accepted = town.act(accepted, "accept", accepted.crew_code or "")
    crews = [given.crew_id or 0, accepted.crew_id or 0, 10_000]
    with reading(town.dispatch) as conn:
        before = of(conn, crews)
    with transaction(town.dispatch, DISPATCH.key) as conn, gathering(conn):
        assert of(conn, crews) == before
        tickets.save(conn, accepted, {"state": State.DISPOSED})
        by_hand = {"crew_id": accepted.crew_id, "routing": {"by_hand": True}}
        tickets.save(conn, given, by_hand)
        inside = of(conn, crews)
    with reading(town.dispatch) as conn:
        after = of(conn, crews)
    assert inside == after
    assert after != before


def test_plans_wait_for_events_but_not_for_those_in_trouble_and_not_for_ever(town: Town) -> None:
    def waited() -> float:
        began = time.monotonic()
        assert Way(most_s=0.6).give(town.dispatch)
        return time.monotonic() - began

    assert waited() < 0.3
    town.record([draft("garbage")])
    assert waited() < 0.5  # it is just being worked
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.inbox SET at = at - interval '1 s'")
    assert 0.6 <= waited() < 1.5
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.inbox SET trouble = 'it is broken'")
    assert waited() < 0.3


def test_plans_end_their_round_when_events_never_end_and_at_once_when_they_are_to_stop(
    town: Town,
) -> None:
    town.record([draft("garbage")])
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.inbox SET at = at - interval '1 s'")
    way = Way(most_s=0.2, in_all_s=0.3)
    rounds = [(way.give(town.dispatch), way.over) for _ in range(2)]
    assert rounds == [(True, False), (True, True)]
    assert timedelta(seconds=0.3) <= way.waited < timedelta(seconds=1)
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    stopped = Way(stop)
    assert not stopped.give(town.dispatch)
    assert stopped.over
    assert stopped.waited < timedelta(seconds=1)


def test_a_move_that_waited_for_events_is_dated_when_it_was_made(town: Town) -> None:
    """And whose round ended before them is planned first in the next one."""
    ticket = town.filed(draft("flooding"))
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.crews SET disabled_at = now() WHERE crew_id = %s",
                     (ticket.crew_id,))  # fmt: skip
    town.record([draft("garbage")])
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.inbox SET at = at - interval '1 s'")
    later = NOW + timedelta(hours=1)
    over = Way(in_all_s=0.0)
    assert send_crews(town.dispatch, by=DISPATCH, now=later, way=over) == 0
    way = Way(most_s=0.3)
    assert send_crews(town.dispatch, by=DISPATCH, now=later, way=way) == 1
    with reading(town.dispatch) as conn:
        moved = tickets.by_id(conn, ticket.ticket_id)
    assert moved.crew_id != ticket.crew_id
    assert moved.updated_at == later + way.waited
    assert Memory({1: ((), NOW), 2: ((), later)}).longest_ago([2, 1, 3]) == [3, 1, 2]
