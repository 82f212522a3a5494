"""Payloads of devices: what can be used is used, what cannot is told, nothing raises."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iot_ingest.decoders.json_reading import MOST_ITEMS, decode
from iot_ingest.model.quarantine import SENTENCES, Reason
from iot_ingest.model.reading import FLAGS, Reading

RECEIVED_US = 1_795_450_000_000_000
MS = RECEIVED_US // 1000


def reasons(payload: bytes) -> set[Reason]:
    return {one.reason for one in decode(payload, RECEIVED_US).troubles}


def test_an_object_and_an_array_are_read() -> None:
    one = b'{"ts":%d,"values":{"water_level":1.27,"voltage":12},"lon":118.2,"seq":17}' % MS
    other = b'[{"ts":%d,"values":{"ph":7.1},"flags":{"ph":"M"}},{"ts":%d,"values":{"ph":7}}]' % (
        MS,
        MS - 1000,
    )
    assert decode(one, RECEIVED_US).readings == [
        Reading("water_level", RECEIVED_US, 1.27, "N"),
        Reading("voltage", RECEIVED_US, 12.0, "N"),
    ]
    assert decode(other, RECEIVED_US).readings == [
        Reading("ph", RECEIVED_US, 7.1, "M"),
        Reading("ph", RECEIVED_US - 1_000_000, 7.0, "N"),
    ]


def test_both_ways_to_write_a_time_are_the_same_time() -> None:
    moment = datetime.fromtimestamp(MS / 1000, UTC)
    text = b'{"ts":"%s","values":{"ph":7}}' % moment.isoformat().encode()
    number = b'{"ts":%d,"values":{"ph":7}}' % MS
    assert decode(text, RECEIVED_US) == decode(number, RECEIVED_US)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"\xff\xfe\x00", Reason.NOT_JSON),
        (b"water_level=1.2", Reason.NOT_JSON),
        (b"[" * 100_000, Reason.NOT_JSON),
        (b'{"a":' * 100_000, Reason.NOT_JSON),
        (b"17", Reason.WRONG_SHAPE),
        (b"[]", Reason.WRONG_SHAPE),
        (b"{}", Reason.WRONG_SHAPE),
        (b'{"ts":1}', Reason.WRONG_SHAPE),
        (b'{"ts":%d,"values":{}}' % MS, Reason.WRONG_SHAPE),
        (b'{"ts":%d,"values":[1]}' % MS, Reason.WRONG_SHAPE),
        (b'{"ts":0,"values":{"ph":7}}', Reason.TIME_OUT_OF_RANGE),
        (b'{"ts":"1970-01-01T00:00:00Z","values":{"ph":7}}', Reason.TIME_OUT_OF_RANGE),
        (b'{"ts":"2100-01-01T00:00:00Z","values":{"ph":7}}', Reason.TIME_OUT_OF_RANGE),
        (b'{"ts":%d,"values":{"ph":7}}' % (MS + 601_000), Reason.TIME_OUT_OF_RANGE),
        (b'{"ts":"yesterday","values":{"ph":7}}', Reason.BAD_TIME),
        (b'{"ts":"2026-11-22T08:00:00","values":{"ph":7}}', Reason.BAD_TIME),
        (b'{"ts":true,"values":{"ph":7}}', Reason.BAD_TIME),
        (b'{"ts":1' + b"0" * 4000 + b',"values":{"ph":7}}', Reason.BAD_TIME),
        (b'{"ts":%d,"values":{"ph":NaN}}' % MS, Reason.NOT_FINITE),
        (b'{"ts":%d,"values":{"ph":-Infinity}}' % MS, Reason.NOT_FINITE),
        (b'{"ts":%d,"values":{"ph":1e999}}' % MS, Reason.NOT_FINITE),
        (b'{"ts":%d,"values":{"ph":"7"}}' % MS, Reason.NOT_A_NUMBER),
        (b'{"ts":%d,"values":{"ph":null}}' % MS, Reason.NOT_A_NUMBER),
        (b'{"ts":%d,"values":{"ph":7},"flags":{"ph":"X"}}' % MS, Reason.BAD_FLAG),
        (b'{"ts":%d,"values":{"ph":7},"flags":{"ph":1}}' % MS, Reason.BAD_FLAG),
    ],
)
def test_what_cannot_be_used_has_a_reason(payload: bytes, reason: Reason) -> None:
    found = decode(payload, RECEIVED_US)
    assert found.readings == []
    assert [one.reason for one in found.troubles] == [reason]


def test_the_good_values_beside_a_bad_one_are_kept() -> None:
    found = decode(b'{"ts":%d,"values":{"ph":NaN,"cod":"x","flow":3}}' % MS, RECEIVED_US)
    assert found.readings == [Reading("flow", RECEIVED_US, 3.0, "N")]
    assert {one.reason for one in found.troubles} == {Reason.NOT_FINITE, Reason.NOT_A_NUMBER}


def test_the_good_items_beside_a_bad_one_are_kept() -> None:
    items = [{"ts": MS, "values": {"ph": 7}}, {"ts": 1, "values": {"ph": 7}}, "nonsense"]
    found = decode(json.dumps(items).encode(), RECEIVED_US)
    assert [one.ts_us for one in found.readings] == [RECEIVED_US]
    assert {one.reason for one in found.troubles} == {Reason.TIME_OUT_OF_RANGE, Reason.WRONG_SHAPE}


def test_a_backlog_has_at_most_a_thousand_items() -> None:
    items = [{"ts": MS - n, "values": {"ph": 7}} for n in range(MOST_ITEMS + 1)]
    assert len(decode(json.dumps(items[1:]).encode(), RECEIVED_US).readings) == MOST_ITEMS
    assert reasons(json.dumps(items).encode()) == {Reason.TOO_MANY}


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    assert set(SENTENCES) == set(Reason)
    for words in SENTENCES.values():
        assert words["zh"].endswith("。")
        assert words["en"].endswith(".")


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_items = st.fixed_dictionaries(
    {
        "ts": st.integers(MS - 10**9, MS) | _json,
        "values": st.dictionaries(st.text(), _json) | _json,
    },
    optional={"flags": st.dictionaries(st.text(), st.text() | _json) | _json, "lon": _json},
)


def _usable(payload: bytes) -> None:
    found = decode(payload, RECEIVED_US)
    assert found.readings or found.troubles
    for metric, ts_us, value, flag in found.readings:
        assert isinstance(metric, str)
        assert abs(value) < float("inf")
        assert flag in FLAGS
        assert RECEIVED_US - 400 * 86_400_000_000 <= ts_us <= RECEIVED_US + 600_000_000
    assert len({one.reason for one in found.troubles}) == len(found.troubles)
    for trouble in found.troubles:
        assert len(trouble.detail) < 600


@given(st.binary())
@example(b'{"ts":"\\ud800","values":{"\\ud800":1}}')
@example(b'{"ts":1e400,"values":{"a":1}}')
@example(b'{"ts":"0001-01-01T00:00:00+23:59","values":{"a":1}}')
def test_no_bytes_make_it_raise(payload: bytes) -> None:
    _usable(payload)


@given(_items | st.lists(_items, max_size=5) | _json)
def test_no_json_makes_it_raise(payload: object) -> None:
    _usable(json.dumps(payload).encode())


def test_decoding_is_fast_enough_for_a_city() -> None:
    payload = b'{"ts":%d,"values":{"water_level":1.27}}' % MS
    began = time.perf_counter()
    for _ in range(20_000):
        decode(payload, RECEIVED_US)
    assert (time.perf_counter() - began) / 20_000 < 50e-6


def test_every_reason_and_flag_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "connect-devices.md"
    document = page.read_text(encoding="utf-8")
    for reason, words in SENTENCES.items():
        assert f"| `{reason}` | {words['en']} | {words['zh']} |" in document
    for flag in FLAGS:
        assert f"`{flag}`" in document
