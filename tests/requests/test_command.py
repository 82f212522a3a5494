"""`command-center import requests`, as it is typed."""

import csv
import json
from pathlib import Path

import pytest

from command_center.cli import main
from tests.requests.test_import_requests import ground
from tests.requests.test_request import BOSTON
from tests.support.cluster import TestDatabase


@pytest.fixture
def typed(database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A database with some cells around the rows, named by the environment; an empty folder."""
    ground(database.engine(), (-71.09, 42.26, -71.06, 42.28), 200)
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    return tmp_path


def write(path: Path, *rows: dict[str, object]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_known_format_is_recognised_by_its_columns(
    typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(typed / "boston.csv", BOSTON, {**BOSTON, "case_enquiry_id": 2})
    assert main(["import", "requests", str(path)]) == 0
    said = capsys.readouterr().out
    assert "2 rows: 2 closed, 0 open, 2 in cells" in said
    assert main(["import", "requests", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["imported"], report["unchanged"], report["on_time"]) == (2, 2, 2)


def test_refused_rows_are_listed_and_nothing_is_written(
    typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {**BOSTON, "case_enquiry_id": 3, "latitude": ""}
    path = write(typed / "boston.csv", BOSTON, bad)
    assert main(["import", "requests", str(path)]) == 1
    assert "row 2 latitude: it has no position" in capsys.readouterr().out
    assert main(["import", "requests", str(path), "--skip-refused", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["imported"], len(report["refused"])) == (1, 1)


def test_a_file_in_gcj_02_with_a_mapping_of_its_own(
    typed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row: dict[str, object] = {"工单编号": "GD-1", "受理时间": "2026-11-01 08:30:00",
                              "诉求类型": "道路积水", "经度": -71.0772, "纬度": 42.2715,
                              "状态": "已办结", "办结时间": "2026-11-01 12:00:00"}  # fmt: skip
    mapping = typed / "hotline.toml"
    mapping.write_text(
        'time_zone = "Asia/Shanghai"\nkey_prefix = "hotline:"\n[columns]\nkey = "工单编号"\n'
        'created = "受理时间"\ntype = "诉求类型"\nlon = "经度"\nlat = "纬度"\nstatus = "状态"\n'
        'closed = "办结时间"\n[status]\nclosed = ["已办结"]\n[categories]\nflooding = ["*积水*"]\n'
    )
    path = write(typed / "hotline.csv", row)
    given = ["import", "requests", str(path), "--mapping", str(mapping), "--crs", "GCJ-02"]
    assert main([*given, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["imported"], report["source_crs"]) == (1, "GCJ-02")


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        ("colour,size\nred,2\n", [], "colour, size"),
        ("colour,size\nred,2\n", ["--format", "boston311"], "case_enquiry_id"),
        ("case_enquiry_id,open_dt,type,longitude,latitude\n1,2011-07-01,x,1,1\n",
         ["--crs", "EPSG:4548"], "degrees"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_so_says_what_to_do(
    typed: Path, capsys: pytest.CaptureFixture[str], header: str, options: list[str], said: str
) -> None:
    path = typed / "other.csv"
    path.write_text(header)
    assert main(["import", "requests", str(path), *options]) == 1
    assert said in capsys.readouterr().err
