"""Who may call what: the table against the live routes, and the gate against bad requests."""

from collections.abc import Iterable
from dataclasses import replace

import httpx
import pytest
from fastapi import Response
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from command_center.access.gate import ALLOWANCES
from command_center.access.table import Answers, Rule, find
from command_center.app import Application
from command_center.settings import Settings
from events.model.access import Permission, allowed
from tests.events.town import Town
from tests.web.conftest import ClientOf

_PEOPLE = ("operator", "dispatcher", "supervisor", "admin", "w1")


def _live(routes: Iterable[BaseRoute]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in routes:
        if isinstance(route, APIWebSocketRoute):
            found.add(("WEBSOCKET", route.path))
        elif isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods or ()}
        else:
            inner = getattr(route, "original_router", None)
            assert inner is not None, f"a route nobody declared: {route!r}"
            found |= _live(inner.routes)
    return found


def test_every_live_route_is_declared_and_every_rule_has_a_route(app: Application) -> None:
    live = _live(app.api.routes)
    declared = {(method, rule.path) for rule in app.rules for method in rule.methods}
    assert live - declared == set()
    # HEAD is let through where GET is; not every route answers it
    assert {one for one in declared - live if one[0] != "HEAD"} == set()


def test_every_rule_is_found_by_its_own_path(app: Application) -> None:
    for rule in app.rules:
        for method in rule.methods:
            assert find(app.rules, method, _filled(rule)) is rule


def test_every_callback_is_declared(app: Application) -> None:
    for page in app.pages:
        server_side = set(page.callback_map) - page.client_side
        assert server_side == set(page.declared())


async def test_an_undeclared_route_is_refused(app: Application, client_of: ClientOf) -> None:
    @app.api.get("/secret")
    def secret() -> Response:
        return Response("secret")

    async with client_of("operator") as client:
        assert (await client.get("/secret")).status_code == 404


@pytest.mark.parametrize("name", _PEOPLE)
async def test_permissions_hold_on_every_route(
    app: Application, client_of: ClientOf, town: Town, name: str
) -> None:
    async with client_of(name) as client:
        for rule in app.rules:
            if rule.permission is None or "WEBSOCKET" in rule.methods:
                continue
            answer = await _ask(client, rule)
            assert (answer.status_code == 403) == (
                not allowed(town.people[name], rule.permission)
            ), (rule.path, answer.status_code)


async def test_nobody_gets_past_a_permission(app: Application, client_of: ClientOf) -> None:
    async with client_of(None) as client:
        for rule in app.rules:
            if rule.permission is None or "WEBSOCKET" in rule.methods:
                continue
            answer = await _ask(client, rule)
            if rule.answers is Answers.PERSON:
                assert answer.status_code == 303
                assert answer.headers["location"].startswith("/login?next=")
            else:
                assert answer.status_code == 401
                assert answer.headers["content-type"] == "application/problem+json"


async def _ask(client: httpx.AsyncClient, rule: Rule) -> httpx.Response:
    path = _filled(rule)
    if "GET" in rule.methods:
        return await client.get(path)
    return await client.post(path, content=b"{}", headers={"content-type": "application/json"})


def _filled(rule: Rule) -> str:
    path = rule.path
    for name, value in (
        ("{token}", "nothing"), ("{device_id}", "WL-404"),
        ("{number}", "20260601-00001"),
        ("{kind}", "pdf"),
        ("{attachment_id}", "00000000-0000-0000-0000-000000000000"),
        ("{layer}", "cells"), ("{z}", "12"),
        ("{x}", "3390"), ("{y}", "1762"), ("{path:path}", "icon.svg"),
        ("{package_name}", "dash"), ("{fingerprinted_path:path}", "nothing.js"),
    ):  # fmt: skip
        path = path.replace(name, value)
    assert "{" not in path, f"a path parameter without an example: {rule.path}"
    return path


