"""Logging in and out, choosing a language, demo accounts."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from command_center.app import Application
from command_center.pages.login import local_path
from command_center.settings import Settings
from events.actions import accounts
from events.model.access import Actor
from grid.store.postgis import transaction
from tests.events.town import ADMIN, Town
from tests.web.conftest import PASSWORD, PLENTY, ClientOf, log_in


async def test_login_leads_where_one_wanted_to_go(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        answer = await client.get("/field?a=1")
        assert answer.headers["location"] == "/login?next=/field%3Fa%3D1"
        page = await client.get(answer.headers["location"])
        assert 'name="next" value="/field?a=1"' in page.text
        form = {"name": "w1", "password": PASSWORD, "next": "/field?a=1"}
        answer = await client.post("/login", data=form)
        assert answer.headers["location"] == "/field?a=1"
        assert (await client.get("/field")).status_code == 200


@pytest.mark.parametrize(("name", "home"), [("w1", "/field"), ("operator", "/")])
async def test_everybody_has_a_home(client_of: ClientOf, name: str, home: str) -> None:
    async with client_of(None) as client:
        form = {"name": f" {name.upper()} ", "password": PASSWORD}
        answer = await client.post("/login", data=form)
        assert answer.headers["location"] == home


async def test_the_cookie_is_opaque_and_kept_from_scripts(client_of: ClientOf, town: Town) -> None:
    async with client_of(None) as client:
        form = {"name": "operator", "password": PASSWORD}
        answer = await client.post("/login", data=form)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("cc_session=")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        token = client.cookies["cc_session"]
        stored = town.rows("SELECT encode(token_sha256, 'hex') FROM events.sessions")
        assert len(stored) == 1
        assert token not in str(stored)


async def test_over_https_the_cookie_is_bound_to_the_host(app: Application) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://city.test") as client:
        form = {"name": "operator", "password": PASSWORD}
        answer = await client.post("/login", data=form)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-cc_session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "strict-transport-security" in answer.headers
        assert (await client.get("/api/v1/tickets")).status_code == 200


async def test_wrong_passwords_are_refused_alike_and_lock(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        headers = {"accept-language": "en"}
        told = set()
        for name in ("nobody", "operator"):
            answer = await client.post("/login", data={"name": name, "password": "wrong"},
                                       headers=headers)  # fmt: skip
            assert answer.status_code == 403
            told.add("The name or the password is not right." in answer.text)
        assert told == {True}
        for _ in range(5):
            await client.post("/login", data={"name": "operator", "password": "wrong"})
        form = {"name": "operator", "password": PASSWORD}
        answer = await client.post("/login", data=form, headers=headers)
        assert answer.status_code == 403
        assert "Too many failed attempts" in answer.text


async def test_nobody_is_locked_out_by_somebody_elsewhere(app: Application) -> None:
    form = {"name": "operator", "password": PASSWORD}
    for host, good in (("10.9.9.9", False), ("10.1.2.3", True), ("10.9.9.9", False)):
        transport = httpx.ASGITransport(app, client=(host, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
            for _ in range(0 if good else 5):
                await client.post("/login", data={"name": "operator", "password": "wrong"})
            answer = await client.post("/login", data=form)
            assert (answer.status_code == 303) is good


async def test_logging_out_ends_the_session_everywhere(client_of: ClientOf) -> None:
    async with client_of("operator") as client:
        token = client.cookies["cc_session"]
        assert (await client.get("/api/v1/tickets")).status_code == 200
        answer = await client.post("/logout", data={"x": "1"})
        assert answer.headers["location"] == "/login"
        assert "cc_session" not in client.cookies
        stolen = {"cookie": f"cc_session={token}"}
        assert (await client.get("/api/v1/tickets", headers=stolen)).status_code == 401


async def test_a_disabled_account_is_out_within_seconds(
    client_of: ClientOf, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client_of("operator") as client:
        assert (await client.get("/api/v1/tickets")).status_code == 200
        with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
            accounts.disable(conn, name="operator", by=ADMIN, now=datetime.now(UTC))
        monkeypatch.setattr("command_center.access.sessions._REMEMBERED_S", 0.0)
        assert (await client.get("/api/v1/tickets")).status_code == 401


@pytest.mark.parametrize("text", [
    "https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "\\\\elsewhere",
    "javascript:1", "/a\nb", "", "desk", "/a\\b",
])  # fmt: skip
def test_nobody_is_sent_elsewhere(text: str) -> None:
    assert local_path(text) == ""


async def test_language_switch(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        assert 'lang="zh-Hans"' in (await client.get("/login")).text
        answer = await client.post("/language", data={"language": "en", "next": "/login"})
        assert answer.headers["location"] == "/login"
        page = await client.get("/login")
        assert 'lang="en"' in page.text
        assert "Staff login" in page.text
        await client.post("/language", data={"language": "xx", "next": "//elsewhere.test"})
        assert client.cookies["cc_language"] == "en"


@pytest.mark.parametrize(("demo", "host", "shown"), [
    (True, "127.0.0.1", True), (False, "127.0.0.1", False), (True, "10.1.2.3", False),
])  # fmt: skip
async def test_demo_passwords_are_shown_on_this_machine_only(
    settings: Settings, demo: bool, host: str, shown: bool
) -> None:
    folder = settings.data / "secrets"
    folder.mkdir()
    (folder / "demo-accounts.json").write_text(json.dumps({"operator": "one-time-secret"}))
    app = Application(replace(settings, demo_login=demo), allowances=PLENTY)
    transport = httpx.ASGITransport(app, client=(host, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        page = await client.get("/login")
        assert ("one-time-secret" in page.text) is shown
    app.engine.dispose()


async def test_a_page_says_who_acts(client_of: ClientOf, town: Town) -> None:
    actor: Actor = town.people["w1"]
    async with client_of("w1") as client:
        page = await client.get("/field")
        assert f'"account":"{actor.name}"' in page.text
        assert "水务一班" in page.text


async def test_a_person_reads_why_on_a_page(client_of: ClientOf) -> None:
    async with client_of("operator") as client:
        page = await client.get("/field", headers={"accept-language": "en"})
        assert page.status_code == 403
        assert "Your account may not do this" in page.text


async def test_log_in_twice_gives_two_sessions(client_of: ClientOf, town: Town) -> None:
    async with client_of("operator") as client:
        await log_in(client, "operator")
    assert town.rows("SELECT count(*) FROM events.sessions WHERE revoked_at IS NULL") == [(2,)]
