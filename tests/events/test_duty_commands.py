"""Duties as they are typed: from a file to being in force, replayed, explained."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from command_center.cli import main
from events.model.duty import DutyRule, When
from grid.store.postgis import transaction
from tests.events.town import ADMIN, NOW, Town, draft, draft_duties, put_in_force


@pytest.fixture
def typed(town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", town.database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main(["duties", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_from_a_file_to_being_in_force(
    town: Town, typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["duties", "list", "--csv"]) == 0
    path = typed / "duties.csv"
    path.write_text(capsys.readouterr().out)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [one["department"] for one in rows] == ["works", "water", "works"]
    made_of = said(capsys, "import", str(path), "--note", "same again")
    assert (made_of["version"], made_of["rules"]) == (2, 3)
    assert {one["kind"] for one in made_of["findings"]} == {"gap"}
    found = said(capsys, "check", "2")
    assert (found["errors"], len(found["findings"])) == (0, len(made_of["findings"]))
    assert main(["duties", "activate", "2", "--why", "x"]) == 1
    assert "write why they are accepted" in capsys.readouterr().err
    asked = said(capsys, "activate", "2", "--why", "x", "--accept", "known")
    assert asked["stage"] == "proposed"
    assert main(["duties", "activate", "2", "--why", "x", "--from", "2999-01-01"]) == 1
    assert "approve it without --from" in capsys.readouterr().err
    assert main(["duties", "activate", "2", "--why", "x"]) == 1
    assert "Somebody else must decide" in capsys.readouterr().err
    assert said(capsys, "refuse", "2", "--why", "later")["stage"] == "draft"
    alone = said(capsys, "activate", "2", "--why", "x", "--accept", "known", "--alone")
    assert alone["stage"] == "active"
    assert [one["stage"] for one in said(capsys, "history")["versions"]] == ["active", "retired"]
    assert [one["position"] for one in said(capsys, "list")["rules"]] == [1, 2, 3]
    assert main(["duties", "list"]) == 0
    assert "family flood · the whole city → Water Bureau" in capsys.readouterr().out


def test_refused_rows_are_listed_and_a_bad_file_fails_the_check(
    town: Town, typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = typed / "duties.toml"
    path.write_text('[[rule]]\nfamily = "flood"\ntime = ["noon"]\ndepartment = "water"\n')
    refused = said(capsys, "import", str(path), code=1)
    assert [(one["row"], one["field"]) for one in refused["refused"]] == [(1, "time")]
    path.write_text('[[rule]]\nfamily = "flood"\nseverity_from = 3\ndepartment = "nobody"\n')
    kinds = {one["kind"] for one in said(capsys, "check", str(path), code=1)["findings"]}
    assert kinds == {"unknown_department", "no_default"}
    assert said(capsys, "import", str(path))["version"] == 2
    assert main(["duties", "activate", "2", "--why", "x", "--alone"]) == 1
    assert "there is no department nobody" in capsys.readouterr().err
    assert said(capsys, "discard", "2", "--why", "wrong")["stage"] == "discarded"


def test_a_backtest_tells_what_would_have_been(
    town: Town, typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    floods = [town.filed(draft("river_level", occurred_at=now, lat=24.6005 + 0.001 * n), now=now)
              for n in range(3)]  # fmt: skip
    solved = [town.act(town.act(one, "accept", "w1", now=now), "dispose", "w1", now=now)
              for one in floods[:2]]  # fmt: skip
    assert {one.department_code for one in solved} == {"water"}
    back = town.act(floods[2], "hand_back", "w1", now=now)
    again = town.act(back, "dispatch", "dispatcher", department="works", crew="p1", now=now)
    town.act(town.act(again, "accept", "p1", now=now), "dispose", "p1", now=now)
    town.filed(draft("garbage", occurred_at=now), now=now)
    version = draft_duties(town, DutyRule(position=1, department_code="works"), now=now)
    found = said(capsys, "backtest", str(version), "--months", "1")
    assert (found["tickets"], found["solved"], found["moved"]) == (4, 3, 3)
    assert (found["better"], found["worse"]) == (1, 2)
    assert (found["accuracy_before"], found["accuracy_after"]) == (0.6667, 0.3333)
    assert found["flows"] == [{"from": "water", "to": "works", "tickets": 3}]
    load = {one["department"]: (one["before"], one["after"], one["solved"])
            for one in found["load"]}  # fmt: skip
    assert load == {"water": (3, 0, 2), "works": (1, 4, 1)}
    assert found["rules"] == [{"rule": 1, "tickets": 4}]
    verdicts = {one["number"]: one["verdict"] for one in found["examples"]}
    assert verdicts == {floods[0].number: "worse", floods[1].number: "worse",
                        floods[2].number: "better"}  # fmt: skip
    assert main(["duties", "backtest", str(version), "--months", "1"]) == 0
    assert "3 of 4 tickets (75.0%) would go to another department" in capsys.readouterr().out


def test_explain_says_which_rule_and_why_not_the_others(
    town: Town, typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grave = DutyRule(position=1, department_code="works", when=When(severity_from=4))
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, grave, DutyRule(position=2, department_code="water"))
    ticket = town.filed(draft("river_level"))
    assert main(["explain", ticket.number, "--at", NOW.isoformat(), "--json"]) == 0
    told_of = json.loads(capsys.readouterr().out)
    (decision,) = told_of["routing"]
    assert (decision["version"], decision["rule"]) == (2, 2)
    lines = "\n".join(told_of["lines"])
    assert "rule 2: Water Bureau answers for every category in the whole city" in lines
    assert "rule 1 did not decide: its severity is below 4" in lines
