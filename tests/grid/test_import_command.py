"""The commands `import` and `make-cells`, as typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from command_center.cli import main
from grid.store import cells
from grid.store.postgis import reading
from tests.grid.files import area_frame, cell_frame, write_csv
from tests.grid.town import CITY, STREET, WEST
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def city(database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TestDatabase:
    """A database that the commands find through the environment."""
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    monkeypatch.setenv("COMMAND_CENTER_DATA", str(tmp_path / "data"))
    return database


def test_a_city_is_imported_command_by_command(
    city: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    area_frame().to_file(tmp_path / "areas.gpkg", driver="GPKG")
    cell_frame().to_file(tmp_path / "cells.geojson", driver="GeoJSON")
    lamps = write_csv(
        tmp_path / "lamps.csv",
        [{"code": "L1", "kind": "lamp", "name_en": "Lamp", "lon": 118.09, "lat": 24.48}],
    )
    assert main(["import", "areas", str(tmp_path / "areas.gpkg")]) == 0
    assert "imported 5 rows" in capsys.readouterr().out
    assert main(["import", "cells", str(tmp_path / "cells.geojson"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["imported"], report["refused"]) == (len(cell_frame()), [])
    assert main(["import", "components", str(lamps)]) == 0
    assert "read as EPSG:4326" in capsys.readouterr().out
    with reading(city.engine()) as conn:
        assert cells.count(conn) == len(cell_frame())
    with city.superuser() as root:
        actors = root.execute("SELECT DISTINCT changed_by FROM grid.cells").fetchall()
    assert len(actors) == 1
    assert actors[0][0].startswith("system:cli:")


def test_refused_rows_are_told_in_the_chosen_language(
    city: TestDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = area_frame()
    frame.loc[4, "code"] = WEST
    frame.to_file(tmp_path / "areas.gpkg", driver="GPKG")
    assert main(["import", "areas", str(tmp_path / "areas.gpkg")]) == 1
    told = capsys.readouterr().out
    assert f"row 5 code: code {WEST} is already in row 4" in told
    assert "nothing imported: 1 rows refused" in told
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "zh")
    assert main(["import", "areas", str(tmp_path / "areas.gpkg")]) == 1
    assert "第 5 行 code：编码" in capsys.readouterr().out
    assert main(["import", "areas", str(tmp_path / "none.gpkg")]) == 1
    assert "没有文件" in capsys.readouterr().err


def test_cells_are_made_by_command(
    city: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = area_frame()
    frame[frame["code"].isin([CITY, "350203", STREET])].to_parquet(tmp_path / "areas.parquet")
    assert main(["import", "areas", str(tmp_path / "areas.parquet")]) == 0
    capsys.readouterr()
    assert main(["make-cells", "--area", STREET, "--size", "80", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["synthetic"] == made["communities"] == 3
    assert main(["make-cells", "--area", STREET, "--size", "80"]) == 0
    assert "0 cells made" in capsys.readouterr().out
    assert main(["make-cells", "--area", "999999", "--size", "80"]) == 1
    assert "no area with the code 999999" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main(["make-cells", "--area", STREET])
    assert caught.value.code == 2


def test_a_database_that_is_away_is_told(
    city: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    area_frame().to_parquet(tmp_path / "areas.parquet")
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", "postgresql://127.0.0.1:1/city")
    assert main(["import", "areas", str(tmp_path / "areas.parquet")]) == 1
    assert "command-center run" in capsys.readouterr().err
    assert main(["make-cells", "--area", STREET, "--size", "80"]) == 1
    assert "command-center run" in capsys.readouterr().err


def test_a_database_without_schema_is_told(
    city: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    area_frame().to_parquet(tmp_path / "areas.parquet")
    monkeypatch.setenv(
        "COMMAND_CENTER_DATABASE_URL", city.url("cc_admin").replace(city.name, "postgres")
    )
    assert main(["import", "areas", str(tmp_path / "areas.parquet")]) == 1
    assert "command-center migrate" in capsys.readouterr().err
