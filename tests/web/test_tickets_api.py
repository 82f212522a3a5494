"""Tickets over HTTP: found, read, acted upon, by those who may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from command_center.app import Application
from events.model.access import DISPATCH
from events.notices.deliver import deliver
from events.notices.inbox import InboxChannel
from tests.events.town import NOW, SIDE, SOUTH, WEST, Town, draft
from tests.web.conftest import ClientOf
from tests.web.pictures import jpeg


async def _act(
    client: httpx.AsyncClient, number: str, verb: str, version: int, **more: Any
) -> httpx.Response:
    headers = {"idempotency-key": more.pop("key")} if "key" in more else {}
    return await client.post(
        f"/api/v1/tickets/{number}/actions",
        json={"verb": verb, "version": version, **more},
        headers=headers,
    )


async def test_tickets_are_found_by_filter_and_page(client_of: ClientOf, town: Town) -> None:
    water = town.filed(draft("flooding"), now=NOW)
    works = town.filed(draft("garbage", lon=WEST + 3.5 * SIDE), now=NOW + timedelta(minutes=1))
    town.filed(draft("street_lamp"), now=NOW + timedelta(minutes=2))

    async with client_of("operator") as client:

        async def numbers(**query: Any) -> list[str]:
            answer = await client.get("/api/v1/tickets", params=query)
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()["features"]]

        assert len(await numbers()) == 3
        assert await numbers(state="reported") == ["20260601-00003"]
        assert await numbers(state=["dispatched", "reported"], layer="flood") == [water.number]
        assert await numbers(department="works") == [works.number]
        assert await numbers(cell="350500001001001", department="water") == [water.number]
        east = f"{WEST + 3 * SIDE},{SOUTH},{WEST + 4 * SIDE},{SOUTH + SIDE}"
        assert await numbers(bbox=east) == [works.number]
        assert len(await numbers(updated_after=NOW.isoformat())) == 2
        seen: list[str] = []
        cursor = ""
        while True:
            query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
            page = (await client.get("/api/v1/tickets", params=query)).json()
            seen += [one["id"] for one in page["features"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == await numbers()


@pytest.mark.parametrize(("query", "field"), [
    ({"bbox": "1,2,3"}, "bbox"), ({"bbox": "3,2,1,4"}, "bbox"), ({"state": "open"}, "state.0"),
    ({"cursor": "abc"}, "cursor"), ({"updated_after": "2026-01-01T00:00:00"}, "updated_after"),
    ({"limit": "0"}, "limit"),
])  # fmt: skip
async def test_bad_queries_name_their_field(
    client_of: ClientOf, query: dict[str, str], field: str
) -> None:
    async with client_of("operator") as client:
        answer = await client.get("/api/v1/tickets", params=query)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_everybody_sees_what_is_theirs(client_of: ClientOf, town: Town) -> None:
    water = town.filed(draft("flooding"))
    east = town.filed(draft("garbage", lon=WEST + 3.5 * SIDE))
    expected = {
        "operator": {water.number, east.number},
        "west": {water.number},
        "w1": {water.number},
        "p1": {east.number},
    }
    for name, numbers in expected.items():
        async with client_of(name) as client:
            found = (await client.get("/api/v1/tickets")).json()["features"]
            assert {one["id"] for one in found} == numbers
            for ticket in (water, east):
                answer = await client.get(f"/api/v1/tickets/{ticket.number}")
                assert answer.status_code == (200 if ticket.number in numbers else 404)


async def test_a_ticket_tells_its_whole_story(client_of: ClientOf, town: Town) -> None:
    ticket = town.filed(draft("flooding"))
    async with client_of("dispatcher") as client:
        story = (await client.get(f"/api/v1/tickets/{ticket.number}")).json()
    assert story["properties"]["state"] == "dispatched"
    assert [one["verb"] for one in story["history"]][-2:] == ["ticket.file", "ticket.dispatch"]
    assert story["history"][-1]["actor_name"] == {"zh": "系统派遣", "en": "Dispatch engine"}
    assert {one["stage"] for one in story["clocks"]} >= {"dispose"}
    assert story["events"][0]["category"] == "flooding"
    assert "assign" in [one["verb"] for one in story["verbs"]]
    assert story["routing"] is not None


async def test_from_dispatch_to_closure_over_http(
    client_of: ClientOf, town: Town, app: Application
) -> None:
    ticket = town.filed(draft("flooding"))
    async with client_of("w1") as crew, client_of("operator") as desk:
        answer = await _act(crew, ticket.number, "accept", ticket.version)
        assert answer.json()["properties"]["state"] == "accepted"
        version = answer.json()["properties"]["version"]
        form = {"verb": "dispose", "version": str(version), "why": "已疏通"}
        files = {"photos": ("after.jpg", jpeg())}
        answer = await crew.post(
            f"/api/v1/tickets/{ticket.number}/actions", data=form, files=files,
            headers={"idempotency-key": "dispose-once"},
        )  # fmt: skip
        assert answer.status_code == 200
        assert app.photos.work_one()
        # the phone did not hear the answer and sends it again
        again = await crew.post(
            f"/api/v1/tickets/{ticket.number}/actions", data=form, files=files,
            headers={"idempotency-key": "dispose-once"},
        )  # fmt: skip
        assert again.json()["properties"]["version"] == version + 1
        incoming = Path(app.services.settings.data) / "photos" / "incoming"
        assert len(list(incoming.iterdir())) == 1
        refused = await _act(crew, ticket.number, "verify", version + 1)
        assert refused.status_code == 403
        answer = await _act(desk, ticket.number, "verify", version + 1)
        answer = await _act(desk, ticket.number, "close", version + 2)
        assert answer.json()["properties"]["state"] == "closed"
        story = (await desk.get(f"/api/v1/tickets/{ticket.number}")).json()
        assert [one["kind"] for one in story["evidence"]] == ["after"]


async def test_an_old_version_gets_the_current_state(client_of: ClientOf, town: Town) -> None:
    ticket = town.filed(draft("flooding"))
    moved = town.act(ticket, "accept", "w1")
    async with client_of("w1") as client:
        answer = await _act(client, ticket.number, "hand_back", ticket.version, why="not ours")
        assert answer.status_code == 409
        problem = answer.json()
        assert problem["type"].endswith("stale_ticket")
        assert problem["current"]["version"] == moved.version
        assert problem["current"]["state"] == "accepted"
        answer = await _act(client, ticket.number, "accept", moved.version)
        assert answer.status_code in (403, 409)


@pytest.mark.parametrize(("sent", "status"), [
    ({"verb": "explode", "version": 1}, 422),
    ({"verb": "accept"}, 422),
    ({"verb": "accept", "version": 0}, 422),
    ({"verb": "accept", "version": "x"}, 422),
    ({"version": 1}, 422),
    (["accept"], 422),
    ({"verb": "hand_back", "version": 3}, 422),
])  # fmt: skip
async def test_bad_actions_are_refused(
    client_of: ClientOf, town: Town, sent: Any, status: int
) -> None:
    ticket = town.filed(draft("flooding"))
    assert ticket.version == 3
    async with client_of("w1") as client:
        address = f"/api/v1/tickets/{ticket.number}/actions"
        answer = await client.post(address, json=sent)
        assert answer.status_code == status, answer.text
        missing = await client.post("/api/v1/tickets/20200101-00001/actions",
                                    json={"verb": "accept", "version": 1})  # fmt: skip
        assert missing.status_code == 404


async def test_contact_details_are_for_the_desk_only(client_of: ClientOf, town: Town) -> None:
    async with client_of(None) as client:
        sent = {"category": "flooding", "lon": WEST + 0.0005, "lat": SOUTH + 0.0005,
                "contact": "13800000000"}  # fmt: skip
        await client.post("/api/v1/reports", json=sent)
    town.work()
    number = town.rows("SELECT number FROM events.tickets")[0][0]
    address = f"/api/v1/tickets/{number}?contact=true"
    async with client_of("operator") as client:
        assert (await client.get(address)).json()["contacts"][0]["contact"] == "13800000000"
        assert "13800000000" not in (await client.get(address.split("?", maxsplit=1)[0])).text
    async with client_of("w1") as client:
        assert "13800000000" not in (await client.get(address)).text
    trail = town.rows("SELECT actor, object_key FROM events.ledger WHERE verb = 'contact.read'")
    assert trail == [("account:operator", number)]


async def test_when_it_will_be_done_is_foreseen(client_of: ClientOf, town: Town) -> None:
    now = datetime.now(UTC)
    ticket = town.filed(draft("flooding", occurred_at=now), now=now)
    path = f"/api/v1/tickets/{ticket.number}/forecast"
    async with client_of("operator") as client:
        found = (await client.get(path)).json()["forecast"]
        assert found["before"] == 0
        assert found["late_s"] < 0
        assert found["done_at"] < found["due_at"]
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET due_at = now() + interval '1 minute'")
        assert (await client.get(path)).json()["forecast"]["late_s"] > 0
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.tickets SET due_at = NULL")
        found = (await client.get(path)).json()["forecast"]
        assert (found["due_at"], found["late_s"]) == (None, 0)
        with town.database.superuser() as conn:
            conn.execute("UPDATE events.crews SET disabled_at = now()")
        assert (await client.get(path)).json() == {"forecast": None}
        missing = await client.get("/api/v1/tickets/20990101-00001/forecast")
        assert missing.status_code == 404
    async with client_of("p1") as client:  # another department's crew
        assert (await client.get(path)).status_code == 404


async def test_a_crew_has_its_list_and_read_receipts(client_of: ClientOf, town: Town) -> None:
    town.filed(draft("flooding"))
    deliver(town.dispatch, {"inbox": InboxChannel()}, by=DISPATCH, now=NOW)
    async with client_of("w1") as client, client_of("w2") as other:
        field = (await client.get("/api/v1/field")).json()
        (ticket,) = field["tickets"]
        assert [one["verb"] for one in ticket["verbs"]][:2] == ["accept", "hand_back"]
        assert ticket["order"]["place"] == 1
        assert ticket["order"]["because"]["en"].startswith("Stop 1: 0.1 km; ")
        assert (await other.get("/api/v1/field")).json()["tickets"] == []
        unread = [one["id"] for one in field["notices"] if one["read_at"] is None]
        assert unread
        # somebody else's notices cannot be read away
        foreign = await other.post("/api/v1/notices/read", json={"notices": unread})
        own = await client.post("/api/v1/notices/read", json={"notices": unread})
        assert own.json() == {"read": len(unread)}
        assert foreign.json()["read"] < len(unread)
        again = (await client.get("/api/v1/field")).json()
        assert all(one["read_at"] for one in again["notices"])
