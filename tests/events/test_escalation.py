"""Who stays late is told of, level by level: exactly once, and further up where nobody reads."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

from command_center.dispatcher import Dispatcher
from events.actions import accounts, configure
from events.actions.escalate import escalate, mark_seen
from events.actions.upkeep import mark_overdue, tell_late_parts
from events.model.access import DISPATCH, Role, Scope
from events.model.ladder import Level, Rung
from events.model.ticket import Ticket
from events.model.workflow import State
from events.store import accounts as account_store
from events.store import escalations, search
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, NOW, Town, draft

HOUR = timedelta(hours=1)
RUNGS = ((0.0, Rung.DEPARTMENT), (0.25, Rung.STREET), (0.5, Rung.DISTRICT), (1.0, Rung.CITY))


def with_ladder(town: Town, read_within: timedelta = timedelta(days=30)) -> None:
    """Four levels, and a supervisor in the district beside the one of the city."""
    levels = [
        Level(level=n, overdue_share=share, recipient=rung, read_within=read_within, pack="test")
        for n, (share, rung) in enumerate(RUNGS, start=1)
    ]
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        configure.put_ladder(conn, levels, now=NOW)
        accounts.add(conn, name="east", role=Role.SUPERVISOR, area_code="350500", by=ADMIN, now=NOW,
                     password="correct horse battery")  # fmt: skip
        town.people.update({one.name: one.actor for one in account_store.all(conn)})


def turn(town: Town, now: datetime) -> int:
    mark_overdue(town.dispatch, by=DISPATCH, now=now)
    return escalate(town.dispatch, by=DISPATCH, now=now)


def told(town: Town, ticket: Ticket) -> list[tuple[int, tuple[str, ...]]]:
    with reading(town.web) as conn:
        found = escalations.of_tickets(conn, [ticket.ticket_id])
    return [(one.level, tuple(who.removeprefix("account:") for who in one.told)) for one in found]


def test_each_level_is_told_in_its_time(town: Town) -> None:
    """Four hours to dispose: the levels are due at 4, 5, 6 and 8 hours."""
    with_ladder(town)
    ticket = town.filed(draft("flooding"))
    assert turn(town, NOW + 3.9 * HOUR) == 0
    assert turn(town, NOW + 4.1 * HOUR) == 1
    assert turn(town, NOW + 4.2 * HOUR) == 0
    assert turn(town, NOW + 5.1 * HOUR) == 1
    assert turn(town, NOW + 6.1 * HOUR) == 1
    assert turn(town, NOW + 99 * HOUR) == 1
    assert turn(town, NOW + 999 * HOUR) == 0
    # the street has no supervisor of its own: the district's is the next one above
    assert told(town, ticket) == [(1, ()), (2, ("east",)), (3, ("east",)), (4, ("supervisor",))]
    rows = town.rows("SELECT recipient_kind, count(*) FROM events.outbox WHERE kind = 'escalate'"
                     " GROUP BY 1 ORDER BY 1")  # fmt: skip
    assert rows == [("account", 3), ("department", 1)]
    assert town.rows("SELECT count(*) FROM events.outbox WHERE kind = 'overdue'") == [(0,)]


def test_an_assisting_department_is_told_of_its_part_and_others_by_the_ladder(town: Town) -> None:
    with_ladder(town)
    ticket = town.act(town.filed(draft("flooding")), "accept", "w1")
    ticket = town.act(ticket, "assist", "dispatcher", department="works", now=NOW - HOUR)
    assert tell_late_parts(town.dispatch, by=DISPATCH, now=NOW + 3.1 * HOUR) == 1
    assert escalate(town.dispatch, by=DISPATCH, now=NOW + 3.2 * HOUR) == 1
    # the leading department is not late yet
    told_of = "SELECT recipient_id, body_en FROM events.outbox WHERE kind = 'escalate'"
    ((department, body),) = town.rows(told_of)
    assert department == 2
    assert str(body).startswith("Level 1, the assisting part still overdue:")
    assert escalate(town.dispatch, by=DISPATCH, now=NOW + 4.1 * HOUR) == 1
    town.act(town.again(ticket), "sign", "p1", now=NOW + 4.2 * HOUR)
    assert escalate(town.dispatch, by=DISPATCH, now=NOW + 99 * HOUR) == 0


def test_what_is_done_is_not_told_higher_up(town: Town) -> None:
    with_ladder(town)
    ticket = town.filed(draft("flooding"))
    turn(town, NOW + 4.1 * HOUR)
    ticket = town.act(town.again(ticket), "accept", "w1", now=NOW + 4.2 * HOUR)
    ticket = town.act(ticket, "dispose", "w1", now=NOW + 4.3 * HOUR)
    assert turn(town, NOW + 9 * HOUR) == 0
    assert [one for one, _ in told(town, ticket)] == [1]
    # the check that follows has a clock, and so a ladder, of its own
    assert turn(town, NOW + 30 * HOUR) == 1
    assert [one for one, _ in told(town, ticket)] == [1, 1]


def test_what_nobody_reads_goes_to_the_next_level_at_once(town: Town) -> None:
    with_ladder(town, read_within=timedelta(minutes=10))
    ticket = town.filed(draft("flooding"))
    late = NOW + 4.1 * HOUR
    assert turn(town, late) == 1
    with transaction(town.web, "account:w1") as conn:
        conn.exec_driver_sql(
            "INSERT INTO events.read_receipts SELECT notice_id, 6, now() FROM events.outbox"
            " WHERE kind = 'escalate'"
        )
    assert turn(town, late + timedelta(minutes=11)) == 0  # the department has read it
    late = NOW + 5 * HOUR
    assert turn(town, late) == 1
    assert turn(town, late + timedelta(minutes=11)) == 1  # the district's supervisor has not
    mark_seen(town.web, ticket, by=town.people["east"], now=late + timedelta(minutes=12))
    assert turn(town, late + timedelta(minutes=30)) == 0
    with reading(town.web) as conn:
        steps = escalations.of_tickets(conn, [ticket.ticket_id])
        mine = search.TicketQuery(escalated_to=town.people["east"])
        assert [one.number for one in search.search(conn, mine, Scope()).items] == [ticket.number]
    assert [[who for who, _ in one.read_by] for one in steps[1:]] == [["account:east"]] * 2
    assert town.again(ticket).state is State.DISPATCHED


def test_fifty_killed_schedulers_tell_each_level_once(town: Town) -> None:
    with_ladder(town)
    town.record([draft("flooding", occurred_at=NOW + timedelta(days=20 * i)) for i in range(40)])
    town.work()
    late = NOW + timedelta(days=20)
    run = subprocess.run(
        [sys.executable, "-m", "tests.events.schedulers", town.database.url("cc_dispatch"),
         late.isoformat(), "50"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 5, "too few were killed at work"
    assert town.rows("SELECT count(*) FROM events.tickets WHERE overdue_at IS NOT NULL") == [(40,)]
    rows = town.rows(
        "SELECT count(*), count(DISTINCT (ticket_id, payload::jsonb #>> '{escalation,level}'))"
        " FROM events.ledger WHERE verb = 'ticket.escalate'"
    )
    assert rows == [(160, 160)]
    rows = town.rows("SELECT ticket_id, recipient_kind, recipient_id, count(*) FROM events.outbox"
                     " WHERE kind = 'escalate' GROUP BY 1, 2, 3 ORDER BY 4 DESC")  # fmt: skip
    assert sum(int(str(row[3])) for row in rows) == 160
    assert town.rows("SELECT count(*) FROM events.escalations WHERE told_at IS NULL") == [(0,)]


def test_it_is_told_within_five_seconds(town: Town) -> None:
    with_ladder(town)
    now = datetime.now(UTC)
    town.filed(draft("flooding", occurred_at=now), now=now - 4 * HOUR + timedelta(seconds=1))
    stop = threading.Event()
    loop = threading.Thread(target=Dispatcher(town.database.url("cc_dispatch"), stop).run)
    loop.start()
    try:
        assert not stop.wait(4)
    finally:
        stop.set()
        loop.join(10)
    (row,) = town.rows(
        "SELECT e.told_at - c.due_at FROM events.escalations e JOIN events.ticket_clocks c"
        " USING (clock_id) WHERE e.level = 1"
    )
    waited = row[0]
    assert isinstance(waited, timedelta)
    print(f"told {waited.total_seconds():.2f} s after it was due")
    assert timedelta() <= waited < timedelta(seconds=5)
