"""Versions of the duties: in force from a time on, by two people, and never changed afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from events.actions import duties as actions
from events.actions.duty_watch import Read, watch_duties
from events.actions.upkeep import send_crews
from events.model.access import DISPATCH
from events.model.duty import DutyRule, When
from events.model.duty_version import DutyStage
from events.model.event import Change, Source
from events.model.problems import FaultyDuties, Incomplete, NotAllowed, Refused
from events.model.refusal import Reason
from events.model.verb import State, Verb
from events.store import duties, duty_alerts
from grid.store.migrate import MIGRATIONS, migrate
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, NOW, Town, draft, draft_duties, finding, put_in_force
from tests.support.cluster import TestCluster, TestDatabase

DAY = timedelta(days=1)
GOOD = (
    DutyRule(position=1, department_code="water", family="flood"),
    DutyRule(position=2, department_code="works", category_code="garbage"),
    DutyRule(position=3, department_code="works", family="lamp"),
    DutyRule(position=4, department_code="works", family="orphan"),
    DutyRule(position=5, department_code="works"),
)


def told(town: Town, now: datetime = NOW) -> dict[int, DutyStage]:
    with reading(town.web) as conn:
        return {one.version: one.stage(now) for one in duties.versions(conn, now=now)}


def web(town: Town, who: str) -> Any:
    return transaction(town.web, town.people[who].key)


def ask(town: Town, version: int, who: str = "supervisor", **values: Any) -> None:
    with web(town, who) as conn:
        given = {"why": "三定调整", "now": NOW, **values}
        actions.propose(conn, version, by=town.people[who], **given)


def answer(town: Town, version: int, verdict: Verb, who: str, *, now: datetime = NOW) -> None:
    with web(town, who) as conn:
        actions.decide(conn, version, verdict, by=town.people[who], why="同意", now=now)


def reason(caught: pytest.ExceptionInfo[Refused]) -> object:
    return caught.value.refusal.reason


def test_a_version_is_in_force_when_a_second_person_says_so(town: Town) -> None:
    version = draft_duties(town, *GOOD)
    assert told(town) == {1: DutyStage.ACTIVE, 2: DutyStage.DRAFT}
    ask(town, version)
    assert told(town)[version] is DutyStage.PROPOSED
    with pytest.raises(NotAllowed) as caught:
        answer(town, version, Verb.APPROVE, "supervisor")
    assert reason(caught) is Reason.SECOND_PERSON
    for nobody in ("dispatcher", "operator", "west"):
        with pytest.raises(NotAllowed):
            answer(town, version, Verb.APPROVE, nobody)
    answer(town, version, Verb.APPROVE, "admin")
    assert told(town) == {1: DutyStage.RETIRED, 2: DutyStage.ACTIVE}
    verbs = town.rows(
        "SELECT actor, verb FROM events.ledger WHERE object_kind = 'duties' AND object_key = '2'"
        " ORDER BY entry_id"
    )
    assert verbs == [("system:setup", "duties.draft"), ("account:supervisor", "duties.propose"),
                     ("account:admin", "duties.activate")]  # fmt: skip


def test_a_proposal_is_refused_or_taken_back_and_a_draft_discarded(town: Town) -> None:
    version = draft_duties(town, *GOOD)
    ask(town, version)
    with pytest.raises(Refused) as caught:
        ask(town, version)
    assert reason(caught) is Reason.DUTIES_STAGE
    answer(town, version, Verb.REFUSE, "admin")
    ask(town, version)
    with pytest.raises(NotAllowed):
        answer(town, version, Verb.WITHDRAW, "admin")
    answer(town, version, Verb.WITHDRAW, "supervisor")
    assert told(town)[version] is DutyStage.DRAFT
    with web(town, "admin") as conn:
        actions.discard(conn, version, by=town.people["admin"], why="不用了", now=NOW)
    assert told(town)[version] is DutyStage.DISCARDED


def test_a_version_waits_for_its_time_and_decisions_keep_which_decided(town: Town) -> None:
    turned = (DutyRule(position=1, department_code="works", family="flood"), *(
        DutyRule(position=one.position, department_code=one.department_code,
                 category_code=one.category_code, family=one.family) for one in GOOD[1:]
    ))  # fmt: skip
    version = draft_duties(town, *turned)
    ask(town, version, starts=NOW + DAY)
    answer(town, version, Verb.APPROVE, "admin")
    assert told(town) == {1: DutyStage.ACTIVE, 2: DutyStage.SCHEDULED}
    before = town.filed(draft("river_level"))
    after = town.filed(draft("river_level", occurred_at=NOW + DAY, lon=118.2035), now=NOW + DAY)
    assert told(town, NOW + DAY) == {1: DutyStage.RETIRED, 2: DutyStage.ACTIVE}
    assert (before.department_code, after.department_code) == ("water", "works")
    routings = [one.routing["department"] for one in (before, after) if one.routing]
    assert [(one["version"], one["rule"]) for one in routings] == [(1, 2), (2, 1)]
    assert "第 2 版第 1 条" in routings[1]["because"]["zh"]


def test_what_is_or_was_in_force_never_changes(town: Town) -> None:
    version = draft_duties(town, *GOOD)
    with town.database.superuser() as conn:
        conn.execute("SELECT set_config('cc.actor', 'system:test', false)")
        for change in (
            "UPDATE events.duty_rules SET department_code = 'water' WHERE version = 1",
            "DELETE FROM events.duty_rules",
            "INSERT INTO events.duty_rules SELECT 2, 99, '*', NULL, NULL, NULL, NULL, 'water'",
            "UPDATE events.duty_versions SET effective_from = now() WHERE version = 1",
            "UPDATE events.duty_versions SET discarded_at = now() WHERE version = 1",
            "DELETE FROM events.duty_versions",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(change)
    with pytest.raises(Refused), web(town, "admin") as conn:
        actions.discard(conn, 1, by=town.people["admin"], why="x", now=NOW)
    assert told(town) == {1: DutyStage.ACTIVE, version: DutyStage.DRAFT}


def test_errors_block_and_warnings_want_a_word(town: Town) -> None:
    faulty = draft_duties(town, DutyRule(position=1, department_code="water"),
                  DutyRule(position=2, department_code="works"))  # fmt: skip
    with pytest.raises(FaultyDuties) as caught:
        ask(town, faulty)
    assert "rule 2 never decides" in caught.value.told("en")
    warned = draft_duties(town, DutyRule(position=1, department_code="works"))
    with pytest.raises(Incomplete) as wanted:
        ask(town, warned)
    assert reason(wanted) is Reason.DUTIES_WARNINGS
    with pytest.raises(Incomplete) as past:
        ask(town, warned, accepted="好", starts=NOW - DAY)
    assert reason(past) is Reason.DUTIES_PAST
    with pytest.raises(Incomplete) as far:
        ask(town, warned, accepted="好", starts=datetime.max.replace(tzinfo=UTC))
    assert reason(far) is Reason.DUTIES_FAR
    ask(town, warned, accepted="都归市政")
    town.rows("UPDATE events.departments SET disabled_at = now() WHERE code = 'works' RETURNING 1")
    with pytest.raises(FaultyDuties):
        answer(town, warned, Verb.APPROVE, "admin")
    with pytest.raises(NotAllowed), web(town, "admin") as conn:
        actions.activate_alone(conn, warned, by=town.people["admin"], why="x", now=NOW)


# --- what breaks while it is in force ---------------------------------------------------------


def alerts(town: Town) -> list[tuple[int, str, str, int]]:
    with reading(town.web) as conn:
        return [(one.position, one.kind, one.subject, one.tickets)
                for one in duty_alerts.standing(conn)]  # fmt: skip


def test_a_broken_rule_alerts_is_passed_over_and_comes_back(town: Town) -> None:
    disable = "UPDATE events.departments SET disabled_at = {} WHERE code = 'water' RETURNING 1"
    read = Read()
    assert watch_duties(town.dispatch, by=DISPATCH, now=NOW, read=read) == 0
    town.rows(disable.format("now()"))
    assert watch_duties(town.dispatch, by=DISPATCH, now=NOW, read=read) == 1
    assert alerts(town) == [(2, "disabled_department", "water", 0)]
    ticket = town.filed(draft("river_level"))
    assert ticket.department_code == "works"
    assert ticket.routing is not None
    assert "第 2 条失效，已跳过" in ticket.routing["department"]["because"]["zh"]
    assert alerts(town) == [(2, "disabled_department", "water", 1)]
    told_why = town.rows(
        "SELECT payload FROM events.ledger WHERE verb = 'ticket.dispatch' ORDER BY entry_id"
    )
    assert "rule 2 is broken and was passed over" in str(told_why[-1][0])
    town.rows(disable.format("NULL"))
    assert watch_duties(town.dispatch, by=DISPATCH, now=NOW, read=read) == 0
    assert alerts(town) == []


def test_an_area_whose_cells_have_ended_alerts(town: Town) -> None:
    east = DutyRule(position=1, department_code="water", area_code="350500001002")
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, east, DutyRule(position=2, department_code="works"))
    assert watch_duties(town.dispatch, by=DISPATCH, now=NOW, read=Read()) == 0
    town.rows(
        "UPDATE grid.cells SET valid_to = now() + interval '1 second' WHERE code LIKE"
        " '350500001002%' RETURNING 1"
    )
    assert watch_duties(town.dispatch, by=DISPATCH, now=NOW, read=Read()) == 1
    assert alerts(town) == [(1, "closed_area", "350500001002", 0)]


def test_nobody_responsible_is_said_on_the_ticket_and_to_the_desk(town: Town) -> None:
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, DutyRule(position=1, department_code="water", family="flood"))
    ticket = town.filed(draft("orphan"))
    assert ticket.state is State.FILED
    assert ticket.routing is not None
    assert "nobody answers" in ticket.routing["department"]["because"]["en"]
    assert alerts(town) == [(0, "nobody", "orphan", 1)]
    assert send_crews(town.dispatch, by=DISPATCH, now=NOW + DAY) == 0
    assert town.again(ticket).version == ticket.version
    # a version after it that names nobody either says so instead, not as well
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, DutyRule(position=1, department_code="water", layer="flood"))
    assert send_crews(town.dispatch, by=DISPATCH, now=NOW + DAY) == 0
    assert watch_duties(town.dispatch, by=DISPATCH, now=NOW + DAY, read=Read()) == 1
    assert alerts(town) == [(0, "nobody", "orphan", 1)]
    ticket = town.again(ticket)
    town.act(ticket, "dispatch", "dispatcher", department="works")
    watch_duties(town.dispatch, by=DISPATCH, now=NOW + DAY, read=Read())
    assert alerts(town) == []


def test_conditions_about_the_facility_and_the_source(town: Town) -> None:
    theirs = When(components=frozenset({"pump"}), owners=frozenset({"works"}))
    seen = When(sources=frozenset({Source.PATROL}), severity_from=4)
    owned = DutyRule(position=1, department_code="works", family="flood", when=theirs)
    people = DutyRule(position=2, department_code="works", family="flood", when=seen)
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, owned, people, DutyRule(position=3, department_code="water"))
    (row,) = town.rows(
        "INSERT INTO grid.components (code, kind, name_zh, name_en, position, area_id,"
        " owner_department, changed_by) SELECT 'P1', 'pump', '泵', 'Pump',"
        " ST_Point(118.2005, 24.6005, 4326), area_id, 'works', 'test' FROM grid.areas"
        " WHERE code = '350500001001' RETURNING component_id"
    )
    pump = town.filed(finding("f1", 1, Change.RAISED, component_id=row[0]))
    grave = town.filed(draft("flooding", severity=4, lon=118.2035))
    other = town.filed(draft("flooding", severity=3, lat=24.6035))
    departments = [one.department_code for one in (pump, grave, other)]
    assert departments == ["works", "works", "water"]


# --- what was there before ---------------------------------------------------------------------

_BEFORE = """
SELECT set_config('cc.actor', 'system:test', false);
INSERT INTO grid.areas (code, kind, path, name_zh, name_en, geometry)
SELECT code, 'city', '{}', code, code, ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326))
FROM unnest(ARRAY['3505', '350501', '350502']) AS one (code);
UPDATE grid.areas AS a SET parent_id = CASE WHEN code <> '3505' THEN 1 END,
    path = CASE WHEN code = '3505' THEN ARRAY[1] ELSE ARRAY[1, area_id] END;
