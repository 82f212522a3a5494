"""A town of 16 cells with two departments, crews and accounts, made in a test's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, text

from command_center.evaluation.pack import read_pack
from events.actions import accounts, configure
from events.actions import duties as duty_actions
from events.actions.act import act
from events.actions.file_ticket import process_inbox
from events.actions.record import record
from events.model.access import DISPATCH, Actor, Role, system
from events.model.calendar import CalendarDay, Clock
from events.model.category import Category, FilingPolicy
from events.model.configuration import CrewRow, DepartmentRow
from events.model.crew import Shift
from events.model.duty import DutyRule
from events.model.event import Change, EventDraft, Recorded, Source
from events.model.proposal import Proposal
from events.model.ticket import Ticket
from events.store import accounts as account_store
from events.store import duties, proposals, tickets
from grid.store.postgis import reading, transaction
from tests.support.cluster import TestDatabase

# Monday, 10:00 in the town.
NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
WEST, SOUTH, SIDE = 118.20, 24.60, 0.001
ALWAYS = (Shift(weekdays=frozenset(range(1, 8)), starts_at=time(0), ends_at=time(0)),)
ADMIN = system("setup")

_GROUND = """
INSERT INTO grid.city (name_zh, name_en, time_zone, center, bbox)
VALUES ('试城', 'Testtown', 'Asia/Shanghai', ST_Point(118.202, 24.602, 4326),
    ST_MakeEnvelope(118.20, 24.60, 118.204, 24.604, 4326));
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, geometry)
SELECT code, kind, NULL, '{}', name_zh, name_en,
    ST_Multi(ST_MakeEnvelope(118.20, 24.60, east, 24.604, 4326))
FROM (VALUES ('3505', 'city', '试城', 'Testtown', 118.204),
    ('350500', 'district', '东区', 'East', 118.204),
    ('350500001', 'street', '一街', 'First Street', 118.204),
    ('350500001001', 'community', '西社区', 'West End', 118.202),
    ('350500001002', 'community', '东社区', 'East End', 118.204)
) AS one (code, kind, name_zh, name_en, east);
UPDATE grid.areas SET geometry = ST_Multi(ST_MakeEnvelope(118.202, 24.60, 118.204, 24.604, 4326))
WHERE code = '350500001002';
UPDATE grid.areas AS a SET
    parent_id = (SELECT b.area_id FROM grid.areas AS b
        WHERE a.code LIKE b.code || '%' AND b.code <> a.code ORDER BY length(b.code) DESC LIMIT 1),
    path = ARRAY(SELECT b.area_id FROM grid.areas AS b
        WHERE a.code LIKE b.code || '%' AND (b.kind <> 'community' OR b.code = a.code)
        ORDER BY length(b.code));
INSERT INTO grid.cells (code, area_id, geometry)
SELECT a.code || to_char(x * 4 + y + 1, 'FM000'), a.area_id,
    ST_MakeEnvelope(118.20 + x * 0.001, 24.60 + y * 0.001,
        118.20 + (x + 1) * 0.001, 24.60 + (y + 1) * 0.001, 4326)
