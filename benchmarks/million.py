"""A city of a million tickets: do the statements that run all day keep their speed?

`python -m benchmarks.million [--tickets 1000000]` fills a private PostgreSQL, then prints the
median of each: the desk's list by filters and by words, one ticket's story, what the dispatcher
looks at in every turn. `fill` is for other benchmarks, too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from benchmarks.timing import say
from events.model.access import Scope
from events.model.urgency import DESK_STATES
from events.model.workflow import State
from events.store import crew_work, escalations, inbox, parties, search, suggestions, tickets
from events.store.history import of_ticket
from events.store.search import TicketQuery
from grid.store.postgis import reading, transaction
from tests.events.town import found_town
from tests.support.cluster import TestDatabase, running_cluster

WEST, SOUTH, SIDE = 118.0, 24.4, 0.5
_TIMES = 15
_say = partial(say, times=_TIMES)
_WIDE = """
UPDATE grid.areas SET geometry = ST_Multi(ST_MakeEnvelope(118.0, 24.4, 118.5, 24.9, 4326))
WHERE code <> '350500001001' AND code <> '350500001002';
UPDATE grid.areas SET geometry = ST_Multi(ST_MakeEnvelope(118.0, 24.4, 118.25, 24.9, 4326))
WHERE code = '350500001001';
UPDATE grid.areas SET geometry = ST_Multi(ST_MakeEnvelope(118.25, 24.4, 118.5, 24.9, 4326))
WHERE code = '350500001002';
"""
# One in fifty is open. Positions are spread evenly, by two steps that share no factor.
_FILL = """
INSERT INTO events.events (source, category_code, severity, occurred_at, position, area_id,
    title_zh, title_en, description, actor)
SELECT 'hotline', (ARRAY['flooding', 'garbage', 'street_lamp'])[1 + n % 3], 2,
    now() - n * interval '30 seconds',
    ST_Point(118.0 + n * 7919 % 100000 * 0.000005, 24.4 + n * 104729 % 100003 * 0.000005, 4326),
    4, '题', 'Title', '老案卷' || n, 'system:benchmark'
FROM generate_series(1, %(n)s::bigint) AS n;
INSERT INTO events.tickets (number, state, category_code, family, severity, source, title_zh,
    title_en, description, position, area_id, department_id, crew_id, occurred_at, created_at,
    updated_at, filed_at, due_at, closed_at)
SELECT 'B' || event_id, CASE event_id % 50 WHEN 0 THEN 'dispatched' ELSE 'closed' END,
    category_code, CASE category_code WHEN 'flooding' THEN 'flood' WHEN 'garbage' THEN 'garbage'
    ELSE 'lamp' END, 2, source, title_zh, title_en, description, position, 4, 1 + event_id % 2,
    1 + event_id % 3, occurred_at, occurred_at, occurred_at,
    occurred_at, CASE event_id % 50 WHEN 0 THEN now() + interval '2 hours' END,
    CASE WHEN event_id % 50 > 0 THEN occurred_at + interval '1 hour' END
FROM events.events ORDER BY event_id;
INSERT INTO events.ticket_events (ticket_id, event_id, linked_at, why, actor)
SELECT t.ticket_id, e.event_id, e.occurred_at, '{"score": 1}', 'system:benchmark'
FROM events.events AS e JOIN events.tickets AS t ON t.number = 'B' || e.event_id;
INSERT INTO events.ticket_clocks (ticket_id, stage, clock, time_limit, started_at, due_at,
    stopped_at)
SELECT ticket_id, 'dispose', 'continuous', '4 hours', created_at, created_at + interval '4 hours',
    closed_at
FROM events.tickets;
INSERT INTO events.ledger (at, actor, verb, object_kind, object_key, ticket_id, area_id, payload)
SELECT created_at, 'system:benchmark', 'ticket.create', 'ticket', number, ticket_id, 4, '{}'
FROM events.tickets;
INSERT INTO events.ticket_words (ticket_id, words)
SELECT ticket_id, events.words_of(concat_ws(' ', number, title_zh, title_en, description))
FROM events.tickets;
"""


def fill(database: TestDatabase, count: int) -> None:
    """Make the test town as wide as a city, with ``count`` tickets, one in fifty of them open."""
    began = time.monotonic()
    with database.superuser() as conn:
        conn.execute(_WIDE.encode())
        # what is generated is consistent: no foreign key needs to be looked up a million times
        conn.execute("SET session_replication_role = replica")
        for statement in _FILL.split(";\n"):
            if statement.strip():
                conn.execute(statement.replace("%(n)s", str(count)).encode())
        conn.execute("VACUUM ANALYZE")
    print(f"{count:,} tickets, {count // 50:,} of them open,"
          f" in {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--tickets", type=int, default=1_000_000)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cc-million-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder), fsync=True) as cluster,
        cluster.database() as database,
    ):
        found_town(database)
        fill(database, asked.tickets)
        with reading(database.engine("cc_web")) as conn:
            _lists(conn)
        with transaction(database.engine("cc_dispatch"), "system:benchmark") as conn:
            _turn(conn)


def _lists(conn: Connection) -> None:
    queries = {
        "the newest": TicketQuery(),
        "what waits at the desk": TicketQuery(states=DESK_STATES),
        "open in a square of 2 km": TicketQuery(
            bbox=(118.2, 24.6, 118.22, 24.62), open_only=True, limit=2_000
        ),
        "one department, open": TicketQuery(department="water", open_only=True),
        "one state": TicketQuery(states=frozenset({State.DISPATCHED})),
        "a rare word (案卷777777)": TicketQuery(text="案卷777777"),
        "a common word (案卷)": TicketQuery(text="案卷"),
        "a word nobody wrote (塌陷)": TicketQuery(text="塌陷"),
        "one character (题)": TicketQuery(text="题"),
        "a number of five digits": TicketQuery(text="55555"),
    }
    for name, query in queries.items():
        _say(f"list: {name}", partial(search.search, conn, query, Scope()))
    one = tickets.by_numbers(conn, ["B777"])[0]
    _say("one ticket", lambda: tickets.by_id(conn, one.ticket_id))
    _say("its story", lambda: of_ticket(conn, one.ticket_id))


def _turn(conn: Connection) -> None:
    now = datetime.now(UTC)
    _say("inbox: the next events", lambda: inbox.claim(conn, now=now, limit=25))
    _say("overdue", lambda: tickets.overdue(conn, now=now, limit=100))
    _say("late parts", lambda: parties.late(conn, now=now, limit=100))
    _say("escalations", lambda: escalations.claim(conn, now=now))
    _say("recovered", lambda: tickets.recovered(conn, now=now, limit=100))
    _say("to resume", lambda: tickets.to_resume(conn, now=now, limit=100))
    _say("filed without a department", lambda: tickets.undispatched(conn, limit=100))
    _say("departments at work", lambda: crew_work.departments_at_work(conn))
    _say("to compare", lambda: suggestions.claim(conn, limit=10))


if __name__ == "__main__":
    main()
