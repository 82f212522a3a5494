"""Categories as versions: imported anew while tickets are open, retired, restored, read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from command_center.cli import main
from events.actions.taxonomy import bring_in
from events.actions.upkeep import send_crews
from events.model.access import DISPATCH
from events.model.category import Category, FilingPolicy, Kind
from events.model.duty import DutyRule
from events.model.ledger import rebuild
from events.model.taxonomy import Change, Deed, full_code
from events.model.workflow import State
from events.store import ledger, rules
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, CATEGORIES, NOW, Town, draft, put_in_force

HOUR = timedelta(hours=1)
POTHOLE = replace(
    CATEGORIES[0], code="m06013", family="m06013", layer=None, name_zh="道路破损",
    name_en="Damaged road", standard="GB/T 47678.5", standard_code="06013",
    pack="Streets 1", effective_from=date(2026, 7, 1),
)  # fmt: skip
KERB = replace(POTHOLE, code="m06050", family="m06050", name_zh="路缘石缺损",
               name_en="Missing kerbstone", standard_code="06050")  # fmt: skip


def bring(town: Town, *wanted: Category, overwrite: bool = False) -> dict[str, Change]:
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        changes = bring_in(conn, wanted, now=NOW, overwrite=overwrite)
    return {one.after.code: one for one in changes}


def second(one: Category, **values: Any) -> Category:
    """The same in version 2 of the pack."""
    return replace(one, pack="Streets 2", **values)


def test_live_tickets_live_on_under_the_version_they_were_filed_under(town: Town) -> None:
    bring(town, POTHOLE, KERB)
    ticket = town.filed(draft("m06013"))
    assert (ticket.category_version, ticket.category_name_zh) == (1, "道路破损")
    changes = bring(town, second(POTHOLE, name_zh="路面坑洞", dispose_limit=HOUR,
                                 proof_photos=("after",)))  # fmt: skip
    assert changes["m06013"].deed is Deed.CHANGED
    assert (changes["m06013"].live, changes["m06050"].deed) == (1, Deed.RETIRED)
    old = town.again(ticket)
    assert (old.category_version, old.category_name_zh, old.proof_photos) == (1, "道路破损", ())
    new = town.filed(draft("m06013", occurred_at=NOW + timedelta(days=30)))
    assert (new.category_version, new.category_name_zh, new.due_at) == (2, "路面坑洞", NOW + HOUR)
    # the limits of its version hold for what is still to come, and its proof is what it was
    old = town.act(old, "hand_back", "p1")
    old = town.act(old, "dispatch", "dispatcher", department="water", crew="w1")
    assert old.due_at == NOW + 4 * HOUR
    old = town.act(town.act(old, "accept", "w1"), "dispose", "w1")
    assert town.act(old, "verify", "operator").state is State.VERIFIED
    with reading(town.web) as conn:
        trail = ledger.of_ticket(conn, new.ticket_id)
    told = [one.payload for one in trail if one.object_kind == "ticket"]
    assert rebuild(told)["category_version"] == 2


def test_a_crew_is_chosen_by_the_limit_that_the_ticket_was_filed_under(town: Town) -> None:
    bring(town, POTHOLE)
    nobody = DutyRule(position=1, department_code="water", family="flood")
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, nobody)
    ticket = town.filed(draft("m06013"))
    bring(town, second(POTHOLE, dispose_limit=timedelta(minutes=1)))
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        put_in_force(conn, nobody, DutyRule(position=2, department_code="works"))
    assert send_crews(town.dispatch, by=DISPATCH, now=NOW) == 1
    ticket = town.again(ticket)
    assert ticket.due_at == NOW + 4 * HOUR
    assert ticket.routing is not None
    assert ticket.routing["crew"]["considered"][0]["terms"]["late"] == 0


def test_what_is_retired_is_read_and_worked_but_not_chosen(town: Town) -> None:
    bring(town, POTHOLE, replace(KERB, for_residents=True))
    ticket = town.filed(draft("m06050"))
    retired = bring(town, second(POTHOLE))["m06050"]
    assert (retired.deed, retired.live) == (Deed.RETIRED, 1)
    with reading(town.web) as conn:
        kerb = rules.load(conn).categories["m06050"]
    assert (kerb.for_residents, kerb.retired_at) == (False, NOW)
    ticket = town.act(town.again(ticket), "accept", "p1")
    assert ticket.category_name_zh == "路缘石缺损"
    # a sensor that still raises it is not lost
    later = town.filed(draft("m06050", occurred_at=NOW + timedelta(days=30)))
    assert later.category_version == 2
    assert bring(town, second(POTHOLE), second(KERB))["m06050"].deed is Deed.RESTORED
    counted = town.rows("SELECT version, retired_at IS NOT NULL FROM events.category_versions"
                        " WHERE code = 'm06050' ORDER BY version")  # fmt: skip
    assert [row[1] for row in counted][:2] == [False, True]
    assert counted[-1][1] is False


def test_what_the_city_changed_stays_and_a_second_import_changes_nothing(town: Town) -> None:
    bring(town, POTHOLE)
    assert bring(town, POTHOLE) == {}
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.categories SET dispose_limit = '3 hours', changed_by = 'x'"
                     " WHERE code = 'm06013'")  # fmt: skip
    wanted = second(POTHOLE, dispose_limit=HOUR, severity=4)
    change = bring(town, wanted)["m06013"]
    assert (change.taken, change.kept) == (("severity",), ("dispose_limit",))
    assert bring(town, wanted)["m06013"].deed is Deed.KEPT
    rows = town.rows("SELECT version, dispose_limit, severity FROM events.categories"
                     " WHERE code = 'm06013'")  # fmt: skip
    assert rows == [(3, 3 * HOUR, 4)]
    taken = bring(town, wanted, overwrite=True)["m06013"]
    assert (taken.deed, taken.taken) == (Deed.CHANGED, ("dispose_limit",))


def test_a_category_of_the_citys_own_is_met_by_its_code_in_the_standard(town: Town) -> None:
    """The same five digits of another kind are another category."""
    own = replace(POTHOLE, code="pothole", pack="Ours 1", name_zh="坑洼")
    bring(town, own)
    with town.database.superuser() as conn:
        conn.execute("UPDATE events.categories SET given = NULL WHERE code = 'pothole'")
    part = replace(POTHOLE, code="c06013", kind=Kind.COMPONENT)
    changes = bring(town, POTHOLE, part)
    assert {code: one.deed for code, one in changes.items()} == {
        "pothole": Deed.KEPT, "c06013": Deed.ADDED}  # fmt: skip
    rows = town.rows("SELECT name_zh, pack, version FROM events.categories WHERE code = 'pothole'")
    assert rows == [("坑洼", "Ours 1", 1)]


def test_one_category_is_met_by_one_of_a_pack(town: Town) -> None:
    """Its code in the standard goes to another one, which must not be taken for it."""
    bring(town, POTHOLE)
    changes = bring(town, second(POTHOLE, standard_code="06014"),
                    second(POTHOLE, code="another", family="another"))  # fmt: skip
    assert {code: one.deed for code, one in changes.items()} == {
        "another": Deed.ADDED, "m06013": Deed.CHANGED}  # fmt: skip


def test_versions_cannot_be_changed_or_deleted(town: Town) -> None:
    for statement in ("UPDATE events.category_versions SET name_zh = 'x'",
                      "DELETE FROM events.category_versions"):  # fmt: skip
        with town.database.superuser() as conn, pytest.raises(Exception, match="append-only"):
            conn.execute(statement.encode())


def test_full_codes() -> None:
    part = replace(POTHOLE, kind=Kind.COMPONENT)
    assert full_code(POTHOLE, "350203") == "35020306013"
    assert full_code(part, "350203", 42) == "35020306013000042"
    assert len(full_code(replace(part, standard_code="0601"), "350203", 42) or "") == 16
    assert full_code(CATEGORIES[0], "350203") is None
    with pytest.raises(ValueError, match="sequence"):
        full_code(part, "350203")


PACK = """
pack = "Streets {version}"
effective_from = {day}
standard = "GB/T 47678.5"
rows = "rows.tsv"
[defaults]
filing_policy = "automatic"
severity = 2
clock = "continuous"
dispose_limit = "4 h"
verify_limit = "12 h"
fuse_within_m = 50
fuse_within = "1 d"
"""
ROWS = "kind\tcode\tname_zh\tname_en\nmatter\t06013\t{zh}\tDamaged road\n{more}"
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run ``command-center taxonomy``: the exit code and what was printed."""
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", town.database.url("cc_admin"))

    def run(*arguments: str, language: str = "en") -> tuple[int, str]:
        monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", language)
        status = main(["taxonomy", *arguments])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


