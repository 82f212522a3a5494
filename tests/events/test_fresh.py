"""What becomes of a ticket in the transaction that makes it is written once, and as it is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from events.actions.transition import create_ticket, move_ticket
from events.model.access import DISPATCH
from events.model.event import Change, Source
from events.model.ledger import rebuild
from events.model.problems import StaleTicket
from events.model.ticket import Ticket
from events.model.verb import Verb
from events.model.workflow import State
from events.store import counters, fresh, ledger, rules, tickets
from events.store.rules import CityRules
from grid.store.postgis import gathering, reading, transaction
from tests.events.town import NOW, SIDE, WEST, Town, draft, finding


def made(conn: Connection, city: CityRules, **more: Any) -> Ticket:
    values: dict[str, Any] = {
        "number": counters.next_number(conn, "ticket", city.day(NOW)),
        "severity": 3, "source": "patrol", "title_zh": "积水", "title_en": "Water",
        "description": "", "lon": WEST + 0.1, "lat": 36.1, "cell_id": None, "area_id": 1,
        "component_id": None, "device_no": None, "occurred_at": NOW, **more,
    }  # fmt: skip
    return create_ticket(conn, city.categories["flooding"], now=NOW, city=city, **values)


def test_a_new_ticket_is_known_as_it_would_be_read(town: Town) -> None:
    whole = town.filed(draft("flooding"))
    with transaction(town.dispatch, DISPATCH.key) as conn:
        city = rules.load(conn)
        plain = made(conn, city)
        part = made(conn, city, parent_id=whole.ticket_id, cell_id=whole.cell_id,
                    area_id=whole.area_id, owned_by="account:1")  # fmt: skip
        assert plain == tickets.by_id(conn, plain.ticket_id)
        assert part == tickets.by_id(conn, part.ticket_id)
        assert part.parent_number == whole.number


def test_what_becomes_of_it_is_written_once_and_read_as_it_is(town: Town) -> None:
    with transaction(town.dispatch, DISPATCH.key) as conn, gathering(conn):
        city = rules.load(conn)
        ticket = made(conn, city)
        filed = move_ticket(conn, ticket, Verb.FILE, by=DISPATCH, now=NOW, city=city)
        assert fresh.known(conn, ticket.ticket_id) == fresh.Fresh(version=2, waits=True)
        assert (filed.state, filed.version) == (State.FILED, 2)
        # who goes on from what was is told so, as ever
        with pytest.raises(StaleTicket) as stale:
            move_ticket(conn, ticket, Verb.FILE, by=DISPATCH, now=NOW, city=city)
        assert stale.value.current == filed
        assert tickets.by_id(conn, ticket.ticket_id) == filed
    with reading(town.dispatch) as conn:
        assert tickets.by_id(conn, ticket.ticket_id) == filed
        assert fresh.known(conn, ticket.ticket_id) is None


def test_a_batch_leaves_what_single_events_leave(town: Town) -> None:
    """Events of one place and of several, reports and findings among them."""
    for severity in (2, 4):
        drafts = [
            draft("flooding", source=source, lon=WEST + SIDE * place, severity=severity)
            for source in (Source.PATROL, Source.HOTLINE, Source.RESIDENT)
            for place in (0, 3)
        ]
        town.record(drafts)
    assert town.work() == 12
    alone = town.rows(
        "SELECT count(*), count(*) FILTER (WHERE t.version = l.moves), min(t.version)"
        " FROM events.tickets AS t CROSS JOIN LATERAL ("
        "   SELECT max((e.payload::jsonb ->> 'version')::int) AS moves FROM events.ledger AS e"
        "   WHERE e.ticket_id = t.ticket_id AND e.verb LIKE 'ticket.%') AS l"
    )
    assert [tuple(row) for row in alone] == [(2, 2, 3)]
    links = town.rows(
        "SELECT count(*), count(DISTINCT ticket_id) FROM events.ticket_events"
        " WHERE unlinked_at IS NULL"
    )
    assert [tuple(row) for row in links] == [(12, 2)]
    with reading(town.dispatch) as conn:
        for row in town.rows("SELECT ticket_id FROM events.tickets"):
            ticket = tickets.by_id(conn, int(str(row[0])))
            assert (ticket.state, ticket.severity) == (State.DISPATCHED, 4)
            assert ticket.crew_id is not None


def test_a_finding_that_begins_and_ends_within_a_batch_leaves_its_ticket_recovered(
    town: Town,
) -> None:
    town.record([finding("g", 1, Change.RAISED, severity=2)])
    town.record([finding("g", 2, Change.CHANGED, severity=4)])
    town.record([finding("g", 3, Change.CLEARED)])
    assert town.work() == 3
    verbs = [str(row[0]) for row in town.rows("SELECT verb FROM events.ledger ORDER BY entry_id")
             if str(row[0]).startswith("ticket.")]  # fmt: skip
    ((ticket_id,),) = town.rows("SELECT ticket_id FROM events.tickets")
    with reading(town.dispatch) as conn:
        ticket = tickets.by_id(conn, int(str(ticket_id)))
        told = rebuild(one.payload for one in ledger.of_ticket(conn, ticket.ticket_id)
                       if one.verb.startswith("ticket."))  # fmt: skip
    assert ticket.recovered_at is not None
    assert ticket.is_measured
    assert (ticket.state, ticket.version) == (told["state"], told["version"])
    assert ticket.version == len(verbs)
