"""Nasty values on every route: refused with a sentence, never an error of ours."""

import json
import random
from urllib.parse import quote

import pytest

from command_center.access.table import Rule
from command_center.app import Application
from tests.events.town import SOUTH, WEST, Town, draft
from tests.web.conftest import ClientOf

_NASTY = (
    "", "\0", "a\0b", "'", '"', "';DROP TABLE events.events;--", "../../etc/passwd", "%", "_",
    "\\", "\ud7ff", "\ufeff", "é" * 300, "x" * 5_000, "-1", "0", "1e309", "NaN", "null", "[]",
    "99999999999999999999", "<script>alert(1)</script>", "\r\nX-Evil: 1", "{}", "${7*7}",
)  # fmt: skip
_PARAMETERS = (
    "bbox", "state", "layer", "cell", "department", "updated_after", "cursor", "limit", "contact",
    "device", "metric", "from", "to", "step", "next", "v",
)  # fmt: skip
_JSON = {"content-type": "application/json"}


def _fill(rule: Rule, value: str) -> str:
    parts = rule.path.split("/")
    filled = (quote(value, safe="") if "{" in one else one for one in parts)
    path = "/".join(filled)
    return path + ".mvt" if rule.path.endswith(".mvt") else path


@pytest.mark.parametrize("name", ["operator", "w1"])
async def test_nasty_paths_and_queries(
    app: Application, client_of: ClientOf, town: Town, name: str
) -> None:
    town.filed(draft("flooding"))
    async with client_of(name) as client:
        for rule in app.rules:
            if "GET" not in rule.methods or "dash" in rule.path:
                continue
            for value in _NASTY:
                query = dict.fromkeys(random.Random(value).sample(_PARAMETERS, 3), value)
                for address, parameters in (
                    (_fill(rule, value) if "{" in rule.path else rule.path, query),
                    (rule.path.replace("{number}", "20260601-00001"), {"bbox": value}),
                ):
                    answer = await client.get(address, params=parameters)
                    known_down = rule.path == "/api/health"
                    assert answer.status_code < 500 or known_down, (address, parameters)


async def test_nasty_bodies(client_of: ClientOf, town: Town) -> None:
    ticket = town.filed(draft("flooding"))
    report = {"category": "flooding", "lon": WEST + 0.0005, "lat": SOUTH + 0.0005}
    action = {"verb": "comment", "version": ticket.version, "why": "note"}
    sent = (
        ("/api/v1/reports", {**report, "description": "", "contact": "", "crs": "EPSG:4326"}),
        (f"/api/v1/tickets/{ticket.number}/actions", {**action, "crew": "w1"}),
        ("/api/v1/notices/read", {"notices": [1]}),
    )
    nasty: tuple[object, ...] = (*_NASTY, None, 1, -1, 2**70, 1.5, True, [], {}, [[]], ["x"])
    async with client_of("w1") as client:
        for address, good in sent:
            for field in good:
                for value in nasty:
                    body = json.dumps({**good, field: value}).encode()
                    answer = await client.post(address, content=body, headers=_JSON)
                    assert answer.status_code < 500, (address, field, value)
            for raw in (b"", b"null", b"1", b"[]", b'"x"', b"{" * 1_000, b"\xff", b'{"a":1e999}'):
                answer = await client.post(address, content=raw, headers=_JSON)
                assert 400 <= answer.status_code < 500, (address, raw)
        for value in _NASTY:
            if value.isprintable() and value.isascii():
                answer = await client.post("/api/v1/reports", json=report,
                                           headers={"idempotency-key": value[:200]})  # fmt: skip
                assert answer.status_code < 500, value


async def test_nasty_logins(client_of: ClientOf) -> None:
    async with client_of(None) as client:
        for value in _NASTY:
            form = {"name": value, "password": value, "next": value}
            answer = await client.post("/login", data=form)
            assert 400 <= answer.status_code < 500, value
            answer = await client.post("/language", data={"language": value, "next": value})
            assert answer.status_code < 500, value
