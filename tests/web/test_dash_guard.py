"""Bad calls of Dash callbacks: refused before Dash, which would answer 500."""

import json
from typing import Any

import pytest

from command_center.access.dash_guard import BadCall, Callback, check_call
from command_center.app import Application
from events.model.access import Permission
from tests.web.conftest import ClientOf

_CALLBACKS = {
    "a.children": Callback(permission=Permission.VIEW_WALL, inputs=1, states=1),
    "..a.x...b.y..": Callback(permission=Permission.VIEW_WALL, inputs=1, states=0),
}
_GOOD: dict[str, Any] = {
    "output": "a.children",
    "outputs": {"id": "a", "property": "children"},
    "inputs": [{"id": "b", "property": "n", "value": 1}],
    "state": [{"id": "c", "property": "x"}],
    "changedPropIds": ["b.n"],
}


def test_a_good_call_is_let_through() -> None:
    assert check_call(json.dumps(_GOOD).encode(), _CALLBACKS) == _CALLBACKS["a.children"]
    several = {
        "output": "..a.x...b.y..",
        "outputs": [{"id": "a", "property": "x"}, {"id": "b", "property": "y"}],
        "inputs": [[{"id": {"kind": "k", "n": 1}, "property": "n"}]],
    }
    assert isinstance(check_call(json.dumps(several).encode(), _CALLBACKS), Callback)


@pytest.mark.parametrize("change", [
    {"output": None}, {"output": 3}, {"output": ["a"]}, {"inputs": None}, {"inputs": {}},
    {"inputs": []}, {"inputs": [1]}, {"inputs": [{}]}, {"inputs": [{"id": 1, "property": "n"}]},
    {"inputs": [{"id": "b", "property": None}]}, {"inputs": [[1]]}, {"state": []},
    {"state": None}, {"state": "x"}, {"outputs": []}, {"outputs": 1}, {"outputs": {"id": "a"}},
    {"changedPropIds": "b.n"}, {"changedPropIds": [1]}, {"changedPropIds": None},
])  # fmt: skip
def test_misshapen_calls(change: dict[str, Any]) -> None:
    body = json.dumps({**_GOOD, **change}).encode()
    assert check_call(body, _CALLBACKS) is BadCall.NOT_A_CALL


@pytest.mark.parametrize("body", [
    b"", b"{", b"\xff\xfe", b"[" * 5_000, b'{"output": NaN}', b'"\xed\xa0\x80"',
])  # fmt: skip
def test_what_is_no_json(body: bytes) -> None:
    assert check_call(body, _CALLBACKS) in (BadCall.NOT_JSON, BadCall.NOT_A_CALL)


def test_unknown_callbacks() -> None:
    for output in ("b.children", "", "..a.x..", "__proto__"):
        body = json.dumps({**_GOOD, "output": output}).encode()
        assert check_call(body, _CALLBACKS) is BadCall.UNKNOWN


async def test_over_http(app: Application, client_of: ClientOf) -> None:
    address = "/_dash-update-component"
    for name, status in ((None, 401), ("w1", 403)):
        async with client_of(name) as client:
            assert (await client.post(address, json={})).status_code == status
    async with client_of("operator") as client:
        answer = await client.post(address, content=b"{}", headers={"content-type": "text/plain"})
        assert answer.status_code == 415
        json_type = {"content-type": "application/json"}
        for body, status in (
            (b"", 400), (b"{", 400), (b"[]", 400), (b"{}", 400), (b"null", 400),
            (json.dumps(_GOOD).encode(), 404),
        ):  # fmt: skip
            answer = await client.post(address, content=body, headers=json_type)
            assert answer.status_code == status, body
            assert answer.headers["content-type"] == "application/problem+json"
        big = b'{"output": "' + b"x" * 2_000_000 + b'"}'
        assert (await client.post(address, content=big, headers=json_type)).status_code == 413


async def test_dash_adds_no_catch_all_and_no_socket(app: Application, client_of: ClientOf) -> None:
    paths = [getattr(route, "path", "") for route in app.api.routes]
    assert not [one for one in paths if "{path:path}" in one and "component-suites" not in one]
    assert not [one for one in paths if "ws-callback" in one]
    async with client_of("operator") as client:
        assert (await client.get("/anything")).status_code == 404
        layout = await client.get("/_dash-layout")
        assert layout.status_code == 200
        index = await client.get("/")
        assert 'lang="zh-Hans"' in index.text
        assert "cdn" not in index.text
    async with client_of(None) as client:
        assert (await client.get("/_dash-layout")).status_code == 401
        assert (await client.get("/_dash-dependencies")).status_code == 401
