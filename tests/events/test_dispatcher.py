"""The dispatch process as it runs: woken, killed off its database, poisoned, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from command_center.dispatcher import Dispatcher
from events.actions.file_ticket import process_inbox
from events.actions.upkeep import send_crews
from events.model.access import DISPATCH
from events.model.duty import DutyRule
from events.model.duty_finding import FindingKind, names_nothing
from events.model.event import Change
from events.model.workflow import State
from events.store import duty_alerts, inbox
from events.store.rules import Remembered
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, NOW, Town, draft, finding, put_in_force


@contextmanager
def running(town: Town, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``command-center dispatch`` against the town's database."""
    environment = {
        "PATH": os.environ["PATH"],
        "COMMAND_CENTER_DATABASE_URL": town.database.url("cc_dispatch"),
        "COMMAND_CENTER_DATA": str(folder),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "command_center", "dispatch"], env=environment,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        print(process.communicate()[1].decode())  # shown when a test fails


def until(town: Town, sql: str, expected: object, within_s: float = 60.0) -> None:
    """Wait until a query answers ``expected``."""
    begun = time.monotonic()
    while time.monotonic() - begun < within_s:
        if town.rows(sql) == [(expected,)]:
            return
        time.sleep(0.02)
    pytest.fail(f"{sql} is {town.rows(sql)}, not {expected}")


TICKETS = "SELECT count(*) FROM events.tickets"
TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity"
    " WHERE application_name = 'cc dispatch' OR query LIKE 'LISTEN%'"
)


def test_woken_cut_off_and_stopped(town: Town, tmp_path: Path) -> None:
    with running(town, tmp_path) as process:
        until(town, "SELECT count(*) FROM grid.heartbeats WHERE process = 'dispatch'", 1)
        town.record([draft("garbage")])
        until(town, TICKETS, 1)
        until(town, "SELECT count(*) FROM events.outbox WHERE delivered_at IS NOT NULL", 1)
        assert town.rows(TERMINATE) == [(True,)]
        town.record([draft("flooding")])
        until(town, TICKETS, 2)
        until(town, "SELECT (detail->>'done')::int FROM grid.heartbeats", 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_killed_in_the_middle_loses_and_doubles_nothing(town: Town, tmp_path: Path) -> None:
    """Two dispatchers work 300 events; one is killed with -9 on the way."""
    town.record([draft("garbage", lon=118.2005 + 0.001 * (i % 4)) for i in range(300)])
    with running(town, tmp_path) as first, running(town, tmp_path):
        until(town, "SELECT count(*) < 250 FROM events.inbox", True)
        first.send_signal(signal.SIGKILL)
        until(town, "SELECT count(*) FROM events.inbox", 0)
    assert town.rows("SELECT count(*), count(DISTINCT event_id) FROM events.ticket_events") == [
        (300, 300)
    ]
    assert town.rows(TICKETS) == [(4,)]
    assert town.rows("SELECT count(*) FROM events.ledger WHERE verb = 'link.add'") == [(300,)]


def test_a_poisoned_event_waits_and_holds_up_nobody(town: Town) -> None:
    with town.database.superuser() as conn:
        conn.execute("ALTER TABLE events.tickets ADD CHECK (title_en <> 'poison')")
    town.record([draft("garbage", title_en="poison", severity=4), draft("flooding")])
    assert town.work() == 1
    with reading(town.web) as conn:
        waiting = inbox.waiting(conn)
    assert (waiting.waiting, waiting.in_trouble) == (1, 1)
    assert town.work() == 0
    rows = town.rows("SELECT attempts, trouble LIKE 'IntegrityError:%' FROM events.inbox")
    assert rows == [(1, True)]
    with town.database.superuser() as conn:
        conn.execute("ALTER TABLE events.tickets DROP CONSTRAINT tickets_title_en_check")
    assert town.work(NOW + timedelta(seconds=10)) == 1


def test_nobody_waits_for_a_ticket_that_somebody_holds(town: Town) -> None:
    """One of two events goes to a ticket that is being worked on: the other is filed meanwhile."""
    held = town.filed(draft("garbage"))
    town.record([draft("garbage", severity=4), draft("flooding")])
    worked: list[int] = []
    work = threading.Thread(target=lambda: worked.append(town.work()))
    with town.web.begin() as conn:
        conn.exec_driver_sql(f"SELECT FROM events.tickets WHERE ticket_id = {held.ticket_id}"
                             " FOR NO KEY UPDATE")  # fmt: skip
        work.start()
        until(town, TICKETS, 2)
        assert len(town.rows("SELECT FROM events.inbox")) == 1
    work.join(60)
    assert worked == [2]
    assert town.rows("SELECT FROM events.inbox") == []


# How many departments somebody holds who waits for a lock.
HELD_MEANWHILE = (
    "SELECT count(*) FROM pg_locks WHERE classid = 7215004 AND granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND pid IN (SELECT pid FROM pg_locks WHERE NOT granted)"
)


@contextmanager
def holding_alerts(town: Town, *rules: DutyRule) -> Iterator[None]:
    """Somebody writes alerts about all of these rules just now."""
    with transaction(town.dispatch, DISPATCH.key) as conn:
        broken = [names_nothing(FindingKind.UNKNOWN_DEPARTMENT, one.position, one.department_code)
                  for one in rules]  # fmt: skip
        duty_alerts.renew(conn, 3, broken, now=NOW)
        yield


def test_who_waits_for_an_alert_has_the_departments(town: Town) -> None:
    """Else a batch that has a department and the planner that has an alert wait for each other."""
    gone = (DutyRule(position=1, department_code="gone", category_code="garbage"),
            DutyRule(position=2, department_code="gone", category_code="flooding"))  # fmt: skip
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, *gone, DutyRule(position=3, department_code="water", family="flood"))
    waiting = town.filed(draft("garbage"))
    assert waiting.state is State.FILED
    town.record([draft("garbage", lon=118.2035), draft("flooding")])
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, *gone, DutyRule(position=3, department_code="water", family="flood"),
                     DutyRule(position=4, department_code="works"))  # fmt: skip
    works: tuple[tuple[Callable[[], int], int], ...] = (
        (town.work, 2), (partial(send_crews, town.dispatch, by=DISPATCH, now=NOW), 1),
    )  # fmt: skip
    for work, departments in works:
        thread = threading.Thread(target=work)
        with holding_alerts(town, *gone):
            thread.start()
            until(town, HELD_MEANWHILE, departments)
        thread.join(60)
    assert town.again(waiting).state is State.DISPATCHED
    met = (
        "SELECT position, tickets, last_ticket FROM events.duty_alerts WHERE version = 3 ORDER BY 1"
    )
    assert town.rows(met) == [(1, 2, waiting.number), (2, 1, "20260601-00003")]


