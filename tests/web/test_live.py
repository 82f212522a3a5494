"""Pushing to open walls: what the database tells, over real sockets, to slow clients too."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import WebSocket
from starlette.websockets import WebSocketState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from command_center.api.wall_socket import Line
from command_center.live.health import Component, Status, judge, overall
from command_center.live.subscriber import BEHIND, Subscriber
from events.model.event import Change
from grid.store.heartbeats import Heartbeat
from tests.events.town import Town, draft, finding
from tests.web.conftest import log_in
from tests.web.serving import Served

PATIENCE_S = 15.0


@asynccontextmanager
async def _wall(served: Served, name: str = "operator") -> AsyncIterator[ClientConnection]:
    async with httpx.AsyncClient(base_url=served.url) as client:
        await log_in(client, name)
        cookie = f"cc_session={client.cookies['cc_session']}"
    async with connect(
        f"{served.socket_url}/live/wall",
        additional_headers={"Cookie": cookie},
        max_size=None,
    ) as socket:
        yield socket


async def _never(*_message: Any) -> Any:
    await asyncio.Event().wait()


async def _next(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["t"] == kind:
                return message


async def _ticket(socket: ClientConnection, number: str, state: str) -> dict[str, Any]:
    while True:
        for ticket in (await _next(socket, "changes")).get("tickets", []):
            if (ticket["number"], ticket["state"]) == (number, state):
                found: dict[str, Any] = ticket
                return found


async def test_walls_hear_of_a_database_that_answers_nothing(served: Served, town: Town) -> None:
    """Its connections stand, nothing fails: the thread that reads only waits."""
    async with _wall(served) as socket:
        known = datetime.fromisoformat((await _next(socket, "snapshot"))["at"])
        with town.database.superuser() as conn, conn.transaction():
            conn.execute("LOCK TABLE grid.heartbeats IN ACCESS EXCLUSIVE MODE")
            locked = datetime.now(UTC)
            told = (await _next(socket, "health"))["components"]["database"]
        assert told["status"] == "down"
        # since it was last heard of, not since that was noticed
        assert known < datetime.fromisoformat(told["since"]) < locked + timedelta(seconds=2)
        assert (await _next(socket, "health"))["components"]["database"]["status"] == "ok"


async def test_a_wall_sees_a_ticket_from_event_to_closure(served: Served, town: Town) -> None:
    now = datetime.now(UTC)
    async with _wall(served) as socket:
        snapshot = await _next(socket, "snapshot")
        assert snapshot["tickets"] == []
        assert snapshot["health"]["components"]["database"]["status"] == "ok"
        ticket = town.filed(finding("f1", 1, Change.RAISED, at=now), now=now)
        told = await _ticket(socket, ticket.number, "dispatched")
        assert told["department_en"] == "Water Bureau"
        assert "gone" not in told
        figures = await _next(socket, "figures")
        assert figures["figures"]["tickets"]["open"] == 1
        ticket = town.act(ticket, "accept", "w1", now=now)
        ticket = town.act(ticket, "dispose", "w1", now=now)
        ticket = town.act(ticket, "verify", "operator", now=now)
        town.act(ticket, "close", "supervisor", now=now)
        assert (await _ticket(socket, ticket.number, "closed"))["gone"] is True
    async with _wall(served) as later:
        snapshot = await _next(later, "snapshot")
        assert snapshot["tickets"] == []
        assert [one["category"] for one in snapshot["events"]] == ["river_level"]


async def test_a_wall_is_told_of_its_own_area_only(served: Served, town: Town) -> None:
    now = datetime.now(UTC)
    async with _wall(served, "west") as west, _wall(served) as whole:
        await _next(west, "snapshot")
        await _next(whole, "snapshot")
        east = town.filed(draft("flooding", lon=118.2035, occurred_at=now), now=now)
        await _ticket(whole, east.number, "dispatched")
        own = town.filed(draft("flooding", occurred_at=now), now=now)
        while True:
            changes = await _next(west, "changes")
            told = [one["number"] for one in changes.get("tickets", [])]
            assert east.number not in told
            assert all(one["lon"] < 118.202 for one in changes.get("events", []))
            if own.number in told:
                break
    async with _wall(served, "west") as later:
        snapshot = await _next(later, "snapshot")
        assert [one["number"] for one in snapshot["tickets"]] == [own.number]
        assert len(snapshot["events"]) == 1


async def test_a_reading_is_pushed_with_its_device(served: Served, town: Town) -> None:
    async with _wall(served) as socket:
        await _next(socket, "snapshot")
        with town.database.superuser() as conn:
            conn.execute(
                "INSERT INTO iot.metrics (name, unit, name_zh, name_en)"
                " VALUES ('water_level', 'm', '水位', 'Level')"
            )
            conn.execute(
                "INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en,"
                " metrics, interval_s, position, area_id, changed_by) SELECT 'wl-1', '00', 'gauge',"
                " 'flood', '站', 'Gauge', '{water_level}', 60,"
                " ST_Point(118.2005, 24.6005, 4326), area_id, 'system:test'"
                " FROM grid.areas WHERE code = '350500001001'"
            )
        # a device that the picture does not know yet: everything is read anew
        _measure(town, 1.25)
        snapshot = await _next(socket, "snapshot")
        (device,) = snapshot["devices"]
        assert device["values"]["water_level"][1] == 1.25
        _measure(town, 1.5)
        changes = await _next(socket, "changes")
        assert changes["devices"][0]["id"] == device["id"]
        assert changes["devices"][0]["values"]["water_level"][1] == 1.5


def _measure(town: Town, value: float) -> None:
    with town.database.superuser() as conn, conn.transaction():
        conn.execute(
            "INSERT INTO iot.latest SELECT device_no, 1, clock_timestamp(), %s, 'N', now()"
            " FROM iot.devices ON CONFLICT (device_no, metric_no) DO UPDATE"
            " SET value = excluded.value, ts = excluded.ts",
            (value,),
        )
        conn.execute("""SELECT pg_notify('cc_live', '{"t":"reading","ids":[1]}')""")


@pytest.mark.parametrize("name", [None, "w1"])
async def test_only_who_may_see_the_wall_is_let_in(served: Served, name: str | None) -> None:
    headers = {}
    if name:
        async with httpx.AsyncClient(base_url=served.url) as client:
            await log_in(client, name)
            headers["Cookie"] = f"cc_session={client.cookies['cc_session']}"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{served.socket_url}/live/wall", additional_headers=headers):
            pass
    assert refused.value.response.status_code == 403


async def test_another_site_is_not_let_in(served: Served) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with connect(
            f"{served.socket_url}/live/wall", origin=Origin("https://elsewhere.test")
        ):
            pass


async def test_logging_out_closes_the_wall(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("command_center.api.wall_socket.CHECK_S", 0.1)
    async with httpx.AsyncClient(base_url=served.url) as client:
        await log_in(client, "operator")
        cookie = f"cc_session={client.cookies['cc_session']}"
        address = f"{served.socket_url}/live/wall"
        async with connect(address, additional_headers={"Cookie": cookie}, max_size=None) as wall:
            await _next(wall, "snapshot")
            await client.post("/logout", data={"x": "1"})
            with pytest.raises(ConnectionClosed) as closed:
                await _next(wall, "nothing that is ever sent")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


async def test_the_database_going_away_is_told_and_mended(served: Served, town: Town) -> None:
    async with _wall(served) as socket:
        await _next(socket, "snapshot")
        with town.database.superuser() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        health = await _next(socket, "health")
        assert health["components"]["database"]["status"] == "down"
        snapshot = await _next(socket, "snapshot")
        assert snapshot["health"]["components"]["database"]["status"] == "ok"
        ticket = town.filed(draft("garbage"))
        assert await _ticket(socket, ticket.number, "dispatched")


async def test_a_slow_wall_gets_a_new_snapshot_instead_of_a_backlog() -> None:
    made = 0

    def snapshot() -> tuple[int, str]:
        nonlocal made
        made += 1
        return 1_000 * made, f"snapshot {made}"

    wall = Subscriber(snapshot)
    assert await wall.next() == "snapshot 1"
    wall.offer(999, "older than the snapshot")
    wall.offer(1_001, "first")
    assert await wall.next() == "first"
    for number in range(BEHIND + 5):
        wall.offer(1_002 + number, f"change {number}")
    assert await wall.next() == "snapshot 2"
    wall.offer(2_001, "next")
    assert await wall.next() == "next"
    wall.offer(2_002, None)
    assert await wall.next() == "snapshot 3"


async def test_a_wall_that_comes_before_anything_is_known_waits_for_it() -> None:
    """It is not told that all is quiet."""
    wall = Subscriber(lambda: (7, "everything"), known=False)
    asked = asyncio.create_task(wall.next())
    await asyncio.sleep(0.05)
    assert not asked.done()
    wall.offer(6, "the database is down")
    assert await asked == "the database is down"
    wall.beat("a beat")
    assert await wall.next() == "a beat"
    wall.offer(7, None)
    assert await wall.next() == "everything"
    wall.offer(8, "a change")
    assert await wall.next() == "a change"


async def test_a_wall_hears_a_sign_of_life_and_one_that_takes_nothing_is_given_up(
    served: Served, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("LOOK", 0.05), ("BEAT", 0.1), ("STALLED", 0.2)):
        monkeypatch.setattr(f"command_center.api.wall_socket._{name}_S", seconds)
    async with _wall(served) as socket:
        await _next(socket, "snapshot")
        await _next(socket, "beat")

    deaf = WebSocket({"type": "websocket"}, receive=_never, send=_never)
    deaf.application_state = WebSocketState.CONNECTED
    line = Line(deaf, Subscriber(lambda: (0, "snapshot")))
    sending = asyncio.create_task(line.send())
    async with asyncio.timeout(PATIENCE_S):
        await line.watch()
    assert not sending.done()
    sending.cancel()


def _beat(process: str, age_s: float, **detail: object) -> Heartbeat:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Heartbeat(process=process, started_at=at, at=at, detail=detail, age_s=age_s)


def test_health_is_judged_by_age() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    fresh = [_beat("ingest", 0.5, broker=True), _beat("dispatch", 0.5), _beat("web", 0.5)]
    first = judge({}, fresh, now=now)
    assert overall(first) is Status.OK
    late = [_beat("ingest", 0.5, broker=False), _beat("dispatch", 8.0), _beat("web", 0.5)]
    second = judge(first, late, now=now + timedelta(seconds=10))
    assert second["broker"].status is Status.DOWN
    assert second["dispatch"].status is Status.DEGRADED
    assert overall(second) is Status.DEGRADED
    assert second["web"].since == now
    third = judge(second, None, now=now + timedelta(seconds=20))
    assert overall(third) is Status.DOWN
    assert third["database"].since == now + timedelta(seconds=20)
    assert third["web"].status is Status.OK
    assert judge({}, [], now=now)["ingest"] == Component(status=Status.DOWN, since=now, lag_s=None)


@pytest.fixture
def no_trend(town: Town) -> None:
    """A database that takes no samples of the trend."""
    with town.database.superuser() as conn:
        conn.execute("REVOKE INSERT ON events.figure_samples FROM cc_web, cc_admin")


@pytest.mark.usefixtures("no_trend")
async def test_a_trend_that_cannot_be_kept_costs_the_walls_nothing(
    town: Town, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    async with _wall(served) as socket:
        await _next(socket, "snapshot")
        town.filed(finding("f1", 1, Change.RAISED, at=now), now=now)
        figures = await _next(socket, "figures")
        assert figures["figures"]["tickets"]["open"] == 1
    assert "the trend has a gap" in caplog.text
    assert "database is away" not in caplog.text
    assert "starting anew" not in caplog.text