def test_the_command_shows_before_it_does(town: Town, command: Command, tmp_path: Path) -> None:
    file, rows = tmp_path / "streets.toml", tmp_path / "rows.tsv"

    def write(version: int, zh: str, more: str = "", day: str = "2026-01-01") -> None:
        file.write_text(PACK.format(version=version, day=day), encoding="utf-8")
        rows.write_text(ROWS.format(zh=zh, more=more), encoding="utf-8")

    write(1, "道路破损", "matter\t06050\t路缘石缺损\tMissing kerbstone\n")
    assert command("diff", str(file))[1].startswith("added: 2\n")
    status, told = command("import", str(file))
    assert status == 1
    assert "Nothing was changed yet: run it again with --yes." in told
    assert town.rows("SELECT count(*) FROM events.categories WHERE pack = 'Streets 1'") == [(0,)]
    assert command("import", str(file), "--yes")[0] == 0
    town.filed(draft("m06050"))
    write(2, "路面坑洞")
    _, told = command("diff", str(file), language="zh")
    assert (
        "更名: 1\n  m06013 [GB/T 47678.5 06013] 路面坑洞 <- name_zh: 道路破损 -> 路面坑洞" in told
    )
    assert "停用: 1\n" in told
    assert "；在办案卷 1 件，照常办理" in told
    told = command("import", str(file), "--yes", "--json")[1]
    assert [one["deed"] for one in json.loads(told)] == ["renamed", "retired"]
    assert command("diff", str(file))[1] == "nothing changes\n"
    assert "m06050" not in command("list", "--standard", "GB/T 47678.5")[1]
    assert "Missing kerbstone (retired), 1 open tickets" in command("list", "--retired")[1]
    shown = json.loads(command("show", "m06013", "--json")[1])
    assert [(one["version"], one["name"]["zh"]) for one in shown] == [
        (2, "路面坑洞"), (1, "道路破损")]  # fmt: skip
    assert command("show", "nothing")[0] == 1
    write(3, "x", day="2999-01-01")
    assert "is in force from 2999-01-01" in command("import", str(file), "--yes")[1]
    assert "cannot be used" in command("diff", str(tmp_path / "nowhere"))[1]


def test_a_pack_comes_in_on_its_day_in_the_city(
    town: Town, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 6, 30, hour, 30, tzinfo=tz)

    monkeypatch.setattr("command_center.cli.taxonomy.datetime", Clock)
    hour = 15
    assert "is in force from 2026-07-01" in command("import", "gb47678-5", "--yes")[1]
    # midnight in the town
    hour = 16
    assert command("import", "gb47678-5", "--yes")[0] == 0


def test_the_shipped_standard_comes_in_whole(town: Town, command: Command) -> None:
    assert command("packs")[1] == "gb47678-5: GB/T 47678.5 2026.1, 403\n"
    status, told = command("import", "gb47678-5", "--yes")
    assert (status, told.startswith("added: 403\n")) == (0, True)
    with reading(town.web) as conn:
        found = rules.load(conn).categories["m06025"]
    assert (found.name_zh, found.filing_policy) == ("水域不洁", FilingPolicy.DESK)
