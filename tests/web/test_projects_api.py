"""Projects over HTTP: opened, found, read, acted upon with photos, by those who may."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from command_center.app import Application
from events.actions.projects.relate import relate
from events.model.access import DISPATCH
from tests.events.rectifying import BAD, with_places
from tests.events.town import Town, draft
from tests.web.conftest import ClientOf
from tests.web.pictures import jpeg


@pytest.fixture
def places(town: Town) -> Town:
    return with_places(town)


async def opened(client: httpx.AsyncClient, component: str = "OF-1", **more: str) -> httpx.Response:
    body = {"kind": "outfall", "component": component, "why": "巡查发现", **more}
    return await client.post("/api/v1/projects", json=body)


async def act(
    client: httpx.AsyncClient, number: str, verb: str, version: int, **more: Any
) -> httpx.Response:
    body = {"verb": verb, "version": version, "why": "x", **more}
    return await client.post(f"/api/v1/projects/{number}/actions", json=body)


async def test_a_project_is_opened_and_led_on(
    client_of: ClientOf, places: Town, app: Application
) -> None:
    async with client_of("dispatcher") as desk, client_of("w1") as field:
        first = await opened(desk)
        assert first.status_code == 200, first.text
        number = first.json()["id"]
        again = await opened(desk)
        assert (again.status_code, again.json()["current"]["number"]) == (409, number)
        moved = await act(field, number, "survey", 1, target_class="III")
        assert moved.json()["properties"]["stage"] == "monitor"
        old = await act(field, number, "survey", 1, target_class="III")
        assert old.status_code == 409
        assert old.json()["current"] == {
            **old.json()["current"], "number": number, "stage": "monitor", "version": 2,
        }  # fmt: skip
        lacking = await act(field, number, "monitor", 2)
        assert lacking.status_code == 422
        assert [one["field"] for one in lacking.json()["errors"]] == ["sample_before"]
        form = {
            "verb": "sample", "version": "2", "values": json.dumps(BAD),
            "taken_at": datetime.now(UTC).isoformat(), "photo_facts": '[{"kind": "before"}]',
        }  # fmt: skip
        sent = await field.post(f"/api/v1/projects/{number}/actions", data=form,
                                files={"photos": ("a.jpg", jpeg(), "image/jpeg")})  # fmt: skip
        assert sent.status_code == 200, sent.text
        assert sent.json()["properties"]["before_class"] == "V-"
        while app.photos.work_one():
            pass
        story = (await desk.get(f"/api/v1/projects/{number}")).json()
        (photo,) = story["evidence"]
        assert (photo["kind"], photo["state"]) == ("before", "ready")
        assert (await desk.get(photo["url"])).status_code == 200
        assert story["samples"][0]["decided_by"] == ["cod", "dissolved_oxygen", "nh3n"]
        assert [one["stage"] for one in story["way"]][:2] == ["survey", "monitor"]
        assert story["missing"] == [{"item": "sampled_before", "met": True, "lacks": []}]
        assert story["history"][0]["verb_name"] == {"zh": "立项", "en": "Open"}
    async with client_of("p1") as other:
        assert (await other.get(f"/api/v1/projects/{number}")).status_code == 404
        assert (await other.get(photo["url"])).status_code == 404


async def test_what_cannot_be_opened_says_why(client_of: ClientOf, places: Town) -> None:
    wrong = (
        ({"kind": "root_cause"}, "kind"), ({"component": "LP-1"}, "component"),
        ({"component": "?"}, "component"), ({"why": ""}, "why"),
        ({"department": "nobody"}, "department"),
    )  # fmt: skip
    async with client_of("supervisor") as client:
        for body, field in wrong:
            answer = await opened(client, **body)
            assert answer.status_code == 422
            assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_who_may_and_who_sees(client_of: ClientOf, places: Town) -> None:
    async with client_of("operator") as client:
        assert (await opened(client)).status_code == 403
    async with client_of("admin") as client:
        assert (await opened(client)).status_code == 403
        assert (await client.get("/api/v1/projects")).status_code == 200
    async with client_of(None) as client:
        assert (await client.get("/api/v1/projects")).status_code == 401
    async with client_of("dispatcher") as client:
        water = (await opened(client)).json()["id"]
        works = (await opened(client, "CS-1", kind="site")).json()["id"]

        async def numbers(**query: str) -> list[str]:
            answer = await client.get("/api/v1/projects", params=query)
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()["features"]]

        assert set(await numbers()) == {water, works}
        assert await numbers(kind="site") == [works]
        assert await numbers(department="water") == [water]
        assert await numbers(component="CS-1") == [works]
        assert await numbers(stage="watch") == []
        assert await numbers(show="late") == []
        page = (await client.get("/api/v1/projects", params={"limit": "1"})).json()
        assert page["next_cursor"] == "1"
        assert [page["features"][0]["id"], *(await numbers(cursor="1"))] == await numbers()
        assert (await client.get("/api/v1/projects?cursor=x")).status_code == 422
    async with client_of("w1") as client:
        listed = (await client.get("/api/v1/projects")).json()["features"]
        assert [one["id"] for one in listed] == [water]


async def test_a_ticket_names_its_projects(client_of: ClientOf, places: Town) -> None:
    now = datetime.now(UTC)
    (outfall,) = places.rows("SELECT component_id FROM grid.components WHERE code = 'OF-1'")
    async with client_of("dispatcher") as client:
        number = (await opened(client)).json()["id"]
        ticket = places.filed(
            draft("flooding", component_id=outfall[0], occurred_at=now), now=now
        )  # fmt: skip
        while relate(places.dispatch, by=DISPATCH, now=now):
            pass
        told = (await client.get(f"/api/v1/tickets/{ticket.number}")).json()
        assert [(one["number"], one["stage"]) for one in told["projects"]] == [(number, "survey")]
        story = (await client.get(f"/api/v1/projects/{number}")).json()
        assert [one["number"] for one in story["tickets"]] == [ticket.number]


async def test_what_is_sent_again_is_done_once(
    client_of: ClientOf, places: Town, app: Application
) -> None:
    async with client_of("dispatcher") as client:
        number = (await opened(client)).json()["id"]
        path = f"/api/v1/projects/{number}/actions"

        async def sent(key: str, why: str) -> httpx.Response:
            form = {"verb": "evidence", "version": "1", "why": why}
            return await client.post(path, data=form, headers={"Idempotency-Key": key},
                                     files={"photos": ("a.jpg", jpeg(), "image/jpeg")})  # fmt: skip

        first, again = await sent("0190-browser-1", "x"), await sent("0190-browser-1", "x")
        assert (first.status_code, again.status_code) == (200, 200), again.text
        assert (await sent("0190-browser-1", "y")).status_code == 409
        assert (await sent("short", "x")).status_code == 422
        story = (await client.get(f"/api/v1/projects/{number}")).json()
        assert [one["verb"] for one in story["history"]] == ["project.open", "project.evidence"]
        assert len(story["evidence"]) == 1
        # a ticket's key is no project's
        ticket = places.filed(draft("flooding"))
        answer = await client.post(
            f"/api/v1/tickets/{ticket.number}/actions",
            headers={"Idempotency-Key": "0190-browser-1"},
            json={"verb": "comment", "version": ticket.version, "why": "x"},
        )  # fmt: skip
        assert answer.status_code == 409
        # what came for nothing is not kept
        assert len(list(app.photos.files.incoming(uuid4()).parent.iterdir())) == 1
