"""Hot statements use their indexes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from events.model.access import Actor, Role, Scope
from events.model.urgency import DESK_STATES
from events.model.workflow import State
from events.store import (
    attachments,
    clocks,
    crew_work,
    duties,
    duty_alerts,
    duty_past,
    escalations,
    events,
    facts,
    finder,
    households,
    in_hand,
    inbox,
    ledger,
    messages,
    outbox,
    parties,
    proof,
    proposals,
    ratings,
    rules,
    search,
    standing,
    suggestions,
    supplies,
    then,
    tickets,
    told,
    urgent,
)
from events.store.projects import relate
from events.store.search import TicketQuery
from grid.store.named_sql import Statements
from tests.events.town import NOW, Town, draft
from tests.support.cluster import TestCluster

_MANY = """
INSERT INTO events.events (source, category_code, severity, occurred_at, position, area_id,
    thread, title_zh, title_en, actor)
SELECT 'sensor', 'river_level', 2, now() - n * interval '1 minute',
    ST_Point(118.2 + n % 200 * 0.00002, 24.6 + n / 200 * 0.00002, 4326), 4, 'many:' || n / 2,
    '题', 'Title', 'system:test'
FROM generate_series(1, 20000) AS n;
INSERT INTO events.tickets (number, state, category_code, family, layer, severity, source,
    title_zh, title_en, position, area_id, department_id, crew_id, occurred_at, created_at,
    updated_at, due_at, closed_at)
SELECT 'T' || n, CASE n % 50 WHEN 0 THEN 'filed' WHEN 1 THEN 'dispatched' WHEN 2 THEN 'disposed'
    ELSE 'closed' END, 'river_level', 'flood', 'flood', 2, 'sensor', '题', 'Title',
    ST_Point(118.2 + n % 200 * 0.00002, 24.6 + n / 200 * 0.00002, 4326), 4, 1 + n % 2,
    CASE WHEN n % 3 = 0 THEN 1 END, now(), now() - n * interval '1 minute',
    now() - n * interval '1 minute', now() + interval '1 hour', now() - n * interval '1 minute'
FROM generate_series(1, 20000) AS n;
INSERT INTO events.ticket_events (ticket_id, event_id, linked_at, why, actor)
SELECT ticket_id, ticket_id, now(), '{}', 'system:test' FROM events.tickets;
INSERT INTO events.inbox (event_id, severity) SELECT event_id, n % 4 + 1
FROM (SELECT event_id, row_number() OVER () AS n FROM events.events) AS one;
INSERT INTO events.outbox (kind, recipient_kind, recipient_id, area_id, body_zh, body_en,
    created_at, delivered_at)
SELECT 'dispatch', 'crew', n % 40, 4, '', '', now(), CASE WHEN n % 100 > 0 THEN now() END
FROM generate_series(1, 20000) AS n;
INSERT INTO events.proposals (ticket_id, area_id, verb, reason, asked_by, asked_at, outcome,
    deciders, people)
SELECT n, 4, 'decline', '', 'account:x', now(), CASE WHEN n % 100 = 0 THEN 'pending'
    ELSE 'approved' END, '{supervisor}', '{account:x}'
FROM generate_series(1, 20000) AS n;
INSERT INTO events.reports (number, token_sha256, event_id, area_id, created_at)
SELECT 'R' || n, sha256(CAST(CAST(n AS text) AS bytea)), n, 4, now()
FROM generate_series(1, 20000) AS n;
INSERT INTO events.messages (ticket_id, report_id, area_id, audience, author, body, created_at)
SELECT CASE WHEN n % 2 = 0 THEN n END, CASE WHEN n % 2 = 1 THEN report_id END, 4, 'resident',
    'resident', '', now()
FROM (SELECT report_id, row_number() OVER () AS n FROM events.reports) AS one;
INSERT INTO events.ratings (report_id, ticket_id, area_id, closed_at, solved, satisfied, stars,
    created_at)
SELECT report_id, event_id, 4, now(), true, true, 5, now() FROM events.reports;
INSERT INTO events.parties (ticket_id, department_id, asked_at, asked_by, asked_why, due_at,
    signed_at)
