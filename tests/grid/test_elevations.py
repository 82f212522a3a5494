"""How high cells lie: all or nothing comes in; which lie lower than the water of a gauge."""

from __future__ import annotations

from pathlib import Path

from grid.actions.import_elevations import import_elevations
from grid.model.cell import Water
from grid.model.refusal import ImportReport
from grid.store import cells
from grid.store.postgis import reading
from tests.events.town import SIDE, SOUTH, WEST, Town

BY = "system:cli:test"
FIRST, SECOND, FAR = "350500001001001", "350500001001002", "350500001002016"


def bring(town: Town, folder: Path, *rows: str) -> ImportReport:
    path = folder / "heights.csv"
    path.write_text("\n".join(["cell,elevation_m", *rows]))
    return import_elevations(town.database.engine("cc_admin"), path, by=BY)


def test_all_heights_come_in_or_none(town: Town, tmp_path: Path) -> None:
    report = bring(town, tmp_path, f"{FIRST},3.5", "999,1", f"{FIRST},2", f"{SECOND},deep")
    assert [(one.row, one.field) for one in report.refused] == [
        (2, "cell"), (3, "cell"), (4, "elevation_m"),
    ]  # fmt: skip
    with reading(town.web) as conn:
        assert cells.known_elevations(conn) == (0, 16)
    assert bring(town, tmp_path, f"{FIRST},3.5", f"{SECOND},-2.25").imported == 2
    again = bring(town, tmp_path, f"{FIRST},3.5", f"{SECOND},-2.5")
    assert (again.imported, again.unchanged) == (2, 1)
    with reading(town.web) as conn:
        assert cells.known_elevations(conn) == (2, 16)


def test_those_in_reach_that_lie_lower_than_the_water_are_found(town: Town, tmp_path: Path) -> None:
    bring(town, tmp_path, f"{FIRST},3.5", f"{SECOND},4.2", f"{FAR},1.0")

    def lower(height: float, reach: float, most: int = 9) -> list[tuple[str, float, int]]:
        dry = Water(lon=WEST, lat=SOUTH, height_m=0.0, reach_m=reach)
        wet = Water(lon=WEST + SIDE / 2, lat=SOUTH + SIDE / 2, height_m=height, reach_m=reach)
        with reading(town.web) as conn:
            found = cells.lower(conn, [dry, wet], most=most)
        return [(one.code, round(one.depth_m, 3), one.water) for one in found]

    assert lower(4.0, 200) == [(FIRST, 0.5, 1)]
    assert lower(4.5, 200) == [(FIRST, 1.0, 1), (SECOND, 0.3, 1)]
    assert lower(4.0, 2_000) == [(FAR, 3.0, 1), (FIRST, 0.5, 1)]
    assert lower(3.5, 2_000) == [(FAR, 2.5, 1)]
    assert lower(4.0, 2_000, most=1) == [(FAR, 3.0, 1)]
