"""More open tickets than a wall is told one by one: the most urgent are, the others are groups."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import shapely
from websockets.asyncio.client import ClientConnection, connect

from command_center.api.clusters import MOST_GROUPS
from command_center.live.choice import MOST_TICKETS
from events.model.access import Scope
from events.model.urgency import urgency
from events.store import tickets, urgent
from grid.store.postgis import reading
from tests.events.town import SIDE, SOUTH, WEST, Town, draft
from tests.support.many import copies
from tests.web.conftest import log_in
from tests.web.serving import Served

PATIENCE_S = 30.0
COPIES = 2 * MOST_TICKETS + 400
CITY = {"west": WEST, "south": SOUTH, "east": WEST + 4 * SIDE, "north": SOUTH + 4 * SIDE}

# Three of four stand in the west; only some are urgent, for all sorts of reasons.
_SPREAD = {
    "position": f"ST_Point({WEST} + (n % 4 + 0.5) * {SIDE}, {SOUTH} + n % 127 * 0.00003, 4326)",
    "cell_id": "NULL",
    "area_id": "(SELECT area_id FROM grid.areas WHERE code ="
    " CASE n % 4 WHEN 3 THEN '350500001002' ELSE '350500001001' END)",
    "layer": "CASE n % 3 WHEN 0 THEN 'flood' END",
    "severity": "CASE WHEN n % 301 = 0 THEN 4 ELSE 1 + n % 3 END",
    "state": "(ARRAY['filed', 'dispatched', 'accepted', 'disposed', 'suspended'])[1 + n % 5]",
    "filed_at": "now() - n * interval '1 minute'",
    "dispatched_at": "CASE WHEN n % 5 > 0 THEN now() - n % 90 * interval '1 minute' END",
    "created_at": "now() - n * interval '1 minute'",
    "due_at": "CASE WHEN n % 7 > 0 THEN now() + (n % 400 - 40) * interval '1 minute' END",
}


@pytest.fixture
def many(town: Town) -> Town:
    """The town with far more open tickets than a wall is told."""
    now = datetime.now(UTC)
    copies(town, town.filed(draft("garbage", occurred_at=now), now=now), COPIES, **_SPREAD)
    return town


def test_the_most_urgent_are_chosen_as_the_wall_orders_them(many: Town) -> None:
    now = datetime.now(UTC)
    west = _west(many)
    with reading(many.web) as conn:
        chosen = urgent.choose(conn, [None, west], now, most=700)
        ids = [int(str(row[0])) for row in many.rows("SELECT ticket_id FROM events.tickets")]
        all_of = sorted(tickets.by_ids(conn, ids), key=lambda one: urgency(one, now))
    for area_id, found in chosen.items():
        here = [one for one in all_of if area_id is None or area_id in one.area_path]
        assert list(found.ticket_ids) == [one.ticket_id for one in here[:700]]
        assert found.open == len(here)
        assert found.overdue == sum(one.due_at is not None and one.due_at <= now for one in here)


def test_all_are_counted_of_a_layer_a_shape_a_cell_or_a_device(many: Town) -> None:
    now = datetime.now(UTC)
    here = shapely.box(WEST + 2 * SIDE, SOUTH, WEST + 3 * SIDE, SOUTH + SIDE)
    inside = f"ST_Intersects(position, ST_GeomFromText('{here.wkt}', 4326))"
    one = many.filed(draft("flooding", severity=4, occurred_at=now), now=now)

    def count(where: str) -> int:
        ((found,),) = many.rows(f"SELECT count(*) FROM events.tickets WHERE {where}")
        assert isinstance(found, int)
        return found

    def chosen(**what: Any) -> urgent.Chosen:
        return urgent.choose(conn, [None], now, most=5, narrow=urgent.Narrow(**what))[None]

    with reading(many.web) as conn:
        assert chosen(layers=("flood",)).open == count("layer = 'flood'") > 1
        assert chosen(layers=("flood",), others=True).open == count("layer IS NULL") > 1
        assert chosen(shape=here).open == count(inside) > 1
        assert chosen(shape=here, layers=("flood",), others=True).open == count(
            f"layer IS NULL AND {inside}"
        )
        there = chosen(cell_id=one.cell_id)
        assert there.ticket_ids[0] == one.ticket_id
        assert there.open == len(there.ticket_ids) == count(f"cell_id = {one.cell_id}")
        assert chosen(device_no=2**31 - 1) == urgent.Chosen()


def test_groups_are_made_as_fast_the_twentieth_time(many: Town) -> None:
    """A plan for any list of those told goes through it for each ticket: 50 times as long."""
    now = datetime.now(UTC)
    with reading(many.web) as conn:
        told = urgent.choose(conn, [None], now, most=MOST_TICKETS)[None].ticket_ids
        for _ in range(20):
            found = urgent.groups(
                conn, Scope(), (WEST - 1, SOUTH - 1, WEST + 1, SOUTH + 1), 12, told=told, now=now,
                most=MOST_GROUPS,
            )  # fmt: skip
        plans = conn.exec_driver_sql(
            "SELECT sum(generic_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%%only_wait%%'"
        ).scalar_one()
    assert sum(one.n for one in found) == COPIES + 1 - MOST_TICKETS
    assert plans == 0


async def test_what_a_wall_is_not_told_it_gets_in_groups(many: Town, served: Served) -> None:
    async with _wall(served) as (socket, client):
        told, standing = await _known(socket)
        await _no_ticket_is_lost(client, told, standing, COPIES + 1, many)
        now = datetime.now(UTC)
        grave = many.filed(draft("flooding", severity=4, occurred_at=now), now=now)
        await _next(socket, lambda one: grave.number in _numbers(one))
        # those that end make room for the next ones, though nobody is told that they ended
        many.rows(
            "UPDATE events.tickets SET state = 'closed' WHERE ticket_id ="
            f" ANY('{{{','.join(str(one['id']) for one in told[:40])}}}') RETURNING number"
        )
        changed = await _next(socket, lambda one: one.get("all", standing)["open"] < COPIES)
        assert changed["all"] == {
            **changed["all"],
            "open": COPIES - 38,
            "left_out": COPIES - 38 - MOST_TICKETS,
        }
        assert len(_numbers(changed)) == 40 - 1  # (the grave one had come in beside them)
        assert _numbers(changed).isdisjoint(one["number"] for one in told)


async def test_a_wall_of_an_area_is_told_the_most_urgent_there(many: Town, served: Served) -> None:
    west = _west(many)
    async with _wall(served, "west") as (socket, client):
        told, standing = await _known(socket)
        assert all(west in one["areas"] for one in told)
        await _no_ticket_is_lost(client, told, standing, COPIES * 3 // 4 + 1, many)


def _west(town: Town) -> int:
    ((found,),) = town.rows("SELECT area_id FROM grid.areas WHERE name_en = 'West End'")
    assert isinstance(found, int)
    return found


async def _known(socket: ClientConnection) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What a wall that has just opened is told, and how much there is."""
    known: dict[int, dict[str, Any]] = {}
    while True:
        message = await _next(socket, lambda one: "tickets" in one or "all" in one)
        known.update((one["id"], one) for one in message.get("tickets", ()))
        if message.get("all"):
            return [one for one in known.values() if "gone" not in one], message["all"]


