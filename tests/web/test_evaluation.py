"""The evaluation over HTTP: who may, the tickets behind a number, and the files."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from command_center.cli import main
from command_center.evaluation import pdf
from events.actions.count import catch_up
from events.model.access import DISPATCH
from tests.events.town import Town, draft
from tests.web.conftest import ClientOf

EVIL = '=HYPERLINK("http://evil.test","x")'
PATHS = ("/evaluation", "/api/v1/evaluation", "/api/v1/evaluation/tickets?figure=reports",
         "/evaluation/report.xlsx", "/evaluation/report.pdf")  # fmt: skip


@pytest.fixture
def counted(town: Town) -> Town:
    """A town with a ticket whose title would be a formula, or markup."""
    now = datetime.now(UTC)
    ticket = town.filed(draft(occurred_at=now, title_zh=EVIL, title_en=EVIL), now=now)
    ticket = town.act(ticket, "accept", "w1", now=now)
    late = now + timedelta(hours=5)
    ticket = town.act(ticket, "dispose", "w1", now=late)
    town.agreed(ticket, "appeal", "w1", ["dispatcher", "supervisor"], why="<b>=1+1", now=late)
    catch_up(town.dispatch, by=DISPATCH)
    return town


@pytest.mark.parametrize("path", PATHS)
async def test_only_who_evaluates_sees_it(client_of: ClientOf, town: Town, path: str) -> None:
    for who, status in (("supervisor", 200), ("admin", 200), ("operator", 403), ("w1", 403)):
        async with client_of(who) as client:
            assert (await client.get(path)).status_code == status, who
    async with client_of(None) as client:
        assert (await client.get(path)).status_code in (303, 401)


async def test_a_number_opens_its_tickets(client_of: ClientOf, counted: Town) -> None:
    async with client_of("supervisor") as client:
        told = (await client.get("/api/v1/evaluation?by=crew")).json()
        assert told["total"]["reports"]["counted"] == 1
        (line,) = [one for one in told["lines"] if one["values"]["closed_due"]["left_out"]
                   or one["values"]["accurate_dispatch"]["counted"]]  # fmt: skip
        asked = {"figure": "accurate_dispatch", "by": "crew", "key": line["key"]}
        found = (await client.get("/api/v1/evaluation/tickets", params=asked)).json()
        assert len(found["tickets"]) == line["values"]["accurate_dispatch"]["counted"] == 1
        assert found["figure"]["version"] == 1
        for wrong, status in (({"figure": "x"}, 422), ({"figure": "reports", "area": "1"}, 404),
                              ({"figure": "reports", "part": "x"}, 422)):  # fmt: skip
            answer = await client.get("/api/v1/evaluation/tickets", params=wrong)
            assert answer.status_code == status
        backwards = await client.get("/api/v1/evaluation?first=2026-06-02&last=2026-06-01")
        assert backwards.json()["errors"][0]["field"] == "last"
        ever = await client.get("/api/v1/evaluation?first=2000-01-01&last=9999-12-31")
        assert ever.json()["total"]["reports"]["counted"] == 1
        # no formula was in force when this begins
        older = await client.get("/api/v1/evaluation?first=0001-01-01&last=9999-12-31")
        assert (older.status_code, older.json()["total"]) == (200, {})


def sheets(content: bytes) -> dict[str, str]:
    """The XML of a workbook's sheets, by their names."""
    with ZipFile(BytesIO(content)) as file:
        names = re.findall(r'<sheet name="([^"]+)"', file.read("xl/workbook.xml").decode())
        return {name: file.read(f"xl/worksheets/sheet{n}.xml").decode()
                for n, name in enumerate(names, start=1)}  # fmt: skip


