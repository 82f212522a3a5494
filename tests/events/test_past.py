"""What was known at a past instant: whatever came late is not shown before it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from events.actions.import_past import import_past
from events.actions.past_hours import count_past_hours
from events.model.access import DISPATCH, Scope
from events.model.event import Change, Source
from events.model.ledger import rebuild
from events.model.past import PastMove, PastTicket
from events.model.then import known_until, stood
from events.model.workflow import State
from events.store import ledger, then
from events.store.tickets import by_id
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, NOW, Town, draft, finding

MINUTE = timedelta(minutes=1)
CITY = Scope()
_PAST = (
    "SELECT ticket_id, since, nullif(until, 'infinity'), version, state, severity, area_id,"
    " department_id, crew_id, supervised, stage_at, due_at FROM events.ticket_past ORDER BY 1, 2"
)
_ALARMS = (
    "SELECT thread, since, nullif(until, 'infinity'), event_id, level FROM events.alarm_past"
    " ORDER BY 1, 2"
)


def states(town: Town, at: datetime, scope: Scope = CITY) -> dict[str, str]:
    with reading(town.web) as conn:
        found = then.open_tickets(conn, at, scope, most=100)
    return {one.number: one.state.value for one in found}


def test_a_ticket_stands_as_it_stood(town: Town) -> None:
    ticket = town.filed(draft("flooding"), now=NOW)
    assert states(town, NOW - MINUTE) == {}
    ticket = town.act(ticket, "accept", "w1", now=NOW + 1 * MINUTE)
    ticket = town.act(ticket, "supervise", "supervisor", now=NOW + 2 * MINUTE, supervised=True)
    ticket = town.act(ticket, "dispose", "w1", now=NOW + 3 * MINUTE)
    ticket = town.act(ticket, "verify", "operator", now=NOW + 4 * MINUTE)
    ticket = town.act(ticket, "close", "operator", now=NOW + 5 * MINUTE)
    number = ticket.number
    shown = [states(town, NOW + n * MINUTE).get(number) for n in range(7)]
    assert shown == ["dispatched", "accepted", "accepted", "disposed", "verified", None, None]
    assert states(town, NOW + 59 * MINUTE / 60) == {number: "dispatched"}
    with reading(town.web) as conn:
        (before,) = then.open_tickets(conn, NOW + MINUTE, CITY, most=100)
        (after,) = then.open_tickets(conn, NOW + 2 * MINUTE, CITY, most=100)
        assert (before.supervised, after.supervised) == (False, True)
        assert before.crew_name_en == "Water crew 1"
        assert then.count_open(conn, NOW + MINUTE, CITY) == 1
        assert then.closed(conn, NOW, NOW + 4 * MINUTE, CITY) == 0
        assert then.closed(conn, NOW, NOW + 5 * MINUTE, CITY) == 1
        # of one ticket the ledger tells the same, also after its end
        entries = ledger.of_ticket(conn, ticket.ticket_id)
        now = by_id(conn, ticket.ticket_id)
    told = stood(now, known_until(entries, NOW + MINUTE))
    assert told is not None
    assert (told.state, told.due_at) == (State.ACCEPTED, before.due_at)
    assert stood(now, known_until(entries, NOW - MINUTE)) is None


def test_the_past_is_what_the_ledger_tells(town: Town) -> None:
    """The triggers keep what `events.write_past` makes of the ledger, version by version."""
    first = town.filed(draft("flooding"), now=NOW)
    second = town.filed(draft("garbage"), now=NOW + MINUTE)
    first = town.act(first, "accept", "w1", now=NOW + 2 * MINUTE)
    town.act(first, "hand_back", "w1", now=NOW + 3 * MINUTE)
    town.agreed(second, "false_alarm", "dispatcher", ["supervisor"], now=NOW + 4 * MINUTE)
    town.record([finding("g", 1, Change.RAISED, severity=2)])
    town.record([finding("g", 2, Change.CHANGED, severity=4)])
    town.record([finding("g", 3, Change.CLEARED), finding("h", 1, Change.RAISED)])
    kept = town.rows(_PAST), town.rows(_ALARMS)
    assert len(kept[0]) >= 4
    assert [row[4] for row in kept[1]] == [2, 4, 2]
    with reading(town.web) as conn:
        for ticket_id, since, _, version, state, *_ in kept[0]:
            assert isinstance(ticket_id, int)
            assert isinstance(since, datetime)
            entries = known_until(ledger.of_ticket(conn, ticket_id), since)
            columns = rebuild(one.payload for one in entries)
            assert (columns["version"], columns["state"]) == (version, state)
    town.rows("SELECT events.write_past()")
    assert (town.rows(_PAST), town.rows(_ALARMS)) == kept


def test_what_came_late_is_not_shown_before_it_came(town: Town) -> None:
    """An import and a finding about last night are known since they were told."""
    came = datetime.now(UTC)
    night = came - timedelta(hours=9)
    move = PastMove(verb="create", target=State.REPORTED, at=night, changes={}, why="")
    past = PastTicket(
        draft=draft(
            "garbage", occurred_at=night, source=Source.IMPORT, area_id=4, wants_ticket=False
        ),
        moves=(
            move,
            replace(move, verb="file", target=State.FILED, at=night, changes={"filed_at": night}),
        ),
    )
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        import_past(conn, [past], by=ADMIN, now=came)
    town.record([finding("late", 1, Change.RAISED, at=night, late=True, severity=3)])
    later = datetime.now(UTC)
    assert states(town, came - MINUTE) == {}
    assert list(states(town, came).values()) == ["filed"]
    with reading(town.web) as conn:
        assert then.levels(conn, came - MINUTE) == {}
        assert then.levels(conn, later) == {7: 3}
        assert then.recent(conn, came - MINUTE, CITY, most=50) == ()
        assert len(then.recent(conn, later, CITY, most=50)) == 2
        (alarm,) = then.alarms_of(conn, 7, night, later)
        assert (alarm.level, alarm.until) == (3, None)
        assert then.alarms_of(conn, 7, night, came - MINUTE) == ()
    town.record([finding("late", 2, Change.WITHDRAWN, at=night)])
    with reading(town.web) as conn:
        assert then.levels(conn, later) == {7: 3}  # it was withdrawn, and had been known
        assert then.levels(conn, datetime.now(UTC)) == {}
        assert then.first(conn) is not None


def test_a_link_and_an_area_are_those_of_then(town: Town) -> None:
    (told,) = town.record([draft("flooding")], now=NOW)
    recorded = datetime.now(UTC)
    ticket_time = recorded + MINUTE
    town.work(ticket_time)
    west, city = town.people["west"], Scope()
    inside = Scope(area_id=west.area_id)
    with reading(town.web) as conn:
        (early,) = then.recent(conn, recorded, city, most=50)
        (late,) = then.recent(conn, ticket_time, inside, most=50)
        assert (early.ticket_number, early.event_id) == (None, told.event_id)
        assert late.ticket_number == town.ticket_of(told.event_id).number
        (area,) = town.rows("SELECT area_id FROM grid.areas WHERE code = '350500001002'")
        assert isinstance(area[0], int)
        elsewhere = Scope(area_id=area[0])
        assert then.recent(conn, ticket_time, elsewhere, most=50) == ()
        assert then.open_tickets(conn, ticket_time, elsewhere, most=50) == ()
        assert len(then.open_tickets(conn, ticket_time, inside, most=50)) == 1


def test_marks_are_the_same_from_hours_and_one_by_one(town: Town) -> None:
    """Hours that are counted, and what was not counted yet; late hours are counted once."""
    began = datetime.now(UTC)
    town.record([finding("a", 1, Change.RAISED), finding("b", 1, Change.RAISED)])
    town.record([finding("a", 2, Change.CLEARED)])
    town.work(datetime.now(UTC))
    first = began.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    until = first + timedelta(hours=30)
    west = town.people["west"].area_id

    def counted(scope: Scope) -> list[tuple[int, int]]:
        with reading(town.web) as conn:
            found = then.marks(conn, first, until, scope, slices=30)
        return [(one.alarms, one.tickets) for one in found]

    before = counted(CITY)
    assert sum(alarms for alarms, _ in before) == 2
    assert sum(filed for _, filed in before) >= 1
    assert count_past_hours(town.dispatch, by=DISPATCH, now=began) <= 1
    later = began + timedelta(hours=3)
    assert count_past_hours(town.dispatch, by=DISPATCH, now=later) in (2, 3)
    assert count_past_hours(town.dispatch, by=DISPATCH, now=later) == 0
    assert counted(CITY) == before
    assert counted(Scope(area_id=west)) == before
    with reading(town.web) as conn:
        assert then.marks(conn, first - timedelta(days=9), first, CITY, slices=9) == []


_SPANS = """
INSERT INTO events.ticket_past (ticket_id, since, until, version, state, severity, area_id,
    supervised, stage_at)