def test_crews_are_remembered_until_something_is_configured(town: Town) -> None:
    known = Remembered()
    read: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        read.extend(name for name in ("events.shifts", "events.calendar") if name in statement)

    def flooding(days: int) -> int | None:
        at = NOW - timedelta(days=20 * days)
        (one,) = town.record([draft("flooding", occurred_at=at)])
        process_inbox(town.dispatch, by=DISPATCH, now=NOW, known=known)
        return town.ticket_of(one.event_id).crew_id

    assert flooding(0) == 1
    event.listen(town.dispatch, "before_cursor_execute", note)
    assert flooding(1) == 1
    assert read == []
    with town.database.superuser() as conn:
        conn.execute("DELETE FROM events.shifts WHERE crew_id = 1")
    assert flooding(2) == 2
    assert set(read) == {"events.shifts", "events.calendar"}


def test_what_is_worked_together_is_as_if_worked_alone(town: Town) -> None:
    """30 events in one go: numbers without a gap, clocks and trail in order."""
    times = [NOW - timedelta(days=20 * i) for i in range(30)]
    town.record([draft("flooding", occurred_at=one) for one in times])
    assert town.work() == 30
    numbers = town.rows("SELECT number FROM events.tickets ORDER BY ticket_id")
    assert numbers == [(f"20260601-{i:05d}",) for i in range(1, 31)]
    (one, *_) = town.record([draft("garbage")])
    town.work()
    ticket = town.ticket_of(one.event_id)
    assert ticket.number == "20260601-00031"
    stages = town.rows(
        "SELECT string_agg(stage || coalesce('>' || (why ->> 'stopped_by'), ''), ' '"
        " ORDER BY clock_id), count(*) FILTER (WHERE stopped_at IS NULL)"
        f" FROM events.ticket_clocks WHERE ticket_id = {ticket.ticket_id}"
    )
    assert stages == [("file>file dispatch>dispatch dispose", 1)]
    verbs = town.rows(
        "SELECT string_agg(verb, ' ' ORDER BY entry_id) FROM events.ledger GROUP BY ticket_id"
        " HAVING ticket_id IS NOT NULL"
    )
    assert set(verbs) == {("ticket.create link.add ticket.file ticket.dispatch",)}


def test_a_sensor_ticket_is_closed_by_the_loop(town: Town) -> None:
    """One turn of the loop: overdue, recovery and crews are looked after."""
    stop = threading.Event()
    now = datetime.now(UTC)
    dispatcher = Dispatcher(town.database.url("cc_dispatch"), stop, clock=lambda: now)
    town.record([finding("f1", 1, Change.RAISED, at=now)])
    dispatcher.work(town.dispatch)
    (row,) = town.rows("SELECT event_id FROM events.ticket_events")
    ticket = town.ticket_of(int(str(row[0])))
    ticket = town.act(ticket, "accept", "w1", now=now)
    town.act(ticket, "dispose", "w1", now=now)
    town.record([finding("f1", 2, Change.CLEARED, at=now)])
    dispatcher._next_tick = 0.0
    dispatcher.work(town.dispatch)
    assert town.again(ticket).state is State.CLOSED


def test_a_statement_that_is_refused_stops_no_other_part(town: Town) -> None:
    town.filed(draft("flooding"))
    with town.database.superuser() as conn:
        conn.execute("ALTER TABLE events.tickets ADD CHECK (overdue_at IS NULL)")
    later = NOW + timedelta(days=1)
    stop = threading.Event()
    Dispatcher(town.database.url("cc_dispatch"), stop, clock=lambda: later).work(town.dispatch)
    assert town.rows("SELECT process FROM grid.heartbeats") == [("dispatch",)]


def test_crews_are_sent_when_they_can_go(town: Town) -> None:
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.crews SET capacity = 1 WHERE department_id = 1")
    for i in range(3):
        town.filed(draft("flooding", occurred_at=NOW - timedelta(days=20 * i)))
    crews = "SELECT crew_id FROM events.tickets ORDER BY ticket_id"
    assert town.rows(crews) == [(1,), (2,), (None,)]
    (row,) = town.rows("SELECT event_id FROM events.ticket_events ORDER BY 1 LIMIT 1")
    first = town.ticket_of(int(str(row[0])))
    town.act(town.act(first, "accept", "w1"), "dispose", "w1")
    Dispatcher(town.database.url("cc_dispatch"), threading.Event()).work(town.dispatch)
    assert town.rows(crews) == [(1,), (2,), (1,)]


def test_nothing_waits_is_nothing_done(town: Town) -> None:
    assert process_inbox(town.dispatch, by=DISPATCH, now=NOW) == 0
