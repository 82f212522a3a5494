"""A list of outfalls and sites becomes components and projects: all of it, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from events.actions.projects.import_list import import_projects
from events.model.access import Scope
from events.model.problems import Incomplete, Unproven
from events.model.projects.stage import Method, Stage
from events.store.projects import rows
from events.store.projects.rows import ProjectQuery
from grid.model.refusal import ImportReport
from grid.store.postgis import reading
from tests.events.rectifying import GOOD as GOOD_WATER
from tests.events.rectifying import Work
from tests.events.town import NOW, Town

HEAD = ("code,kind,department,name_zh,lon,lat,type,water,receives,target_class,stage,method,"
        "before_class,after_class\n")  # fmt: skip
GOOD = (
    "P-1,outfall,water,甲排口,118.2005,24.6005,town_rain,surface,试河,III,,,,\n"
    "P-2,outfall,water,乙排口,118.2015,24.6015,port,sea,试湾,2,watch,regulate,4-,2\n"
    "P-3,site,works,丙工地,118.2025,24.6025,,,,,done,,,\n"
)


def brought(town: Town, path: Path, text: str) -> ImportReport:
    path.write_text(HEAD + text, encoding="utf-8")
    engine = town.database.engine("cc_admin")
    return import_projects(engine, path, by="system:test", now=NOW)


def test_a_list_is_taken_over_once(town: Town, tmp_path: Path) -> None:
    report = brought(town, tmp_path / "list.csv", GOOD)
    assert (report.imported, report.unchanged, report.refused) == (3, 0, ())
    with reading(town.web) as conn:
        found = {one.name_zh: one for one in rows.find(conn, ProjectQuery(now=NOW), Scope())}
    assert {name: one.stage for name, one in found.items()} == {
        "甲排口": Stage.SURVEY, "乙排口": Stage.WATCH, "丙工地": Stage.DONE,
    }  # fmt: skip
    second = found["乙排口"]
    assert (second.method, second.before_class, second.after_class) == (Method.REGULATE, "4-", "2")
    assert second.watch_until is not None
    assert (found["丙工地"].ended_at, found["丙工地"].component_code) == (NOW, "P-3")
    again = brought(town, tmp_path / "list.csv", GOOD)
    assert (again.imported, again.unchanged) == (3, 3)


def test_what_a_list_leaves_open_is_said_with_the_first_sample(town: Town, tmp_path: Path) -> None:
    row = "P-1,outfall,water,甲排口,118.2005,24.6005,,,,,rectify,,,\n"
    assert brought(town, tmp_path / "list.csv", row).imported == 1
    with reading(town.web) as conn:
        (project,) = rows.find(conn, ProjectQuery(now=NOW), Scope())
    work = Work(town, project)
    work.photos("before", "after")
    # no method is known: the water has to be looked at
    with pytest.raises(Unproven) as unproven:
        work.do("submit")
    assert [one.reason for one in unproven.value.refusals] == ["sample_after"]
    with pytest.raises(Incomplete) as refused:
        work.sample(GOOD_WATER)
    assert refused.value.refusal.reason == "no_standard"
    sampled = work.do("sample", values=GOOD_WATER, taken_at=work.now, water="surface")
    assert (sampled.after_class, sampled.facts["water"]) == ("II", "surface")
    assert work.do("submit").stage is Stage.ACCEPT


def test_refused_rows_are_named_and_nothing_is_kept(town: Town, tmp_path: Path) -> None:
    bad = (
        "B-1,volcano,water,甲,118.2005,24.6005,,,,,,,,\n"
        "B-2,outfall,nobody,乙,118.2005,24.6005,,,,,,,,\n"
        "B-3,outfall,water,,118.2005,24.6005,lava,,,,,,,\n"
        "B-4,outfall,water,丁,118.2005,24.6005,,surface,,2,dreaming,,,\n"
        "B-5,outfall,water,戊,1.0,24.6005,,,,III,,,,\n"
    )
    report = brought(town, tmp_path / "list.csv", GOOD + bad)
    assert report.imported == 0
    assert {(one.row, one.field) for one in report.refused} == {
        (4, "kind"), (5, "department"), (6, "name_zh"), (6, "type"), (7, "stage"),
        (7, "target_class"), (8, "target_class"),
    }  # fmt: skip
    assert town.rows("SELECT FROM events.projects") == []
    assert town.rows("SELECT FROM grid.components") == []
    outside = brought(town, tmp_path / "list.csv", "B-6,site,works,己,1.0,24.6005,,,,,,,,\n")
    assert [one.field for one in outside.refused] == ["geometry"]
