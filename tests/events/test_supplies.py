"""Counts of supplies: all or nothing, and what runs short becomes a ticket once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from events.actions import configure
from events.actions.import_supplies import import_supplies
from events.model.access import Scope
from events.model.category import Category
from events.model.supply import english_unit
from events.store import supplies
from grid.model.refusal import GridProblem, ImportReport
from grid.store.postgis import reading, transaction
from tests.events.rectifying import with_places
from tests.events.town import ADMIN, NOW, Town, found_town
from tests.support.cluster import TestDatabase

BY = "system:cli:test"


@pytest.fixture
def town(database: TestDatabase) -> Town:
    town = with_places(found_town(database))
    category = Category(
        code="epidemic_supplies", family="epidemic", layer="epidemic_control", name_zh="物资不足",
        name_en="Short", dispose_limit=timedelta(hours=24), pack="x",
        effective_from=date(2026, 1, 1),
    )  # fmt: skip
    with transaction(database.engine("cc_admin"), ADMIN.key) as conn:
        configure.put_categories(conn, [category], now=NOW)
    return town


def bring(town: Town, folder: Path, *rows: str, now: datetime = NOW) -> ImportReport:
    path = folder / "supplies.csv"
    path.write_text("\n".join(["site,item,name_zh,unit,stock,least,counted_at", *rows]))
    return import_supplies(town.database.engine("cc_admin"), path, by=BY, now=now)


def stocks(town: Town) -> list[tuple[object, ...]]:
    return town.rows("SELECT item, stock FROM events.supplies ORDER BY item")


def test_what_runs_short_becomes_a_ticket_once_until_it_was_filled_up(
    town: Town, tmp_path: Path
) -> None:
    def tickets() -> int:
        town.work()
        return len(
            town.rows("SELECT 1 FROM events.events WHERE category_code = 'epidemic_supplies'")
        )

    first = bring(
        town, tmp_path, "LP-1,n95,口罩,只,20,100,2026-06-01T08:00", "LP-1,suit,防护服,套,9,5,"
    )
    assert (first.imported, first.unchanged, first.refused) == (2, 0, ())
    assert tickets() == 1
    (row,) = town.rows("SELECT title_zh, layer, component_id IS NOT NULL FROM events.tickets")
    assert row == ("一号路灯：口罩剩 20 只，下限 100", "epidemic_control", True)
    # a unit has one language: a Chinese one is not said in English
    ((title,),) = town.rows("SELECT title_en FROM events.tickets")
    assert str(title).endswith(": 20 口罩 left, least 100")
    assert [english_unit(one) for one in ("L", "m³", "只", "")] == ["L", "m³", "", ""]
    again = bring(town, tmp_path, "LP-1,n95,口罩,只,20,100,2026-06-01T08:00")
    assert again.unchanged == 1
    bring(town, tmp_path, "LP-1,n95,口罩,只,10,100,2026-06-01T09:00")  # still short
    older = bring(town, tmp_path, "LP-1,n95,口罩,只,500,100,2026-06-01T07:00")
    assert older.unchanged == 1
    assert tickets() == 1
    assert stocks(town) == [("n95", 10.0), ("suit", 9.0)]
    bring(town, tmp_path, "LP-1,n95,口罩,只,500,100,2026-06-01T09:30")
    bring(town, tmp_path, "LP-1,n95,口罩,只,0,100,2026-06-01T09:40")
    assert tickets() == 2
    with reading(town.web) as conn:
        (kept, _) = supplies.of_sites(
            conn, [place.component_id for place in supplies.places(conn, ["LP-1"]).values()]
        )
        assert (kept.item, kept.level) == ("n95", 3)
        assert supplies.sites(conn, ["lamp"], Scope(area_id=-1)) == []
        (site,) = supplies.sites(conn, ["lamp"], Scope())
        assert (site.area_code, site.open) == ("350500001001", True)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("XX-9,n95,口罩,只,20,100,", "site"),
        ("LP-1,,口罩,只,20,100,", "item"),
        ("LP-1,n95,口罩,只,-1,100,", "stock"),
        ("LP-1,n95,口罩,只,many,100,", "stock"),
        ("LP-1,n95,口罩,只,20,inf,", "least"),
        ("LP-1,n95,口罩,只,20,100,yesterday", "counted_at"),
        ("LP-1,n95,口罩,只,20,100,2026-06-02T08:00", "counted_at"),
        ("LP-1,suit,口罩,只,20,100,", "item"),
    ],
)
def test_a_bad_row_refuses_the_whole_file(town: Town, tmp_path: Path, row: str, field: str) -> None:
    report = bring(town, tmp_path, "LP-1,suit,防护服,套,9,5,", row)
    assert [(one.row, one.field) for one in report.refused] == [(2, field)]
    assert (report.imported, stocks(town)) == (0, [])


def test_a_file_without_its_columns_is_told_which(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "supplies.csv"
    path.write_text("site,count\nLP-1,3\n")
    with pytest.raises(GridProblem, match="item, stock, least"):
        import_supplies(town.database.engine("cc_admin"), path, by=BY, now=NOW)