async def test_the_sheets_hold_numbers_dates_and_no_formula(
    client_of: ClientOf, counted: Town
) -> None:
    until = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011 - wide enough anywhere
    async with client_of("supervisor") as client:
        answer = await client.get(f"/evaluation/report.xlsx?last={until}")
        assert re.search(r'filename="evaluation-3505-.*\.xlsx"',
                         answer.headers["content-disposition"])  # fmt: skip
        found = sheets(answer.content)
        client.cookies.set("cc_language", "en")
        english = sheets((await client.get("/evaluation/report.xlsx")).content)
    assert list(found) == ["指标", "按部门", "按辖区", "按班组", "按类别", "按人员", "公式", "案卷"]
    assert next(iter(english)) == "Figures"
    whole = "".join(found.values())
    assert "<f>" not in whole
    assert "hyperlink" not in whole.lower().replace("=hyperlink", "")
    assert "=HYPERLINK(" in found["案卷"]  # as text
    assert all("<pane" in one for one in found.values())
    assert re.search(r'<c r="J2" s="\d+"><v>\d{5}\.\d+</v>', found["案卷"])  # a date, not a text
    assert re.search(r'<c r="B\d+" s="\d+"><v>1</v>', found["指标"])


async def test_what_the_machine_lacks_is_said(
    client_of: ClientOf, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_KNOWN", ())
    pdf._font.cache_clear()
    async with client_of("supervisor") as client:
        answer = await client.get("/evaluation/report.pdf")
    assert answer.status_code == 503
    assert "fonts-wqy-microhei" in answer.json()["detail"]


def test_the_command_writes_both_files(
    counted: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", counted.database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "zh")
    span = ["--from", "2026-06-01", "--to", "2099-01-01"]
    for kind in ("xlsx", "pdf"):
        out = tmp_path / f"report.{kind}"
        assert main(["report", *span, "--format", kind, "--out", str(out)]) == 0
        assert out.stat().st_size > 4_000
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert b"/FontFile2" in (tmp_path / "report.pdf").read_bytes()  # readable anywhere
    assert (tmp_path / "report.pdf").stat().st_size < 400_000  # of the font what is used
    again = str(tmp_path / "x.xlsx")
    assert main(["report", "--month", "2026-06", "--out", again]) == 0
    for wrong in (["--month", "2026-6"], ["--month", "2026-06", "--area", "9"],
                  ["--from", "2099-01-01"]):  # fmt: skip
        assert main(["report", *wrong, "--out", again]) == 1
    assert main(["report", "--out", str(tmp_path / "no" / "where.xlsx")]) == 1
    capsys.readouterr()
    assert main(["recount", "--check"]) == 0
    counted.rows("DELETE FROM events.facts WHERE ground = 'report' RETURNING 1")
    assert main(["recount", "--check"]) == 1
    assert main(["recount"]) == 0
    assert main(["recount", "--check", "--json"]) == 0


def test_a_city_brings_its_own_formulas(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", town.database.url("cc_admin"))
    pack = tmp_path / "ours.toml"
    pack.write_text(OURS.format(day="2099-01-01", ground="closing_time"), encoding="utf-8")
    assert main(["import", "formulas", str(pack)]) == 0
    assert town.rows("SELECT count(*) FROM events.formulas WHERE code = 'timely_closing'") == [(2,)]
    assert main(["import", "formulas", str(pack)]) == 0  # again changes nothing
    for change in ({"day": "2099-02-01", "ground": "closing_time"},
                   {"day": "2099-01-02", "ground": "closing_time"},
                   {"day": "2099-01-01", "ground": "moon"}):  # fmt: skip
        pack.write_text(OURS.format(**change), encoding="utf-8")
        assert main(["import", "formulas", str(pack)]) == 1
    assert "docs/evaluation.md" in capsys.readouterr().err


OURS = """
[pack]
name = "ours 2099"
[[formula]]
code = "timely_closing"
version = 2
effective_from = {day}
place = 120
name = {{ zh = "按期结案率", en = "Closed on time" }}
numerator = {{ zh = "按期结案", en = "closed in time" }}
denominator = {{ zh = "应结案，缓办除外", en = "due to close, but for what was suspended" }}
unit = "share"
ground = "{ground}"
counted = ["in_time", "late", "late_open"]
good = ["in_time"]
without = ["suspended"]
excused = "left_out"
better = "more"
source = "本市规定"
"""
