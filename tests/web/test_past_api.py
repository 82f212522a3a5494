"""The past over HTTP: what a reader may see of an instant, and what is no instant."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from grid.store.postgis import reading
from iot_ingest.store import past
from tests.events.town import Town, draft
from tests.wall.conftest import Gauge, gauge
from tests.web.conftest import ClientOf

__all__ = ["gauge"]

MINUTE = timedelta(minutes=1)


async def _frame(client_of: ClientOf, who: str, then: datetime, **more: Any) -> dict[str, Any]:
    async with client_of(who) as client:
        answer = await client.get("/api/v1/past", params={"then": then.isoformat(), **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_frame_has_what_had_come_and_no_more(
    client_of: ClientOf, town: Town, gauge: Gauge
) -> None:
    registered = datetime.now(UTC)
    gauge.says(1.0, 1.5, until=registered - timedelta(minutes=2))
    town.rows(
        # measured before, and sent an hour afterwards, when the connection was there again
        "INSERT INTO iot.readings (device_no, metric_no, ts, value, received_at)"
        " SELECT device_no, metric_no, ts + interval '1 minute', 9.9, now() + interval '1 hour'"
        " FROM iot.latest RETURNING value"
    )
    filed_at = registered + MINUTE / 60
    ticket = town.filed(draft("flooding", occurred_at=registered), now=filed_at)
    town.act(ticket, "accept", "w1", now=filed_at + MINUTE / 60)
    before = await _frame(client_of, "dispatcher", registered - MINUTE)
    assert (before["tickets"], before["devices"], before["events"]) == ([], [], [])
    assert before["first"] > before["at"]
    shown = await _frame(client_of, "dispatcher", filed_at)
    (told,) = shown["tickets"]
    assert (told["number"], told["state"], told["crew_en"]) == (
        ticket.number, "dispatched", "Water crew 1"
    )  # fmt: skip
    (device,) = shown["devices"]
    assert (device["device_id"], device["online"]) == ("WL-1", True)
    assert device["values"]["water_level"][1] == 1.5
    lean = await _frame(client_of, "dispatcher", filed_at, facts=False)
    assert lean["devices"] == [
        {key: device[key] for key in ("id", "level", "values", "online")}
    ]  # fmt: skip
    # somebody of another area: the same devices, none of the tickets
    town.rows(
        "UPDATE events.ticket_past SET area_id ="
        " (SELECT area_id FROM grid.areas WHERE code = '350500001002') RETURNING 1"
    )
    assert (await _frame(client_of, "west", filed_at))["tickets"] == []
    assert len((await _frame(client_of, "west", filed_at))["devices"]) == 1


NO_INSTANTS = {
    "past?then=2999-01-01T00:00:00Z": 422,
    "past?then=2026-11-28T08:00:00": 422,
    "past?then=yesterday": 422,
    "past": 422,
    "past?then=0001-01-01T00:00:00%2B14:00": 200,
    "past?then=1999-01-01T00:00:00Z&device=99999999999": 422,
    "past/marks?from=2025-01-01T00:00:00Z&to=2025-01-01T01:00:00Z&slices=60": 200,
    "past/marks?from=2025-01-01T00:00:00Z&to=2025-03-01T01:00:00Z": 422,
    "past/marks?from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z": 422,
    "past/marks?from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z&slices=0": 422,
    "past/marks?from=2025-01-01T00:00:00&to=2025-01-02T00:00:00": 422,
}


async def test_what_is_no_past_instant_is_refused_and_so_is_who_sees_no_wall(
    client_of: ClientOf,
) -> None:
    async with client_of("operator") as client:
        for path, status in NO_INSTANTS.items():
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status_code == status, (path, answer.text)
            if status == 200:
                assert answer.json().get("tickets", []) == answer.json().get("marks", []) == []
    for who, status in ((None, 401), ("w1", 403)):
        async with client_of(who) as client:
            for path in ("past?then=2026-01-01T00:00:00Z", "past/marks"):
                assert (await client.get(f"/api/v1/{path}")).status_code == status


def test_newest_values_are_planned_for_their_days_alone(town: Town, gauge: Gauge) -> None:
    """A plan for any instant has all days of a year in it, and takes ten times as long."""
    now = datetime.now(UTC)
    gauge.says(1.0, until=now - MINUTE)
    with reading(town.web) as conn:
        for _ in range(15):
            (heard,) = past.latest(conn, now, [1])
        driver = conn.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        plans = driver.execute(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%iot.latest%'"
        ).fetchone()
    assert json.loads(heard.values)["water_level"][1:] == [1.0, "N"]
    assert plans is not None
    assert plans[0] >= 9
    assert plans[1] == 0
