"""Administrators add and change devices; what is wrong is said for each field and row."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from grid.store.postgis import transaction
from iot_ingest.model.device import readings_topic
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.store import credentials, quarantine
from iot_ingest.store.quarantine import SetAside
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.web.conftest import ClientOf

LON, LAT = WEST + SIDE / 2, SOUTH + SIDE / 2
DEVICE: dict[str, Any] = {
    "device_id": "WL-1", "model": "gauge", "layer": "flood", "name_zh": "一号水位站",
    "name_en": "Gauge 1", "metrics": ["water_level"], "interval_s": 60, "lon": LON, "lat": LAT,
    "station_code": "12345678", "station_password": "1234",
    "attributes": {"warning_m": 3.5, "note": "bridge"},
}  # fmt: skip
HEAD = "device_id,model,layer,name_zh,name_en,metrics,interval_s,lon,lat,warning_m\n"


def stored(town: Town) -> dict[str, Any]:
    ((attributes, name, crs, by),) = town.rows(
        "SELECT attributes, name_en, source_crs, changed_by FROM iot.devices"
    )
    return {"attributes": attributes, "name_en": name, "source_crs": crs, "changed_by": by}


async def test_a_device_is_added_with_its_secret_and_what_it_must_know(
    client_of: ClientOf, town: Town
) -> None:
    async with client_of("admin") as client:
        answer = await client.post("/api/v1/devices", json=DEVICE)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert len(told["secret"]) >= 40
        assert told["connection"]["topic"] == readings_topic("WL-1")
        assert json.loads(told["connection"]["message"])["values"] == {"water_level": 1.0}
        assert told["secret"] not in json.dumps(told["connection"])
        assert (await client.post("/api/v1/devices", json=DEVICE)).status_code == 422
    assert stored(town) == {
        "attributes": {"warning_m": 3.5, "note": "bridge", "station_code": "12345678",
                       "station_password": "1234"},
        "name_en": "Gauge 1", "source_crs": "EPSG:4326", "changed_by": "account:admin",
    }  # fmt: skip


async def test_a_change_keeps_the_secret_and_the_password(client_of: ClientOf, town: Town) -> None:
    def entries() -> dict[str, str]:
        with town.database.engine("cc_admin").connect() as conn:
            return dict(credentials.entries(conn))

    changed = {**DEVICE, "name_en": "Moved", "crs": "GCJ-02", "lon": LON + 0.005}
    del changed["station_password"]
    async with client_of("admin") as client:
        await client.post("/api/v1/devices", json=DEVICE)
        before = entries()
        answer = await client.post("/api/v1/devices/WL-1", json=changed)
        assert answer.status_code == 200, answer.text
        assert entries() == before
        found = stored(town)
        assert found["name_en"] == "Moved"
        assert found["source_crs"] == "GCJ-02"
        assert found["attributes"]["station_password"] == "1234"
        answer = await client.post("/api/v1/devices/WL-1", json={**changed, "station_password": ""})
        assert "station_password" not in stored(town)["attributes"]
        told = (await client.post("/api/v1/devices/WL-1/secret", json={})).json()
        assert told["secret"]
        assert entries() != before
        for verb, changes in (("disable", True), ("disable", False), ("enable", True)):
            answer = await client.post(f"/api/v1/devices/WL-1/{verb}", json={})
            assert answer.json()["changed"] is changes
        for path in ("WL-2", "WL-2/secret", "WL-2/disable"):
            body = DEVICE if path == "WL-2" else {}
            assert (await client.post(f"/api/v1/devices/{path}", json=body)).status_code == 404


@pytest.mark.parametrize(("changes", "field"), [
    ({"device_id": "no spaces"}, "device_id"),
    ({"device_id": "cc_ingest"}, "device_id"),
    ({"layer": "volcano"}, "layer"),
    ({"metrics": []}, "metrics"),
    ({"metrics": ["lava"]}, "metrics"),
    ({"interval_s": None}, "interval_s"),
    ({"interval_s": 0}, "interval_s"),
    ({"lon": None}, "lon"),
    ({"lon": 10, "lat": 10}, "lon, lat"),
    ({"lat": 95}, "lon"),
    ({"crs": "moon"}, "crs"),
    ({"name_zh": "", "name_en": ""}, "name_zh"),
    ({"component_code": "nothing"}, "component_code"),
    ({"name_en": "x" * 201}, "name_en"),
])  # fmt: skip
async def test_what_is_wrong_is_said_for_its_field(
    client_of: ClientOf, town: Town, changes: dict[str, Any], field: str
) -> None:
    async with client_of("admin") as client:
        answer = await client.post("/api/v1/devices", json={**DEVICE, **changes})
        assert answer.status_code == 422
        assert field in [one["field"] for one in answer.json()["errors"]]
    assert town.rows("SELECT count(*) FROM iot.devices") == [(0,)]


async def send(client: httpx.AsyncClient, text: str, name: str = "devices.csv") -> httpx.Response:
    files = {"file": (name, text.encode(), "text/csv")}
    return await client.post("/api/v1/device-imports", files=files, data={"crs": "EPSG:4326"})


async def test_a_file_is_taken_whole_or_every_refused_row_is_listed(
    client_of: ClientOf, town: Town
) -> None:
    good = f"F-1,gauge,flood,站,Station,water_level,60,{LON},{LAT},3.5\n"
    bad = (
        f"F 2,gauge,flood,站,Station,water_level,60,{LON},{LAT},3.5\n"
        f"F-3,gauge,volcano,站,Station,lava,60,{LON},{LAT},3.5\n"
        "F-4,gauge,flood,站,Station,water_level,60,10,10,3.5\n"
    )
    async with client_of("admin") as client:
        answer = await send(client, HEAD + good + bad)
        assert answer.status_code == 422
        told = answer.json()
        assert {one["row"] for one in told["refused"]} == {2, 3, 4}
        assert all(one["reason"] for one in told["refused"])
        assert "3 行" in told["detail"]
        assert town.rows("SELECT count(*) FROM iot.devices") == [(0,)]
        answer = await send(client, HEAD + good)
        assert answer.status_code == 201, answer.text
        assert list(answer.json()["secrets"]) == ["F-1"]
        again = await send(client, HEAD + good)
        assert again.json() == {"imported": 1, "secrets": {}}
        assert (await send(client, "x", "../../etc/passwd")).status_code == 422
        assert (await send(client, "nonsense\n")).status_code == 422
        empty = await client.post("/api/v1/device-imports", files={"other": b"x"})
        assert empty.status_code == 422
    ((actor,),) = town.rows("SELECT actor FROM events.ledger WHERE verb = 'device.put'")
    assert actor == "account:admin"


async def test_messages_are_asked_for_again_or_set_aside_with_a_reason(
    client_of: ClientOf, town: Town
) -> None:
    ingest = town.database.engine("cc_ingest")
    with transaction(ingest, "system:test") as conn:
        quarantine.put_aside(
            conn,
            [
                SetAside(
                    received_at=town_now(), protocol="mqtt", topic=f"t{n}", device_id="WL-9",
                    payload=b"x", trouble=Trouble(reason=Reason.NOT_JSON, detail="d"),
                )
                for n in range(2)
            ],
        )  # fmt: skip
    async with client_of("admin") as client:
        chosen = {"reason": "not_json", "newest": 2}
        answer = await client.post("/api/v1/quarantine/replays", json=chosen)
        assert answer.status_code == 202
        answer = await client.post("/api/v1/quarantine/seen", json={**chosen, "why": "  "})
        assert answer.status_code == 422
        answer = await client.post(
            "/api/v1/quarantine/seen", json={"message": 1, "newest": 2, "why": "厂家已知"}
        )
        assert answer.json() == {"messages": 1}
        answer = await client.post("/api/v1/quarantine/seen", json={"reason": "x", "newest": 1})
        assert answer.status_code == 422
    assert town.rows("SELECT asked_by, reason, newest FROM iot.replays") == [
        ("account:admin", "not_json", 2)
    ]


def town_now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


@pytest.mark.parametrize(("who", "may"), [
    ("admin", {"/devices", "/quarantine", "/losses"}),
    ("supervisor", {"/devices", "/losses"}),
    ("operator", {"/devices", "/losses"}),
    ("dispatcher", set()),
])  # fmt: skip
async def test_the_menu_leads_where_one_may_go(
    client_of: ClientOf, town: Town, who: str, may: set[str]
) -> None:
    pages = {"/devices", "/quarantine", "/losses"}
    async with client_of(who) as client:
        layout = json.dumps((await client.get("/desk/_dash-layout")).json())
        linked = set(re.findall(r'"href":\s*"(/\w+)"', layout))
        assert linked & pages == may
        answers = {one: (await client.get(one)).status_code for one in pages}
    assert {one for one, status in answers.items() if status == 200} == may
    assert {status for one, status in answers.items() if one not in may} <= {403}
