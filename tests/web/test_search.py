"""One search over HTTP: tickets by number and words, and what stands on the ground."""

from datetime import timedelta
from typing import Any

import httpx
from shapely import LineString

from grid.model.basemap import BasemapFeature, BasemapKind
from grid.model.component import ComponentDraft
from grid.store import areas, basemap, cells, components
from grid.store.postgis import transaction
from iot_ingest.store.registration import register_devices, sync_metrics
from tests.events.town import NOW, SIDE, SOUTH, WEST, Town, draft
from tests.web.conftest import ClientOf

# More of a kind than are looked at, and behind them one whose code is the beginning of theirs.
_CROWD = """
INSERT INTO grid.components (code, kind, name_zh, name_en, position, area_id, changed_by)
SELECT 'LP-7' || n, 'lamp', '路灯', 'Lamp', ST_Point(118.2, 24.6, 4326), a.area_id, 'test'
FROM unnest(array_append(ARRAY(SELECT g::text FROM generate_series(100, 700) AS g), '')) AS n,
    (SELECT min(area_id) AS area_id FROM grid.areas) AS a;
INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    position, area_id, secret_hash, changed_by)
SELECT 'D-7' || n, '00', 'gauge', 'flood', '雨量站', 'Rain', '{water_level}', 60,
    ST_Point(118.2, 24.6, 4326), a.area_id, '', 'test'
FROM unnest(array_append(ARRAY(SELECT g::text FROM generate_series(100, 700) AS g), '')) AS n,
    (SELECT min(area_id) AS area_id FROM grid.areas) AS a;
"""


def _furnish(town: Town) -> None:
    """An outfall, a station with an MN, and a road in two pieces."""
    engine = town.database.engine("cc_admin")
    with transaction(engine, "system:test") as conn:
        sync_metrics(conn)
        home = areas.by_code(conn, "350500001001")
        cell = cells.locate(conn, WEST + SIDE / 2, SOUTH + SIDE / 2)
        assert home is not None
        assert cell is not None
        outfall = ComponentDraft(
            code="OF-017", kind="outfall", name_zh="十七号排口", name_en="Outfall 17",
            lon=WEST + SIDE / 2, lat=SOUTH + SIDE / 2,
        )  # fmt: skip
        components.put(conn, [(outfall, cell.cell_id, home.area_id)])
        pieces = [LineString([(WEST + n * SIDE, SOUTH), (WEST + (n + 1) * SIDE, SOUTH)])
                  for n in range(2)]  # fmt: skip
        basemap.replace(conn, [
            BasemapFeature(kind=BasemapKind.ROAD, name_zh="海滨路", name_en="Seaside Road",
                           geometry=one)
            for one in pieces
        ])  # fmt: skip
    register_devices(engine, [{
        "device_id": "WL-1", "model": "gauge", "layer": "flood", "name_zh": "一号水位站",
        "name_en": "Gauge 1", "metrics": ["water_level"], "interval_s": 60,
        "lon": WEST + SIDE * 1.5, "lat": SOUTH + SIDE * 1.5, "attributes": {"mn": "A340000000001"},
    }], by="system:test")  # fmt: skip


