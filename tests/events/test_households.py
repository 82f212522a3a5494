"""Who lives in a building: all or nothing comes in, one by one is read, and that is recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from events.actions.import_households import import_households
from events.actions.read_household import read_household
from events.model.access import Actor
from events.model.household import BUILDING
from grid.actions.put import put_components
from grid.model.component import ComponentDraft
from grid.model.refusal import GridProblem, ImportReport
from tests.events.town import ADMIN, NOW, SIDE, SOUTH, WEST, Town

BY = "system:cli:test"


@pytest.fixture
def houses(town: Town) -> Town:
    """Two buildings: B-1 in the first community of the west, B-2 in that of the east."""
    drafts = [
        ComponentDraft(
            code=code, kind=BUILDING, name_zh=f"{code}号楼", name_en=f"House {code}",
            lon=WEST + SIDE * east, lat=SOUTH + SIDE / 2,
        )
        for code, east in (("B-1", 0.5), ("B-2", 3.5))
    ]  # fmt: skip
    put_components(town.database.engine("cc_admin"), drafts, by=ADMIN.key)
    return town


def bring(town: Town, folder: Path, *rows: str, head: str = "") -> ImportReport:
    path = folder / "households.csv"
    path.write_text("\n".join([head or "building,unit,residents,contact,phone,note", *rows]))
    return import_households(town.database.engine("cc_admin"), path, by=BY, now=NOW)


def stored(town: Town) -> list[tuple[object, ...]]:
    return town.rows("SELECT unit, residents, phone FROM contact.households ORDER BY unit")


def test_a_building_has_the_households_of_its_last_table(houses: Town, tmp_path: Path) -> None:
    first = bring(houses, tmp_path, "B-1,101,3,Li,138,", "B-1,102,,,,", "B-2,101,1,Wu,139,deaf")
    assert (first.imported, first.unchanged, first.refused) == (3, 0, ())
    again = bring(houses, tmp_path, "B-1,101,3,Li,138,", "B-1,201,2,Xu,137,")
    assert (again.imported, again.unchanged) == (2, 1)
    # who has moved out is not kept; the other building was not told of
    assert stored(houses) == [("101", 3, "138"), ("101", 1, "139"), ("201", 2, "137")]
    assert again.retired == 1
    (told,) = houses.rows(
        "SELECT payload FROM events.ledger WHERE verb = 'household.import' ORDER BY entry_id"
        " DESC LIMIT 1"
    )
    assert json.loads(str(told[0])) == {"households": 2, "changed": 1, "forgotten": 1}


def test_a_building_can_be_emptied(houses: Town, tmp_path: Path) -> None:
    bring(houses, tmp_path, "B-1,101,3,Li,138,", "B-2,101,1,Wu,139,deaf")
    report = bring(houses, tmp_path, "B-1,,,,,")
    assert (report.imported, report.retired) == (0, 1)
    assert stored(houses) == [("101", 1, "139")]


def test_nothing_comes_in_while_a_row_is_wrong(houses: Town, tmp_path: Path) -> None:
    report = bring(
        houses, tmp_path, "B-1,101,3,Li,138,", "B-9,101,,,,", "B-1,,,Li,,", "B-1,101,,,,",
        f"B-1,103,-1,{'长' * 201},,",
    )  # fmt: skip
    assert [(one.row, one.field) for one in report.refused] == [
        (2, "building"), (3, "unit"), (4, "unit"), (5, "contact"), (5, "residents"),
    ]  # fmt: skip
    assert stored(houses) == []
    with pytest.raises(GridProblem, match="lacks columns: unit"):
        bring(houses, tmp_path, "B-1", head="building")


def test_one_is_read_by_name_and_recorded(houses: Town, tmp_path: Path) -> None:
    bring(houses, tmp_path, "B-1,101,3,Li,138,", "B-2,101,1,Wu,139,deaf")
    ids = {
        str(phone): int(str(number))
        for phone, number in houses.rows("SELECT phone, household_id FROM contact.households")
    }
    dispatcher = houses.people["dispatcher"]

    def read(phone: str, by: Actor) -> str | None:
        found = read_household(houses.web, ids[phone], by=by, now=NOW)
        return None if found is None else found.phone

    def trace() -> list[tuple[object, ...]]:
        return houses.rows(
            "SELECT actor, object_key, payload::jsonb FROM events.ledger"
            " WHERE verb = 'household.read'"
        )

    ((east,),) = houses.rows("SELECT area_id FROM grid.areas WHERE code = '350500001002'")
    assert read("138", houses.people["operator"]) is None  # who only watches
    assert read("138", houses.people["w1"]) is None
    assert read("138", replace(dispatcher, area_id=int(str(east)))) is None
    assert trace() == []
    assert read("138", dispatcher) == "138"
    assert trace() == [(dispatcher.key, "B-1", {"household": ids["138"]})]
    assert read_household(houses.web, 99, by=dispatcher, now=NOW) is None
    assert len(trace()) == 1
