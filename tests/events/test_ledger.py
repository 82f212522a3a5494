"""The ledger alone rebuilds every ticket, whatever happened; and nobody can change it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from events.actions.upkeep import close_recovered, mark_overdue, send_crews
from events.model.access import DISPATCH, Scope, verbs_for
from events.model.event import Change
from events.model.ledger import TICKET_COLUMNS, canonical, plain, rebuild
from events.model.problems import Refused
from events.model.workflow import Verb
from events.store import ledger, search, tickets
from grid.store.postgis import reading, transaction
from tests.events.town import CATEGORIES, NOW, SIDE, Town, draft, finding
from tests.support.cluster import TestDatabase

PEOPLE = ("operator", "dispatcher", "supervisor", "west", "w1", "w2", "p1")
DEPARTMENT_OF = {"w1": "water", "w2": "water", "p1": "works"}


class TownLife(RuleBasedStateMachine):
    """Things happen, people act, time passes, in any order."""

    town: Town
    serial = 0

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW

    @rule(category=st.sampled_from(CATEGORIES), severity=st.integers(1, 4),
          x=st.integers(0, 3), y=st.integers(0, 3))  # fmt: skip
    def something_happens(self, category: Any, severity: int, x: int, y: int) -> None:
        self.town.record(
            [draft(category.code, severity=severity, lon=118.2 + SIDE * (x + 0.5),
                   lat=24.6 + SIDE * (y + 0.5), occurred_at=self.now)],
            now=self.now,
        )  # fmt: skip

    @rule(sensor=st.integers(0, 3), change=st.sampled_from(Change))
    def a_finding_moves(self, sensor: int, change: Change) -> None:
        TownLife.serial += 1
        self.town.record(
            [finding(f"s{sensor}", TownLife.serial, change, at=self.now, device_no=sensor,
                     lon=118.2 + SIDE * (sensor + 0.5))],
            now=self.now,
        )  # fmt: skip

    @rule()
    def the_dispatcher_works(self) -> None:
        self.town.work(self.now)
        close_recovered(self.town.dispatch, now=self.now)
        mark_overdue(self.town.dispatch, by=DISPATCH, now=self.now)
        send_crews(self.town.dispatch, by=DISPATCH, now=self.now)

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=st.sampled_from(PEOPLE), pick=st.integers(0, 99), choice=st.integers(0, 99),
          crew=st.sampled_from(["w1", "w2", "p1"]))  # fmt: skip
    def somebody_acts(self, who: str, pick: int, choice: int, crew: str) -> None:
        with reading(self.town.web) as conn:
            found = search.search(conn, search.TicketQuery(limit=20), Scope()).items
        if not found:
            return
        ticket = found[pick % len(found)]
        verbs = verbs_for(self.town.people[who], ticket)
        if not verbs:
            return
        verb = verbs[choice % len(verbs)]
        more: dict[str, Any] = {}
        if verb in (Verb.DISPATCH, Verb.ASSIGN):
            more = {"crew": crew}
            if verb is Verb.DISPATCH:
                more["department"] = DEPARTMENT_OF[crew]
        try:
            self.town.act(ticket, verb, who, now=self.now, **more)
        except Refused as refused:
            assert refused.refusal.reason.value == "crew_of_other_department"  # noqa: PT017

    @invariant()
    def the_ledger_rebuilds_every_ticket(self) -> None:
        with reading(self.town.web) as conn:
            ids = [row[0] for row in self.town.rows("SELECT ticket_id FROM events.tickets")]
            for ticket in tickets.by_ids(conn, [int(str(one)) for one in ids]):
                entries = ledger.of_ticket(conn, ticket.ticket_id)
                moves = [one.payload for one in entries if one.object_kind == "ticket"]
                now = {name: plain(getattr(ticket, name)) for name in TICKET_COLUMNS}
                assert rebuild(moves) == now


@pytest.mark.timeout(300)
def test_ledger_rebuilds_tickets(town: Town) -> None:
    TownLife.town = town
    run_state_machine_as_test(
        TownLife,
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert len(town.rows("SELECT FROM events.tickets")) > 20
    kinds = {row[0] for row in town.rows("SELECT DISTINCT verb FROM events.ledger")}
    assert {"ticket.create", "ticket.dispatch", "ticket.hand_back", "link.add"} <= kinds


def test_a_gap_in_the_ledger_is_found() -> None:
    first = {"from": None, "to": "reported", "version": 1, "set": {"severity": 1}}
    third = {"from": "filed", "to": "dispatched", "version": 3, "set": {}}
    with pytest.raises(ValueError, match="version 3"):
        rebuild([first, third])


@pytest.mark.parametrize("role", ["cc_web", "cc_dispatch", "cc_ingest", "cc_admin"])
def test_nobody_changes_the_trail(database: TestDatabase, role: str) -> None:
    harm = ("UPDATE events.{} SET actor = 'x'", "DELETE FROM events.{}", "TRUNCATE events.{}")
    for statement in [one.format(table) for one in harm for table in ("ledger", "events")]:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction(database.engine(role), "system:test") as conn,
        ):
            conn.execute(text(statement))


def test_even_the_owner_is_refused(town: Town) -> None:
    town.filed(draft())
    with (
        town.database.superuser() as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        conn.execute("UPDATE events.ledger SET payload = '{}'")


def test_a_write_needs_an_actor(town: Town) -> None:
    with pytest.raises(IntegrityError), town.web.begin() as conn:
        ledger.append(
            conn, at=NOW, verb="test.nobody", object_kind="test", object_key="1", payload={}
        )


def test_canonical_text_is_one() -> None:
    assert (
        canonical({"b": NOW, "a": {"水": 1.5}})
        == '{"a":{"水":1.5},"b":"2026-06-01T02:00:00.000000Z"}'
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"x": float("nan")})