INSERT INTO events.departments (code, name_zh, name_en, area_id)
SELECT 'd' || n, '', '', 1 FROM generate_series(1, 4) AS n;
INSERT INTO events.categories (code, kind, family, name_zh, name_en, filing_policy, clock,
    dispose_limit, pack, effective_from)
VALUES ('x', 'matter', 'f', '', '', 'automatic', 'continuous', '1 hour', '', '2026-01-01');
INSERT INTO events.duties (department_id, category_code, family, area_id, priority, valid_to)
VALUES (1, NULL, NULL, 1, -10, NULL), (2, NULL, 'f', 2, 0, NULL), (3, 'x', NULL, 1, 0, NULL),
    (4, NULL, 'f', 2, 5, NULL), (4, 'x', NULL, 3, 0, now());
"""


def test_the_duties_of_before_become_version_1(cluster: TestCluster, tmp_path: Path) -> None:
    older = tmp_path / "migrations"
    older.mkdir()
    for path in sorted(MIGRATIONS.glob("*.sql")):
        if path.name.endswith("_duties.sql"):
            break
        (older / path.name).write_text(path.read_text())
    with cluster.cluster.connect("postgres") as root:
        root.execute("CREATE DATABASE before OWNER cc_owner")
    found = TestDatabase(name="before", cluster=cluster.cluster, passwords=cluster.passwords)
    try:
        with found.superuser() as conn:
            for name in ("postgis", "btree_gist", "pg_trgm"):
                conn.execute(f"CREATE EXTENSION {name}".encode())
        migrate(found.url("cc_owner"), folder=older)
        with found.superuser() as conn:
            conn.execute(_BEFORE.encode())
        migrate(found.url("cc_owner"))
        with found.superuser() as conn:
            rules = conn.execute(
                "SELECT scope, area_code, department_code, note FROM events.duty_rules"
                " WHERE version = 1 ORDER BY position"
            ).fetchall()
            state = conn.execute(
                "SELECT activated_by, effective_from <= now() FROM events.duty_versions"
            ).fetchall()
    finally:
        with cluster.cluster.connect("postgres") as root:
            root.execute("DROP DATABASE before WITH (FORCE)")
    assert rules == [
        ("category:x", None, "d3", "duty 3"), ("family:f", "350501", "d4", "duty 4"),
        ("family:f", "350501", "d2", "duty 2"), ("*", None, "d1", "duty 1"),
    ]  # fmt: skip
    assert state == [("system:migration", True)]
