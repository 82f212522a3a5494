"""What the wall asks for beside its socket, and the page for visitors."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from command_center.app import Application
from command_center.settings import OPEN_PARTS, Settings
from events.actions.count import count_changed
from events.model.access import DISPATCH
from events.store import trend
from grid.store.postgis import reading
from tests.events.town import SIDE, SOUTH, WEST, Town, draft
from tests.web.conftest import PLENTY, ClientOf


async def test_cells_are_counted_by_every_figure(client_of: ClientOf, town: Town) -> None:
    now = datetime.now(UTC)
    ticket = town.act(
        town.filed(draft(occurred_at=now, severity=3), now=now), "accept", "w1", now=now
    )
    ticket = town.act(ticket, "dispose", "w1", now=now)
    late = town.filed(draft("street_lamp", occurred_at=now), now=now)
    with town.database.superuser() as conn:
        conn.execute(
            "UPDATE events.tickets SET due_at = now() - interval '1 h' WHERE ticket_id = %s",
            (late.ticket_id,),
        )
    while count_changed(town.dispatch, by=DISPATCH):
        pass
    cell = str(ticket.cell_id)
    async with client_of("dispatcher") as client:
        told = {}
        for figure in ("worst", "open", "overdue", "on_time", "recurrences"):
            answer = await client.get(f"/api/v1/cells/figures?figure={figure}")
            assert answer.status_code == 200, answer.text
            told[figure] = answer.json()["cells"]
        assert told["worst"] == {cell: [3, 2]}
        assert told["open"] == {cell: [2, 2]}
        assert told["overdue"] == {cell: [1, 2]}
        assert told["on_time"] == {cell: [1, 1]}
        assert told["recurrences"] == {}
        assert (await client.get("/api/v1/cells/figures?figure=people")).status_code == 422
    async with client_of("w1") as client:
        assert (await client.get("/api/v1/cells/figures?figure=open")).status_code == 403


async def test_a_cell_where_the_same_came_again_is_told(client_of: ClientOf, town: Town) -> None:
    now = datetime.now(UTC) - timedelta(hours=5)
    ticket = town.filed(draft(occurred_at=now), now=now)
    for verb, who in (
        ("accept", "w1"), ("dispose", "w1"), ("verify", "operator"), ("close", "operator"),
    ):  # fmt: skip
        now += timedelta(minutes=30)
        ticket = town.act(ticket, verb, who, now=now)
    now += timedelta(hours=1)
    town.filed(draft(occurred_at=now), now=now)
    while count_changed(town.dispatch, by=DISPATCH):
        pass
    async with client_of("dispatcher") as client:
        told = (await client.get("/api/v1/cells/figures?figure=recurrences")).json()
    assert told["cells"] == {str(ticket.cell_id): [1, 1]}


async def test_cells_of_other_areas_are_not_told(client_of: ClientOf, town: Town) -> None:
    now = datetime.now(UTC)
    here = town.filed(draft(occurred_at=now, lon=WEST + SIDE / 2, lat=SOUTH + SIDE / 2), now=now)
    there = town.filed(
        draft(occurred_at=now, lon=WEST + SIDE * 3.5, lat=SOUTH + SIDE * 3.5), now=now
    )
    assert here.cell_id != there.cell_id
    for who, seen in (("dispatcher", {here.cell_id, there.cell_id}), ("west", {here.cell_id})):
        async with client_of(who) as client:
            told = (await client.get("/api/v1/cells/figures?figure=open")).json()
        assert set(map(int, told["cells"])) == seen, who


async def test_the_trend_is_kept_once_for_each_instant(client_of: ClientOf, town: Town) -> None:
    engine = town.database.engine("cc_web")
    now = trend.slot(datetime.now(UTC))
    one = trend.Sample(at=now, open=7, overdue=2, needs_decision=1, closed_today=4, on_time=0.5)
    with engine.begin() as conn:
        trend.note(conn, replace(one, at=now - timedelta(days=9)))
        trend.note(conn, replace(one, at=now - timedelta(minutes=10), on_time=None))
        trend.note(conn, one)
        trend.note(conn, replace(one, open=9))  # another web process says so, too
    with reading(engine) as conn:
        assert [sample.open for sample in trend.since(conn, now - timedelta(days=30))] == [7, 7]
    async with client_of("operator") as client:
        told = (await client.get("/api/v1/figures/trend")).json()
    assert told["open"] == [7, 7]
    assert told["on_time"] == [None, 0.5]
    assert told["at"][1] - told["at"][0] == 600_000


async def test_a_screen_is_ones_own(client_of: ClientOf) -> None:
    screen = {
        "theme": "light", "start": "?cells=open&off=flood",
        "views": [{"name": "<b>West</b>", "query": "?area=350500001001"}], "every_s": 15,
    }  # fmt: skip
    async with client_of("operator") as client:
        assert (await client.get("/api/v1/screen")).json()["views"] == []
        answer = await client.post("/api/v1/screen", json=screen)
        assert answer.status_code == 200, answer.text
        assert (await client.get("/api/v1/screen")).json() == screen
        for bad in (
            {"every_s": 1}, {"theme": "pink"}, {"start": "https://elsewhere.example"},
            {"views": [{"name": "n", "query": ""}] * 21}, {"views": [{"name": " ", "query": ""}]},
            {"account_id": 1},
        ):  # fmt: skip
            assert (await client.post("/api/v1/screen", json=screen | bad)).status_code == 422, bad
    async with client_of("dispatcher") as client:
        assert (await client.get("/api/v1/screen")).json()["views"] == []


@pytest.mark.parametrize("parts", [(), ("figures",), OPEN_PARTS])
async def test_visitors_see_what_the_city_opens_and_no_people(
    settings: Settings, town: Town, parts: tuple[str, ...]
) -> None:
    now = datetime.now(UTC)
    words = "call Li Wei, 13800000000"
    town.filed(draft(occurred_at=now, title_zh=words, title_en=words, description=words), now=now)
    app = Application(replace(settings, open_parts=frozenset(parts)), allowances=PLENTY)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
        pages = {
            one: (await client.get("/city", headers={"Accept-Language": one})).text
            for one in ("en", "zh")
        }
    app.engine.dispose()
    assert ("opened nothing" in pages["en"]) is not bool(parts)
    assert ("Open tickets" in pages["en"]) is bool(parts)
    assert ("First Street" in pages["en"]) is ("streets" in parts)
    assert ("<svg" in pages["en"]) is ("streets" in parts)
    assert ("一街" in pages["zh"]) is ("streets" in parts)
    for page in pages.values():
        assert "Li Wei" not in page
        assert "1380" not in page
        assert "account" not in page