SELECT row_number() OVER (), at, at + lasts, 2, 'filed', 1, 4, false, at
FROM unnest(ARRAY[timestamptz '2026-06-01 02:00:00.000001+00', '1999-01-01 00:00:00+00']) AS at
CROSS JOIN (
    SELECT (1 << k) * interval '1 minute' + n * interval '1 microsecond' AS lasts
    FROM generate_series(0, 23) AS k CROSS JOIN generate_series(-1, 1) AS n
    UNION ALL SELECT interval '1 microsecond'
    UNION ALL SELECT interval '99 years'
) AS span
RETURNING 1
"""
_DIFFERENT = """
WITH ats AS (
    SELECT since AS at FROM events.ticket_past
    UNION SELECT unnest(ARRAY[until - interval '1 microsecond', until]) FROM events.ticket_past
    WHERE until < 'infinity'
), held AS (
    SELECT at, ticket_id FROM ats JOIN events.ticket_past ON since <= at AND until > at
), found AS (
    SELECT at, ticket_id FROM ats CROSS JOIN LATERAL events.tickets_at(at)
)
(SELECT * FROM held EXCEPT ALL SELECT * FROM found)
UNION ALL (SELECT * FROM found EXCEPT ALL SELECT * FROM held)
"""


def test_whatever_holds_at_an_instant_is_found_however_long_it_lasts(town: Town) -> None:
    """Spans of a microsecond to decades, at their first and last instants and after them."""
    town.filed(draft("flooding"), now=NOW)
    assert len(town.rows(_SPANS)) > 100
    assert town.rows(_DIFFERENT) == []
