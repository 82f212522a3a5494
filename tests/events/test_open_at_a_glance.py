"""What is asked of all open tickets at once is answered by their index alone."""

from typing import Any

import pytest
from sqlalchemy import text

from events.store import standing, statistics, told, urgent
from grid.store.named_sql import Statements
from grid.store.postgis import make_engine
from tests.events.town import NOW, Town

STATES = ["reported", "disposed"]
ASKED: dict[tuple[Any, str], dict[str, Any]] = {
    (standing, "open_by_cell"): {"now": NOW, "desk": STATES, "area_ids": [3, 4]},
    (standing, "summed"): {"now": NOW, "desk": STATES, "area_ids": [3, 4], "most": 12},
    (statistics, "open_counts"): {"now": NOW, "area_id": 1, "department_id": None},
    (told, "cells"): {"categories": ["flooding"], "scope_area": 1, "limit": 200},
    (urgent, "chosen"): {
        "asked": [0, 4], "desk": STATES, "untaken": STATES, "done": STATES, "grave": 3, "now": NOW,
        "alarms_since": NOW, "yellow_share": 0.3, "only": None, "most": 50,
    },
}  # fmt: skip


@pytest.mark.parametrize(("store", "name"), ASKED, ids=lambda one: getattr(one, "__name__", one))
def test_no_page_of_a_ticket_is_read(town: Town, store: Any, name: str) -> None:
    """Of all indexes there is but this one: it is read alone only if it lacks nothing."""
    statements = store._SQL
    assert isinstance(statements, Statements)
    engine = make_engine(town.database.superuser_url(), role="postgres")
    with engine.connect() as conn:
        conn.execute(text("SET LOCAL allow_system_table_mods = on"))
        conn.execute(text("SET LOCAL enable_seqscan = off"))
        conn.execute(text("SET LOCAL enable_bitmapscan = off"))
        conn.execute(text("UPDATE pg_index SET indisvalid = false WHERE indrelid ="
                          " 'events.tickets'::regclass AND indexrelid <> 'events.tickets_open'::"
                          "regclass"))  # fmt: skip
        explain = text(f"EXPLAIN (FORMAT JSON) {statements.statements[name].sql}")
        plan = conn.execute(explain, ASKED[store, name]).scalar()
        conn.rollback()
    engine.dispose()
    assert isinstance(plan, list)
    ways = {(one["Node Type"], one.get("Index Name")) for one in nodes(plan[0]["Plan"])
            if one.get("Relation Name") == "tickets"}  # fmt: skip
    assert ways == {("Index Only Scan", "tickets_open")}


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(below for one in plan.get("Plans", ()) for below in nodes(one))]
