"""Requests become events and tickets in their final state, once, all or none."""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import shapely
from sqlalchemy import Engine

from command_center.demo.seeding import category_rows
from events.actions.configure import put_categories
from events.actions.import_requests import ImportedRequests, import_requests
from events.model.actor import system
from events.model.ledger import rebuild
from events.model.request import RowRefusal
from events.model.workflow import State
from events.store import ledger, tickets
from grid.actions.make_cells import make_cells
from grid.actions.put import put_areas
from grid.model.area import AreaDraft
from grid.store import cells
from grid.store.postgis import reading, transaction
from tests.requests.test_request import BOSTON, packaged
from tests.support.cluster import TestDatabase

BY = system("test")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def ground(engine: Engine, box: tuple[float, float, float, float], size_m: float) -> int:
    """A city of one district, cut from an extent, with all categories; how many cells."""
    shape = shapely.MultiPolygon([shapely.box(*box)])
    drafts = [
        AreaDraft(code=code, name_zh=name, name_en=name, geometry=shape)
        for code, name in (("9902", "Boston"), ("990201", "Boston district"))
    ]
    put_areas(engine, drafts, by=BY.key)
    make_cells(engine, area_code="9902", size_m=size_m, by=BY.key)
    with transaction(engine, BY.key) as conn:
        put_categories(conn, category_rows(), now=NOW)
    with reading(engine) as conn:
        return cells.count(conn)


def bring(
    engine: Engine, rows: list[dict[str, Any]], *, skip_refused: bool = False
) -> ImportedRequests:
    mapping = packaged("boston311")
    with transaction(engine, BY.key) as conn:
        return import_requests(conn, rows, mapping, skip_refused=skip_refused, by=BY, now=NOW)


@pytest.fixture
def engine(database: TestDatabase) -> Engine:
    engine = database.engine()
    ground(engine, (-71.09, 42.26, -71.06, 42.28), 200)
    return engine


def numbered(count: int, **change: Any) -> list[dict[str, Any]]:
    return [{**BOSTON, "case_enquiry_id": 1_000 + i, **change} for i in range(count)]


def test_rows_become_tickets_in_their_final_state(engine: Engine) -> None:
    rows = [*numbered(3), {**BOSTON, "case_enquiry_id": 7, "case_status": "Open",
                           "closed_dt": None, "type": "Alert Boston"}]  # fmt: skip
    done = bring(engine, rows)
    assert (done.imported, done.closed, done.open, done.known) == (4, 3, 1, 0)
    assert (done.in_cells, done.cells, done.due, done.on_time) == (4, 1, 3, 3)
    with reading(engine) as conn:
        found = tickets.by_ids(conn, range(1, 10))
        assert [one.state for one in found] == [State.CLOSED] * 3 + [State.FILED]
        assert {one.number for one in found} == {f"20110701-{i:05d}" for i in range(1, 5)}
        assert found[0].closed_at == datetime(2011, 7, 1, 9, 6, 58, tzinfo=UTC)
        assert found[0].cell_code is not None
        assert found[3].overdue_at is not None
        assert found[3].title_en == "Alert Boston"
        for one in found:
            entries = ledger.of_ticket(conn, one.ticket_id)
            again = rebuild([entry.payload for entry in entries])
            assert (again["state"], again["version"]) == (one.state, one.version)


def test_a_second_import_of_the_same_rows_changes_nothing(engine: Engine) -> None:
    bring(engine, numbered(5))
    again = bring(engine, numbered(6))
    assert (again.imported, again.known) == (1, 5)


def test_refused_rows_are_named_and_nothing_is_written(engine: Engine) -> None:
    rows = [*numbered(3), {**BOSTON, "latitude": None}, {**BOSTON, "latitude": 41.0},
            numbered(1)[0]]  # fmt: skip
    done = bring(engine, rows)
    assert done.imported == 0
    assert [(one.row, one.refusal) for one in done.refused] == [
        (4, RowRefusal.NO_POSITION),
        (5, RowRefusal.OUTSIDE),
        (6, RowRefusal.KEY_TWICE),
    ]
    with reading(engine) as conn:
        assert not tickets.by_ids(conn, range(1, 10))
    assert bring(engine, rows, skip_refused=True).imported == 3


def test_21_401_requests_of_boston_are_located(database: TestDatabase, samples: Path) -> None:
    table = pq.read_table(samples / "unverified" / "boston311_2011_jul_aug.parquet")
    rows = table.to_pylist()
    lons, lats = table["longitude"].to_numpy(), table["latitude"].to_numpy()
    engine = database.engine()
    box = (lons.min() - 0.002, lats.min() - 0.002, lons.max() + 0.002, lats.max() + 0.002)
    started = time.monotonic()
    count = ground(engine, box, 150)
    cut_s = time.monotonic() - started
    started = time.monotonic()
    done = bring(engine, rows)
    took_s = time.monotonic() - started
    print(f"{count} cells cut in {cut_s:.1f} s; {done.imported} requests in {took_s:.1f} s:")
    print({**asdict(done), "refused": len(done.refused)})
    assert done.imported == done.in_cells == 21_401
    assert done.closed == 20_285
    # The city's own on-time flag is the oracle: it equals closed <= target on every such row.
    both = [r for r in rows if r["closed_dt"] is not None and r["target_dt"] is not None]
    assert done.due == len(both)
    assert done.on_time == sum(row["ontime"] == "ONTIME" for row in both)
    # (50 s on 2 cores, since every ticket is also prepared for search, evaluation and root causes)
    assert took_s < 180
