"""A resident's report over HTTP: good ones, bad ones, with photos, sent twice, followed."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from command_center.app import Application
from command_center.photos.files import MOST_BYTES
from tests.events.town import SOUTH, WEST, Town, draft
from tests.web.conftest import ClientOf
from tests.web.pictures import jpeg

HERE = {"category": "flooding", "lon": WEST + 0.0005, "lat": SOUTH + 0.0005}


async def _send(client: httpx.AsyncClient, key: str | None = None, **values: Any) -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return await client.post("/api/v1/reports", json={**HERE, **values}, headers=headers)


async def test_a_report_gets_number_cell_and_token(client_of: ClientOf, town: Town) -> None:
    async with client_of(None) as client:
        answer = await _send(client, description="积水", contact="13800000000")
        assert answer.status_code == 201
        receipt = answer.json()
        assert receipt["cell"] == "350500001001001"
        assert receipt["area"] == {"zh": "西社区", "en": "West End"}
        assert receipt["status_url"] == f"http://city.test/report/{receipt['token']}"
        assert town.rows("SELECT number FROM events.reports") == [(receipt["number"],)]
        # the telephone number is in schema contact and nowhere else
        assert town.rows("SELECT contact FROM contact.contacts") == [("13800000000",)]
        assert town.rows(
            "SELECT count(*) FROM events.ledger WHERE payload LIKE '%13800000000%'"
        ) == [(0,)]


async def test_progress_is_for_the_holder_of_the_token(client_of: ClientOf, town: Town) -> None:
    async with client_of(None) as client:
        receipt = (await _send(client)).json()
        town.work()
        progress = (await client.get(f"/api/v1/reports/{receipt['token']}")).json()
        assert progress["number"] == receipt["number"]
        assert progress["state"] == "dispatched"
        assert [one["kind"] for one in progress["history"]][:2] == ["report", "file"]
        page = await client.get(f"/report/{receipt['token']}", headers={"accept-language": "en"})
        assert receipt["number"] in page.text
        assert "Water Bureau" in page.text
        for wrong in ("nothing", receipt["token"][:-1], receipt["number"]):
            assert (await client.get(f"/api/v1/reports/{wrong}")).status_code == 404
            assert (await client.get(f"/report/{wrong}")).status_code == 404


async def test_sent_twice_is_one_report(client_of: ClientOf, town: Town) -> None:
    async with client_of(None) as client:
        first = await _send(client, "key-of-this-report")
        second = await _send(client, "key-of-this-report")
        assert first.status_code == second.status_code == 201
        assert first.json() == second.json()
        other = await _send(client, "key-of-this-report", description="something else")
        assert other.status_code == 409
        assert other.json()["type"].endswith("key_conflict")
        assert town.rows("SELECT count(*) FROM events.reports") == [(1,)]
        assert town.rows("SELECT count(*) FROM events.events") == [(1,)]


@pytest.mark.parametrize(("values", "field"), [
    ({"lon": 2.0}, "position"),
    ({"lon": None}, "lon"),
    ({"lat": "north"}, "lat"),
    ({"lon": 1e400}, "lon"),
    ({"crs": "EPSG:1"}, "position"),
    ({"category": "river_level"}, "category"),
    ({"category": "nothing"}, "category"),
    ({"description": "x" * 2_001}, "description"),
    ({"contact": "x" * 201}, "contact"),
])  # fmt: skip
async def test_bad_reports_are_told_in_both_languages(
    client_of: ClientOf, town: Town, values: dict[str, Any], field: str
) -> None:
    async with client_of(None) as client:
        told = set()
        for language in ("zh", "en"):
            import json

            body = json.dumps({**HERE, **values})
            answer = await client.post("/api/v1/reports", content=body, headers={
                "content-type": "application/json", "accept-language": language})  # fmt: skip
            if b"Infinity" in body.encode():
                assert answer.status_code == 400
            else:
                assert answer.status_code == 422
                assert [one["field"] for one in answer.json()["errors"]] == [field]
            assert answer.headers["content-type"] == "application/problem+json"
            told.add(answer.json()["detail"])
        assert len(told) == 2
        assert town.rows("SELECT count(*) FROM events.events") == [(0,)]


async def test_without_position_and_without_city(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        answer = await client.post("/api/v1/reports", json={"category": "flooding"})
        assert [one["field"] for one in answer.json()["errors"]] == ["lon", "lat"]
        assert (await client.post("/api/v1/reports", json=[1])).status_code == 422
        big = b'{"category": "' + b"x" * 200_000
        answer = await client.post(
            "/api/v1/reports", content=big, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 413


async def test_gcj02_is_converted(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        plain = (await _send(client)).json()
        shifted = await _send(client, lon=WEST + 0.0005 + 0.0049, lat=SOUTH + 0.0005 - 0.0027,
                              crs="GCJ-02")  # fmt: skip
        assert shifted.status_code == 201
        assert shifted.json()["area"] == plain["area"]


async def test_photos_are_kept_until_they_are_decoded(
    client_of: ClientOf, app: Application, town: Town, tmp_path: Path
) -> None:
    form = {name: str(value) for name, value in HERE.items()}
    files = [("photos", ("a.jpg", jpeg(exif=True))), ("photos", ("b.jpg", b"this is no photo"))]
    async with client_of(None) as client:
        answer = await client.post(
            "/api/v1/reports", data=form, files=files, headers={"idempotency-key": "with-photos"}
        )
        assert answer.status_code == 201
        incoming = tmp_path / "photos" / "incoming"
        assert {one.stat().st_mode & 0o777 for one in incoming.iterdir()} == {0o600}
        again = await client.post(
            "/api/v1/reports", data=form, files=files, headers={"idempotency-key": "with-photos"}
        )
        assert again.json() == answer.json()
        assert len(list(incoming.iterdir())) == 2
    assert app.photos.work_one()
    assert app.photos.work_one()
    assert not app.photos.work_one()
    rows = town.rows("SELECT state, refusal, width, height FROM events.attachments ORDER BY state")
    assert rows == [("ready", None, 480, 640), ("refused", "not_a_photo", None, None)]
    (shown,) = (tmp_path / "photos" / "ready").iterdir()
    assert b"SecretCamera" not in shown.read_bytes()
    # the report stands, whatever became of its photos
    town.work()
    number = town.rows("SELECT number FROM events.tickets")[0][0]
    async with client_of("operator") as client:
        evidence = (await client.get(f"/api/v1/tickets/{number}")).json()["evidence"]
        assert sorted(one["state"] for one in evidence) == ["ready", "refused"]
        ready = next(one for one in evidence if one["state"] == "ready")
        photo = await client.get(ready["url"])
        assert photo.headers["content-type"] == "image/jpeg"
        assert photo.headers["x-content-type-options"] == "nosniff"
        refused = next(one for one in evidence if one["state"] == "refused")
        assert (await client.get(f"/attachments/{refused['id']}")).status_code == 404
    async with client_of("p1") as client:
        assert (await client.get(ready["url"])).status_code == 404  # another department's


async def test_huge_and_many_photos_are_refused(
    client_of: ClientOf, town: Town, tmp_path: Path
) -> None:
    form = {name: str(value) for name, value in HERE.items()}
    async with client_of(None) as client:
        for size in (MOST_BYTES + 1, 50_000_000):
            files = {"photos": ("big.jpg", b"\xff\xd8" + b"\0" * size)}
            answer = await client.post("/api/v1/reports", data=form, files=files,
                                       headers={"accept-language": "en"})  # fmt: skip
            assert answer.status_code == 413
            assert "smaller" in answer.json()["detail"]
        files_too_many = [("photos", (f"{n}.jpg", jpeg())) for n in range(4)]
        answer = await client.post("/api/v1/reports", data=form, files=files_too_many)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "photos"
    assert list((tmp_path / "photos" / "incoming").iterdir()) == []
    assert town.rows("SELECT count(*) FROM events.events") == [(0,)]


async def test_a_refused_report_keeps_no_photo(client_of: ClientOf, tmp_path: Path) -> None:
    form = {"category": "flooding", "lon": "2", "lat": "2"}
    async with client_of(None) as client:
        files = {"photos": ("a.jpg", jpeg())}
        answer = await client.post("/api/v1/reports", data=form, files=files)
        assert answer.status_code == 422
    assert list((tmp_path / "photos" / "incoming").iterdir()) == []


async def test_a_photo_outlives_an_error_whose_commit_is_unknown(
    client_of: ClientOf, town: Town, tmp_path: Path
) -> None:
    """The row may know the photo: it must not point to a file that we removed."""
    with town.database.superuser() as conn:
        conn.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'cut off' USING ERRCODE = '08006'; END $$"
        )
        conn.execute(
            "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON events.reports"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
        )
    form = {name: str(value) for name, value in HERE.items()}
    async with client_of(None) as client:
        answer = await client.post(
            "/api/v1/reports", data=form, files={"photos": ("a.jpg", jpeg())}
        )
        assert answer.status_code == 503
    assert len(list((tmp_path / "photos" / "incoming").iterdir())) == 1


async def test_broken_multipart_is_told(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        for body in (b"", b"--x\r\nnonsense", b"--y\r\n\r\n"):
            answer = await client.post("/api/v1/reports", content=body, headers={
                "content-type": "multipart/form-data; boundary=x"})  # fmt: skip
            assert answer.status_code in (400, 422)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_the_holder_of_a_token_writes_and_rates(client_of: ClientOf, town: Town) -> None:
    async with client_of(None) as client, client_of("operator") as desk, client_of("w1") as crew:
        sent = {"category": "flooding", "lon": WEST + 0.0005, "lat": SOUTH + 0.0005}
        token = (await client.post("/api/v1/reports", json=sent)).json()["token"]
        town.work()
        number = town.rows("SELECT number FROM events.tickets")[0][0]
        address = f"/api/v1/reports/{token}"
        told = await client.post(f"{address}/messages", json={"text": "<b>hurry</b>"})
        assert [one["text"] for one in told.json()["messages"]] == ["<b>hurry</b>"]
        page = (await client.get(f"/report/{token}")).text
        assert "&lt;b&gt;hurry" in page
        early = await client.post(
            f"{address}/rating", json={"solved": True, "satisfied": True, "stars": 5}
        )
        assert early.status_code == 403
        for who, verb in ((crew, "accept"), (crew, "dispose"), (desk, "verify"), (desk, "close")):
            story = (await desk.get(f"/api/v1/tickets/{number}")).json()
            answer = await who.post(
                f"/api/v1/tickets/{number}/actions",
                json={"verb": verb, "version": story["properties"]["version"], "why": "done"},
            )
            assert answer.status_code == 200, answer.text
        assert (await client.get(address)).json()["may_rate"]
        rated = await client.post(
            f"{address}/rating", json={"solved": False, "satisfied": False, "stars": 1}
        )
        assert rated.json()["state"] == "filed"
        bad = await client.post(f"{address}/rating", json={"solved": 3})
        assert bad.status_code == 422
        nobody = await client.post("/api/v1/reports/nobody/messages", json={"text": "x"})
        assert nobody.status_code == 404


async def test_a_record_is_exported_by_name_and_leaves_a_trace(
    client_of: ClientOf, town: Town
) -> None:
    ticket = town.filed(draft("flooding"))
    town.act(ticket, "comment", "operator", why="<script>called</script>")
    async with client_of("operator") as desk, client_of("w1") as crew:
        answer = await desk.get(f"/record/{ticket.number}")
        assert answer.status_code == 200
        assert "&lt;script&gt;called" in answer.text
        # it is read at any time: every moment in it has its date
        filed = ticket.created_at.astimezone(ZoneInfo("Asia/Shanghai"))
        assert f"<td>{filed:%Y-%m-%d %H:%M:%S}</td>" in answer.text
        assert (await crew.get(f"/record/{ticket.number}")).status_code == 403
        assert (await desk.get("/record/20200101-00001")).status_code == 404
    trail = town.rows("SELECT actor, object_key FROM events.ledger WHERE verb = 'record.export'")
    assert trail == [("account:operator", ticket.number)]