async def _ask(client: httpx.AsyncClient, q: str) -> list[tuple[str, Any]]:
    """What is found for ``q``: (kind, id), in order."""
    answer = await client.get("/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    groups = answer.json()["groups"]
    return [(group["kind"], one["id"]) for group in groups for one in group["items"]]


async def test_tickets_are_found_by_number_its_end_and_words(
    client_of: ClientOf, town: Town
) -> None:
    first = town.filed(draft("flooding", title_zh="桥下积水", title_en="Water below the bridge"))
    later = NOW + timedelta(days=1)
    second = town.filed(
        draft("garbage", title_zh="垃圾堆放", title_en="Rubbish", lon=WEST + 3.5 * SIDE,
              occurred_at=later), now=later,
    )  # fmt: skip
    assert (first.number, second.number) == ("20260601-00001", "20260602-00001")
    async with client_of("operator") as client:
        for said in ("20260601-00001", "2026060100001", "１-1", " 0601-1 "):
            assert await _ask(client, said) == [("ticket", first.number)], said
        for said in ("1", "00001", "001"):
            assert (await _ask(client, said))[:2] == [
                ("ticket", second.number), ("ticket", first.number)
            ], said  # fmt: skip
        assert await _ask(client, "积水") == [("ticket", first.number)]
        assert await _ask(client, "BELOW THE") == [("ticket", first.number)]
        assert await _ask(client, "西社区 积水") == [("ticket", first.number)]
        assert await _ask(client, "东社区积水") == []
        assert ("ticket", second.number) in await _ask(client, "East End")
        for said in ("%", "_", "'; DROP TABLE events.tickets; --", "\x00", "[" * 100, "20991231-1"):
            assert await _ask(client, said) == [], said


async def test_things_are_found_by_code_and_name_the_exact_one_first(
    client_of: ClientOf, town: Town
) -> None:
    _furnish(town)
    (row,) = town.rows("SELECT device_no FROM iot.devices")
    with town.database.superuser() as conn:
        conn.execute(_CROWD.encode())
    ((device,),) = town.rows("SELECT device_no FROM iot.devices WHERE device_id = 'D-7'")
    (cell,) = town.rows("SELECT cell_id FROM grid.cells WHERE code = '350500001001001'")
    async with client_of("dispatcher") as client:
        for said in ("wl-1", "WL-1", "一号水位站", "gauge 1", "A340000000001"):
            assert (await _ask(client, said))[0] == ("device", row[0]), said
        assert (await _ask(client, "350500001001001"))[0] == ("cell", cell[0])
        assert (await _ask(client, "350500001001"))[0] == ("area", "350500001001")
        assert ("area", "350500001002") in await _ask(client, "东社")
        assert await _ask(client, "OF-017") == [("component", "OF-017")]
        assert await _ask(client, "排口") == [("component", "OF-017")]
        answer = (await client.get("/api/v1/search", params={"q": "海滨"})).json()
        assert (await _ask(client, "D-7"))[0] == ("device", device)
        assert (await _ask(client, "lp-7"))[0] == ("component", "LP-7")
    (road,) = answer["groups"]
    (found,) = road["items"]
    assert (road["kind"], found["title"]["en"]) == ("place", "Seaside Road")
    assert found["bbox"] == [WEST, SOUTH, round(WEST + 2 * SIDE, 6), SOUTH]
    assert found["note"] == {"zh": "道路", "en": "Road"}


async def test_a_search_shows_nobody_a_ticket_that_is_not_theirs(
    client_of: ClientOf, town: Town
) -> None:
    west = town.filed(draft("garbage", title_zh="垃圾堆放", title_en="Rubbish"))
    with town.database.superuser() as conn:
        conn.execute(
            "UPDATE events.accounts SET area_id ="
            " (SELECT area_id FROM grid.areas WHERE code = '350500001002') WHERE name = 'operator'"
        )
    async with client_of("operator") as client:
        for said in (west.number, "00001", "垃圾", "西社区 垃圾"):
            assert ("ticket", west.number) not in await _ask(client, said), said
    async with client_of("supervisor") as client:
        assert ("ticket", west.number) in await _ask(client, "西社区 垃圾")
    async with client_of("w1") as client:  # the rubbish is another department's
        assert await _ask(client, west.number) == []
    async with client_of(None) as client:
        assert (await client.get("/api/v1/search", params={"q": "1"})).status_code == 401


async def test_those_of_others_do_not_hide_ones_own(client_of: ClientOf, town: Town) -> None:
    own = town.filed(draft("garbage", lon=WEST + 3.5 * SIDE))
    for days in range(10, 61, 10):  # all of them the first of a day that ends in 1
        later = NOW + timedelta(days=days)
        town.filed(draft("garbage", occurred_at=later), now=later)
    with town.database.superuser() as conn:
        conn.execute(
            "UPDATE events.accounts SET area_id ="
            " (SELECT area_id FROM grid.areas WHERE code = '350500001002') WHERE name = 'operator'"
        )
    async with client_of("operator") as client:
        assert await _ask(client, "1-1") == [("ticket", own.number)]