SELECT n, 1 + n % 2, now(), 'account:x', '', now(), CASE WHEN n % 100 > 0 THEN now() END
FROM generate_series(1, 20000) AS n;
INSERT INTO events.ledger (at, actor, verb, object_kind, object_key, ticket_id, payload)
SELECT now(), 'system:test', 'ticket.file', 'ticket', 'T' || n, n, '{}'
FROM generate_series(1, 20000) AS n;
INSERT INTO events.ticket_clocks (ticket_id, stage, clock, time_limit, started_at, due_at)
SELECT n, 'dispose', 'continuous', '4 hours', now(), now() FROM generate_series(1, 20000) AS n;
INSERT INTO events.escalations (clock_id, level, ticket_id, recipient, read_within, at, told_at,
    unread_at)
SELECT clock_id, 1, ticket_id, 'city', '1 hour', now(), CASE WHEN clock_id % 100 > 0 THEN now() END,
    CASE WHEN clock_id % 100 = 1 THEN now() END
FROM events.ticket_clocks;
INSERT INTO events.attachments (attachment_id, event_id, ticket_id, area_id, kind, state,
    original_sha256, original_bytes, created_at, actor)
SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN n END, CASE WHEN n % 2 = 1 THEN n END, 4,
    'report', 'ready', '', 1, now(), 'system:test'
FROM generate_series(1, 20000) AS n;
INSERT INTO events.duty_versions (version, note, made_by, made_at, activated_at, effective_from)
VALUES (9, '', 'system:test', now(), now(), '2026-01-01');
INSERT INTO events.duty_rules (version, position, scope, category_code, department_code)
SELECT 9, n, 'category:c' || n % 400, 'c' || n % 400, 'works' FROM generate_series(1, 20000) AS n;
INSERT INTO events.ticket_past (ticket_id, since, until, version, state, severity, area_id,
    supervised, stage_at)
SELECT n, now() - n * interval '10 minutes', now() - n * interval '10 minutes' + interval '1 hour',
    2, 'dispatched', 2, 4, false, now() FROM generate_series(1, 20000) AS n;
INSERT INTO events.alarm_past (thread, since, until, event_id, device_no, level)
SELECT 'many:' || n, now() - n * interval '10 minutes',
    now() - n * interval '10 minutes' + interval '1 hour', n, n % 500, 2
FROM generate_series(1, 20000) AS n;
INSERT INTO events.to_compare (ticket_id) SELECT ticket_id FROM events.tickets;
INSERT INTO events.to_relate (ticket_id) SELECT ticket_id FROM events.tickets;
INSERT INTO events.suggestions (older_id, newer_id, area_id, score, distance_m, terms, because,
    suggested_at)
SELECT n, n + 50, 4, 0.4, 50, '{}', '{}', now() FROM generate_series(1, 19900) AS n;
INSERT INTO events.facts (ticket_id, ground, source_id, at, day, outcome, marks, area_id,
    category_code)