async def _no_ticket_is_lost(
    client: httpx.AsyncClient, told: list[dict[str, Any]], standing: dict[str, Any], total: int,
    town: Town,
) -> None:  # fmt: skip
    done = {
        row[0] for row in town.rows(
            "SELECT number FROM events.tickets WHERE state IN ('disposed', 'verified')"
            " AND severity < 4 AND coalesce(due_at, 'infinity') > now()"
        )
    }  # fmt: skip
    assert len(told) == MOST_TICKETS
    assert (standing["open"], standing["left_out"]) == (total, total - MOST_TICKETS)
    for z in (0, 13, 19):
        answer = await client.get("/api/v1/tickets/clusters", params={"z": z, **CITY})
        found = answer.json()
        assert found["n"] == sum(one["n"] for one in found["groups"]) == total - MOST_TICKETS
        numbers = {one["number"] for one in found["groups"] if one["number"]}
        assert numbers.isdisjoint(one["number"] for one in told)
        assert all((one["number"] is not None) == (one["n"] == 1) for one in found["groups"])
        assert {one["number"] for one in found["groups"] if one["n"] == one["only_wait"] == 1} == (
            numbers & done
        )
        assert len(found["groups"]) <= (2 if z == 0 else 2000)
    nowhere = {"west": 0, "south": 0, "east": 1, "north": 1}
    answer = await client.get("/api/v1/tickets/clusters", params={"z": 13, **nowhere})
    assert answer.json() == {"n": 0, "groups": []}


class _Wall:
    def __init__(self, served: Served, name: str) -> None:
        self._served, self._name = served, name

    async def __aenter__(self) -> tuple[ClientConnection, httpx.AsyncClient]:
        self._client = httpx.AsyncClient(base_url=self._served.url)
        await log_in(self._client, self._name)
        cookie = f"cc_session={self._client.cookies['cc_session']}"
        self._socket = await connect(
            f"{self._served.socket_url}/live/wall",
            additional_headers={"Cookie": cookie},
            max_size=None,
        )
        return self._socket, self._client

    async def __aexit__(self, *_problem: object) -> None:
        await self._socket.close()
        await self._client.aclose()


def _wall(served: Served, name: str = "operator") -> _Wall:
    return _Wall(served, name)


async def _next(socket: ClientConnection, wanted: Any) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if wanted(message):
                return message


def _numbers(message: dict[str, Any]) -> set[str]:
    rows: Iterable[dict[str, Any]] = message.get("tickets", ())
    return {one["number"] for one in rows if "gone" not in one}
