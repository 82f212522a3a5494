"""The ledger alone rebuilds every project, whatever happened."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from events.actions.configure import put_recurrence
from events.actions.projects.act import act_on_project, open_by_hand
from events.actions.projects.relate import relate
from events.actions.projects.upkeep import keep_up
from events.model.access import DISPATCH, Scope
from events.model.ledger import plain
from events.model.problems import Refused
from events.model.project_reason import ProjectReason
from events.model.projects.access import verbs_for
from events.model.projects.problems import ProjectConflict
from events.model.projects.project import MEASURES
from events.model.projects.stage import Method, Stage
from events.model.projects.trail import PROJECT_COLUMNS, rebuild_project
from events.model.report import PhotoDraft
from events.store import ledger
from events.store.projects import parts, rows
from events.store.projects.rows import ProjectQuery
from grid.store.postgis import reading, transaction
from tests.events.rectifying import BAD, GOOD, STANDARDS, decode, here, with_places
from tests.events.test_root_cause import rule as recurrence
from tests.events.town import NOW, Town, draft
from tests.support.luck import lives, run_until_seen

PEOPLE = ("operator", "dispatcher", "supervisor", "w1", "p1")


class ProjectLife(RuleBasedStateMachine):
    """Projects are opened, people act on them, tickets come, time passes, in any order."""

    town: Town
    seen: dict[int, int]

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW

    @rule(code=st.sampled_from(["OF-1", "OF-2", "CS-1"]))
    def somebody_opens(self, code: str) -> None:
        kind = "site" if code == "CS-1" else "outfall"
        with suppress(ProjectConflict):  # there is a live one already
            open_by_hand(self.town.web, kind, code, None, by=self.town.people["dispatcher"],
                         why="x", now=self.now)  # fmt: skip

    @rule(x=st.integers(0, 1), place=st.sampled_from([None, "OF-1", "CS-1"]))
    def something_happens(self, x: int, place: str | None) -> None:
        component = None
        if place is not None:
            (row,) = self.town.rows(
                f"SELECT component_id FROM grid.components WHERE code = '{place}'"
            )
            component = row[0]
        self.town.record([draft("garbage", occurred_at=self.now, component_id=component,
                                **here(x + 0.5))], now=self.now)  # fmt: skip
        self.town.work(self.now)
        with self.town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET state = 'closed', closed_at = updated_at"
                         " WHERE state <> 'closed'")  # fmt: skip

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=1)
        while relate(self.town.dispatch, by=DISPATCH, now=self.now):
            pass
        keep_up(self.town.dispatch, by=DISPATCH, now=self.now)
        decode(self.town)

    @rule(who=st.sampled_from(PEOPLE), pick=st.integers(0, 99), choice=st.integers(0, 99),
          number=st.integers(0, 99), good=st.booleans())  # fmt: skip
    def somebody_acts(self, who: str, pick: int, choice: int, number: int, good: bool) -> None:
        with reading(self.town.web) as conn:
            found = rows.find(conn, ProjectQuery(now=self.now, limit=20), Scope())
        if not found:
            return
        project = found[pick % len(found)]
        actor = self.town.people[who]
        verbs = verbs_for(actor, project)
        if not verbs:
            return
        verb = verbs[choice % len(verbs)]
        given: dict[str, Any] = {
            "target_class": "2" if project.facts.get("water") == "sea" else "III",
            "outfall_type": "port", "method": list(Method)[number % 3], "into": "OF-2",
            "cause": "c", "measures": "m", "values": GOOD if good else BAD, "taken_at": self.now,
            "source": "industry", "party": "p", "settles": number, "department": "works",
            "item": MEASURES[number % 6], "met": good, "days": 1 + number,
        }  # fmt: skip
        photos = [PhotoDraft(attachment_id=uuid4(), sha256=b"1" * 32, size=1,
                             kind="after" if good else "before")]  # fmt: skip
        try:
            act_on_project(self.town.web, project.number, verb, by=actor, version=project.version,
                           now=self.now, why="x", photos=photos, standards=STANDARDS,
                           **given)  # fmt: skip
        except Refused as refused:
            if not isinstance(refused.refusal.reason, ProjectReason):
                # the only ticket that is named is none
                assert str(refused.refusal.reason) == "no_such_ticket"  # noqa: PT017

    @invariant()
    def the_ledger_rebuilds_every_project(self) -> None:
        with reading(self.town.web) as conn:
            for project in rows.find(conn, ProjectQuery(now=self.now, limit=500), Scope()):
                if ProjectLife.seen.get(project.project_id) == project.version:
                    continue
                ProjectLife.seen[project.project_id] = project.version
                told = rebuild_project(ledger.of_object(conn, "project", project.number))
                now = {name: plain(getattr(project, name)) for name in PROJECT_COLUMNS}
                assert told.columns == now
                there = parts.of_project(conn, project.project_id)
                assert told.samples == {one.sample_id: one.water_class for one in there.samples}
                assert told.sources == {
                    one.source_id: one.settled_at is not None for one in there.sources
                }
                assert told.checks == {one.item: one.met for one in there.checks}
                assert told.tickets == {one.number for one in there.tickets}


@pytest.mark.timeout(600)
def test_the_ledger_rebuilds_projects(town: Town) -> None:
    ProjectLife.town = with_places(town)
    ProjectLife.seen = {}
    with transaction(town.database.engine("cc_admin"), "system:test") as conn:
        put_recurrence(conn, [recurrence()], now=NOW)
    chosen = lives(3, 40)

    def something_moved() -> bool:
        stages = {row[0] for row in town.rows("SELECT DISTINCT stage FROM events.projects")}
        return len(stages & set(Stage)) >= 2

    run_until_seen(lambda: run_state_machine_as_test(ProjectLife, settings=chosen), something_moved)


def test_a_gap_in_the_ledger_is_found(town: Town) -> None:
    project = open_by_hand(with_places(town).web, "outfall", "OF-1", None,
                           by=town.people["supervisor"], why="x", now=NOW)  # fmt: skip
    act_on_project(town.web, project.number, "comment", by=town.people["supervisor"], version=1,
                   now=NOW, why="a")  # fmt: skip
    with reading(town.web) as conn:
        entries = ledger.of_object(conn, "project", project.number)
    with pytest.raises(ValueError, match="version 2"):
        rebuild_project(entries[1:])
