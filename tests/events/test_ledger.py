"""The ledger alone rebuilds every ticket, whatever happened; and nobody can change it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from events.actions.escalate import escalate
from events.actions.upkeep import close_recovered, mark_overdue, resume_suspended, send_crews
from events.model.access import DISPATCH, Scope, verbs_for
from events.model.event import Change
from events.model.ledger import (
    TICKET_COLUMNS,
    canonical,
    plain,
    rebuild,
    rebuild_escalations,
    rebuild_parties,
    rebuild_proposals,
)
from events.model.problems import Refused
from events.model.ticket import Ticket
from events.model.workflow import MOVES, Need, State, Verb
from events.store import attachments, escalations, ledger, parties, proposals, search, tickets
from grid.store.postgis import reading, transaction
from tests.events.test_escalation import with_ladder
from tests.events.test_proof import ask, photo
from tests.events.town import CATEGORIES, NOW, SIDE, Town, draft, finding
from tests.support.cluster import TestDatabase
from tests.support.luck import lives, run_until_seen

PEOPLE = ("operator", "dispatcher", "supervisor", "west", "w1", "w2", "p1")
VERDICTS = [Verb.APPROVE, Verb.APPROVE, Verb.APPROVE, Verb.REFUSE, Verb.WITHDRAW]
# What people run into when they choose blindly; anything else would be a fault.
EXPECTED = {
    "crew_of_other_department", "cannot_merge", "extension_length", "no_such_event",
    "linked_here", "not_linked_here", "only_event", "leads_already", "assists_already",
    "not_assisting", "proposed_already", "second_person", "not_who_asked", "role", "other_area",
    "wrong_state", "unsigned", "parts_open", "suspended_once", "extended", "appealed",
    "returned", "other_crew", "stale", "no_such_ticket", "decided", "photo_after",
    "photo_waiting", "unrecovered", "recovered_lately",
}  # fmt: skip
DEPARTMENT_OF = {"w1": "water", "w2": "water", "p1": "works"}


class TownLife(RuleBasedStateMachine):
    """Things happen, people act, time passes, in any order."""

    town: Town
    seen: dict[object, object]
    serial = 0
    lives = 0

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW

    @initialize()
    def a_day_begins(self) -> None:
        """With something to do, in a cell of its own: by chance alone some lives are idle."""
        TownLife.lives += 1
        for category in (CATEGORIES[0], CATEGORIES[2], CATEGORIES[3]):
            self.something_happens(category, 2, TownLife.lives % 4, TownLife.lives // 4 % 4)
        self.the_dispatcher_works()

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
        resume_suspended(self.town.dispatch, by=DISPATCH, now=self.now)
        close_recovered(self.town.dispatch, now=self.now)
        mark_overdue(self.town.dispatch, by=DISPATCH, now=self.now)
        escalate(self.town.dispatch, by=DISPATCH, now=self.now)
        send_crews(self.town.dispatch, by=DISPATCH, now=self.now)

    @rule()
    def photos_are_decoded(self) -> None:
        with transaction(self.town.web, "system:photos") as conn:
            for one in attachments.claim_waiting(conn, limit=100):
                attachments.decide(conn, one, state="ready")

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=st.sampled_from(PEOPLE), pick=st.integers(0, 99), choice=st.integers(0, 99),
          crew=st.sampled_from(["w1", "w2", "p1"]), number=st.integers(0, 99))  # fmt: skip
    def somebody_acts(self, who: str, pick: int, choice: int, crew: str, number: int) -> None:
        found = self.found()
        if not found:
            return
        ticket = found[pick % len(found)]
        verbs = verbs_for(self.town.people[who], ticket)
        if not verbs:
            return
        verb = verbs[choice % len(verbs)]
        known: dict[Verb, dict[str, Any]] = {
            Verb.MERGE: {"into": found[number % len(found)].number},
            Verb.EXTEND: {"hours": 0.5 + number % 4},
            Verb.SUSPEND: {"until": self.now + timedelta(hours=1 + number)},
            Verb.LINK: {"event": 1 + number},
            Verb.UNLINK: {"event": 1 + number},
        }
        more = known.get(verb, {})
        if Need.DEPARTMENT in MOVES[ticket.state, verb].needs:
            more = {"department": DEPARTMENT_OF[crew]}
        if verb in (Verb.DISPATCH, Verb.ASSIGN):
            more["crew"] = crew
        if verb is Verb.DISPOSE and number % 4:
            more["photos"] = [photo("after", ticket, taken_at=self.now)]
        self.act(ticket, verb, who, **more)

    @rule(who=st.sampled_from(PEOPLE), pick=st.integers(0, 99),
          verdict=st.sampled_from(VERDICTS))  # fmt: skip
    def somebody_decides(self, who: str, pick: int, verdict: Verb) -> None:
        waiting = self.town.rows(
            "SELECT ticket_id, proposal_id FROM events.proposals WHERE outcome = 'pending'"
        )
        if not waiting:
            return
        ticket_id, proposal_id = waiting[pick % len(waiting)]
        with reading(self.town.web) as conn:
            ticket = tickets.by_id(conn, int(str(ticket_id)))
        self.act(ticket, verdict, who, proposal=proposal_id)

    def found(self) -> tuple[Ticket, ...]:
        with reading(self.town.web) as conn:
            return search.search(conn, search.TicketQuery(limit=20), Scope()).items

    def act(self, ticket: Ticket, verb: Verb, who: str, **more: Any) -> None:
        try:
            self.town.act(ticket, verb, who, now=self.now, **more)
        except Refused as refused:
            reason = refused.refusal.reason.value
            assert reason in EXPECTED, (verb, reason)

    @invariant()
    def the_ledger_rebuilds_every_ticket(self) -> None:
        """Each version of each ticket is looked at once."""
        rows = self.town.rows("SELECT ticket_id, version FROM events.tickets")
        new = [int(str(one)) for one, version in rows if TownLife.seen.get(one) != version]
        TownLife.seen.update({one: version for one, version in rows})  # noqa: C416 - rows, not pairs
        with reading(self.town.web) as conn:
            for ticket in tickets.by_ids(conn, new):
                entries = ledger.of_ticket(conn, ticket.ticket_id)
                moves = [one.payload for one in entries if one.object_kind == "ticket"]
                now = {name: plain(getattr(ticket, name)) for name in TICKET_COLUMNS}
                assert rebuild(moves) == now
                told = {one.proposal_id: (one.verb.value, one.outcome.value)
                        for one in proposals.of_ticket(conn, ticket.ticket_id)}  # fmt: skip
                assert rebuild_proposals(entries) == told
                parts = {one.department_id: one.state.value
                         for one in parties.of_ticket(conn, ticket.ticket_id)}  # fmt: skip
                assert rebuild_parties(moves) == parts
                levels = [(one.clock_id, one.level)
                          for one in escalations.of_tickets(conn, [ticket.ticket_id])]  # fmt: skip
                assert rebuild_escalations(entries) == levels
                assert ticket.open_parts == 0 or ticket.state is not State.CLOSED
                assert not ticket.unsigned or ticket.state not in (State.DISPOSED, State.CLOSED)


@pytest.mark.timeout(600)
def test_ledger_rebuilds_tickets(town: Town) -> None:
    ask(town, "proof_photos = '{after}' WHERE code = 'garbage'")
    ask(town, "recovers_for = interval '5 minutes' WHERE code = 'river_level'")
    with_ladder(town, timedelta(minutes=90))
    TownLife.town = town
    TownLife.seen = {}
    chosen = lives(10, 50)

    def much_happened() -> bool:
        kinds = {row[0] for row in town.rows("SELECT DISTINCT verb FROM events.ledger")}
        wanted = {"ticket.create", "ticket.dispatch", "ticket.propose", "link.add"}
        return wanted <= kinds and len(town.rows("SELECT FROM events.tickets")) > 20

    run_until_seen(lambda: run_state_machine_as_test(TownLife, settings=chosen), much_happened)
    # every event that has a ticket has one, whatever was merged and taken apart
    assert town.rows(
        "SELECT event_id FROM events.ticket_events GROUP BY event_id"
        " HAVING count(*) FILTER (WHERE unlinked_at IS NULL) <> 1"
    ) == []  # fmt: skip


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
