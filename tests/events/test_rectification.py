"""An outfall's and a site's way: surveyed, monitored, traced, rectified, accepted, watched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from events.actions.projects.act import open_by_hand
from events.actions.projects.relate import relate
from events.actions.projects.upkeep import keep_up
from events.model.access import DISPATCH
from events.model.event import Change
from events.model.problems import Incomplete, NotAllowed, NotFound, Unproven
from events.model.projects.problems import ProjectConflict, StaleProject, WrongStage
from events.model.projects.stage import Stage
from events.model.report import PhotoDraft
from events.store.projects import rows
from grid.store.postgis import reading
from tests.events.rectifying import BAD, GOOD, Work, decode, with_places
from tests.events.test_escalation import with_ladder
from tests.events.town import NOW, Town, draft, finding


@pytest.fixture
def places(town: Town) -> Town:
    return with_places(town)


def lacks(work: Work, verb: str, who: str, **given: Any) -> set[str]:
    """What is missing for a move, by name."""
    with pytest.raises(Unproven) as refused:
        work.do(verb, who, **given)
    return {one.reason.value for one in refused.value.refusals}


def test_an_outfall_goes_its_whole_way(places: Town) -> None:
    work = Work.begin(places)
    assert (work.project.stage, work.project.number[0]) == (Stage.SURVEY, "P")
    assert work.project.department_code == "water"
    assert lacks(Work(places, work.do("survey", target_class="III")), "monitor", "w1") == {
        "sample_before"
    }
    work.sample(BAD)
    assert work.project.before_class == "V-"
    assert work.parts().samples[0].decided_by == ("cod", "dissolved_oxygen", "nh3n")
    work.do("monitor")
    assert lacks(work, "trace", "w1", method="regulate") == {"sources_unknown"}
    work.do("source", source="upstream_outfall", party="二号排口权属单位", upstream="OF-2")
    work.do("trace", method="regulate")
    missing = {"needs_photo_before", "needs_photo_after", "sources_unsettled", "sample_after"}
    assert lacks(work, "submit", "w1") == missing
    work.to_accept()
    assert (work.project.stage, work.project.after_class) == (Stage.ACCEPT, "II")
    work.do("accept", "supervisor")
    assert work.project.stage is Stage.WATCH
    until = work.project.watch_until
    assert until is not None
    keep_up(places.dispatch, by=DISPATCH, now=until - timedelta(minutes=1))
    assert work.again().stage is Stage.WATCH
    keep_up(places.dispatch, by=DISPATCH, now=until)
    assert work.again().stage is Stage.DONE
    assert work.project.ended_at == until


def test_who_asked_never_accepts(places: Town) -> None:
    work = Work.begin(places)
    work.to_rectify()
    work.do("settle", settles=work.parts().sources[0].source_id)
    work.sample(GOOD)
    work.photos("before", "after")
    work.do("submit", "supervisor")
    for verb in ("accept", "return"):
        with pytest.raises(NotAllowed) as refused:
            work.do(verb, "supervisor")
        assert refused.value.refusal.reason == "who_asked"
    assert work.do("return", "operator").stage is Stage.RECTIFY
    # what was shown before it was sent back proves nothing about what is done from now on
    assert lacks(work, "submit", "w1") == {"needs_photo_after", "sample_after"}
    work.sample(GOOD)
    work.photos("after")
    work.do("submit", "w1")
    assert work.do("accept", "supervisor").accepted_by == "account:supervisor"


def test_water_that_is_not_as_good_as_its_target_is_not_accepted(places: Town) -> None:
    work = Work.begin(places)
    work.to_rectify()
    work.do("settle", settles=work.parts().sources[0].source_id)
    work.sample({"cod": 28.0, "nh3n": 0.9})
    work.photos("before", "after")
    work.do("submit")
    assert work.project.after_class == "IV"
    assert lacks(work, "accept", "operator") == {"class_not_reached"}


def test_what_is_abolished_needs_no_water_after(places: Town) -> None:
    work = Work.begin(places)
    work.to_rectify(method="abolish")
    work.do("settle", settles=work.parts().sources[0].source_id)
    work.photos("before", "after")
    work.do("submit")
    assert work.do("accept", "operator").stage is Stage.WATCH


def test_what_is_given_is_checked(places: Town) -> None:
    work = Work.begin(places)
    wrong: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("survey", {"target_class": "1"}, "target_class"),
        ("survey", {"target_class": "III", "outfall_type": "volcano"}, "outfall_type"),
        ("survey", {"target_class": "III", "water": "lava"}, "water"),
        ("survey", {"target_class": "III", "why": " "}, "why"),
        ("source", {"source": "moon", "party": "x"}, "source"),
        ("source", {"source": "industry", "party": " "}, "party"),
        ("source", {"source": "industry", "party": "x", "upstream": "OF-9"}, "upstream"),
        ("fly", {}, "verb"),
        ("finish", {}, "verb"),
    )
    for verb, given, field in wrong:
        with pytest.raises(Incomplete) as refused:
            work.do(verb, **given)
        assert refused.value.refusal.field == field
    assert work.again().version == 1
    work.do("survey", target_class="III")
    for values, hours, field in (
        ({}, 0, "values"),
        ({"gold": 1.0}, 0, "values.gold"),
        ({"cod": -1.0}, 0, "values.cod"),
        ({"ph": 15.0}, 0, "values.ph"),
        ({"cod": float("nan")}, 0, "values.cod"),
        ({"cod": 20.0}, 9, "taken_at"),
        ({"cod": 20.0}, -24 * 365 * 60, "taken_at"),
    ):
        with pytest.raises(Incomplete) as refused:
            work.do("sample", values=values, taken_at=work.now + timedelta(hours=hours))
        assert refused.value.refusal.field == field


def test_sea_water_has_classes_of_its_own(places: Town) -> None:
    work = Work.begin(places, "OF-2")
    work.do("survey", target_class="2", outfall_type="port")
    work.sample({"cod": 3.5, "inorganic_nitrogen": 0.25, "ph": 8.0})
    assert work.project.before_class == "3"
    assert work.parts().samples[0].standard == "GB 3097-1997"


def test_what_the_registry_holds_need_not_be_text(places: Town) -> None:
    with places.database.superuser() as conn:
        conn.execute("UPDATE grid.components SET attributes = attributes || '{\"receives\": 7}'")
    work = Work.begin(places)
    assert work.do("survey", target_class="III").facts["receives"] == "7"


def test_a_site_goes_by_its_six_measures(places: Town) -> None:
    work = Work.begin(places, "CS-1", "site")
    assert lacks(work, "survey", "p1") == {"items_unchecked"}
    work.check_all(but="washing")
    work.do("survey", "p1")
    work.do("monitor", "p1")
    work.do("source", "p1", source="earthwork", party="一建公司")
    work.do("trace", "p1")
    work.photos("before", "after", who="p1")
    assert lacks(work, "submit", "p1") == {"sources_unsettled", "items_unmet"}
    work.do("settle", "p1", settles=work.parts().sources[0].source_id)
    work.do("check", "p1", item="washing", met=True)
    work.do("submit", "p1")
    assert work.do("accept", "operator").stage is Stage.WATCH


def test_nobody_makes_one_disappear_alone(places: Town) -> None:
    work = Work.begin(places)
    work.do("exclude", "dispatcher", why="不是排口")
    with pytest.raises(NotAllowed):
        work.do("confirm", "dispatcher")
    assert work.do("keep", "supervisor").stage is Stage.SURVEY
    work.do("exclude", "w1", why="不是排口")
    assert work.do("confirm", "supervisor").stage is Stage.EXCLUDED
    with pytest.raises(WrongStage):
        work.do("survey", target_class="III")
    # the place is free for another one
    assert Work.begin(places, now=work.now).project.number != work.project.number


def test_who_may(places: Town) -> None:
    work = Work.begin(places)
    for who, reason in (("p1", NotFound), ("west", WrongStage), ("operator", NotAllowed),
                        ("admin", NotAllowed)):  # fmt: skip
        verb = "survey" if who != "west" else "accept"
        with pytest.raises(reason):
            work.do(verb, who, target_class="III")
    with pytest.raises(NotAllowed):
        Work.begin(places, "OF-2", who="operator")
    with pytest.raises(Incomplete):
        Work.begin(places, "LP-1")
    with pytest.raises(Incomplete):
        Work.begin(places, "OF-2", who="west", department="nobody")
    assert work.do("survey", target_class="III").stage is Stage.MONITOR


def test_of_two_who_open_or_act_at_once_one_does(places: Town) -> None:
    boss = places.people["supervisor"]

    def begin(_number: int) -> str:
        try:
            return open_by_hand(places.web, "outfall", "OF-1", None, by=boss, why="x",
                                now=NOW).number  # fmt: skip
        except ProjectConflict as late:
            return f"{late.refusal.reason}: {late.current.number}"

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(begin, range(16)))
    number = min(found)
    assert found == {number, f"live_already: {number}"}

    def survey(_number: int) -> Stage | None:
        with reading(places.web) as conn:
            project = rows.by_number(conn, number)
        assert project is not None
        try:
            Work(places, project).do("survey", version=1, target_class="III")
        except (StaleProject, WrongStage) as late:
            return late.current.stage
        return None

    with ThreadPoolExecutor(8) as pool:
        then = list(pool.map(survey, range(16)))
    assert (then.count(None), then.count(Stage.MONITOR)) == (1, 15)


def test_tickets_of_the_place_belong_to_it_both_ways(places: Town) -> None:
    (outfall,) = places.rows("SELECT component_id FROM grid.components WHERE code = 'OF-1'")
    old = places.filed(draft("flooding", component_id=outfall[0]))
    work = Work.begin(places)
    assert [one.number for one in work.parts().tickets] == [old.number]
    new = places.filed(draft("garbage", component_id=outfall[0]))
    while relate(places.dispatch, by=DISPATCH, now=NOW):
        pass
    assert {one.number for one in work.parts().tickets} == {old.number, new.number}
    with reading(places.web) as conn:
        of_ticket = rows.of_tickets(conn, [new.ticket_id])[new.ticket_id]
    assert [one.number for one in of_ticket] == [work.project.number]
    work.again()
    work.do("unlink", "dispatcher", ticket=old.number)
    assert [one.number for one in work.parts().tickets] == [new.number]
    with pytest.raises(Incomplete):
        work.do("unlink", "dispatcher", ticket=old.number)


def test_open_tickets_and_loud_sensors_stand_against_acceptance(places: Town) -> None:
    (outfall,) = places.rows("SELECT component_id FROM grid.components WHERE code = 'OF-1'")
    work = Work.begin(places)
    work.to_rectify()
    work.to_accept()
    places.record([finding("f1", 1, Change.RAISED, at=work.now, component_id=outfall[0])])
    places.work(work.now)
    while relate(places.dispatch, by=DISPATCH, now=work.now):
        pass
    work.again()
    assert lacks(work, "accept", "supervisor") == {"sensors_loud"}
    places.record([finding("f1", 2, Change.CLEARED, at=work.now, component_id=outfall[0])])
    places.work(work.now)
    assert lacks(work, "accept", "supervisor") == {"tickets_open"}


def test_a_relapse_while_it_is_watched_opens_it_again(places: Town) -> None:
    (outfall,) = places.rows("SELECT component_id FROM grid.components WHERE code = 'OF-1'")
    work = Work.begin(places)
    work.to_watch()
    later = work.now + timedelta(days=3)
    ticket = places.filed(
        draft("flooding", component_id=outfall[0], occurred_at=later), now=later
    )  # fmt: skip
    while relate(places.dispatch, by=DISPATCH, now=later):
        pass
    keep_up(places.dispatch, by=DISPATCH, now=later)
    assert (work.again().stage, work.project.relapses) == (Stage.RECTIFY, 1)
    assert work.project.after_class is None
    assert ticket.number in {one.number for one in work.parts().tickets}


def test_a_bad_sample_of_the_watch_opens_it_again(places: Town) -> None:
    work = Work.begin(places)
    work.to_watch()
    assert work.sample(GOOD).stage is Stage.WATCH
    assert work.sample(BAD).stage is Stage.RECTIFY
    assert work.project.relapses == 1


def test_lateness_is_told_once_and_higher_up_level_by_level(places: Town) -> None:
    work = Work.begin(places)
    assert work.project.due_at is not None
    late = work.project.due_at + timedelta(minutes=1)

    def told() -> list[object]:
        keep_up(places.dispatch, by=DISPATCH, now=late)
        return [row[0] for row in places.rows(
            "SELECT kind FROM events.outbox WHERE project_id IS NOT NULL"
            " AND kind IN ('project_late', 'project_remind') ORDER BY notice_id"
        )]  # fmt: skip

    assert told() == ["project_late", "project_late"]  # its owner, and the supervisor
    assert told() == ["project_late", "project_late"]
    with_ladder(places, timedelta(minutes=90))
    levels = len(places.rows("SELECT FROM events.ladder"))
    late += timedelta(days=60)
    assert told().count("project_remind") >= 1
    before = told()
    assert told() == before
    assert work.again().told_level == levels
    # more time begins a new stretch
    work.do("extend", "supervisor", days=200)
    assert (work.project.overdue_at, work.project.told_level) == (None, 0)


def test_a_photo_that_is_not_decoded_yet_is_enough_to_ask_and_not_to_accept(places: Town) -> None:
    work = Work.begin(places)
    work.to_rectify(method="abolish")
    work.do("settle", settles=work.parts().sources[0].source_id)
    photos = [PhotoDraft(attachment_id=uuid4(), sha256=b"1" * 32, size=1, kind=kind)
              for kind in ("before", "after")]  # fmt: skip
    work.do("submit", photos=photos)
    assert lacks(work, "accept", "operator") == {"needs_photo_before", "needs_photo_after"}
    decode(places)
    assert work.do("accept", "operator").stage is Stage.WATCH


def test_what_is_done_is_not_reopened_beside_another_one(places: Town) -> None:
    work = Work.begin(places)
    until = work.to_watch().watch_until
    assert until is not None
    keep_up(places.dispatch, by=DISPATCH, now=until)
    assert work.again().stage is Stage.DONE
    work.now = until
    second = Work.begin(places, now=until)
    with pytest.raises(ProjectConflict) as refused:
        work.do("reopen", "supervisor")
    assert refused.value.refusal.reason == "live_already"
    assert refused.value.current.number == second.project.number
    second.do("exclude", "w1")
    second.do("confirm", "supervisor")
    assert work.do("reopen", "supervisor").stage is Stage.RECTIFY


def test_those_who_wait_for_their_next_level_do_not_hide_the_others(places: Town) -> None:
    first = Work.begin(places)
    assert first.project.due_at is not None
    second = Work.begin(places, "OF-2", now=NOW + timedelta(hours=2))
    assert second.project.due_at is not None
    now = max(first.project.due_at, second.project.due_at) + timedelta(minutes=1)
    with_ladder(places, timedelta(minutes=90))
    for _ in range(2):
        keep_up(places.dispatch, by=DISPATCH, now=now, limit=1)
    assert first.again().overdue_at == second.again().overdue_at == now


@pytest.mark.parametrize(("kind", "wrong", "reason"), [
    ("before", {"lon": 118.2105}, "photo_far"),
    ("after", {"lon": 118.2105}, "photo_far"),
    ("after", {"taken_at": NOW - timedelta(days=9)}, "photo_other_time"),
    ("before", {"taken_at": NOW + timedelta(days=9)}, "photo_other_time"),
])  # fmt: skip
def test_photos_of_another_place_or_time_prove_nothing(
    places: Town, kind: str, wrong: dict[str, Any], reason: str
) -> None:
    work = Work.begin(places)
    work.to_rectify(method="abolish")
    work.do("settle", settles=work.parts().sources[0].source_id)
    other = "after" if kind == "before" else "before"

    def photo(kind: str, **told: Any) -> PhotoDraft:
        whole = {"lon": 118.2005, "lat": 24.6005, "taken_at": work.now, **told}
        return PhotoDraft(attachment_id=uuid4(), sha256=b"1" * 32, size=1, kind=kind, **whole)

    bad = [photo(kind, **wrong), photo(other)]
    assert lacks(work, "submit", "w1", photos=bad) == {reason}
    # a right one beside it is enough, and so is one that says nothing
    silent = photo(other, lon=None, lat=None, taken_at=None)
    assert work.do("submit", photos=[bad[0], photo(kind), silent]).stage is Stage.ACCEPT