FROM generate_series(0, 3) AS x, generate_series(0, 3) AS y
JOIN grid.areas AS a ON true
WHERE a.code = CASE WHEN x < 2 THEN '350500001001' ELSE '350500001002' END;
"""


def _category(code: str, family: str, **values: Any) -> Category:
    whole: dict[str, Any] = {
        "code": code,
        "family": family,
        "name_zh": f"类别{code}",
        "name_en": code.replace("_", " ").capitalize(),
        "clock": Clock.CONTINUOUS,
        "dispose_limit": timedelta(hours=4),
        "pack": "test 2026-01",
        "effective_from": date(2026, 1, 1),
        **values,
    }
    return Category(**whole)


CATEGORIES = (
    _category("flooding", "flood", layer="flood", for_residents=True, severity=3),
    _category("river_level", "flood", layer="flood"),
    _category("garbage", "garbage", for_residents=True, clock=Clock.WORKING_HOURS),
    _category("street_lamp", "lamp", for_residents=True, filing_policy=FilingPolicy.DESK),
    _category("orphan", "orphan"),
)


@dataclass(frozen=True, kw_only=True)
class Town:
    """The town's database and people."""

    database: TestDatabase
    people: dict[str, Actor]

    @property
    def web(self) -> Engine:
        """The engine of the web process."""
        return self.database.engine("cc_web")

    @property
    def dispatch(self) -> Engine:
        """The engine of the dispatcher."""
        return self.database.engine("cc_dispatch")

    def record(
        self, drafts: Sequence[EventDraft], *, role: str = "cc_ingest", now: datetime = NOW
    ) -> list[Recorded]:
        """Record events as another process would."""
        judge = system("judge")
        with transaction(self.database.engine(role), judge.key) as conn:
            return record(conn, drafts, by=judge, now=now)

    def work(self, now: datetime = NOW) -> int:
        """Let the dispatcher work its inbox once."""
        return process_inbox(self.dispatch, by=DISPATCH, now=now, limit=10_000)

    def filed(self, *drafts: EventDraft, now: datetime = NOW) -> Ticket:
        """Record, work, and the ticket of the last draft."""
        recorded = self.record(drafts, now=now)
        self.work(now)
        return self.ticket_of(recorded[-1].event_id)

    def ticket_of(self, event_id: int) -> Ticket:
        """The ticket that an event is linked to."""
        with reading(self.web) as conn:
            ticket_id = tickets.holder_of_event(conn, event_id)
            assert ticket_id is not None
            return tickets.by_id(conn, ticket_id)

    def again(self, ticket: Ticket) -> Ticket:
        """The ticket as it is now."""
        with reading(self.web) as conn:
            return tickets.by_id(conn, ticket.ticket_id)

    def act(
        self,
        ticket: Ticket,
        verb: str,
        who: str,
        *,
        now: datetime = NOW,
        why: str = "因为",
        **more: Any,
    ) -> Ticket:
        """Act as one of the people, having seen ``ticket``."""
        given: dict[str, Any] = {"version": ticket.version, "why": why, **more}
        return act(self.web, ticket.number, verb, by=self.people[who], now=now, **given)

    def proposals(self, ticket: Ticket) -> tuple[Proposal, ...]:
        """What was proposed about a ticket, in order."""
        with reading(self.web) as conn:
            return proposals.of_ticket(conn, ticket.ticket_id)

    def agreed(
        self, ticket: Ticket, verb: str, who: str, deciders: Sequence[str], **more: Any
    ) -> Ticket:
        """Propose as one of the people; the others approve, level by level."""
        now = more.get("now", NOW)
        ticket = self.act(ticket, verb, who, **more)
        for decider in deciders:
            asked = self.proposals(ticket)[-1].proposal_id
            ticket = self.act(ticket, "approve", decider, proposal=asked, now=now)
        return ticket

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Look into the database as a superuser."""
        return self.database.look(sql)


_NUMBERS = count(1)


def draft(category: str = "flooding", **values: Any) -> EventDraft:
    """An event in the middle of the first cell, with a key of its own."""
    whole: dict[str, Any] = {
        "key": f"test:{next(_NUMBERS)}",
        "source": Source.PATROL,
        "category_code": category,
        "severity": 2,
        "occurred_at": NOW,
        "lon": WEST + SIDE / 2,
        "lat": SOUTH + SIDE / 2,
        **values,
    }
    return EventDraft(**whole)


def finding(
    thread: str, revision: int, change: Change, *, at: datetime = NOW, **values: Any
) -> EventDraft:
    """A revision of a finding, of sensor 7 where no other is given."""
    whole: dict[str, Any] = {
        "source": Source.SENSOR,
        "key": f"{thread}:{revision}",
        "thread": thread,
        "revision": revision,
        "change": change,
        "occurred_at": at,
        "device_no": 7,
        **values,
    }
    return draft("river_level", **whole)


def found_town(database: TestDatabase) -> Town:
    """Make the town in an empty, migrated database."""
    engine = database.engine("cc_admin")
    with transaction(engine, ADMIN.key) as conn:
        conn.execute(text(_GROUND))
        configure.put_categories(conn, CATEGORIES, now=NOW)
        configure.put_departments(conn, _departments(), now=NOW)
        put_in_force(
            conn,
            DutyRule(position=1, department_code="works", area_code="350500001002",
                     category_code="flooding"),
            DutyRule(position=2, department_code="water", family="flood"),
            DutyRule(position=3, department_code="works"),
        )  # fmt: skip
        configure.put_crews(conn, _crews(), now=NOW)
        configure.put_calendar(
            conn,
            [CalendarDay(day=date(2026, 6, 19), working=False, name_zh="端午节",
                         name_en="Dragon Boat Festival")],
            now=NOW,
        )  # fmt: skip
        configure.add_formulas(conn, read_pack(), now=NOW)
        _add_accounts(conn)
        people = {one.name: one.actor for one in account_store.all(conn)}
    return Town(database=database, people=people)


def put_in_force(conn: Connection, *rules: DutyRule, now: datetime = NOW) -> int:
    """Let these duties be in force from ``now`` on, whatever the check says; the version."""
    version = duty_actions.draft(conn, rules, note="测试", now=now)
    duties.activate(conn, version, starts=now, now=now)
    return version


def draft_duties(town: Town, *rules: DutyRule, now: datetime = NOW) -> int:
    """Draft a version of these duties; its number."""
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        return duty_actions.draft(conn, rules, note="新版", now=now)


def _departments() -> list[DepartmentRow]:
    return [
        DepartmentRow(code="water", name_zh="水务局", name_en="Water Bureau", area_code="3505"),
        DepartmentRow(code="works", name_zh="市政中心", name_en="Public Works", area_code="3505"),
    ]


def _crews() -> list[CrewRow]:
    first = CrewRow(
        code="w1", department_code="water", area_code="3505", name_zh="水务一班",
        name_en="Water crew 1", lon=WEST, lat=SOUTH, shifts=ALWAYS, capacity=100_000,
    )  # fmt: skip
    return [
        first,
        replace(first, code="w2", name_zh="水务二班", name_en="Water crew 2", lon=WEST + 4 * SIDE),
        replace(first, code="p1", department_code="works", name_zh="市政一班",
                name_en="Works crew 1"),
    ]  # fmt: skip


def _add_accounts(conn: Connection) -> None:
    for name, role, area, crew in (
        ("operator", Role.OPERATOR, "3505", None),
        ("dispatcher", Role.DISPATCHER, "3505", None),
        ("supervisor", Role.SUPERVISOR, "3505", None),
        ("west", Role.DISPATCHER, "350500001001", None),
        ("admin", Role.ADMIN, "3505", None),
        ("w1", Role.FIELD, "3505", "w1"),
        ("w2", Role.FIELD, "3505", "w2"),
        ("p1", Role.FIELD, "3505", "p1"),
    ):
        accounts.add(
            conn, name=name, role=role, area_code=area, by=ADMIN, now=NOW, crew_code=crew,
            password="correct horse battery",
        )  # fmt: skip