async def test_other_sites_may_not_send(client_of: ClientOf) -> None:
    async with client_of("operator") as client:
        for headers in (
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://elsewhere.test"},
            {"origin": "null"},
        ):
            answer = await client.post("/api/v1/notices/read", json={"notices": []},
                                       headers=headers)  # fmt: skip
            assert answer.status_code == 403
            assert answer.json()["type"].endswith("foreign_site")
        same = {"origin": "http://city.test"}
        answer = await client.post("/logout", data={"x": "1"}, headers=same)
        assert answer.status_code == 303


async def test_content_type_and_size_are_checked_before_anything_else(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        answer = await client.post("/api/v1/reports", content=b"<report/>",
                                   headers={"content-type": "application/xml"})  # fmt: skip
        assert answer.status_code == 415
        assert "application/json" in answer.json()["detail"]
        answer = await client.post("/login", content=b"name=" + b"x" * 5_000, headers={
            "content-type": "application/x-www-form-urlencoded"})  # fmt: skip
        assert answer.status_code == 413
        answer = await client.post("/api/v1/reports", content=b'{"category": ',
                                   headers={"content-type": "application/json"})  # fmt: skip
        assert answer.status_code == 400


async def test_a_body_without_a_length_is_cut_off(client_of: ClientOf) -> None:
    async def endless() -> object:
        for _ in range(1_000):
            yield b"name=" + b"x" * 1_000

    async with client_of(None) as client:
        answer = await client.post("/login", content=endless(), headers={  # type: ignore[arg-type]  # a generator is content
            "content-type": "application/x-www-form-urlencoded"})  # fmt: skip
        assert answer.status_code == 413


async def test_headers_let_nothing_foreign_in(client_of: ClientOf) -> None:
    async with client_of("operator") as client:
        for path in ("/login", "/report", "/api/health", "/nothing", "/", "/assets/icon.svg"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "unsafe-eval" not in policy
            assert "script-src 'self'" in policy
            assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert "server" not in headers


async def test_unknown_paths_and_methods(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        answer = await client.get("/nothing", headers={"accept-language": "en"})
        assert answer.status_code == 404
        assert answer.json()["title"] == "No such address"
        answer = await client.get("/nothing", headers={"accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html")
        answer = await client.delete("/api/v1/city")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


async def test_reports_and_logins_are_limited_by_address(settings: Settings) -> None:
    # as shipped, but not filled up again while a slow machine takes its time
    slow = {name: replace(one, per_minute=0.1) for name, one in ALLOWANCES.items()}
    app = Application(settings, allowances=slow)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
        burst = ALLOWANCES["report"].burst
        codes = [(await client.post("/api/v1/reports", json={})).status_code
                 for _ in range(burst + 1)]  # fmt: skip
        assert codes == [422] * burst + [429]
        answer = await client.post("/api/v1/reports", json={})
        assert int(answer.headers["retry-after"]) >= 1
        # who may not report any more may still log in
        form = {"name": "operator", "password": "wrong"}
        assert (await client.post("/login", data=form)).status_code == 403
    app.engine.dispose()


def test_language_is_chosen_by_cookie_then_header_then_default() -> None:
    from command_center.access.language import wanted_language

    assert wanted_language(cookie="en", accept_language="zh", default="zh") == "en"
    assert wanted_language(cookie=None, accept_language="en-GB,zh;q=0.5", default="zh") == "en"
    assert wanted_language(cookie=None, accept_language="fr, zh-CN;q=0.9", default="en") == "zh"
    assert wanted_language(cookie="xx", accept_language="fr", default="zh") == "zh"
    assert wanted_language(cookie=None, accept_language="zh;q=0, en;q=x", default="zh") == "zh"


def test_permissions_of_roles_are_used(app: Application) -> None:
    used = {rule.permission for rule in app.rules}
    assert {Permission.VIEW_WALL, Permission.VIEW_FIELD, Permission.ACT_ON_TICKETS} <= used