SELECT n, 'report', 0, now(), now(), 'valid', 0, 4, 'river_level'
FROM generate_series(1, 20000) AS n;
ANALYZE;
"""
BIG = {
    "events", "tickets", "ticket_events", "inbox", "outbox", "ledger", "ticket_clocks",
    "attachments", "proposals", "parties", "messages", "ratings", "reports",
    "suggestions", "to_compare", "to_relate", "escalations", "duty_rules", "facts", "to_count",
    "ticket_words", "ticket_past", "alarm_past",
}  # fmt: skip


@pytest.fixture(scope="module")
def crowd(cluster: TestCluster, founded: Town) -> Iterator[Town]:
    """The town after 20,000 more tickets; it is only looked at."""
    with cluster.database(founded.database.name) as copy:
        with copy.superuser() as conn:
            conn.execute(_MANY.encode())
        yield Town(database=copy, people=founded.people)


@pytest.fixture
def crowded(crowd: Town) -> Iterator[Connection]:
    """A connection to it, as the dispatcher."""
    with crowd.dispatch.connect() as conn:
        yield conn


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)


def whole(plan: Any) -> list[str]:
    """The big tables that a plan (EXPLAIN in JSON) reads from end to end."""
    assert isinstance(plan, list)
    return [
        one["Relation Name"]
        for one in nodes(plan[0]["Plan"])
        if one["Node Type"] == "Seq Scan" and one["Relation Name"] in BIG
    ]


def scans(conn: Connection, sql: str, params: dict[str, Any]) -> list[str]:
    return whole(conn.execute(text(f"EXPLAIN (FORMAT JSON) {sql}"), params).scalar())


def test_the_guard_sees_a_scan(crowded: Connection) -> None:
    assert scans(crowded, "SELECT FROM events.tickets WHERE title_en = 'x'", {}) == ["tickets"]


RECENTLY = datetime.now(UTC) - timedelta(hours=2)
HOT: dict[tuple[str, str], dict[str, Any]] = {
    ("inbox", "claim"): {"now": NOW, "limit": 25},
    ("events", "by_ids"): {"event_ids": [5, 6]},
    ("events", "recent_ids"): {"area_id": None, "limit": 50},
    ("events", "head_of_thread"): {"thread": "many:9"},
    ("tickets", "load"): {"ticket_ids": [5, 6]},
    ("tickets", "ids_of_numbers"): {"numbers": ["T7"]},
    ("tickets", "save_fresh"): {"rows": '[{"ticket_id": 5}]'},
    ("tickets", "lock"): {"numbers": ["T7"]},
    ("tickets", "to_resume"): {"now": NOW, "limit": 100},
    ("tickets", "parts"): {"ticket_id": 9},
    ("tickets", "live_links"): {"ticket_id": 9},
    ("proposals", "of_ticket"): {"ticket_id": 9},
    ("proposals", "pending_of"): {"ticket_ids": [5, 9]},
    ("proposals", "lapse"): {"ticket_id": 9, "now": NOW, "possible": ["decline"]},
    ("parties", "of_ticket"): {"ticket_id": 9},
    ("messages", "of_ticket"): {"ticket_id": 9},
    ("messages", "of_report"): {"report_id": 9},
    ("messages", "count_since"): {"report_id": 9, "since": NOW},
    ("ratings", "of_ticket"): {"ticket_id": 9},
    ("tickets", "nearby"): {"lon": 118.2, "lat": 24.6, "east": 0.0005, "north": 0.0005,
                            "family": "flood", "limit": 60},
    ("suggestions", "claim"): {"limit": 10},
    ("suggestions", "side"): {"ticket_id": 50},
    ("suggestions", "of_ticket"): {"ticket_id": 50, "limit": 5},
    ("attachments", "hashes_of_events"): {"event_ids": [6, 8]},
    ("tickets", "holder_of_thread"): {"thread": "many:9"},
    ("tickets", "holder_of_event"): {"event_id": 9},
    ("tickets", "thread_heads"): {"ticket_id": 9},
    ("tickets", "linked_events"): {"ticket_id": 9},
    ("tickets", "overdue"): {"now": NOW, "limit": 100},
    ("tickets", "recovered"): {"now": NOW, "limit": 100},
    ("rules", "crews"): {"department_id": 1},
    ("duties", "candidates"): {"scopes": ["category:c7", "family:x", "*"], "area_path": [1, 4],
                               "now": NOW},
    ("duty_past", "routed"): {"since": RECENTLY, "until": RECENTLY + timedelta(hours=1)},
    ("duty_alerts", "end_answered"): {"now": NOW, "version": 2},
    ("crew_work", "movable"): {"department_id": 1},
    ("crew_work", "departments_at_work"): {},
    ("crew_work", "stops"): {"crew_ids": [1, 2]},
    ("crew_work", "at_work"): {"crew_id": 1},
    ("crew_work", "before"): {
        "crew_id": 1, "ticket_id": 5, "dispatched": True, "due_at": RECENTLY, "severity": 2,
    },
    ("crew_work", "lock"): {"ticket_ids": [5, 6]},
    ("tickets", "undispatched"): {"limit": 100},
    ("tickets", "of_crew"): {"crew_id": 1, "limit": 100},
    ("attachments", "of_tickets"): {"ticket_ids": [5, 9]},
    ("proof", "of_tickets"): {"ticket_ids": [5, 9]},
    ("escalations", "of_tickets"): {"ticket_ids": [5, 9]},
    ("escalations", "claim"): {"now": NOW},
    ("escalations", "mark_read"): {"ticket_id": 9, "account_id": 3, "now": NOW},
    ("parties", "late"): {"now": NOW, "limit": 100},
    ("clocks", "of_ticket"): {"ticket_id": 9},
    ("clocks", "stop"): {"ticket_id": 9, "now": NOW, "verb": "close"},
    ("inbox", "done"): {"event_ids": [5, 6]},
    ("tickets", "try_lock_id"): {"ticket_id": 9},
    ("in_hand", "in_hand"): {"crew_ids": [1, 2]},
    ("escalations", "press_on"): {"now": NOW, "limit": 100},
    ("facts", "claim"): {"limit": 100},
    ("facts", "count"): {"ticket_ids": [5, 6], "sums": True},
    ("facts", "neighbours"): {"ticket_ids": [5, 6]},
    ("ledger", "of_ticket"): {"ticket_id": 9},
    ("ledger", "of_object"): {"object_kind": "project", "object_key": "P1"},
    ("project relate", "same"): {
        "family": "flood", "category_code": None, "cell_ids": [1, 2], "component_id": None,
        "since": NOW,
    },
    ("project relate", "subject"): {"ticket_id": 9},
    ("project relate", "rectification_of"): {"ticket_id": 9},
    ("project relate", "claim"): {"limit": 1},
    ("finder", "by_digits"): {
        "day_ends": "", "first": 123, "step": 1000, "most": 6, "area_ids": [1], "department_id": 1,
    },
    ("standing", "open_by_cell"): {"area_ids": [4, 5], "desk": ["reported"], "now": NOW},
    ("standing", "summed"): {"area_ids": [4, 5], "desk": ["reported"], "now": NOW, "most": 12},
    ("standing", "closed_since"): {"area_ids": [4, 5], "since": NOW.replace(year=2099)},
    ("urgent", "chosen"): {
        "asked": [0, 3], "only": None, "desk": ["reported", "filed"], "untaken": ["reported"],
        "done": ["disposed"], "grave": 3, "alarms_since": RECENTLY, "yellow_share": 0.25,
        "now": RECENTLY, "most": 2000,
    },
    ("urgent", "narrowed"): {
        "cell_id": 5, "device_no": None, "layers": None, "others": False, "shape": None,
    },
    ("households", "units"): {"component_id": 1, "most": 200},
    ("households", "by_id"): {"household_id": 1, "scope_area": 1, "building": "building"},
    ("urgent", "groups"): {
        "west": 118.2, "south": 24.6, "east": 118.204, "north": 24.604, "area_ids": None,
        "told": [5, 6], "squares": 4096.0, "now": RECENTLY, "most": 2001, "done": ["disposed"],
        "critical": 4,
    },
    ("then", "open_at"): {"then": RECENTLY, "area_ids": None, "most": 2000},
    ("then", "count_open"): {"then": RECENTLY, "area_ids": [4]},
    ("then", "levels"): {"then": RECENTLY},
    ("then", "recent"): {"then": RECENTLY, "most": 50},
    ("then", "recent_inside"): {"then": RECENTLY, "area_ids": [3, 4], "most": 50},
    ("then", "links"): {"event_ids": [5, 6], "then": RECENTLY},
    ("then", "closed"): {"since": RECENTLY, "then": RECENTLY, "area_ids": None},
    ("then", "first"): {},
    ("then", "moments"): {"first": RECENTLY, "since": RECENTLY, "area_ids": None, "slice_s": 60.0,
                          "until": RECENTLY + timedelta(minutes=9)},
    ("then", "alarms_of"): {"device_no": 7, "first": RECENTLY, "then": RECENTLY, "most": 50},
    ("told", "of_layers"): {"layers": ["flood"], "scope_area": 1, "limit": 60},
    ("told", "cells"): {"categories": ["flooding"], "scope_area": 1, "limit": 300},
    ("supplies", "tasks"): {"layer": "epidemic_control", "scope_area": 1, "now": NOW},
    ("outbox", "claim"): {"now": NOW, "limit": 100},
    ("outbox", "for_account"): {"account_id": 1, "crew_id": 1, "department_id": 1, "limit": 50},
    ("outbox", "put_to_reporters"): {
        "kind": "x", "ticket_id": 9, "body_zh": "", "body_en": "", "created_at": NOW
    },
}  # fmt: skip
# What residents say is read by the web process alone.
ONLY_WEB = {"messages", "ratings", "told", "supplies", "households"}
ONLY_WEB_DOES = {("escalations", "mark_read")}
STORES = {
    "inbox": inbox, "events": events, "tickets": tickets, "ledger": ledger, "outbox": outbox,
    "attachments": attachments, "proposals": proposals, "parties": parties, "messages": messages,
    "ratings": ratings, "suggestions": suggestions, "rules": rules, "crew_work": crew_work,
    "proof": proof, "escalations": escalations, "duties": duties, "duty_past": duty_past,
    "duty_alerts": duty_alerts, "facts": facts, "clocks": clocks, "project relate": relate,
    "finder": finder, "standing": standing, "then": then, "told": told,
    "supplies": supplies, "urgent": urgent, "in_hand": in_hand, "households": households,
}  # fmt: skip


def test_hot_statements_use_indexes(crowded: Connection, crowd: Town) -> None:
    slow = {}
    web = crowd.web.connect()
    for (store, name), params in HOT.items():
        statements = STORES[store]._SQL
        assert isinstance(statements, Statements)
        conn = web if store in ONLY_WEB or (store, name) in ONLY_WEB_DOES else crowded
        found = scans(conn, statements.statements[name].sql, params)
        if found:
            slow[f"{store}.{name}"] = found
    web.close()
    assert slow == {}


SUPERVISOR = Actor(kind="account", name="eve", role=Role.SUPERVISOR)
QUERIES = [
    TicketQuery(),
    TicketQuery(states=frozenset({State.FILED})),
    TicketQuery(bbox=(118.2, 24.6, 118.2001, 24.6001), open_only=True),
    TicketQuery(department="water", limit=20),
    TicketQuery(crew_id=1),
    TicketQuery(updated_after=NOW.replace(year=2099)),
    TicketQuery(cell="350500001001001"),
    TicketQuery(decided_by=SUPERVISOR),
    TicketQuery(states=frozenset({State.FILED}), decided_by=SUPERVISOR),
    TicketQuery(in_hand_of=Actor(kind="account", name="w1", crew_id=1, department_id=1)),
    TicketQuery(escalated_to=Actor(kind="account", name="eve", account_id=3)),
    TicketQuery(states=DESK_STATES, limit=200),
    TicketQuery(text="T19999"),  # one ticket
    TicketQuery(text="11111"),  # one ticket, among hundreds with 11 in their numbers
    TicketQuery(text="塌陷"),  # none
    TicketQuery(text="title"),  # all of them
    TicketQuery(text="题", department="water"),
]


def test_searches_use_indexes(crowded: Connection) -> None:
    slow: list[str] = []

    def explain(
        conn: Connection, _cursor: Any, statement: str, params: Any, _ctx: Any, _many: Any
    ) -> None:
        if not statement.startswith("SELECT events.tickets"):
            return
        plan = conn.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", params).scalar()
        if whole(plan):
            slow.append(statement)

    event.listen(crowded, "before_cursor_execute", explain)
    for query in QUERIES:
        search.search(crowded, query, Scope())
    event.remove(crowded, "before_cursor_execute", explain)
    assert slow == []


ASKED = {
    "x": ["x"], "55": ["55"], "1234": ["12", "23", "34"], "55555": ["55555"],
    "123456": ["12345", "23456"], "路灯a1": ["a1", "灯a", "路灯"], "": [],
    "第12345号": ["12345", "5号", "第1"],
}  # fmt: skip


def test_of_a_text_its_longest_words_are_looked_for(crowded: Connection) -> None:
    """Whatever holds a text has them, and five digits are read of those tickets alone."""
    for said, words in ASKED.items():
        asked, kept = crowded.execute(
            text("SELECT events.words_asked(:said), events.words_of('路7' || :said || '9') @>"
                 " events.words_asked(:said)"), {"said": said},
        ).one()  # fmt: skip
        assert (sorted(asked), kept) == (sorted(words), True)
    plan = crowded.execute(
        text("EXPLAIN (ANALYZE, FORMAT JSON) SELECT FROM events.ticket_words"
             " WHERE words @> events.words_asked('11111')")
    ).scalar()  # fmt: skip
    assert isinstance(plan, list)
    assert [one["Actual Rows"] for one in nodes(plan[0]["Plan"])] == [1, 1]


def test_a_new_ticket_takes_few_statements(town: Town) -> None:
    """Filing and dispatching one ticket is some 30 statements, not hundreds."""
    town.filed(draft("garbage"))
    counted: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, _params: Any, _ctx: Any, _many: Any) -> None:
        counted.append(statement)

    town.record([draft("flooding")])
    event.listen(town.dispatch, "before_cursor_execute", count)
    town.work()
    assert 10 < len(counted) <= 40
