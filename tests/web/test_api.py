"""City, places, configuration, readings, tiles, health, description of the API."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from command_center.api.tiles import AT_ONCE
from command_center.app import Application
from command_center.settings import Settings
from grid.store.postgis import transaction
from iot_ingest.store import metrics
from tests.events.town import ADMIN, NOW, SOUTH, WEST, Town
from tests.web.conftest import ClientOf


def _install_gauge(town: Town) -> None:
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        metrics.put(conn, [{"name": "water_level", "unit": "m", "name_zh": "水位",
                            "name_en": "Water level", "lowest": -10, "highest": 50}])  # fmt: skip
        conn.execute(text(
            "INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics,"
            " interval_s, position, area_id) SELECT 'wl-1', '00', 'gauge', 'flood', '一号站',"
            " 'Gauge 1', '{water_level}', 60, ST_Point(118.2005, 24.6005, 4326), area_id"
            " FROM grid.areas WHERE code = '350500001001'"))  # fmt: skip
    with town.database.superuser() as conn2:
        conn2.execute("SELECT iot.ensure_partition(current_date)")
        conn2.execute(
            "INSERT INTO iot.readings SELECT 1, 1, now() - make_interval(secs => n * 60),"
            " n, 'N', now() FROM generate_series(1, 10) AS n"
            " WHERE now() - make_interval(secs => n * 60) >= current_date"
        )


async def test_the_city_is_for_anyone(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        city = (await client.get("/api/v1/city")).json()
        assert city["name"] == {"zh": "试城", "en": "Testtown"}
        assert city["time_zone"] == "Asia/Shanghai"
        assert {one["code"] for one in city["report_categories"]} == {
            "flooding", "garbage", "street_lamp"}  # fmt: skip
        places = (await client.get("/api/v1/places")).json()["places"]
        assert [one["code"] for one in places if one["kind"] == "community"] == [
            "350500001001", "350500001002"]  # fmt: skip
        assert places[1]["parent"] == "350500001"
        lon, lat = places[1]["at"]
        assert (WEST, SOUTH) < (lon, lat) < (WEST + 0.002, SOUTH + 0.004)


async def test_a_database_without_a_city_says_so(app: Application, town: Town) -> None:
    with town.database.superuser() as conn:
        conn.execute("DELETE FROM grid.city")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
        assert (await client.get("/api/v1/city")).status_code == 404
        page = await client.get("/report", headers={"accept-language": "en"})
        assert "not been opened" in page.text


async def test_configuration(client_of: ClientOf, town: Town) -> None:
    _install_gauge(town)
    async with client_of("w1") as client:
        found = (await client.get("/api/v1/metrics")).json()["metrics"]
        assert found[0]["unit"] == "m"
        layers = (await client.get("/api/v1/layers")).json()["layers"]
        assert {one["code"] for one in layers} >= {"flood", "outfall", "construction_dust"}
        categories = (await client.get("/api/v1/categories")).json()["categories"]
        assert {one["code"] for one in categories} >= {"flooding", "street_lamp"}
        departments = (await client.get("/api/v1/departments")).json()["departments"]
        assert [one["code"] for one in departments] == ["water", "works"]


async def test_a_series(client_of: ClientOf, town: Town) -> None:
    _install_gauge(town)
    async with client_of("w1") as client:
        query = {"device": "wl-1", "metric": "water_level"}
        series = (await client.get("/api/v1/readings", params=query)).json()
        assert series["unit"] == "m"
        assert series["points"]
        assert series["step"] > 0
        one = await client.get("/api/v1/readings", params={**query, "step": 86_400})
        assert sum(point[4] for point in one.json()["points"]) == sum(
            point[4] for point in series["points"])  # fmt: skip
        for bad, status in (
            ({"device": "nobody"}, 404), ({"metric": "nothing"}, 422), ({"step": "0"}, 422),
            ({"from": "2026-01-01T00:00:00"}, 422), ({"from": "2126-01-01T00:00:00Z"}, 422),
            ({"from": (NOW - timedelta(days=500)).isoformat()}, 422),
        ):  # fmt: skip
            answer = await client.get("/api/v1/readings", params={**query, **bad})
            assert answer.status_code == status, bad


async def test_tiles_are_packed_and_known_again(client_of: ClientOf) -> None:
    async with client_of("w1") as client:
        x, y = 13_571, 7_036  # z 14, over the town
        answer = await client.get(f"/tiles/cells/14/{x}/{y}.mvt")
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip"
        assert b"cells" in answer.content
        same = await client.get(f"/tiles/cells/14/{x}/{y}.mvt",
                                headers={"if-none-match": answer.headers["etag"]})  # fmt: skip
        assert same.status_code == 304
        plain = await client.get(f"/tiles/cells/14/{x}/{y}.mvt",
                                 headers={"accept-encoding": "identity"})  # fmt: skip
        assert plain.content == answer.content
        for bad in ("secrets/1/0/0", "cells/1/2/0", "cells/1/0/9"):
            assert (await client.get(f"/tiles/{bad}.mvt")).status_code == 404
        assert (await client.get("/tiles/cells/99/0/0.mvt")).status_code == 422


async def test_tiles_take_turns_and_hold_up_nobody_else(client_of: ClientOf, town: Town) -> None:
    cutting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%ST_AsMVT%'"
    )
    async with client_of("operator") as client:
        with town.database.superuser() as conn, conn.transaction():
            conn.execute("LOCK TABLE grid.cells IN ACCESS EXCLUSIVE MODE")
            asked = [
                asyncio.create_task(client.get(f"/tiles/cells/14/{x}/7036.mvt"))
                for x in range(13_571, 13_571 + 4 * AT_ONCE)
            ]
            async with asyncio.timeout(30):
                while town.rows(cutting) != [(AT_ONCE,)]:
                    await asyncio.sleep(0.02)
            assert (await client.get("/api/v1/tickets")).status_code == 200
            await asyncio.sleep(0.2)
            assert town.rows(cutting) == [(AT_ONCE,)]
        assert {one.status_code for one in await asyncio.gather(*asked)} == {200}


async def test_health_before_anything_is_known(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        answer = await client.get("/api/health")
        assert answer.status_code == 503
        assert answer.json()["status"] == "down"


@pytest.mark.parametrize(("host", "token", "status"), [
    ("127.0.0.1", "", 200), ("10.0.0.1", "", 404), ("10.0.0.1", "Bearer wrong", 404),
    ("10.0.0.1", "Bearer metrics-token", 200),
])  # fmt: skip
async def test_metrics_are_not_for_everybody(
    settings: Settings, host: str, token: str, status: int
) -> None:
    app = Application(replace(settings, metrics_token="metrics-token"))
    transport = httpx.ASGITransport(app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
        answer = await client.get("/metrics", headers={"authorization": token})
        assert answer.status_code == status
        assert ("command_center_open_walls 0" in answer.text) is (status == 200)
    app.engine.dispose()


async def test_the_api_is_described(client_of: ClientOf, app: Application) -> None:
    async with client_of(None) as client:
        told = (await client.get("/api/v1/openapi.json")).json()
        assert told["openapi"] == "3.1.0"
        described = set(told["paths"])
        for rule in app.rules:
            if rule.path.startswith("/api/v1/") and not rule.path.endswith(("json", "docs")):
                assert rule.path in described
        assert told["paths"]["/api/v1/tickets"]["get"]["x-permission"] == "read_tickets"
        page = await client.get("/api/v1/docs", headers={"accept-language": "en"})
        assert "/api/v1/tickets/{number}/actions" in page.text
        assert "http://" not in page.text.replace("http://www.w3.org", "")
        assert "https://" not in page.text


async def test_a_database_that_is_away_is_told(settings: Settings) -> None:
    gone = replace(settings, database_url="postgresql://cc_web@127.0.0.1:1/city")
    app = Application(gone)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
        answer = await client.get("/api/v1/city", headers={"accept-language": "en"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert "come back by itself" in answer.json()["detail"]
    app.engine.dispose()


async def test_static_files(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        answer = await client.get("/assets/phone/report.mjs")
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "no-cache"
        etag = {"if-none-match": answer.headers["etag"]}
        assert (await client.get("/assets/phone/report.mjs", headers=etag)).status_code == 304
        kept = await client.get("/assets/icon.svg?v=1")
        assert "immutable" in kept.headers["cache-control"]
        for path in ("nothing.js", "../app.py", "..%2fapp.py", "%2e%2e/settings.py", "", "phone"):
            assert (await client.get(f"/assets/{path}")).status_code == 404
        assert (await client.get("/report.webmanifest")).json()["start_url"] == "/report"
        worker = await client.get("/report-worker.js")
        assert worker.text.startswith("const APP = {")
