"""What comes again and again opens one project, once, with an owner; and it is judged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from events.actions.configure import put_recurrence
from events.actions.projects.move import load_city
from events.actions.projects.relate import relate, relate_ticket
from events.model.access import DISPATCH, Scope
from events.model.problems import NotAllowed, Unproven
from events.model.projects.project import Project
from events.model.projects.recurrence import Around, Level, RecurrenceRule, rate, rule_for
from events.model.projects.stage import Kind, Stage
from events.model.ticket import Ticket
from events.store.projects import rows
from events.store.projects.rows import ProjectQuery
from grid.store.postgis import reading, transaction
from tests.events.rectifying import Work, here, with_places
from tests.events.town import NOW, Town, draft


def rule(around: Around = Around.CELL, level: Level = Level.ALL, code: str = "*",
         times: int = 3) -> RecurrenceRule:  # fmt: skip
    return RecurrenceRule(
        level=level, code=code, times=times, within=timedelta(days=30), around=around,
        observe=timedelta(days=20), reduce_to=0.5, pack="test",
    )  # fmt: skip


@pytest.fixture
def town(town: Town) -> Town:
    ruled(town, rule())
    return town


def ruled(town: Town, *rules: RecurrenceRule) -> None:
    with transaction(town.database.engine("cc_admin"), "system:test") as conn:
        put_recurrence(conn, rules, now=NOW)


def look(town: Town, now: datetime = NOW) -> None:
    while relate(town.dispatch, by=DISPATCH, now=now):
        pass


def live(town: Town) -> list[Project]:
    with reading(town.web) as conn:
        query = ProjectQuery(now=NOW, kind=Kind.ROOT_CAUSE, live=True)
        return list(rows.find(conn, query, Scope()))


def again(town: Town, count: int, category: str = "garbage", *, now: datetime = NOW,
          at: tuple[float, float] = (0.5, 0.5), **more: object) -> list[Ticket]:  # fmt: skip
    """So many tickets about a kind of thing, each of them handled before the next one."""
    found = []
    for _ in range(count):
        ticket = town.filed(draft(category, occurred_at=now, **here(*at), **more), now=now)
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET state = 'closed', closed_at = %s"
                         " WHERE ticket_id = %s", (now, ticket.ticket_id))  # fmt: skip
        found.append(ticket)
    return found


def test_the_third_of_the_same_opens_one_project_with_an_owner(town: Town) -> None:
    first = again(town, 2)
    look(town)
    assert live(town) == []
    first += again(town, 1)
    look(town)
    (project,) = live(town)
    assert (project.stage, project.family, project.department_code) == (
        Stage.TRACE, "garbage", "works",
    )  # fmt: skip
    linked = {one.number for one in Work(town, project).parts().tickets}
    assert linked == {one.number for one in first}
    told = {row[0] for row in town.rows(
        "SELECT recipient_kind FROM events.outbox WHERE kind = 'project_open'"
    )}  # fmt: skip
    assert told == {"department", "account"}  # its owner, and the supervisor
    # the next one joins it
    (joined,) = again(town, 1)
    look(town)
    assert len(live(town)) == 1
    assert joined.number in {one.number for one in Work(town, live(town)[0]).parts().tickets}


def test_what_is_not_the_same_does_not_count(town: Town) -> None:
    again(town, 2)
    again(town, 2, at=(0.5, 1.5))  # another cell
    again(town, 2, "street_lamp")  # another family, and nobody has filed them
    again(town, 1, now=NOW - timedelta(days=31))  # too long ago
    (declined,) = again(town, 1)
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.tickets SET state = 'declined' WHERE ticket_id = %s",
                     (declined.ticket_id,))  # fmt: skip
    look(town)
    assert live(town) == []


def test_neighbours_and_facilities_where_the_rule_says_so(town: Town) -> None:
    with_places(town)
    ruled(town, rule(Around.NEIGHBOURS, Level.FAMILY, "garbage"),
          rule(Around.ASSET, Level.CATEGORY, "flooding", times=2))  # fmt: skip
    for x in (0.5, 2.5, 3.5):
        again(town, 1, at=(x, 0.5))
    look(town)
    assert live(town) == []  # of these only two touch
    again(town, 1, at=(1.5, 0.5))
    look(town)
    (project,) = live(town)
    assert project.opened_why["count"] == 3
    (lamp,) = town.rows("SELECT component_id FROM grid.components WHERE code = 'LP-1'")
    again(town, 2, "flooding", component_id=lamp[0])
    look(town)
    named = {one.name_en for one in live(town)}
    assert "Flooding, again and again: Lamp 1" in named
    assert len(named) == 2


def test_what_a_rectification_has_in_hand_opens_no_root_cause(town: Town) -> None:
    with_places(town)
    (outfall,) = town.rows("SELECT component_id FROM grid.components WHERE code = 'OF-1'")
    Work.begin(town)
    again(town, 4, component_id=outfall[0])
    look(town)
    assert live(town) == []


def test_many_who_look_at_once_open_it_once(town: Town) -> None:
    tickets = again(town, 6)

    def one(ticket: Ticket) -> None:
        with transaction(town.dispatch, DISPATCH.key) as conn:
            relate_ticket(conn, ticket.ticket_id, now=NOW, city=load_city(conn))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, tickets * 4))
    (project,) = live(town)
    linked = [one.number for one in Work(town, project).parts().tickets]
    assert sorted(linked) == sorted(one.number for one in tickets)
    opened = "SELECT count(*) FROM events.ledger WHERE verb = 'project.open'"
    assert town.rows(opened) == [(1,)]


def observed(town: Town, project: Project) -> Work:
    """Analyse and carry out."""
    work = Work(town, project)
    work.do("trace", "p1", cause="垃圾桶太少", measures="增设两处投放点")
    work.do("carry_out", "p1")
    return work


def judged(town: Town, project: Project, then: int) -> Work:
    """Analyse, carry out, let ``then`` more of the same come, and ask for judgement."""
    work = observed(town, project)
    again(town, then, now=work.now + timedelta(days=5))
    with pytest.raises(Unproven):
        work.do("submit", "p1")
    assert work.project.watch_until is not None
    work.now = work.project.watch_until
    work.do("submit", "p1")
    return work


def test_it_is_judged_by_how_often_it_comes_afterwards(town: Town) -> None:
    again(town, 4)
    look(town)
    (project,) = live(town)
    work = judged(town, project, then=1)
    assert work.project.result == {"before": 4.0, "target": 2.0, "after": 1.5, "count": 1}
    for who in ("p1", "dispatcher"):
        with pytest.raises(NotAllowed):
            work.do("accept", who)
    work.do("accept", "supervisor")
    assert work.project.stage is Stage.DONE
    # what was solved does not count for the next one
    look(town, work.now)
    assert live(town) == []
    again(town, 3, now=work.now + timedelta(days=1))
    look(town, work.now + timedelta(days=1))
    assert len(live(town)) == 1


def test_what_still_comes_as_often_is_analysed_anew(town: Town) -> None:
    again(town, 3)
    look(town)
    (project,) = live(town)
    work = judged(town, project, then=3)
    with pytest.raises(Unproven) as refused:
        work.do("accept", "supervisor")
    assert refused.value.refusal.reason == "not_reduced"
    assert work.do("return", "supervisor").stage is Stage.TRACE
    assert work.do("trace", "p1", cause="仍缺保洁", measures="增加班次").stage is Stage.RECTIFY


def test_what_does_not_count_before_does_not_count_afterwards(town: Town) -> None:
    again(town, 4)
    look(town)
    (project,) = live(town)
    work = observed(town, project)
    for ticket in again(town, 3, now=work.now + timedelta(days=5)):
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET state = 'reported' WHERE ticket_id = %s",
                         (ticket.ticket_id,))  # fmt: skip
    assert work.project.watch_until is not None
    work.now = work.project.watch_until
    work.do("submit", "p1")
    assert work.project.result == {"before": 4.0, "target": 2.0, "after": 0.0, "count": 0}


def test_the_most_exact_rule_counts() -> None:
    rules = [rule(), rule(level=Level.FAMILY, code="road"), rule(level=Level.CATEGORY, code="hole")]
    assert rule_for(rules, "hole", "road") is rules[2]
    assert rule_for(rules, "crack", "road") is rules[1]
    assert rule_for(rules, "crack", "lamp") is rules[0]
    assert rule_for(rules[1:2], "crack", "lamp") is None
    assert rate(3, NOW, NOW + timedelta(days=60)) == 1.5
